"""Blank lines: rows without a value in a table of one column, none in any other; answers stand beside their rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.experiment import resolve
from core.network.predict import Predictor
from core.sessions.network import start
from core.tables.leading_zeros import leading_zeros
from core.tables.read import look, read
from tui.cli.predict import write_table

N = 40


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("trained")
    path = folder / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i * 7 % 40},{'ab'[i * 7 % 40 > 20]}\n" for i in range(N)))
    own = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y"), ("epochs", "1")]
    session = start(resolve.load("iris-net", [*own, ("device", "cpu")]), folder / "models")
    assert session.run.execute().status == "completed"
    return Predictor.load(session.run_dir)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (["x", "1", "", "30", "   ", "5"], [2, 4]),
        (["", "x", "1", "", "", "5", "", ""], [2, 3]),
        (["x", "", "1"], [1]),
        (["x", "1", '""', "2"], [2]),
        (["x", "1", "2", ""], []),
    ],
)
def test_answers_stand_beside_the_lines_of_one_column(
    lines: list[str], problems: list[int], end: str, predictor: Predictor, tmp_path: Path, capsys
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(end.join([*lines, ""]).encode())
    asked = predictor.ask(path)
    write_table(asked, predictor)
    answers = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(answers) == max(i for i, line in enumerate(lines) if line) - lines.index("x")
    assert [i for i, answer in enumerate(answers, start=1) if answer.get("problem")] == problems
    if problems:
        at = lines.index("x") + problems[0] + 1
        assert f"has no value in line {at}" in asked.first_problem


def test_in_several_columns_a_blank_line_is_no_row_and_an_empty_cell_is_one(
    predictor: Predictor, tmp_path: Path, capsys
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('x,id\n1,a\n\n30,b\n""\n5,c\n\n')
    asked = predictor.ask(path, carry=["id"])
    write_table(asked, predictor)
    answers = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [answer["id"] for answer in answers] == ["a", "b", "", "c"]
    assert "line 5" in asked.first_problem


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["", "1", "22", "-3", "  "]), min_size=1, max_size=12).filter(
        lambda rows: any(map(str.strip, rows))
    )
)
def test_a_table_of_one_column_is_what_pandas_reads_without_skipping(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    path = tmp_path_factory.mktemp("one") / "t.csv"
    path.write_text("x\n" + "".join(f"{row}\n" for row in rows))
    while not rows[-1].strip():
        rows.pop()
    file = look(path, header="yes")
    table = read(file)
    expected = pd.read_csv(io.StringIO("x\n" + "\n".join(row.strip() for row in rows)), skip_blank_lines=False)
    np.testing.assert_array_equal(table["x"].to_numpy(float), expected["x"].to_numpy(float))
    assert [file.place(i) for i in range(len(rows))] == [f"line {i + 2}" for i in range(len(rows))]


def test_the_last_line_may_have_the_only_leading_zeros(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{i},{i}\n" for i in range(1, 2000)) + "7,007")
    file = look(path)
    assert leading_zeros(file, read(file)).examples == {"b": "007 in line 2001"}


@settings(max_examples=40, deadline=None)
@given(places=st.sets(st.integers(0, 400), min_size=1, max_size=5), wide=st.sampled_from([0, 3000]))
def test_leading_zeros_are_told_with_their_line(
    tmp_path_factory: pytest.TempPathFactory, places: set[int], wide: int
) -> None:
    path = tmp_path_factory.mktemp("zeros") / "t.csv"
    rows = [f"{'00' if i in places else ''}{i + 1},{'x' * wide}" for i in range(401)]
    path.write_text("a,b\n" + "\n".join(rows) + "\n")
    file = look(path)
    first = min(places)
    assert leading_zeros(file, read(file)).examples == {"a": f"00{first + 1} in line {first + 2}"}
