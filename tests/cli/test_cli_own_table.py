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


@pytest.fixture
def flowers(cli):
    rows = "".join(f"{i % 7 / 2},{i % 5},{('red', 'blue')[i % 2]},{'ab'[i // 2 % 2]}\n" for i in range(60))
    (cli.cwd / "flowers.csv").write_text(f"size,petals,colour,kind\n{rows}")
    return cli


def test_a_table_is_an_experiment(flowers):
    line = flowers.call("run", "flowers.csv").refused()
    assert "flowers.csv has no target yet; set dataset.target to one of 'size', 'petals', 'colour', 'kind'" in line
    result = flowers.call("run", "flowers.csv", "--set", "dataset.target=kind", "--epochs", "2", "--device", "cpu")
    assert result.code == 0, result.err
    assert flowers.only_run.name.split("-", 2)[2].startswith("flowers-")
    shown = flowers.call("show", "last").out
    assert f"{flowers.cwd / 'flowers.csv'}, target kind" in shown
    assert f"Ask it: nntui predict {flowers.only_run.name}" in shown
    assert "flowers.csv: kind" in flowers.call("runs").out
    (row,) = flowers.call("runs", "--json").json()
    assert (row["dataset"], row["table"]) == ("csv", "flowers.csv: kind")


def test_its_keys_may_be_written_as_data_show_has_them(flowers):
    settings = ["--set", "target=kind", "--set", "leave_out=colour", "--set", "epochs=1", "--dry-run", "--json"]
    found = flowers.call("run", "flowers.csv", *settings).json()["config"]
    assert (found["dataset"]["target"], found["dataset"]["leave_out"], found["epochs"]) == ("kind", ["colour"], 1)


def test_its_loss_is_that_of_its_target(flowers):
    settings = ["--set", "dataset.target=size", "--set", "dataset.leave_out=kind", "--dry-run", "--json"]
    found = flowers.call("run", "flowers.csv", *settings).json()["config"]
    assert (found["loss"]["name"], found["standardise"]) == ("mse", ["features", "target"])
    assert (
        flowers.call("run", "flowers.csv", *settings, "--set", "loss.name=mae").json()["config"]["loss"]["name"]
        == "mae"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "none.csv"], "none.csv does not exist"),
        (
            ["run", "flowers.csv", "--set", "dataset.target=sort"],
            "flowers.csv has no column 'sort'; choose from 'size',",
        ),
        (["run", "flowers.csv", "--set", "dataset.targt=kind"], "dataset.targt"),
        (["data", "show", "none.csv"], "none.csv does not exist"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(flowers, arguments, words):
    assert words in flowers.call(*arguments).refused()


def test_a_table_is_looked_at_by_its_name_alone(flowers):
    guessed = flowers.call("data", "show", "flowers.csv")
    assert guessed.err == "predicts kind; another column: --set target=NAME\n"
    assert "read as UTF-8, commas, decimal point" in guessed.out
    told = flowers.call("data", "show", "csv", "--set", "path=flowers.csv", "--set", "target=kind")
    assert (told.out, told.err) == (guessed.out, "")


def test_how_a_file_is_written_can_be_told(own):
    (own.cwd / "in.txt").write_text("흡연\t소득\t색\t나이\nyes\t1500,5\t빨강\t31\n", encoding="utf-16-le")
    found = own.call("predict", "last", "--csv", "in.txt", "--set", "encoding=utf-16-le", "--set", "separator=tab")
    assert found.out.splitlines()[0].startswith("구매,P(")
    assert (
        "write KEY=VALUE; a table has separator, encoding"
        in own.call("predict", "last", "--csv", "in.txt", "--set", "target=나이").refused()
    )
    assert "no encoding of text" in own.call("predict", "last", "--csv", "in.txt", "--set", "encoding=hex").refused()


def test_classes_that_are_numbers_stay_numbers(cli):
    rows = "".join(f"{i % 7},{i % 2 * 2 - 1}\n" for i in range(40))
    (cli.cwd / "t.csv").write_text(f"x,sign\n{rows}")
    assert cli.call("run", "t.csv", "--set", "dataset.target=sign", "--epochs", "1").code == 0
    lines = cli.call("predict", "last", "--csv", "t.csv").out.splitlines()
    assert lines[0] == "sign,P(-1),P(1)"
    assert {line.split(",")[0] for line in lines[1:]} <= {"-1", "1"}


def test_one_pasted_row_is_one(own):
    line = own.call("predict", "last", "31;빨강;1500,5;yes\n32;빨강;1500,5;no").refused()
    assert "2 rows were pasted; give one, or a file: --csv FILE" in line
