"""Values of columns: for people in the words of all lists, for programs as they are."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.history.history import History
from core.runs.entry import Entry
from core.runs.folder import RunDir
from core.runs.summary import Summary
from tui.words.aligned import fitting
from tui.words.columns import cell, csv_cell, plain

ENTRY = Entry(Path("r"), Summary.of(RunDir(Path("r")), History(), 0))
WHEN = datetime(2026, 11, 28, 9, 30).timestamp()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        *(("test_accuracy", 0.93333, "93.3 %"), ("best.test_accuracy", 1.0, "100.0 %"), ("test_loss", 0.1, "0.1000")),
        *(
            ("optimizer.lr", 0.001, "0.001"),
            ("lr", 0.01, "0.01"),
            ("parameters", 50_000, "50,000"),
            ("seed", 2026, "2026"),
        ),
        *(("time", 185.0, "3:05 min"), ("when", WHEN, "2026-11-28 09:30"), ("model.hidden", [16, 16], "16,16")),
        *(("tags", frozenset({"b", "a"}), "a b"), ("tags", frozenset(), "–"), ("note", "two\nlines", "two lines")),
        *(("shuffle", True, "true"), ("test_loss", None, "–"), ("test_loss", math.nan, "nan")),
    ],
)
def test_for_people(name: str, value: Any, shown: str) -> None:
    assert cell(ENTRY, name, value) == shown


@pytest.mark.parametrize(
    ("name", "value", "json", "csv"),
    [
        ("test_accuracy", 0.93333, 0.93333, 0.93333),
        ("model.hidden", [16, [8]], [16, [8]], "16,[8]"),
        ("tags", frozenset({"b", "a"}), ["a", "b"], "a b"),
        ("shuffle", True, True, "true"),
        ("test_loss", None, None, ""),
        ("test_loss", math.inf, "inf", "inf"),
        ("when", 0.0, "1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_for_programs(name: str, value: Any, json: Any, csv: Any) -> None:
    assert plain(value, name) == json
    assert csv_cell(value, name) == csv


@pytest.mark.parametrize(
    ("width", "taken"), [(5, [1]), (15, [1]), (20, [1, 2]), (21, [0, 1]), (26, [0, 1]), (27, [0, 1, 2])]
)
def test_columns_are_taken_while_there_is_room(width: int, taken: list[int]) -> None:
    rows = [["a" * 8, "b" * 10, "꽃꽃"]]
    assert fitting(["A", "B", "C"], rows, [1, 0, 2], width) == taken
