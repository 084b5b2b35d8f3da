"""Asking a network that was trained on a table: rows that are written in another way, and what is no value of it."""

from __future__ import annotations

import gzip
import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import UserError
from core.experiment import resolve
from core.experiment.open import load
from core.network.predict import Prediction, Predictor
from core.sessions.network import start
from core.tables.planning import planned
from core.tables.read import look, read
from core.tables.wishes import Wishes
from tui.cli.predict import row_of

N = 60


def trained(path: Path, *pairs: tuple[str, str]) -> Predictor:
    own = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y")]
    usual = [("standardise", "features"), ("epochs", "2"), ("device", "cpu")]
    session = start(resolve.load("iris-net", [*own, *usual, *pairs]), path.parent / "models")
    assert session.run.execute().status == "completed"
    return Predictor.load(session.run_dir)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


def table(folder: Path, header: str, *cells: str) -> Path:
    """Each of `cells` is a format of the row's number `i`; the class is behind them."""
    separator = ";" if ";" in header else ","
    rows = (
        separator.join(cell.format(i=i, j=10 + i) for cell in cells) + f"{separator}{'ab'[i % 2]}" for i in range(N)
    )
    return write(folder / "t.csv", header, *rows)


def asked(predictor: Predictor, *lines: str) -> list[Prediction]:
    return predictor.predict_file(write(Path("rows.csv"), *lines))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_pasted_row_is_read_as_a_typed_one_under_the_decimal_mark_of_the_table(tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a;b;y", "0,1{j}", "{i}"))
    assert predictor.inputs.fields[0].mark == ","
    typed = predictor.predict([row_of(["1,234", "5"], predictor)])
    assert typed == predictor.predict([[1.234, 5.0]])
    for pasted in ("1,234;5", "1,234\t5", " 1,234;5 \r\n"):
        assert predictor.predict([row_of([pasted], predictor)]) == typed
    assert asked(predictor, "a,b", "1.234,5") == typed, "between commas no comma is a decimal mark"

    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"))
    expected = predictor.predict([[5.123, 3.5]])
    assert predictor.predict([row_of(["5,123;3,5"], predictor)]) == expected  # as 3,5 says
    assert predictor.predict([row_of(["5.123;3.5"], predictor)]) == expected
    iris = start(resolve.load("iris-net", [("epochs", "1"), ("device", "cpu")]), tmp_path / "iris")
    assert iris.run.execute().status == "completed"
    predictor = Predictor.load(iris.run_dir)
    assert (
        row_of(["5,123;3,5;1,4;0,2"], predictor) == row_of(["5.123,3.5,1.4,0.2"], predictor) == [5.123, 3.5, 1.4, 0.2]
    )
    for wrong in (["5,123", "3", "1", "0"], ["5%", "3", "1", "0"]):
        with pytest.raises(UserError, match="must be a number"):
            row_of(wrong, predictor)


def test_a_number_alone_is_no_row(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "size;y", *(f"{i},5;{'ab'[i % 2]}" for i in range(N)))
    predictor = trained(path)
    assert predictor.predict([row_of(["3,5"], predictor)]) == predictor.predict([[3.5]])
    assert predictor.predict([row_of(["3,5;a"], predictor)]) == predictor.predict([[3.5]])


def test_a_row_that_may_be_two_things_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "id,a,b,y", *(f"{i},{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(N)))
    predictor = trained(path, ("dataset.leave_out", "id"))
    assert predictor.predict([row_of(["5,6,3,a"], predictor)]) == predictor.predict([["6", "3"]])
    with pytest.raises(UserError, match=r"3 value.* takes 2 .*; a whole row of its table has 4"):  # id, a, b or a, b, y
        predictor.predict([row_of(["5,6,3"], predictor)])


@pytest.mark.parametrize("row", ["\t", "0.5,3\ra,True", "x" * 140_000 + ",1"])
def test_what_is_no_row_is_refused_in_one_line(row: str, tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"))
    with pytest.raises(UserError) as refused:
        predictor.predict([row_of([row], predictor)])
    assert "\n" not in str(refused.value)


def test_per_cent_is_not_forgotten(tmp_path: Path) -> None:
    fractions = trained(table(tmp_path, "a,b,y", "0.{j}", "{i}"))
    with pytest.raises(UserError, match=r"column 'a' has '50 %' in line 2, and the network was trained .* without %"):
        asked(fractions, "a,b", "50 %,1")
    with pytest.raises(UserError, match=r"value 1 \(a\) = 50 %: the network was trained on numbers without %"):
        fractions.predict([["50 %", "1"]])
    per_cent = trained(table(tmp_path, "a,b,y", "{i} %", "{i}"))
    assert asked(per_cent, "a,b", "50 %,1") == asked(per_cent, "a,b", "50,1") == per_cent.predict([["50 %", "1"]])


def test_categories_that_are_numbers(tmp_path: Path) -> None:
    def of(*categories: str) -> Predictor:
        rows = (f"{i},{categories[i % len(categories)]},{'ab'[i % 2]}" for i in range(N))
        return trained(write(tmp_path / "t.csv", "x,c,y", *rows), ("dataset.categories", "c"))

    versions = of("1.1", "1.2", "1.3")
    assert versions.predict([["1", "1.10"]]) == versions.predict([["1", "1.1"]])
    for wrong in ("1.1 %", "$1.1"):
        with pytest.raises(UserError, match="is none of"):
            versions.predict([["1", wrong]])
    assert of("0", "1", "2", "3+").predict([["1", "1.0"]])
    assert of("0", "1", "5 %").predict([["1", "5%"]])
    shares = of("5%", "10%")
    assert shares.predict([["1", "5 %"]]) == shares.predict([["1", "5"]]) == shares.predict([["1", "5%"]])
    with pytest.raises(UserError, match="100: is none of"):
        of("1E2", "A7", "B9").predict([["1", "100"]])
    zips = of("01234", "1234", "99")
    assert asked(zips, "x,c", "1,1234") == zips.predict([["1", "1234"]]) != zips.predict([["1", "01234"]])
    with pytest.raises(UserError, match="is none of"):
        asked(zips, "x,c", "1,1234.0")


def test_yes_and_no_are_no_numbers_and_neither_are_lists(tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"))
    with pytest.raises(UserError, match="column 'a' has 'True' in line 2, which is no number"):
        asked(predictor, "a,b", "True,1", "False,2")
    pd.DataFrame({"a": [[1, 2]], "b": [1]}).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(UserError, match="column 'a' holds lists"):
        predictor.predict_file(tmp_path / "rows.parquet")


def test_columns_of_blanks_are_filled(tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"), ("dataset.missing", "fill"))
    expected = asked(predictor, "a,b", ",1", ",2")
    assert asked(predictor, "a,b", '" ",1', '" ",2') == expected
    pd.DataFrame({"a": [None, None], "b": [1, 2]}).to_parquet(tmp_path / "rows.parquet")
    assert predictor.predict_file(tmp_path / "rows.parquet") == expected


def test_rows_without_names_for_a_network_of_a_table_without(tmp_path: Path) -> None:
    rows = (f"{i}.25,{i % 7},{'ab'[i % 2]}" for i in range(N))
    path = write(tmp_path / "t.csv", *rows)
    predictor = trained(path, ("dataset.target", "column 3"))
    expected = predictor.predict([["5", "3"], ["1", "4"]])
    assert asked(predictor, "5,3", "1,4") == expected  # whole numbers alone could be names
    assert asked(predictor, "column 2,column 1", "3,5", "4,1") == expected
    assert predictor.predict_file(write(Path("rows.csv"), "5,3", "1,4"), {"header": "auto"}) == expected


def test_too_large_for_float32_names_file_and_line(tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"))
    with pytest.raises(UserError, match=r"rows\.csv: column 'a' has 1e\+300, which is infinite in float32, in line 3"):
        asked(predictor, "a,b", "1,1", "1e300,1")


@pytest.mark.parametrize("lines", [(), ("a,b",)])
def test_a_file_without_rows_names_no_key_of_training(lines: tuple[str, ...], tmp_path: Path) -> None:
    predictor = trained(table(tmp_path, "a,b,y", "{i}.5", "{i}"))
    with pytest.raises(UserError) as refused:
        asked(predictor, *lines)
    assert "rows.csv" in str(refused.value)
    assert "dataset." not in str(refused.value)


# The target.


def test_a_target_far_from_zero_keeps_its_digits(tmp_path: Path) -> None:
    """Against the standardised regression by hand: float32 would hold steps of 128."""
    path = write(tmp_path / "t.csv", "a,y", *(f"{i},{1_700_000_000 + i}.5" for i in range(400)))
    settings = [("loss.name", "mse"), ("standardise", "features,target"), ("epochs", "60"), ("metrics", "mae")]
    predictor = trained(path, *settings)
    values = [each.value for each in predictor.predict([[str(i)] for i in range(0, 400, 7)])]
    assert None not in values
    error = np.abs(np.array(values, dtype=float) - [1_700_000_000.5 + i for i in range(0, 400, 7)])
    assert error.mean() < 10
    assert len(set(values)) == len(values)
    (run_dir,) = (tmp_path / "models").iterdir()
    told = [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]
    mae = [each["metrics"]["mae"] for each in told if each["type"] == "Evaluated" and each["split"] == "test"][-1]
    data: Data = load_data(resolve.load(str(run_dir / "config.toml")))
    with torch.no_grad():
        output = predictor.model(data.splits["test"].x).squeeze(1).double()
    scale = predictor.inputs.target_scale
    assert scale is not None
    by_hand = output * scale.deviation[0] + scale.mean[0]
    assert math.isclose(mae, float((by_hand - data.splits["test"].target).abs().mean()), rel_tol=1e-9)


def test_a_class_called_na_is_told_and_left_out_on_demand(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x,y", *(f"{i},{('yes', 'no', 'NA')[i % 10 // 4]}" for i in range(N)))
    file = look(path)
    plan = planned(file, read(file), Wishes("y"))
    assert not plan.problems
    (note,) = [note.told() for note in plan.notes if note.column == "y"]
    assert "has NA in 12 rows, taken for a class" in note
    assert "dataset.missing=drop leaves 48 of 60 rows" in note
    for missing, n in (("refuse", 3), ("drop", 2), ("fill", 3)):
        assert len(trained(path, ("dataset.missing", missing)).inputs.classes) == n
    named = write(tmp_path / "t.csv", "x,y", *(f"{i},{('None', 'Mild', 'Severe')[i % 3]}" for i in range(N)))
    assert trained(named, ("dataset.missing", "drop")).inputs.classes == ("Mild", "None", "Severe")


def test_a_value_that_never_changes_is_nothing_to_predict(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x,y", *(f"{i},2.5" for i in range(N)))
    with pytest.raises(UserError, match=r"column 'y' is 2\.5 in every row: there is nothing to predict"):
        load_data(resolve.load("diabetes-regression", _own(path)))


# The file.


def _own(path: Path) -> list[tuple[str, str]]:
    return [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", "y")]


def test_the_index_of_a_parquet_file_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(N) / 4, "b": np.arange(N) % 7, "y": ["a", "b"] * (N // 2)})
    frame.to_parquet(tmp_path / "plain.parquet")
    expected = load_data(resolve.load("iris-net", _own(tmp_path / "plain.parquet")))
    for index in (["a"], ["y"], ["a", "b"]):
        frame.set_index(index).to_parquet(tmp_path / "t.parquet")
        data = load_data(resolve.load("iris-net", _own(tmp_path / "t.parquet")))
        order = [data.inputs.features.index(name) for name in expected.inputs.features]
        assert torch.equal(data.splits["train"].x[:, order], expected.splits["train"].x)
    days = pd.date_range("2026-01-01", periods=N, name="day")
    frame.set_index(days).to_parquet(tmp_path / "t.parquet")  # dates were only in the way
    assert load_data(resolve.load("iris-net", _own(tmp_path / "t.parquet"))).inputs.features == ("a", "b")
    frame[frame["a"] > 3].to_parquet(tmp_path / "t.parquet")  # with an index that has no name
    assert load_data(resolve.load("iris-net", _own(tmp_path / "t.parquet"))).inputs.features == ("a", "b")


def test_a_first_row_with_a_number_and_a_word_of_its_column_names_nothing(tmp_path: Path) -> None:
    rows = (
        f"{20 + i % 50}, {('State-gov', 'Private', '?')[i % 3]}, {77_516 + i}, {'<=50K' if i % 4 else '>50K'}"
        for i in range(N)
    )
    path = write(tmp_path / "adult.data", *rows)
    assert look(path).dialect.header is False
    assert len(read(look(path))) == N
    rows = [f"{i},NA,{i},{'ab'[i % 2]}" if i % 3 else f"{i},{i},{i},{'ab'[i % 2]}" for i in range(N)]
    assert look(write(tmp_path / "t.csv", "EU,NA,2019,y", *rows)).dialect.header is True
    twice = ["A,1,2", "B,3,4", "id,2019,2020", "C,5,6"]  # as where files are put together
    assert look(write(tmp_path / "t.csv", "id,2019,2020", *twice)).dialect.header is True
    path = write(tmp_path / "years.csv", "land,2019,2020,y", *(f"{'AB'[i % 2]},{i},{i + 1},{i % 3}" for i in range(N)))
    assert look(path).dialect.header is True


def test_money_that_may_be_thousands_is_told(tmp_path: Path) -> None:
    rows = [
        f"{i % 7},{price},{'ab'[i % 2]}".replace(",", ";")
        for i in range(20)
        for price in ("1.137 €", "103 €", "2.450 €")
    ]
    path = write(tmp_path / "t.csv", "g;preis;y", *rows)
    file = look(path)
    notes = [note.told() for note in planned(file, read(file), Wishes("y")).notes]
    assert any("column 'preis' has numbers such as 1.137, read as fractions" in note for note in notes), notes


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([f"{500 + i}" for i in range(400)] + [f"{1 + i // 50}.{137 + i}" for i in range(100)], "1.137"),
        ([f"{i}" for i in range(1, 400)] + [f"{1 + i}.{j}" for i in range(30) for j in (25, 5)], ""),  # quarters
        ([f"{i}" for i in range(1, 400)] + [f"0.{137 + i}" for i in range(100)], ""),  # below one
        ([f"{1 + i / 1000:.3f}" for i in range(2000)], ""),  # rounded
    ],
)
def test_thousands_that_come_late_in_a_table_are_told(numbers: list[str], told: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x;y", *(f"{x};{'ab'[i % 2]}" for i, x in enumerate(numbers)))
    file = look(path)
    assert file.dialect is not None
    assert not file.dialect.unclear
    notes = [note.told() for note in planned(file, read(file), Wishes("y")).notes if note.column == "x"]
    notes = [note for note in notes if "thousands" in note]
    assert len(notes) == bool(told)
    if told:
        assert notes[0].startswith(f"column 'x' has numbers such as {told}, read as fractions")
        assert "dataset.decimal=," in notes[0]
        file = look(path, decimal=",")
        column = planned(file, read(file), Wishes("y")).column("x")
        assert column is not None
        assert column.maximum == 2236


def test_files_that_must_be_made_something_else_first(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv"
    packed.write_bytes(gzip.compress(b"x,y\n1,a\n2,b\n"))
    with pytest.raises(UserError, match=r"is packed; call it t\.csv\.gz"):
        look(packed)
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(UserError, match="is a ZIP archive that is damaged"):
        load(str(tmp_path / "t.xlsx"), [("dataset.target", "y")])
    os.mkfifo(tmp_path / "fifo.csv")
    with pytest.raises(UserError, match="is no regular file"):
        look(tmp_path / "fifo.csv")


@pytest.mark.parametrize("ending", [".txt", ".data", ".dat", ".tab"])
def test_tables_of_other_names_are_trained_on(ending: str, tmp_path: Path) -> None:
    path = table(tmp_path, "a,b,y", "{i}.5", "{i}").rename(tmp_path / f"t{ending}")
    config_ = load(str(path), [("dataset.target", "y")])
    assert config_.dataset["path"] == str(path)


def test_a_character_that_was_cut_names_its_line(tmp_path: Path) -> None:
    text = "나이,도시,y\n" + "".join(f"{i},서울특별시,{'ab'[i % 2]}\n" for i in range(40))
    whole = text.encode()
    at = whole.index("시,b\n".encode(), len(whole) // 2)
    path = tmp_path / "t.csv"
    path.write_bytes(whole[:at] + whole[at + 1 :])
    line = whole[:at].count(b"\n") + 1
    with pytest.raises(UserError, match=rf"is UTF-8, but for byte \d+ \(0x..\) in line {line}; correct it, or dataset"):
        look(path)
    for encoding in ("cp949", "utf-16"):
        path.write_bytes(text.encode(encoding))
        assert list(read(look(path)).columns) == ["나이", "도시", "y"]
    path.write_bytes(text.replace("서울특별시", "Zürich, Genève").replace(", Gen", " Gen").encode("cp1252", "replace"))
    assert look(path).dialect.encoding == "cp1252"


def test_a_character_that_goes_on_behind_what_is_looked_through_is_none_that_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ("x,y\n" + "".join(f"서울,{'ab'[i % 2]}\n" for i in range(60))).encode()
    monkeypatch.setattr("core.tables.encoded.LOOKED_THROUGH", 10)
    monkeypatch.setattr("core.tables.encoded.PIECE", whole.index("울".encode(), 300) + 1)
    path = tmp_path / "t.csv"
    path.write_bytes(whole + b"\xff,a\n")  # further on than is looked at
    with pytest.raises(UserError, match=f"is UTF-8, but for byte {len(whole)} \\(0xFF\\) in line 62"):
        look(path)
