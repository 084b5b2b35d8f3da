"""What is read is what stands in the file: values, names and classes, not only that something trains."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.prepare import load_data, load_raw
from core.datasets.base import RawData
from core.errors import UserError
from core.experiment import resolve
from core.network.predict import Predictor
from core.runs.folder import RunDir
from core.sessions.network import resume, start


def settings(path: Path, *pairs: tuple[str, str], target: str = "kind") -> list[tuple[str, str]]:
    dataset = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", target)]
    return [*dataset, ("epochs", "1"), ("device", "cpu"), *pairs]


def raw(path: Path, *pairs: tuple[str, str], target: str = "kind") -> RawData:
    return load_raw(resolve.load("iris-net", settings(path, *pairs, target=target)))


def write(path: Path, header: str, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


@dataclass(frozen=True)
class Case:
    header: str
    rows: list[str]
    values: dict[str, list[float]]
    """Of the columns to learn from, in the order of the file; NaN where missing."""
    classes: tuple[str, ...] = ("a", "b")
    encoding: str = "utf-8"
    settings: tuple[tuple[str, str], ...] = ()


def ab(i: int) -> str:
    return "ab"[i % 2]


N = range(30)
MINUS = "\u2212"


def with_bad(row: str, bad: str) -> list[str]:
    """Thirty rows, the one of line 22 is `bad`."""
    return [bad if i == 20 else row.format(i + 1, ab(i)) for i in N]


CASES = {
    "western, with letters behind °": Case(
        "temp (°C),Älter,kind",
        [f"{i},{i % 7},{ab(i)}" for i in N],
        {"temp (°C)": [*N], "Älter": [i % 7 for i in N]},
        encoding="cp1252",
    ),
    "korean with letters behind": Case(
        "나이A,값b,kind",
        [f"{i},{i % 7},{ab(i)}" for i in N],
        {"나이A": [*N], "값b": [i % 7 for i in N]},
        encoding="cp949",
    ),
    "points that are no thousands beside some that could be": Case(
        "ip,x,kind",
        [f"192.168.100.{200 + i % 3},{i / 4},{ab(i)}" for i in N],
        {"x": [i / 4 for i in N]},
        settings=(("dataset.leave_out", "ip"),),
    ),
    "pairs in quotes beside thousands": Case(
        "pair,big,kind",
        [f'"1,{i}","1,234,{100 + i}",{ab(i)}' for i in N],
        {"big": [1234100 + i for i in N]},
        settings=(("dataset.leave_out", "pair"),),
    ),
    "a fraction after many whole thousands": Case(
        "x,kind",
        [*(f'"{100 + i % 800},100",{ab(i)}' for i in range(300)), *(f'"250,5",{ab(i)}' for i in N)],
        {"x": [*(100 + i % 800 + 0.1 for i in range(300)), *(250.5 for i in N)]},
    ),
    "one column with points, one with commas": Case(
        "x,z,kind", [f'{i / 4},"{i},25",{ab(i)}' for i in N], {"x": [i / 4 for i in N], "z": [i + 0.25 for i in N]}
    ),
    "money of two lands": Case(
        "x,z,kind",
        [f'"${i + 1},500","{i + 1}.500,50 €",{ab(i)}' for i in N],
        {"x": [1000 * i + 1500 for i in N], "z": [1000 * i + 1500.5 for i in N]},
    ),
    "blanks and apostrophes between thousands": Case(
        "x,z,kind",
        [f"{i + 1} 250,{i + 1}'500.5,{ab(i)}" for i in N],
        {"x": [1000 * i + 1250 for i in N], "z": [1000 * i + 1500.5 for i in N]},
    ),
    "minus before money, and as typographers write it": Case(
        "x,z,kind",
        ['"{}${},500",{}{}.25,{}'.format("-" * (i % 2), i + 1, MINUS * (i % 2), i, ab(i)) for i in N],
        {"x": [(-1) ** i * (1000 * i + 1500) for i in N], "z": [(-1) ** i * (i + 0.25) for i in N]},
    ),
    "currencies in letters": Case(
        "x,kind", [f'"{i + 1},555 EUR",{ab(i)}' for i in N], {"x": [1000 * i + 1555 for i in N]}
    ),
    "percent": Case("x,kind", [f"{i / 4} %,{ab(i)}" for i in N], {"x": [i / 4 for i in N]}),
    "spectra: decimal numbers as names": Case(
        "400.5,401.5,kind", [f"{i},{i % 3},{ab(i)}" for i in N], {"400.5": [*N], "401.5": [i % 3 for i in N]}
    ),
    "no header": Case(
        "5.1,3.5,a",
        [f"{i / 4},{i % 7},{ab(i + 1)}" for i in N],
        {"column 1": [5.1, *(i / 4 for i in N)], "column 2": [3.5, *(i % 7 for i in N)]},
        settings=(("dataset.target", "column 3"),),
    ),
    "classes with blanks around them": Case("x,kind", [f"{i},{('a', 'a ', ' b', 'b')[i % 4]}" for i in N], {"x": [*N]}),
    "quoted blanks are missing": Case(
        "x,z,kind",
        [",".join(['"  "' if i == 3 else str(i), '"NA "' if i == 4 else str(i % 7), ab(i)]) for i in N],
        {"x": [math.nan if i == 3 else i for i in N], "z": [math.nan if i == 4 else i % 7 for i in N]},
        settings=(("dataset.missing", "fill"),),
    ),
    "a mark before the first name, encoding told": Case(
        "x,kind",
        [f"{i},{ab(i)}" for i in N],
        {"x": [*N]},
        encoding="utf-8-sig",
        settings=(("dataset.encoding", "utf-8"),),
    ),
    "wide": Case(
        ",".join([*(f"{'long' * 10} {i}" for i in range(8000)), "kind"]).replace(",", ";"),
        [";".join([*(["0,5", "1,25"][(i + j) % 2] for j in range(8000)), ab(i)]) for i in range(4)],
        {f"{'long' * 10} {j}": [[0.5, 1.25][(i + j) % 2] for i in range(4)] for j in range(8000)},
    ),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n == "wide" else ()) for n in CASES])
def test_values_names_and_classes(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    target = dict(case.settings).get("dataset.target", "kind")
    data = raw(write(tmp_path / "t.csv", case.header, case.rows, case.encoding), *case.settings, target=target)
    assert [field.name for field in data.fields] == list(case.values)
    np.testing.assert_array_equal(data.x.numpy(), np.array(list(case.values.values())).T)
    assert data.classes == case.classes


@pytest.mark.parametrize(
    ("header", "rows", "pairs", "reason"),
    [
        (
            "datum;betrag;kind",
            [f"{i % 28 + 1:02}.12.2024;1.2{i:02},50;{ab(i)}" for i in N],
            (),
            "column 'datum' holds dates or times, such as 01.12.2024 in line 2",
        ),
        (
            "x,kind",
            [f"{'' if i % 2 else i},{ab(i)}" for i in N],
            (("dataset.missing", "drop"),),
            "column 'kind' is a in every row that is left: there is nothing to tell apart",
        ),
        ("x,kind", [f"{i},{('a', 'a ')[i % 2]}" for i in N], (), "column 'kind' is a in every row: there is nothing"),
        ("x;kind", with_bad("{},5;{}", "BAD;a"), (), "but 'BAD' in line 22 is none"),
        ("x,kind", with_bad('"{},200.5",{}', "BAD,a"), (), "but 'BAD' in line 22 is none"),
        ("x,kind", with_bad("{}.25,{}", "1.5,NaN"), (), "column 'kind' has no value in 1 row, first in line 22"),
        ("x,kind", with_bad("{},{}", "1,a"), (("dataset.encoding", "hex"),), "hex: this is no encoding of text"),
        (
            "400.5,401.5",
            with_bad("{}.5,{}", "1,a"),
            (),
            "'column 1', 'column 2', or if its first row names the columns",
        ),
    ],
)
def test_is_refused_rather_than_misread(
    header: str, rows: list[str], pairs: tuple[tuple[str, str], ...], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as error:
        raw(write(tmp_path / "t.csv", header, rows), *pairs)
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("rows", "decimal", "told"),
    [
        (
            ["9.516;a", "973;b", "10.285;a", "215;b", "1.177;a"] * 5,
            ",",
            "such as 9.516, read as fractions; they may be thousands",
        ),
        (
            ["9,516;a", "973;b", "10,285;a", "215;b", "1,177;a"] * 5,
            ".",
            "such as 9,516, read as fractions; they may be thousands",
        ),
    ],
)
def test_what_may_be_thousands_is_told_and_can_be_read_so(
    rows: list[str], decimal: str, told: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "t.csv", "Preis;kind", rows)
    (note,) = raw(path).notes
    assert told in note
    assert f"set dataset.decimal={decimal} if they are" in note
    data = raw(path, ("dataset.decimal", decimal))
    assert data.notes == ()
    assert sorted(set(data.x.ravel().tolist())) == [215, 973, 1177, 9516, 10285]


def test_numbers_with_clear_fractions_are_not_doubted(tmp_path: Path) -> None:
    assert raw(write(tmp_path / "t.csv", "x,kind", [f"{i / 8 + 1:.3f},{ab(i)}" for i in N])).notes == ()
    assert raw(write(tmp_path / "t.csv", "x,kind", [f"0.{100 + i},{ab(i)}" for i in N])).notes == ()


def test_advice_can_be_followed_word_by_word(tmp_path: Path) -> None:
    """Columns that must go are named together, with those that went before: the next key replaces the one before."""
    rows = [f"{i},2024-01-{i % 28 + 1:02},u{i},{i % 7},{ab(i)}" for i in range(150)]
    path = write(tmp_path / "t.csv", 'x,when,"who, what",y,kind', rows)
    with pytest.raises(UserError) as error:
        raw(path, ("dataset.leave_out", "y"))
    assert '(dataset.leave_out=["y", "when", "who, what"])' in str(error.value)
    data = raw(path, ("dataset.leave_out", '["y", "when", "who, what"]'))
    assert [field.name for field in data.fields] == ["x"]
    with pytest.raises(UserError, match=r"column 'x' is in dataset\.features, and in dataset\.leave_out too"):
        raw(path, ("dataset.leave_out", "x"), ("dataset.features", "x,y"))


def test_a_class_for_each_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="column 'kind' has another class in each of 30 rows: there is"):
        raw(write(tmp_path / "t.csv", "x,kind", [f"{i % 7},name {i}" for i in N]))


def test_a_text_that_only_looks_like_an_archive_is_read_and_an_archive_is_refused(tmp_path: Path) -> None:
    for name in ("t.zip", "t.tar", "t.zst"):
        assert raw(write(tmp_path / name, "x,kind", [f"{i},{ab(i)}" for i in N])).classes == ("a", "b")
    (tmp_path / "t.csv").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UserError, match=r"t\.csv is a ZIP archive that is damaged"):
        raw(tmp_path / "t.csv")


@pytest.mark.parametrize("wide", ["1_0", "0x1f", "1 00", "1e5x"])
def test_what_only_some_programs_take_for_a_number_is_none(wide: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is none; correct it"):
        raw(write(tmp_path / "t.csv", "x,kind", [f"{wide if i == 7 else i},{ab(i)}" for i in N]))


def trained(tmp_path: Path, path: Path, *pairs: tuple[str, str], target: str = "kind") -> Predictor:
    session = start(resolve.load("iris-net", settings(path, *pairs, target=target)), tmp_path / "runs")
    assert session.run.execute().status == "completed"
    return Predictor.load(session.run_dir)


CATEGORIES = {
    "decimal commas": ("x;c;kind", [f"{i};{('0,5', '1,5', '2,50')[i % 3]};{ab(i)}" for i in N]),
    "trailing zeros": ("x,c,kind", [f"{i},{('0.50', '1.5', '2')[i % 3]},{ab(i)}" for i in N]),
    "exponents": ("x,c,kind", [f"{i},{('1e-7', '2.5', '3')[i % 3]},{ab(i)}" for i in N]),
    "truths": ("x,c,kind", [f"{i},{('true', 'false')[i % 2]},{ab(i // 2)}" for i in N]),
    "leading zeros": ("x,c,kind", [f"{i},{('007', '7', '070')[i % 3]},{ab(i)}" for i in N]),
    "gaps in large numbers": (
        "x,c,kind",
        [f"{i},{('1152921504606846977', '1152921504606846978', '')[i % 3]},{ab(i)}" for i in N],
    ),
    "grouped": ("x,c,kind", [f'{i},"{("1,000,000.0", "2,500,000.5")[i % 2]}",{ab(i // 2)}' for i in N]),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_a_network_knows_the_categories_of_its_own_file(name: str, tmp_path: Path) -> None:
    """And those of typed values, and gives the same answers."""
    header, rows = CATEGORIES[name]
    path = write(tmp_path / "t.csv", header, rows)
    predictor = trained(tmp_path, path, ("dataset.categories", "c"), ("dataset.missing", "fill"))
    of_file = predictor.predict_file(path)
    frame = pd.read_csv(path, sep=";" if ";" in header else ",", dtype=str, keep_default_na=False)
    typed = predictor.predict(frame[["x", "c"]].to_numpy().tolist())
    assert [each.probabilities for each in of_file] == pytest.approx([each.probabilities for each in typed], abs=1e-6)
    field = next(field for field in predictor.inputs.fields if field.name == "c")
    if field.kind == "category":
        assert set(field.categories) == set(frame["c"]) - {""}


def test_what_a_file_leaves_open_is_read_as_in_training(tmp_path: Path) -> None:
    """`1,500` may be a thousand and a half, or one and a half."""
    rows = [f"{i},25;{i % 3};{ab(i)}" for i in N]
    predictor = trained(tmp_path, write(tmp_path / "t.csv", "x;z;kind", rows))
    half = predictor.predict([["1.5", "2"]])
    for content in ('x,z\n"1,500",2\n', "x;z\n1,500;2\n", "x\tz\n1.5\t2\n"):
        (tmp_path / "in.csv").write_text(content)
        assert predictor.predict_file(tmp_path / "in.csv") == half, content


def test_columns_without_names_are_known_by_their_place(tmp_path: Path) -> None:
    """Also where the target, which was the first one, is not there."""
    rows = [f"{ab(i)},{i / 4},{i % 7 + 0.5},{i % 3}" for i in N]
    path = write(tmp_path / "t.csv", "a,0.5,1.25,4", rows)
    predictor = trained(tmp_path, path, ("dataset.leave_out", "column 4"), target="column 1")
    whole = predictor.predict_file(path)
    (tmp_path / "in.csv").write_text("\n".join(["0.5,1.25,4", *(row.partition(",")[2] for row in rows), ""]))
    assert predictor.predict_file(tmp_path / "in.csv") == whole
    (tmp_path / "in.csv").write_text("0.5,1.25\n1.5,2.25\n")
    with pytest.raises(
        UserError, match=r"in\.csv has 2 columns without names, but the network was trained on 4 of them"
    ):
        predictor.predict_file(tmp_path / "in.csv")


def test_a_column_of_bad_last_rows_costs_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of totals under 200 columns of numbers."""
    from core.tables import read

    passes, real = [], read.records_of

    def counted(*arguments: object) -> object:
        passes.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(read, "records_of", counted)
    columns = [f"c{i}" for i in range(200)]
    rows = [",".join([*(str((i * j) % 7) for j in range(200)), ab(i)]) for i in range(100)]
    path = write(tmp_path / "t.csv", ",".join([*columns, "kind"]), [*rows, ",".join([*["sum"] * 200, "a"])])
    with pytest.raises(UserError, match="column 'c0' holds 100 numbers, but 'sum' in line 102 is none"):
        raw(path)
    assert len(passes) <= 4


def test_a_long_text_is_looked_at_in_no_time(tmp_path: Path) -> None:
    import time

    path = write(tmp_path / "t.csv", "x,kind", [f'"{i}{" " * 50_000}.",{ab(i)}' for i in N])
    began = time.process_time()
    assert raw(path).fields[0].kind == "category"
    assert time.process_time() - began < 5


def test_a_run_dir_is_made_of_a_table(tmp_path: Path) -> None:
    """What was written before a table's fields had marks is read still."""
    path = write(tmp_path / "t.csv", "x,kind", [f"{i / 4},{ab(i)}" for i in N])
    predictor = trained(tmp_path, path)
    (run_dir,) = (RunDir(each) for each in (tmp_path / "runs").iterdir() if each.is_dir())
    text = run_dir.inputs.read_text()
    old = text.replace(', "mark": ".", "sign": ""', "").replace(', "columns": ["x", "kind"]', "")
    assert old.count('"x"') == text.count('"x"') - 1
    assert '"unnamed": 0' in old
    run_dir.inputs.write_text(old)
    inputs = Predictor.load(run_dir).inputs
    fields = tuple(replace(field, sign="") for field in inputs.fields)
    assert replace(inputs, columns=("x", "kind"), fields=fields) == predictor.inputs


def test_decimals_of_parquet_are_a_value_to_predict(tmp_path: Path) -> None:
    from decimal import Decimal

    frame = pd.DataFrame({"x": np.arange(30), "y": [Decimal(i) / 8 for i in N]})
    frame.to_parquet(tmp_path / "t.parquet")
    data = load_data(
        resolve.load(
            "iris-net", settings(tmp_path / "t.parquet", ("loss.name", "mse"), ("standardise", ""), target="y")
        )
    )
    assert data.inputs.task == "regression"
    values = np.concatenate([part.target.numpy() for part in data.splits.values()])
    np.testing.assert_array_equal(np.sort(values), np.arange(30) / 8)


def test_a_run_whose_table_has_moved_says_where_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x,kind", [f"{i / 4},{ab(i)}" for i in N])
    opened = start(resolve.load("iris-net", [*settings(path), ("epochs", "1000")]), tmp_path / "runs")
    opened.run.stop()
    assert opened.run.execute().status == "stopped"
    path.rename(tmp_path / "moved.csv")
    with pytest.raises(UserError, match=r"t\.csv does not exist; put it back, or correct dataset\.path in .*toml"):
        resume(opened.run_dir)
    config_file = opened.run_dir.config
    config_file.write_text(config_file.read_text().replace("t.csv", "moved.csv"))
    again = resume(opened.run_dir)
    again.run.stop()
    assert again.run.execute().status == "stopped"
