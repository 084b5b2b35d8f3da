"""One's own table on the command line: looked at, trained on, asked."""

from __future__ import annotations

import csv
import io
import json

import pytest

HEADER = "나이,색,소득,흡연,구매"
COLOURS = ("빨강", "초록", "파랑")


@pytest.fixture(scope="module")
def own(shared):
    """A semicolon file in CP949 with decimal commas and gaps, trained on."""
    here = shared.at(shared.cwd / "own-table")
    rows = [
        (
            20 + i,
            ("빨강", "초록", "파랑")[i % 3],
            f"{1000 + 37 * i},5",
            ("yes", "no")[i // 2 % 2],
            ("예", "아니오")[i % 2],
        )
        for i in range(40)
    ]
    lines = [HEADER.replace(",", ";"), *(";".join(map(str, row)) for row in rows)]
    lines[3] = lines[3].replace("22;", ";")
    (here.cwd / "t.csv").write_bytes("\n".join(lines).encode("cp949"))
    table = ["--set", "dataset.name=csv", "--set", "dataset.path=t.csv", "--set", "dataset.target=구매"]
    filled = ["--set", "dataset.missing=fill", "--set", "standardise=features", "--epochs", "3", "--device", "cpu"]
    result = here.call("run", "iris-net", *table, *filled)
    assert result.code == 0, result.err
    assert result.err == "", "nothing to warn of"
    return here


def test_what_is_done_with_each_column(own):
    shown = own.call("data", "show", "csv", "--set", "path=t.csv", "--set", "target=구매", "--set", "missing=fill").out
    rows = {line.split()[0]: line for line in shown.splitlines()[2:7]}
    assert list(rows) == HEADER.split(",")
    assert "read as CP949 (Korean), semicolons, decimal comma" in shown
    assert "1 missing filled with the mean" in rows["나이"]
    assert "one-hot: 3 inputs" in rows["색"]
    assert "no 0, yes 1" in rows["흡연"]
    assert "to predict" in rows["구매"]
    assert "classification: its values are text, 2 different ones" in shown


def test_gaps_are_told_and_what_would_help(own):
    words = own.call("data", "show", "csv", "--set", "path=t.csv", "--set", "target=구매").err
    assert "column '나이' has no value in 1 row, first in line 4; dataset.missing=drop leaves 39 of 40 rows" in words


def test_a_row_is_typed_or_pasted(own):
    typed = own.call("predict", "last", "31", "빨강", "1500.5", "yes", "--json").json()
    assert own.call("predict", "last", "31;빨강;1500,5;yes", "--json").json() == typed
    assert sum(typed["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    assert set(typed["probabilities"]) == {"예", "아니오"}


def test_rows_of_a_file_give_csv_or_json(own):
    (own.cwd / "in.csv").write_text("흡연,소득,색,나이,more\nyes,1500.5,빨강,31,x\nno,1100,파랑,,y\n")
    found = list(csv.DictReader(io.StringIO(own.call("predict", "last", "--csv", "in.csv").out)))
    told = own.call("predict", "last", "--csv", "in.csv", "--json").json()
    assert [row["구매"] for row in found] == [each["label"] for each in told["predictions"]]
    assert float(found[0]["P(예)"]) == told["predictions"][0]["probabilities"]["예"]
    typed = own.call("predict", "last", "31", "빨강", "1500.5", "yes", "--json").json()
    assert told["predictions"][0]["probabilities"] == pytest.approx(typed["probabilities"], abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["31", "보라", "1500", "yes"], "value 2 (색) = 보라: is none of 빨강, 초록, 파랑"),
        (["31", "빨강", "much", "yes"], "value 3 (소득) = much: must be a number"),
        (["31", "빨강"], "2 value(s) given, but the network takes 4 (나이, 색, 소득, 흡연)"),
        (["--csv", "none.csv"], "none.csv does not exist"),
        ([], "give a VALUE for each column of one sample, or --csv FILE with a row for each"),
    ],
)
def test_what_it_does_not_know_is_refused(own, arguments, words):
    assert words in own.call("predict", "last", *arguments).refused()


def test_notes_go_to_stderr_and_into_the_log(cli):
    rows = "".join(f"{i + 1},KR,{i % 5 / 2},{'ab'[i % 2]}\n" for i in range(20))
    (cli.cwd / "t.csv").write_text(f"id,nation,x,y\n{rows}")
    table = ["--set", "dataset.name=csv", "--set", "dataset.path=t.csv", "--set", "dataset.target=y", "--epochs", "1"]
    result = cli.call("run", "iris-net", *table)
    assert result.code == 0
    assert "column 'nation' is KR in every row: left out" in result.err
    assert "column 'id' counts the rows" in result.err
    first = json.loads((cli.only_run / "events.jsonl").read_text().splitlines()[0])
    assert len(first["notes"]) == 2
    assert cli.call("run", "iris-net", *table, "--json").err == ""
