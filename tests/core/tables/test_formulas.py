"""Cells that a spreadsheet would run, and those that only begin like them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tables.formulas import CsvWriter, plain_cell, plain_cells, safe_cell
from core.tables.read import look, read

FORMULAS = ["=1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+A1", "-low", "＝1+1"]
NONE = [
    "",
    "a=b",
    "20261101-120000-iris",
    " =1",
    "+",
    "-",
    "--",
    "+/-",
    "->",
    "=",
    "@",
    "-1",
    "+1",
    "-1,5",
    "+3 %",
    "'",
    "'a",
]

TEXTS = st.text(max_size=12) | st.text("=+-@'\t\r\n\", ;x1", max_size=8) | st.sampled_from(FORMULAS + NONE)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"'{text}") == f"''{text}"
    assert plain_cell(f"'{text}") == text


@pytest.mark.parametrize("text", NONE)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == plain_cell(text) == text


@given(st.floats() | st.integers() | st.none() | st.booleans())
def test_numbers_stay_numbers(value: Any) -> None:
    assert safe_cell(value) is value


@given(TEXTS, TEXTS)
def test_every_text_is_read_back_and_told_from_every_other(one: str, other: str) -> None:
    assert plain_cell(safe_cell(one)) == one
    assert (safe_cell(one) == safe_cell(other)) == (one == other)


@given(st.lists(TEXTS, unique=True))
def test_a_column_is_read_back(texts: list[str]) -> None:
    assert plain_cells([safe_cell(text) for text in texts]) == texts


def test_what_others_wrote_stays_as_it_is() -> None:
    """Where a formula stands bare, an apostrophe is part of its text: two texts never become one."""
    assert plain_cells(["-low", "'-low", "high"]) == ["-low", "'-low", "high"]


@given(
    st.lists(st.lists(TEXTS.filter(lambda text: "\0" not in text) | st.floats(), min_size=2, max_size=2), max_size=5)
)
def test_rows_are_read_back_by_any_reader_of_csv(rows: list[list[Any]]) -> None:
    file = io.StringIO(newline="")
    writer = CsvWriter(file)
    for row in rows:
        writer.row(row)
    found = list(csv.reader(io.StringIO(file.getvalue(), newline="")))
    assert [[plain_cell(cell) for cell in row] for row in found] == [
        [plain_cell(str(cell)) if isinstance(cell, float) else cell for cell in row] for row in rows
    ]


def test_a_table_that_was_written_so_is_read_as_it_was(tmp_path: Path) -> None:
    texts = ["=1+1", "'=1+1", "-low", "+", "a\rb", 'say "-"', "가, 나"]
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = CsvWriter(file)
        writer.row(["x", "=name"])
        writer.columns([list(range(len(texts))), texts])
    table = read(look(tmp_path / "t.csv"))
    assert list(table.columns) == ["x", "=name"]
    assert table["=name"].tolist() == texts
    bare = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert bare.iloc[:, 1].tolist() == [safe_cell(text) for text in texts]
