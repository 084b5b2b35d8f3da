"""Files that are asked about are not written quite as the one that was trained on: that is told, and the others are
answered."""

from __future__ import annotations

import random

import pytest


@pytest.fixture(scope="module")
def euro(shared):
    """A network of a table with decimal commas."""
    rng = random.Random(1)
    rows = [
        f"{'NWO'[i % 3]};{rng.randint(10, 99)}.{rng.randint(100, 999)},{i % 90 + 10};{'AB'[i % 2]}" for i in range(40)
    ]
    here = shared.at(shared.cwd / "other-files")
    (here.cwd / "euro.csv").write_text("area;sales;kind\n" + "\n".join(rows) + "\n")
    arguments = ("--set", "target=kind", "--set", "missing=fill", "--epochs", "1", "--device", "cpu")
    assert here.call("run", "euro.csv", *arguments).code == 0
    return here


def ask(cli, text):
    (cli.cwd / "asked.csv").write_text(text)
    return cli.call("predict", "last", "--csv", "asked.csv")


def test_another_decimal_mark_is_told(euro):
    told = ask(euro, "area;sales\nN;31.740\nW;55000.5\n")
    assert "'sales' read with a decimal point, though the network was trained on a decimal comma" in told.err
    assert "--set decimal=, " in told.err
    assert "decimal" not in ask(euro, "area;sales\nN;31.740,25\nW;1.000\n").err


def test_a_row_that_was_cut_short_is_told(euro):
    told = ask(euro, "area;sales\nN;31.740,25\nW\n")
    assert told.code == 0
    assert told.out.splitlines()[-1].endswith('"has 1 of 2 fields, the others are missing"')
    assert "note" not in ask(euro, "area;sales\nN;31.740,25\nW;\n").out, "an empty cell is as missing ones are"


@pytest.mark.parametrize("at", [0, 7])
def test_a_longer_row_is_a_problem_of_that_row(euro, at):
    rows = [f"N;{i}.740,25" for i in range(10, 20)]
    rows[at] += ";9"
    told = ask(euro, "\n".join(["area;sales", *rows]) + "\n")
    assert told.code == 2
    answers = told.out.splitlines()[1:]
    assert [i for i, line in enumerate(answers) if line.startswith(",")] == [at]


def test_names_that_may_be_values_are_names_where_they_are_asked_for(cli):
    rng = random.Random(2)
    rows = [f"{rng.choice('gh')},{rng.choice('AB')}" for _ in range(30)]
    (cli.cwd / "t.csv").write_text("group,A,price\n" + "\n".join(f"{row},{rng.random():.3f}" for row in rows) + "\n")
    assert cli.call("run", "t.csv", "--set", "target=price", "--epochs", "1", "--device", "cpu").code == 0
    told = ask(cli, "group,A\n" + "\n".join(rows) + "\n")
    assert (told.code, told.out.count("\n")) == (0, 31)


def test_lines_that_were_left_out_of_one_file_are_not_left_out_of_another(cli):
    rows = [f"{i / 7:.3f},{i % 5},{i * 2}" for i in range(30)]
    (cli.cwd / "t.csv").write_text("made today,,\na,b,y\n" + "\n".join(rows) + "\nTotal,60,870\n")
    settings = ("--set", "target=y", "--set", "skip=1", "--set", "footer=1", "--epochs", "1", "--device", "cpu")
    assert cli.call("run", "t.csv", *settings).code == 0
    told = ask(cli, "a,b\n" + "\n".join(row.rpartition(",")[0] for row in rows) + "\n")
    assert (told.code, told.out.count("\n")) == (0, 31)
