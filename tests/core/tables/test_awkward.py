"""Tables as people have them: each of these trains, or is refused in one line that names file, line or column and what
to do."""

from __future__ import annotations

import bz2
import decimal
import gzip
import lzma
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import UserError
from core.events.events import Evaluated
from core.experiment import resolve
from core.training.fit import fit

Set = tuple[tuple[str, str], ...]

ROWS = [(5.1 + i % 7, 3.0 - i % 3, "ab"[i % 2]) for i in range(30)]


def text(header: str = "width,height,kind", separator: str = ",", rows: list[tuple[object, ...]] | None = None) -> str:
    lines = [separator.join(str(cell) for cell in row) for row in (rows or ROWS)]
    return "\n".join([header, *lines, ""])


def loaded(path: Path, *pairs: tuple[str, str], target: str = "kind") -> Data:
    dataset = [("dataset.name", "csv"), ("dataset.path", str(path)), ("dataset.target", target)]
    return load_data(resolve.load("iris-net", [*dataset, ("epochs", "1"), ("device", "cpu"), *pairs]))


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


COMMA = text(separator=";").replace(".", ",")
KOREAN = text("너비,높이,종류").replace(",a\n", ",가\n").replace(",b\n", ",나\n")
MISSING = text().replace("5.1,3.0,a", ",3.0,a", 1)
WORDS = text("colour,kind", rows=[(("red", "green", "blue")[i % 3], "ab"[i % 2]) for i in range(30)])
YES = text("smoker,age,kind", rows=[(("yes", "no")[i % 2], i, "ab"[i // 2 % 2]) for i in range(30)])
MANY = text("x,kind", rows=[(i / 7, f"class {i % 25}") for i in range(100)])

TRAINS: dict[str, tuple[str | bytes, Set]] = {
    "commas": (text(), ()),
    "semicolons": (text("width;height;kind", ";"), ()),
    "tabs": (text("width\theight\tkind", "\t"), ()),
    "bars": (text("width|height|kind", "|"), ()),
    "decimal commas": (COMMA.replace("width,height,kind", "width;height;kind"), ()),
    "decimal commas, tabs": (COMMA.replace("width,height,kind", "width;height;kind").replace(";", "\t"), ()),
    "decimal commas in quotes": (
        text()
        .replace("5.1", '"5,1"')
        .replace("6.1", '"6,1"')
        .replace("7.1", '"7,1"')
        .replace("8.1", '"8,1"')
        .replace("9.1", '"9,1"')
        .replace("10.1", '"10,1"')
        .replace("11.1", '"11,1"')
        .replace(".0,", ","),
        (),
    ),
    "utf-8 with a mark": (text().encode("utf-8-sig"), ()),
    "utf-16 with a mark": (text().encode("utf-16"), ()),
    "utf-16 little end first": (text().encode("utf-16-le"), ()),
    "utf-16 big end first": (text().encode("utf-16-be"), ()),
    "korean in utf-8": (KOREAN, (("dataset.target", "종류"),)),
    "korean in cp949": (KOREAN.encode("cp949"), (("dataset.target", "종류"),)),
    "korean in euc-kr, semicolons": (KOREAN.replace(",", ";").encode("euc-kr"), (("dataset.target", "종류"),)),
    "korean in utf-16": (KOREAN.encode("utf-16"), (("dataset.target", "종류"),)),
    "western": (text("Größe,Höhe,kind").encode("cp1252"), ()),
    "told": (text("Größe,Höhe,kind").encode("cp850"), (("dataset.encoding", "cp850"),)),
    "carriage returns": (text().replace("\n", "\r\n"), ()),
    "old carriage returns": (text().replace("\n", "\r"), ()),
    "no newline at the end": (text().rstrip("\n"), ()),
    "blank lines": (text().replace("\n", "\n\n"), ()),
    "spaces after separators": (text().replace(",", ", "), ()),
    "spaces around classes": (text().replace(",a\n", ", a \n"), ()),
    "quoted everything": (
        "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in text().split("\n")[:-1]),
        (),
    ),
    "newlines in quotes": (text().replace(",a\n", ',"a\nlong"\n'), ()),
    "quotes in quotes": (text().replace(",a\n", ',"a ""b"""\n'), ()),
    "separators in quotes": (text().replace(",a\n", ',"a, b"\n'), ()),
    "header in quotes with a newline": (text('"wi\ndth",height,kind'), ()),
    "text features": (WORDS, ()),
    "booleans": (text("ok,age,kind", rows=[(bool(i % 2), i, "ab"[i // 2 % 2]) for i in range(30)]), ()),
    "yes and no": (YES, ()),
    "예 and 아니오": (YES.replace("yes", "예").replace("no", "아니오"), ()),
    "whole numbers as classes": (text("x,y,kind", rows=[(i / 3, -i, i % 3) for i in range(30)]), ()),
    "numbers as categories": (
        text("zip,x,kind", rows=[(1000 + i % 4, i / 3, "ab"[i % 2]) for i in range(30)]),
        (("dataset.categories", "zip"),),
    ),
    "a value to predict": (
        text("x,z,kind", rows=[(i, -i, i / 7) for i in range(40)]),
        (("loss.name", "mse"), ("standardise", "features,target")),
    ),
    "classes called NA and None": (text().replace(",a\n", ",NA\n").replace(",b\n", ",None\n"), ()),
    "missing, dropped": (MISSING, (("dataset.missing", "drop"),)),
    "missing, filled": (MISSING, (("dataset.missing", "fill"),)),
    "missing text, filled": (WORDS.replace("red", "", 1), (("dataset.missing", "fill"),)),
    "missing yes, filled": (YES.replace("yes", "", 1), (("dataset.missing", "fill"),)),
    "missing target, dropped": (text().replace(",a\n", ",\n", 1), (("dataset.missing", "drop"),)),
    "missing target, filled": (text().replace(",a\n", ",\n", 1), (("dataset.missing", "fill"),)),
    "missing as NA and ?": (
        MISSING.replace("\n,", "\nNA,", 1).replace("3.0,b", "?,b", 1),
        (("dataset.missing", "fill"),),
    ),
    "a constant column": (
        text().replace("height", "same").replace(",3.0,", ",1,").replace(",2.0,", ",1,").replace(",1.0,", ",1,"),
        (),
    ),
    "an empty column": (text("width,height,nothing,kind", rows=[(*row[:2], "", row[2]) for row in ROWS]), ()),
    "an id": (text("id,width,kind", rows=[(i + 1, row[0], row[2]) for i, row in enumerate(ROWS)]), ()),
    "columns left out": (
        text("when,width,kind", rows=[(f"2024-01-{i % 28 + 1:02}", row[0], row[2]) for i, row in enumerate(ROWS)]),
        (("dataset.leave_out", "when"),),
    ),
    "columns chosen": (text(), (("dataset.features", "height"),)),
    "a class with one row": (text() + "1,2,c\n", ()),
    "row names without a header": (text(",width,kind"), ()),
    "names of a few columns": (text(",,kind"), ()),
    "a column called as one without a name": (text("column 2,,kind"), ()),
    "no header": (text().partition("\n")[2], (("dataset.target", "column 3"),)),
    "no header, whole numbers": (
        "".join(f"{i},0,0,{i % 3}\n" for i in range(30)),
        (("dataset.target", "column 4"),),
    ),
    "no header, as told": (
        "".join(f"{'red' if i % 2 else 'blue'},{'ab'[i % 2]}\n" for i in range(30)),
        (("dataset.target", "column 2"), ("dataset.header", "no")),
    ),
    "aligned with blanks": ("x   y  kind\n" + "".join(f"{i:<4}{i % 7:<3}{'ab'[i % 2]}\n" for i in range(30)), ()),
    "utf-32": (text().encode("utf-32"), ()),
    "a name in other bytes": (
        text(f"width,height,{unicodedata.normalize('NFD', '종류')}"),
        (("dataset.target", "종류"),),
    ),
    "numbers too large for whole ones": (text("x,kind", rows=[(10**20 + i, "ab"[i % 2]) for i in range(30)]), ()),
    "dates as categories": (
        text("when,kind", rows=[(f"2024-01-{i % 3 + 1:02}", "ab"[i % 2]) for i in range(30)]),
        (("dataset.categories", "when"),),
    ),
    "years as names": (text("1990,1991,kind"), ()),
    "a separator told by its name": (text("width\theight\tkind", "\t"), (("dataset.separator", "tab"),)),
    "a name with a comma": (text('"a, b",height,kind'), (("dataset.features", '["a, b"]'),)),
    "many columns": (
        text(
            ",".join(f"c{i}" for i in range(3000)) + ",kind",
            rows=[(*((i * j) % 11 / 7 for j in range(3000)), "ab"[i % 2]) for i in range(12)],
        ),
        (),
    ),
    "many classes": (MANY, (("split.train_size", "0.5"),)),
    "formulas": (text("=width,@height,kind"), ()),
    "short rows, filled": (text().replace("5.1,3.0,a\n", "5.1,3.0,a\n4.4,,b\n", 1), (("dataset.missing", "fill"),)),
    "numbers with exponents": (text().replace("5.1", "5.1e0"), ()),
    "one column of each": (text("x,kind", rows=[(i, "ab"[i % 2]) for i in range(20)]), ()),
}

REFUSED: dict[str, tuple[str | bytes, Set, str]] = {
    "empty": ("", (), "is not a CSV file: it is empty"),
    "blank": ("\n \n\n", (), "is not a CSV file: it is empty"),
    "a header alone": ("width,height,kind\n", (), "has a header but no rows"),
    "no such column": (text("width,height,sort"), (), "has no column 'kind'; choose from 'width', 'height', 'sort'"),
    "duplicate headers": (text("width,width,kind"), (), "calls two columns 'width' in line 1; give each a name"),
    "more fields than the header": (text() + "1,2,a,4\n", (), "has 4 fields in line 32, but 3 in the first one"),
    "separators at the end": (
        text().replace("\n", ",\n").replace("kind,\n", "kind\n", 1),
        (),
        "has 4 fields in line 2",
    ),
    "one class": (
        text().replace(",b\n", ",a\n"),
        (),
        "column 'kind' is a in every row: there is nothing to tell apart",
    ),
    "only the target": ("kind\n" + "a\nb\n" * 9, (), "has only the column 'kind'; columns to learn from are missing"),
    "nothing but constants": (text("x,kind", rows=[(1, "ab"[i % 2]) for i in range(9)]), (), "no column to learn from"),
    "target among the features": (
        text(),
        (("dataset.features", "width,kind"),),
        "is the target, and in dataset.features",
    ),
    "an unknown feature": (text(), (("dataset.features", "depth"),), "has no column 'depth' (dataset.features)"),
    "an unknown column left out": (text(), (("dataset.leave_out", "id"),), "has no column 'id' (dataset.leave_out)"),
    "dates": (
        text("when,width,kind", rows=[(f"2024-01-{i % 28 + 1:02}", row[0], row[2]) for i, row in enumerate(ROWS)]),
        (),
        "column 'when' holds dates or times, such as 2024-01-01 in line 2; leave it out (dataset.leave_out=when)",
    ),
    "dates and times": (
        text("when,width,kind", rows=[(f"{i % 28 + 1}/3/2024 10:00", row[0], row[2]) for i, row in enumerate(ROWS)]),
        (),
        "column 'when' holds dates or times",
    ),
    "korean dates": (
        text("날짜,width,kind", rows=[(f"2024년 3월 {i % 28 + 1}일", row[0], row[2]) for i, row in enumerate(ROWS)]),
        (),
        "column '날짜' holds dates or times, such as 2024년 3월 1일 in line 2",
    ),
    "days as numbers": (
        text("when,kind", rows=[(20240101 + i % 28, "ab"[i % 2]) for i in range(30)]),
        (),
        "column 'when' holds dates or times, such as 20240101 in line 2",
    ),
    "names of months": (
        text("when,kind", rows=[(f'"Jan {i % 28 + 1}, 2024"', "ab"[i % 2]) for i in range(30)]),
        (),
        "column 'when' holds dates or times, such as Jan 1, 2024 in line 2",
    ),
    "times": (
        text("when,kind", rows=[(f"{i % 24}:30", "ab"[i % 2]) for i in range(30)]),
        (),
        "column 'when' holds dates or times, such as 0:30 in line 2",
    ),
    "dates to predict": (
        text("x,kind", rows=[(i, f"2024-01-{i % 28 + 1:02}") for i in range(30)]),
        (),
        "column 'kind' holds dates or times, such as 2024-01-01 in line 2; use dataset.task=classification, or choose",
    ),
    "a quotation mark that is never closed": (
        text() + '1,"2,a\n3,4,b\n',
        (),
        "has a quotation mark in line 32 that is never closed; close it",
    ),
    "names between other separators": ("sep=;\n" + COMMA, (), "has 3 fields in line 3, but 1 in the first one"),
    "free text": (
        text("name,width,kind", rows=[(f"person {i}", i, "ab"[i % 2]) for i in range(150)]),
        (),
        "column 'name' has 150 different texts, such as 'person 0' in line 2, at most 100 can be categories",
    ),
    "a unit in one cell": (text().replace("6.1,", "6.1 cm,", 1), (), "but '6.1 cm' in line 3 is none; correct it"),
    "missing": (
        MISSING,
        (),
        "column 'width' has no value in 1 row, first in line 2; dataset.missing=drop leaves 29 of 30",
    ),
    "missing in several": (
        MISSING.replace(",2.0,b", ",,b", 1),
        (),
        "lacks 2 values in 2 columns ('width' 1, 'height' 1), first in line 2; dataset.missing=drop leaves 28 of 30",
    ),
    "missing target": (text().replace(",a\n", ",\n", 1), (), "column 'kind' has no value in 1 row, first in line 2"),
    "an empty target": (
        text().replace(",a\n", ",\n").replace(",b\n", ",\n"),
        (),
        "column 'kind' is empty; choose another",
    ),
    "missing everywhere": (
        text("x,z,kind", rows=[("" if i % 2 else 1 + i, 1 + i if i % 2 else "", "ab"[i % 2]) for i in range(20)]),
        (("dataset.missing", "drop"),),
        "lacks a value in every row; leave some columns out (dataset.leave_out), or dataset.missing=fill takes mean",
    ),
    "infinite": (text().replace("6.1", "inf", 1), (), "column 'width' holds an infinite value in line 3; correct it"),
    "beyond float32": (text().replace("6.1", "1e300", 1), (), "holds 1e+300, which is infinite in float32, in line 3"),
    "a text to predict": (
        text(),
        (("dataset.task", "regression"), ("loss.name", "mse")),
        "column 'kind' is not numeric",
    ),
    "too many classes": (
        text("x,kind", rows=[(i / 7, f"name {i}") for i in range(1200)]),
        (),
        "column 'kind' has 1,200 classes, at most 1,000 can be told apart; choose another dataset.target",
    ),
    "a value where the loss wants classes": (
        text("x,kind", rows=[(i, i / 7) for i in range(30)]),
        (),
        "t.csv has values; use loss.name=mse or dataset.task=classification",
    ),
    "no text": (bytes(range(256)) * 20, (), "is no text: it holds zero bytes; export it as CSV"),
    "an encoding that it is not": (KOREAN, (("dataset.encoding", "ascii"),), "is not ascii text"),
    "an encoding of no name": (text(), (("dataset.encoding", "utf-99"),), "dataset.encoding = utf-99: no encoding of"),
    "the wrong separator": (text(), (("dataset.separator", ";"),), "has no column 'kind'; choose from 'width,height"),
    "too many columns": (",".join(f"c{i}" for i in range(20_001)) + "\n1\n", (), "has 20,001 columns, at most 20,000"),
    "too many inputs": (
        text(
            ",".join(f"c{i}" for i in range(600)) + ",kind",
            rows=[(*(f"v{(i + j) % 99}" for j in range(600)), "ab"[i % 2]) for i in range(99)],
        ),
        (),
        "inputs, at most 50,000 can be used; leave some columns out",
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow if n == "many columns" else ()) for n in TRAINS]
)
def test_trains(name: str, tmp_path: Path) -> None:
    content, pairs = TRAINS[name]
    data = loaded(write(tmp_path / "t.csv", content), *pairs, target=dict(pairs).get("dataset.target", "kind"))
    chosen = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "t.csv")), ("dataset.target", "kind"), *pairs]
    resolved = resolve.load("iris-net", [*chosen, ("epochs", "1"), ("device", "cpu")])
    told = [event for event in fit(resolved, data=data) if isinstance(event, Evaluated)]
    assert told
    assert all(np.isfinite(value) for event in told for value in event.metrics.values())


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, pairs, reason = REFUSED[name]
    with pytest.raises(UserError) as error:
        loaded(write(tmp_path / "t.csv", content), *pairs)
    words = str(error.value)
    assert reason in words
    assert "\n" not in words
    if not words.startswith(("loss ", "dataset.")):
        assert words.startswith(str(tmp_path / "t.csv"))


def test_there_are_many() -> None:
    assert len(TRAINS) + len(REFUSED) >= 60


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        ("csv", lambda b: b),
        ("csv.gz", gzip.compress),
        ("csv.bz2", bz2.compress),
        ("csv.xz", lzma.compress),
        ("tsv", bytes),
    ],
)
def test_packed_or_not_it_is_the_same(suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    content = text("width\theight\tkind", "\t") if suffix == "tsv" else text()
    plain = loaded(write(tmp_path / "t.csv", text()))
    assert loaded(write(tmp_path / f"u.{suffix}", pack(content.encode()))).sha256 == plain.sha256


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"t\.csv does not exist; set dataset\.path"):
        loaded(tmp_path / "t.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=r"folder\.csv is a folder; set dataset\.path to a file in it"):
        loaded(tmp_path / "folder.csv")
    with pytest.raises(UserError, match=r"t\.csv\.gz cannot be read: Not a gzipped file"):
        loaded(write(tmp_path / "t.csv.gz", "no gzip"))


def test_a_file_that_memory_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.tables import read

    monkeypatch.setattr(read, "free_memory", lambda: 1000.0)
    with pytest.raises(UserError, match=r"would take .* GB of memory or more, of .* GB free; take a part of its rows"):
        loaded(write(tmp_path / "t.csv", text()))


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=("Cs", "Cc", "Zs")), min_size=1
)


@settings(max_examples=60)
@given(
    names=st.lists(NAMES, min_size=2, max_size=5, unique=True),
    classes=st.lists(NAMES, min_size=2, max_size=4, unique=True),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    seed=st.integers(0, 1000),
)
def test_whatever_pandas_writes_comes_back(
    names: list[str],
    classes: list[str],
    separator: str,
    encoding: str,
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The same numbers and the same classes, or one line that says why not."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: random.normal(size=24) for name in names[:-1]})
    frame[names[-1]] = [classes[i % len(classes)] for i in range(24)]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    frame.to_csv(path, index=False, sep=separator, encoding=encoding)
    reason, data = "", None
    try:
        data = loaded(path, target=names[-1])
    except UserError as error:
        reason = str(error)
    if data is None:
        assert re.fullmatch(r".*(t\.csv|dataset\.).*", reason), reason
        return
    values = np.sort(np.concatenate([part.x.numpy() for part in data.splits.values()]), axis=0)
    np.testing.assert_array_equal(values, np.sort(frame[names[:-1]].to_numpy(dtype="float32"), axis=0))
    assert sorted(data.classes) == sorted(set(classes))


@settings(max_examples=80)
@given(
    places=st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["", *",;\t\n\r\"' .-?x0\0é한\ufeff"])), max_size=6),
    separator=st.sampled_from(",;\t| "),
    header=st.booleans(),
)
def test_damaged_files_train_or_are_refused_in_one_line(
    places: list[tuple[int, str]], separator: str, header: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Characters that are taken away, or put where they do not belong."""
    content = text(separator.join(("width", "height", "kind")), separator)
    content = content if header else content.partition("\n")[2]
    for place, instead in places:
        place %= len(content)
        content = content[:place] + instead + content[place + (place % 2) :]
    path = write(tmp_path_factory.mktemp("t") / "t.csv", content)
    reason, data = "", None
    try:
        data = loaded(path, ("dataset.missing", "fill"), target="kind" if header else "column 3")
    except UserError as error:
        reason = str(error)
    if data is None:
        assert re.fullmatch(r".*(t\.csv|dataset\.|split\.).*", reason), reason
    else:
        assert all(bool(part.x.isfinite().all()) for part in data.splits.values())


PARQUET: dict[str, tuple[object, Set, str]] = {
    "categories": (pd.Categorical([1, 2, 3] * 10), (), ""),
    "whole numbers that may be missing": (
        pd.array([1, 2, None] * 10, dtype="Int64"),
        (("dataset.missing", "fill"),),
        "",
    ),
    "booleans that may be missing": (pd.array([True, None] * 15, dtype="boolean"), (("dataset.missing", "fill"),), ""),
    "decimals": ([decimal.Decimal(i) / 8 for i in range(30)], (), ""),
    "half precision": (np.arange(30, dtype="float16") / 4, (), ""),
    "lists": ([[i, 2] for i in range(30)], (), "column 'c' holds lists, such as [0 2] in row 1; leave it out"),
    "tables": ([{"a": i} for i in range(30)], (), "column 'c' holds lists, such as {'a': 0} in row 1; leave it out"),
    "days": (pd.date_range("2024", periods=30), (), "column 'c' holds dates or times, such as 2024-01-01"),
    "spans": (pd.to_timedelta(np.arange(30), unit="h"), (), "column 'c' holds dates or times, such as 0 days"),
    "missing": (pd.array([1, None] * 15, dtype="Int64"), (), "column 'c' has no value in 15 rows, first in row 2"),
}


@pytest.mark.parametrize("name", PARQUET)
def test_parquet_trains_or_is_refused(name: str, tmp_path: Path) -> None:
    values, pairs, reason = PARQUET[name]
    frame = pd.DataFrame({"x": np.arange(30) / 7, "c": values, "kind": list("ab") * 15})
    frame.to_parquet(tmp_path / "t.parquet")
    if not reason:
        assert loaded(tmp_path / "t.parquet", *pairs).sizes == {"train": 24, "test": 6}
        return
    with pytest.raises(UserError) as error:
        loaded(tmp_path / "t.parquet", *pairs)
    assert reason in str(error.value)


@pytest.mark.parametrize("content", [b"", b"x,kind\n1,a\n", b"PAR1" + bytes(99) + b"PAR1"])
def test_what_is_no_parquet_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"t\.parquet cannot be read as Parquet: "):
        loaded(write(tmp_path / "t.parquet", content))


@pytest.mark.parametrize(
    ("cells", "separator", "numbers"),
    [
        (('"1,234.5"', '"12,000"', "7"), ",", [1234.5, 12000, 7]),
        (('"1,234"', '"12,000"', "7"), ",", [1234, 12000, 7]),
        (("1,234,567", "12,000", "7.5"), ";", [1234567, 12000, 7.5]),
        (("1.234,5", "12.000", "7"), ";", [1234.5, 12000, 7]),
        (("1,234", "12,5", "7"), ";", [1.234, 12.5, 7]),
        (('"1,25"', '"12,5"', "7"), ",", [1.25, 12.5, 7]),
        (("1.234", "12.500", "7"), ";", [1.234, 12.5, 7]),
    ],
)
def test_marks_between_thousands(cells: tuple[str, ...], separator: str, numbers: list[float], tmp_path: Path) -> None:
    rows = [f"{cell}{separator}{'ab'[i % 2]}" for i, cell in enumerate(cells * 6)]
    path = write(tmp_path / "t.csv", "\n".join([f"x{separator}kind", *rows, ""]))
    data = loaded(path, ("standardise", ""))
    found = np.unique(np.concatenate([part.x.numpy().ravel() for part in data.splits.values()]))
    np.testing.assert_array_equal(found, np.unique(np.float32(numbers)))


def test_what_seems_to_be_an_id_is_told(tmp_path: Path) -> None:
    rows = [(i * 7 % 30, 1000 + i * i * 17, f"p{i}", i * i, "ab"[i % 2]) for i in range(30)]
    notes = loaded(write(tmp_path / "t.csv", text("shuffled,userId,paid,size,kind", rows=rows))).notes
    assert [note.partition(":")[0] for note in notes] == [
        "column 'shuffled' counts the rows",
        "column 'userId' has another number in every row, as an id has",
        "column 'paid' has another text in every row, as an id has",
    ]


def test_classes_of_one_row_are_told(tmp_path: Path) -> None:
    notes = loaded(write(tmp_path / "t.csv", text() + "1,2,c\n")).notes
    assert notes == (
        "column 'kind' has 1 of 3 classes in one row only, such as 'c': what is learned of them cannot be tested",
    )


def test_inputs_that_memory_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.tables import planning

    monkeypatch.setattr(planning, "free_memory", lambda: 1000.0)
    with pytest.raises(
        UserError, match=r"t\.csv makes 2 inputs for each of 30 rows: .* GB free; take a part of its rows"
    ):
        loaded(write(tmp_path / "t.csv", text()))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_small_packed_file_may_be_too_large(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.tables import read

    suffix = {gzip.compress: "gz", bz2.compress: "bz2", lzma.compress: "xz"}[pack]
    path = write(tmp_path / f"t.csv.{suffix}", pack(b"x,kind\n" + b"1,a\n" * 100_000))
    monkeypatch.setattr(read, "free_memory", lambda: 1e6)
    assert path.stat().st_size < 1e5
    with pytest.raises(UserError, match=r"would take .* GB of memory or more"):
        loaded(path)
