"""`nntui predict --csv`: what is answered, what is not and why, and that what is written is read back equal."""

from __future__ import annotations

import csv
import io
import json
import math

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.experiment import resolve
from core.network.predict import Predictor
from core.sessions.network import start
from core.tables.formulas import plain_cells
from core.tables.read import look, read
from tui.cli.predict import write_table


@pytest.fixture(scope="module")
def own(shared):
    here = shared.at(shared.cwd / "answers")
    rows = [f"{i / 10},{('red', 'blue')[i % 2]},{('+', '-')[i // 2 % 2]}" for i in range(60)]
    (here.cwd / "t.csv").write_text("\n".join(["size,colour,sign", *rows]) + "\n")
    assert here.call("run", "t.csv", "--set", "target=sign", "--epochs", "1", "--device", "cpu", "--quiet").code == 0
    asked = ["key,size,colour", "007,1,red", "=2+3,,red", "NA,1,violet", "010,2,blue"]
    (here.cwd / "in.csv").write_text("\n".join(asked) + "\n")
    (here.cwd / "good.csv").write_text("\n".join([asked[0], asked[1], asked[4]]) + "\n")
    (here.cwd / "far.csv").write_text("size,colour\n1,red\n700,red\n")
    return here


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_all_rows_that_can_be_are_answered(own):
    result = own.call("predict", "last", "--csv", "in.csv", "--id", "key")
    assert result.code == 2
    told = "column 'size' has no value in line 3, and the network was not trained to fill it"
    assert result.err == f"nntui: in.csv: 2 of 4 rows have no answer; the first: {told}\n"
    rows = table(result.out)
    assert list(rows[0]) == ["key", "sign", "P(+)", "P(-)", "problem"]
    assert [row["key"] for row in rows] == ["007", "'=2+3", "NA", "010"]
    good = table(own.call("predict", "last", "--csv", "good.csv", "--id", "key").out)
    assert [{**row, "problem": ""} for row in good] == [rows[0], rows[3]]
    for row in rows[1:3]:
        assert (row["sign"], row["P(+)"], row["P(-)"]) == ("", "", "")
    assert rows[1]["problem"] == told.replace(" in line 3", "")
    assert rows[2]["problem"] == "column 'colour' has 'violet', which is none of blue, red"
    assert pd.read_csv(io.StringIO(result.out))["P(+)"].isna().tolist() == [False, True, True, False]


def test_a_table_that_is_right_is_written_as_ever(own):
    result = own.call("predict", "last", "--csv", "good.csv")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("sign,P(+),P(-)\n")
    assert {row["sign"] for row in table(result.out)} <= {"+", "-"}


def test_json_has_the_same(own):
    result = own.call("predict", "last", "--csv", "in.csv", "--id", "key", "--json")
    assert result.code == 2
    told = json.loads(result.out)
    assert result.out == json.dumps(told, indent=1) + "\n"
    rows = table(own.call("predict", "last", "--csv", "in.csv").out)
    assert [each["id"]["key"] for each in told["predictions"]] == ["007", "=2+3", "NA", "010"]
    for each, row in zip(told["predictions"], rows, strict=True):
        assert (each["label"] or "", each.get("problem", "")) == (row["sign"], row["problem"])
    assert told["predictions"][1]["probabilities"] is None


def test_what_is_far_outside_is_noted(own):
    result = own.call("predict", "last", "--csv", "far.csv")
    note = "size = 700 is far outside of 0.1 to 5.9, which was trained on"
    assert (result.code, result.err) == (0, f"note: far.csv: 1 of 2 rows: {note}, in line 3\n")
    assert [row["note"] for row in table(result.out)] == ["", note]
    told = own.call("predict", "last", "--csv", "far.csv", "--json").json()["predictions"]
    assert [each.get("note") for each in told] == [None, note]
    alone = own.call("predict", "last", "700", "red")
    assert (alone.code, alone.err) == (0, f"note: {note}\n")
    assert own.call("predict", "last", "700", "red", "--json").json()["note"] == note


def test_columns_of_one_name_are_told_apart(own):
    lines = (own.cwd / "good.csv").read_text().replace("key", "sign").splitlines()
    (own.cwd / "signs.csv").write_text("\n".join(lines) + "\n")
    header = own.call("predict", "last", "--csv", "signs.csv", "--id", "sign").out.splitlines()[0]
    assert header == "sign,predicted sign,P(+),P(-)"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--csv", "in.csv", "--id", "nokey"], "in.csv lacks the column 'nokey'; it has 'key', 'size', 'colour'"),
        (["1", "red", "--id", "key"], "--id carries a column of a file along: write it with --csv FILE"),
    ],
)
def test_ids_that_are_not_there(own, arguments, words):
    assert words in own.call("predict", "last", *arguments).refused()


# What is written is read back.

CLASSES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=10)
HOSTILE = [
    "+",
    "-",
    "=1+1",
    "'=1+1",
    "-low",
    "+1",
    "007",
    "1E2",
    "a,b",
    'say "no"',
    "a\nb",
    "a\rb",
    "None",
    "NA",
    "ㅎㅏㄴ",
    "'",
    "''-x",
    "@home",
    "1.0",
    "--",
    "a;b",
    "예",
]


def read_by_hand(values: list[str]) -> list[str]:
    """What the texts of a column are once they are read: without blanks around them."""
    return list(dict.fromkeys(text for value in values if (text := value.strip())))


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(CLASSES | st.sampled_from(HOSTILE), min_size=2, max_size=6, unique_by=lambda name: name.strip()).map(
        read_by_hand
    )
)
def test_classes_are_read_back_as_they_were(names, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("classes")
    if len(names) < 2:
        return
    # Parquet in: what a class is called is not what a reader of CSV makes of it, but what it is.
    frame = pd.DataFrame({"x": [i / 7 for i in range(60)], "y": [names[i % len(names)] for i in range(60)]})
    frame.to_parquet(folder / "t.parquet")
    own = [("dataset.name", "csv"), ("dataset.path", str(folder / "t.parquet")), ("dataset.target", "y")]
    settings_ = [*own, ("epochs", "1"), ("device", "cpu"), ("dataset.task", "classification")]
    session = start(resolve.load("iris-net", settings_), folder / "models")
    assert session.run.execute().status == "completed"
    predictor = Predictor.load(session.run_dir)
    frame[["x"]].to_csv(folder / "in.csv", index=False)
    asked = predictor.ask(folder / "in.csv")
    expected = [label for each in predictor.answers(asked) for label in each.predictions.labels]
    with (folder / "out.csv").open("w", encoding="utf-8", newline="") as out:
        monkeypatch.setattr("sys.stdout", out)
        write_table(asked, predictor)
        monkeypatch.undo()
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["y", *(f"P({name})" for name in predictor.inputs.classes)]
    found = [row[0] for row in rows]
    known = plain_cells(list(dict.fromkeys(found)))
    plain = dict(zip(dict.fromkeys(found), known, strict=True))
    assert [plain[cell] for cell in found] == expected
    assert set(expected) <= set(predictor.inputs.classes)
    assert all(math.isclose(sum(map(float, row[1:])), 1, abs_tol=1e-5) for row in rows)


def test_classes_that_look_like_formulas_go_round(cli):
    """Trained, asked, and trained again on what was answered."""
    names = ["=1+1", "'=1+1", "-low", "+"]
    texts = {"'=1+1": "''=1+1", "=1+1": "'=1+1", "-low": "'-low", "+": "+"}
    rows = "".join(f"{i % 4},{texts[names[i % 4]]}\n" for i in range(80))
    (cli.cwd / "t.csv").write_text(f"x,y\n{rows}")
    assert cli.call("run", "t.csv", "--set", "target=y", "--epochs", "60", "--device", "cpu", "--quiet").code == 0
    out = cli.call("predict", "last", "--csv", "t.csv", "--id", "x").out
    (cli.cwd / "again.csv").write_text(out)
    written = read(look(cli.cwd / "again.csv"))
    told = cli.call("predict", "last", "--csv", "t.csv", "--json").json()["predictions"]
    assert written["y"].tolist() == [each["label"] for each in told]
    assert set(written["y"]) <= set(names)
    assert len(set(written["y"])) > 1
    settings_ = ["--set", "target=y", "--set", "features=x", "--epochs", "1", "--device", "cpu", "--quiet"]
    assert cli.call("run", "again.csv", *settings_).code == 0


@pytest.mark.parametrize("name", ["13_blanks.data"])
def test_a_row_of_the_file_is_a_row(name, cli):
    rows = [f" {i / 100:.2f}   {i % 7}.00  {i / 50:.2f}" for i in range(60)]
    (cli.cwd / name).write_text("\n".join(rows) + "\n")
    assert cli.call("run", name, "--set", "target=column 3", "--epochs", "1", "--device", "cpu", "--quiet").code == 0
    pasted = cli.call("predict", "last", rows[0], "--json").json()
    assert pasted == cli.call("predict", "last", "0.00", "0.00", "--json").json()


def test_csv_is_utf_8_whatever_the_terminal_is(cli):
    rows = "".join(f"{i / 10},{('예', '아니오')[i % 2]}\n" for i in range(40))
    (cli.cwd / "k.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    assert cli.call("run", "k.csv", "--set", "target=y", "--epochs", "1", "--device", "cpu", "--quiet").code == 0
    file = io.BytesIO()
    with io.TextIOWrapper(file, encoding="ascii", errors="backslashreplace") as out:
        assert cli.call("predict", "last", "--csv", "k.csv", stdout=out).code == 0
        out.flush()
        written = file.getvalue().decode()
    assert {row["y"] for row in table(written)} <= {"예", "아니오"}
