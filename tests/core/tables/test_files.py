"""From bytes to rows: encodings, headers, lines that are no rows, files that are something else. Each against what
pandas makes of the same table, written plainly."""

from __future__ import annotations

import io
import json
import pickle
import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.tables.choices import Choices, told_of_others
from core.tables.encodings import guesses
from core.tables.finding import TableError
from core.tables.planning import Wishes, planned
from core.tables.read import TableFile, look, read
from core.tables.survey import survey

CASES = Path(__file__).parent / "cases"


def rows_of(path: Path, **told: str) -> pd.DataFrame:
    return read(look(path, **told))


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def notes_of(file: TableFile) -> list[str]:
    return [note.told() for note in file.notes]


# Files that were read wrongly.


@pytest.mark.parametrize(
    ("name", "how", "told"),
    [
        ("02_no_header_text.csv", {"header": None}, "line 1 (red, small, yes) is taken for a row, not for names"),
        ("02b_no_header_ints.tsv", {"header": None, "sep": "\t"}, "set dataset.header=yes"),
        (
            "09_cp1251.csv",
            {"encoding": "cp1251", "sep": ";"},
            "read as cp1251, which was guessed; if letters look wrong",
        ),
        ("09b_sjis.csv", {"encoding": "cp932"}, "read as cp932, which was guessed; if letters look wrong, set dataset"),
        (
            "10_preamble.csv",
            {"skiprows": 3},
            "2 lines (1-2) are left out as no rows: above the names (area, price, kind)",
        ),
        ("10b_comments.csv", {"comment": "#"}, "2 lines (1-2) are left out as no rows: comments above the names"),
        ("10c_units_row.csv", {"skiprows": [1]}, "line 2 is left out as no row: units"),
        ("10d_blank_rows.csv", {"nrows": 30}, "8 lines (32-39) are left out as no rows: separators only; dataset.drop"),
        ("10f_repeated_header.csv", {"skiprows": [31]}, "line 32 is left out as no row: the names again"),
    ],
)
def test_what_stands_in_the_cases(name: str, how: dict, told: str) -> None:
    file = look(CASES / name)
    expected = pd.read_csv(CASES / name, **how)
    if how.get("header", 0) is None:
        expected.columns = [f"column {i}" for i in range(1, 1 + len(expected.columns))]
    pd.testing.assert_frame_equal(read(file), expected)
    assert any(told in note for note in notes_of(file)), notes_of(file)
    target = str(expected.columns[-1])
    plan = planned(file, read(file), Wishes(target))
    assert [note.told() for note in plan.notes][: len(file.notes)] == notes_of(file), "told before training"


def test_a_damaged_file_names_the_byte_and_what_reads_it(tmp_path: Path) -> None:
    path = CASES / "09d_mostly_utf8.csv"
    with pytest.raises(
        TableError, match=r"is UTF-8, but for byte 134 \(0xE5\) in line 14; .* dataset.encoding=latin-1"
    ):
        look(path)
    with pytest.raises(TableError, match=r"is not cp949 text: byte \d+ .* dataset.encoding=latin-1 reads it"):
        look(path, encoding="cp949")
    assert len(rows_of(path, encoding="latin-1")) == 13
    cyrillic = written(tmp_path / "t.csv", "город,x,класс\nТверь,1,да\nОмск,2,нет\n", "cp1251")
    for encoding in ("utf-8", "ascii", "cp932"):
        with pytest.raises(
            TableError, match=rf"is not {encoding} text: byte .* in line \d+ .*dataset.encoding=cp1251 reads"
        ):
            read(look(cyrillic, encoding=encoding))


def test_a_wrong_guess_is_hinted_at_where_a_name_is_not_found(tmp_path: Path) -> None:
    file = look(written(tmp_path / "t.csv", "город,x\n" + "да,1\nнет,2\n" * 9, "cp1251"), encoding="auto")
    plan = planned(file, read(file), Wishes("class"))
    assert "if letters look wrong, set dataset.encoding" in plan.problems[0].told()


# Encodings.

WORDS = {
    "cp1251": ["город", "Москва", "Казань", "хорошо", "плохо", "возраст"],
    "koi8-r": ["город", "Москва", "Казань", "хорошо", "плохо", "возраст"],
    "koi8-u": ["місто", "Київ", "Львів", "добре", "погано", "вік"],
    "cp1250": ["miasto", "Łódź", "Kraków", "wysokość", "źle", "płeć"],
    "cp1252": ["Größe", "München", "Straße", "Île", "forêt", "naïve"],
    "cp1253": ["πόλη", "Αθήνα", "Πάτρα", "ηλικία", "καλό", "κακό"],
    "cp1254": ["şehir", "İstanbul", "Eskişehir", "değer", "kötü", "yaş"],
    "cp1255": ["עיר", "חיפה", "ירושלים", "גיל", "טוב", "רע"],
    "cp1256": ["مدينة", "القاهرة", "دمشق", "العمر", "جيد", "سيئ"],
    "cp1257": ["miestas", "Šiauliai", "Panevėžys", "amžius", "mažas", "aukštis"],
    "cp932": ["都市", "東京", "大阪", "年齢", "良い", "悪い"],
    "euc_jp": ["都市", "東京", "おおさか", "年齢", "良い", "悪い"],
    "gb18030": ["城市", "北京", "上海", "年龄", "好", "不好"],
    "big5": ["城市", "臺北", "高雄", "年齡", "好", "不好"],
    "cp949": ["도시", "서울", "부산", "나이", "좋음", "나쁨"],
    "iso2022_jp": ["都市", "東京", "大阪", "年齢", "良い", "悪い"],
    "utf-8-sig": ["город", "東京", "Łódź", "ηλικία", "好", "나이"],
    "utf-16": ["город", "東京", "Łódź", "ηλικία", "好", "나이"],
    "utf-16-le": ["city", "Łódź", "Kraków", "size", "big", "small"],
    "utf-32": ["город", "東京", "Łódź", "ηλικία", "好", "나이"],
    "utf-32-le": ["city", "Łódź", "Kraków", "size", "big", "small"],
}


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_words_of_a_language_tell_its_encoding(encoding: str, separator: str, tmp_path: Path) -> None:
    name, *values = WORDS[encoding]
    rows = [[values[i % 2], str(i / 4), values[2 + i % 3]] for i in range(12)]
    text = "\r\n".join(separator.join(row) for row in [[name, "x", values[3]], *rows]) + "\r\n"
    table = rows_of(written(tmp_path / "t.csv", text, encoding))
    expected = pd.read_csv(io.StringIO(text), sep=separator)
    pd.testing.assert_frame_equal(table, expected)


def test_few_letters_beyond_ascii_are_western(tmp_path: Path) -> None:
    text = "temp (°C),area (m²),price (£)\n" + "".join(f"{i},{i % 7},{i}\n" for i in range(12))
    assert list(rows_of(written(tmp_path / "t.csv", text, "cp1252")).columns) == text.splitlines()[0].split(",")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([name for name in WORDS if not name.startswith(("utf", "iso2022"))]),
    st.lists(st.integers(0, 5), min_size=4, max_size=20),
    st.booleans(),
)
def test_whatever_is_guessed_is_text_and_told(tmp_path: Path, encoding: str, chosen: list[int], upper: bool) -> None:
    words = [WORDS[encoding][i].upper() if upper else WORDS[encoding][i] for i in chosen]
    text = "w,x\n" + "".join(f"{word},{i}.5\n" for i, word in enumerate(words))
    assume(not text.isascii())
    path = tmp_path / "t.csv"
    try:
        written(path, text, encoding)
    except UnicodeEncodeError:
        assume(False)
    file = look(path)
    assert file.dialect is not None
    assert path.read_bytes().decode(file.dialect.encoding) == text or "letters look wrong" in notes_of(file)[0]


def test_nothing_is_guessed_of_no_text() -> None:
    assert guesses([]) != []
    assert guesses(["Тверь".encode("cp1251")])[0].encoding == "cp1251"


# Headers.

DATA = {
    "each cell again": "red,small,yes\nblue,large,no\nred,large,no\nblue,small,yes\n",
    "a class and a sentence": "ham,Go until\nham,Ok lar\nspam,Free entry\nham,U dun\n",
    "whole numbers": "17\t240\t3\n18\t302\t3\n22\t377\t1\n24\t51\t2\n",
    "ratings": "196,242,3,881250949\n186,302,3,891717742\n22,377,1,878887116\n244,51,2,880606923\n",
    "numbers and a class": "30,64,a\n31,59,b\n33,58,a\n30,60,b\n",
    "dates": "2024-01-01,12.5\n2024-01-02,13.5\n2024-01-03,14.0\n2024-01-04,11.5\n",
    "addresses": "a@b.de,x1\nc@d.de,y2\ne@f.com,z3\ng@h.com,w4\nk@l.com,v5\n",
    "fractions": "0.1,0.5\n0.2,0.4\n0.3,0.8\n0.4,0.6\n",
    "codes": "A11,x\nA12,y\nA13,z\nA14,w\nA15,v\n",
    "counting rows": "1,2,3\n2,3,4\n3,4,5\n4,5,6\n",
}
NAMES = {
    "above numbers": "age,height\n1,2\n3,4\n",
    "years": "country,2019,2020,2021\nA,1.5,2.5,3.5\nB,1.5,2.5,3.5\nC,2.5,4.5,5.5\n",
    "years alone": "2019,2020,2021\n1.5,2.5,3.5\n4.5,2.5,3.5\n2.5,4.5,5.5\n",
    "counting on": "0,1,2,3\n5,2,9,9\n7,7,1,2\n1,8,8,3\n",
    "pixels": "label,1x1,1x2\n5,0,0\n4,0,12\n",
    "words above words": "colour,size,ok\nred,small,yes\nblue,large,no\nred,large,no\nblue,small,yes\n",
    "names with numbers": "V1,V2,V3\n" + "".join(f"v{i},w{i % 3},{i}\n" for i in range(9)),
    "spectra": "400.5,401.5,402.5,403.5,kind\n" + "".join(f"{i},{i % 3},{i},4,{'ab'[i % 2]}\n" for i in range(9)),
    "a name among its values": "male,age\nmale,12.5\nfemale,13.5\nmale,9.5\n",
    "dates in columns": "country,1/22/20,1/23/20,1/24/20\n" + "".join(f"c{i},{i},{i},{i}\n" for i in range(9)),
    "nothing but numbers below an empty name": ",x\n0,5.5\n1,6.5\n2,7.5\n",
}


@pytest.mark.parametrize("content", DATA.values(), ids=DATA)
def test_a_first_row_that_is_data(content: str, tmp_path: Path) -> None:
    file = look(written(tmp_path / "t.csv", content))
    assert file.dialect is not None
    assert not file.dialect.header
    assert len(read(file)) == content.count("\n")
    assert "is taken for a row, not for names" in notes_of(file)[0]
    assert "dataset.header=yes" in notes_of(file)[0]
    assert look(file.path, header="yes").dialect.header


@pytest.mark.parametrize("content", NAMES.values(), ids=NAMES)
def test_a_first_row_that_is_names(content: str, tmp_path: Path) -> None:
    file = look(written(tmp_path / "t.csv", content))
    assert file.dialect is not None
    assert file.dialect.header
    assert len(read(file)) == content.count("\n") - 1


@pytest.mark.parametrize("target", ["3", "class", "+ class", "cafe\u0301"])
def test_a_first_row_that_has_a_column_which_is_called_by_its_name(target: str, tmp_path: Path) -> None:
    """Though it might be a row: nobody calls a column by one of its values."""
    content = f"1,2,{target}\n" + "".join(f"{i},{i % 2},a{i % 2}\n" for i in range(3, 30))
    path = written(tmp_path / "t.csv", content)
    named = Choices(str(path), target).named
    file = look(path, named=named)
    assert file.dialect is not None
    assert file.dialect.header
    assert notes_of(file) == []
    assert survey(Choices(str(path), target)).plan.problems == []
    assert not survey(Choices(str(path), target, header="no")).file.dialect.header, "what was told is so"
    assert look(path, named={"another"}).dialect.header == look(path).dialect.header


def test_a_doubtful_header_is_told(tmp_path: Path) -> None:
    file = look(written(tmp_path / "t.csv", "one thing,some words\nand another,more words\nthe third,others\n"))
    assert "line 1 (one thing, some words) is taken for the names of the columns, though" in notes_of(file)[0]
    assert notes_of(file)[0].endswith("if it is a row, set dataset.header=no")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_ordinary_names_are_names(tmp_path: Path, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(["number", "class", "text"]), min_size=2, max_size=6))
    assume("number" in kinds)
    rows = data.draw(st.integers(4, 30))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    table = pd.DataFrame(
        {
            f"{kind} {i}": random.normal(size=rows).round(3)
            if kind == "number"
            else random.choice(["red", "green", "blue"], rows)
            if kind == "class"
            else [f"text number {n} of {random.integers(1e6)}" for n in range(rows)]
            for i, kind in enumerate(kinds)
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    file = look(tmp_path / "t.csv")
    assert not file.notes
    pd.testing.assert_frame_equal(read(file), table)
    table.to_csv(tmp_path / "t.csv", index=False, header=False)
    assert len(rows_of(tmp_path / "t.csv")) == rows, "no header, no row lost"


# Lines that are no rows.


@st.composite
def framed(draw: st.DrawFn) -> tuple[str, str, dict[str, str]]:
    """A table as it is, the same with lines around and between that are no rows, and its separator."""
    separator = draw(st.sampled_from([",", ";", "\t"]))
    width, n = draw(st.integers(3, 6)), draw(st.integers(8, 30))
    names = [f"name{i}" for i in range(width)]
    random = np.random.default_rng(draw(st.integers(0, 999)))
    rows = [[*(f"{value:.2f}" for value in random.normal(size=width - 1)), "pq"[i % 2]] for i in range(n)]
    lines = [separator.join(row) for row in rows]
    empty, header = separator * (width - 1), separator.join(names)
    around = list(lines)
    for _ in range(draw(st.integers(0, 3))):
        around.insert(draw(st.integers(1, len(around))), draw(st.sampled_from([empty, header, "", f'""{empty}'])))
    above = draw(
        st.sampled_from(
            [
                [],
                ["Report"],
                ["Report of all", "made 2024-05-01", ""],
                [f"Report{empty}", empty],
                ["# a", "# b, c"],
                ["// x"],
            ]
        )
    )
    units = draw(st.sampled_from([[], [separator.join([*["kg"] * (width - 1), ""])]]))
    end = draw(
        st.sampled_from([[], ["Source: a ministry"], ["", "Source: a ministry", "* estimated"], [f"Note{empty}"]])
    )
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return (
        "\n".join([header, *lines, ""]),
        newline.join([*above, header, *units, *around, *end, ""]),
        {"sep": separator},
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(framed(), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_the_rows_are_those_of_the_plain_table(tmp_path: Path, made: tuple[str, str, dict], encoding: str) -> None:
    plain, around, how = made
    file = look(written(tmp_path / "t.csv", around, encoding))
    expected = pd.read_csv(io.StringIO(plain), **how)
    pd.testing.assert_frame_equal(read(file), expected)
    assert file.dialect is not None
    lines = around.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row in (0, len(expected) - 1):
        number = int(file.place(row).split()[1])
        assert lines[number - 1] == plain.split("\n")[row + 1], "line numbers are those of the file"
    told = " ".join(notes_of(file))
    for number in file.dialect.lines.numbers():
        if lines[number - 1].strip():
            assert "left out" in told
    assert "taken for" not in told


@pytest.mark.parametrize(
    ("content", "told", "rows"),
    [
        ("a,b\n1,2\nx,y\n3,4\n", {"drop_lines": "3"}, 2),
        ("a,b\n1,2\n3,4\n5,6\n", {"drop_lines": "auto,2-3"}, 1),
        ("a,b\n1,2\n3,4\nTotal,9\nend,\n", {"footer": "2"}, 2),
        ("t\nu,v,w\na,b\n1,2\n3,4\n", {"skip": "2"}, 2),
        ("a,b\n1,2\n$ x\n3,4\n  $y,5\n", {"comment": "$"}, 2),
        ("a,b,y\nkg,m,\n1,2,x\n3,4,z\n5,6,x\n", {"drop_lines": "none"}, 4),
        ("a,b,y\n1,2,x\n3,4,z\n,,\n5,6,x\n", {"drop_lines": "none"}, 4),
        ("a,b,y\n1,2,x\n3,4,z\n5,6,x\nSource: me\n", {"footer": "0"}, 4),
    ],
)
def test_what_is_told_counts(content: str, told: dict[str, str], rows: int, tmp_path: Path) -> None:
    assert len(rows_of(written(tmp_path / "t.csv", content), **told)) == rows


@pytest.mark.parametrize(
    "content",
    [
        "name,x,kind\nAda,1,a\nBob,2,b\nCleo,,\n",  # the last row lacks much
        "name,x,kind\nAda,1,a\nBob,2,b\nCleo,3,\n\nDan,4,a\n",
        'text,x\n"a\n,,\nb",1\n"c\n# no comment\n",2\n',
        "id,tag\n#1,a\n#2,b\n#3,a\n",
        "x,y\n1,a\n2,b\n5",  # cut off
        "day,x,kind\nMon,1,a\nTue,2,b\nMon,3,a\nunknown,-,b\n",
        "x,z,kind\n-,n/a,a\n1,2,b\n3,4,a\n5,6,b\n",  # the first row lacks its numbers
    ],
)
def test_no_real_row_is_left_out(content: str, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", content)
    assert len(rows_of(path)) == len(pd.read_csv(io.StringIO(content)))


def test_quoted_lines_that_look_like_none_stay(tmp_path: Path) -> None:
    text = 'note,x\n"one\n,\nx",1\n,\n"two\nnote,x\n",2\nnote,x\n"three",3\n'
    table = rows_of(written(tmp_path / "t.csv", text))
    assert table["x"].tolist() == [1, 2, 3]
    assert table["note"].tolist()[0] == "one\n,\nx"


def test_remarks_behind_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tables.sweep.PIECE", 100)
    monkeypatch.setattr("core.tables.sweep.TAIL", 60)
    rows = "".join(f"{i}.5,{i % 7},{'ab'[i % 2]}\n" for i in range(200))
    file = look(written(tmp_path / "t.csv", f"x,z,y\n{rows}x,z,y\n1.5,2,a\n,,\nSource: somebody\n"))
    assert len(read(file)) == 201
    assert file.dialect is not None
    assert list(file.dialect.lines.numbers()) == [202, 204, 205]
    assert file.place(200) == "line 203"


def test_excel_tells_the_separator(tmp_path: Path) -> None:
    table = rows_of(written(tmp_path / "t.csv", "sep=;\nx;kind\n1,5;a\n2,5;b\n"))
    assert table["x"].tolist() == [1.5, 2.5]


def test_names_in_a_comment(tmp_path: Path) -> None:
    table = rows_of(written(tmp_path / "t.csv", "# made by a program\n#x,y\n1.5,2\n2.5,3\n3.5,1\n"))
    assert list(table.columns) == ["#x", "y"]
    assert len(table) == 3


def test_numbers_of_lines_are_of_one_file_only() -> None:
    told = {"drop_lines": "2,61", "skip": "3", "encoding": "auto", "name": "csv"}
    assert told_of_others(told) == {}
    assert told_of_others(told | {"skip": "0"}) == {"skip": "0"}
    assert told_of_others({"drop_lines": "none,5"}) == {"drop_lines": "none"}


# Files that are something else.


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table t (x)")
    database.close()


def _zip(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet" if name == "mimetype" else "a,b\n")


FOREIGN = {
    "is a web page": lambda path: path.write_text("\n <!-- saved -->\n<!DOCTYPE html>\n<html><body>a, b</body></html>"),
    "is a Git LFS pointer": lambda path: path.write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n"
    ),
    "is JSON;": lambda path: path.write_text(json.dumps([{"a": 1, "b": [1, 2]}] * 9, indent=2)),
    "is JSON lines": lambda path: path.write_text('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'),
    "is XML": lambda path: path.write_text('<?xml version="1.0"?>\n<rows><row a="1"/></rows>\n'),
    "is a PDF": lambda path: path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n"),
    "is a picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40)),
    "is a Python pickle": lambda path: path.write_bytes(pickle.dumps({"a": [1, 2]})),
    "is an SQLite database": _sqlite,
    "is an old Excel workbook": lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
    "is an OpenDocument spreadsheet": lambda path: _zip(path, "mimetype", "content.xml"),
    "is a ZIP archive that holds a.csv, b.csv": lambda path: _zip(path, "a.csv", "b.csv"),
    "is an ARFF file": lambda path: path.write_text("% iris\n@RELATION iris\n@ATTRIBUTE a REAL\n@DATA\n1,a\n"),
    "is an HDF5 file": lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40)),
    "is a NumPy array": lambda path: np.save(path.open("wb"), np.eye(3)),
    "is a tar archive": lambda path: path.write_bytes(bytes(257) + b"ustar\x0000" + bytes(300)),
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
def test_a_file_that_is_something_else_is_named(what: str, name: str, tmp_path: Path) -> None:
    FOREIGN[what](tmp_path / name)
    with pytest.raises(TableError) as caught:
        look(tmp_path / name)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value), "and what to do"


@pytest.mark.parametrize("name", ["14_saved_web_page.csv", "14c_json.csv"])
def test_the_cases_that_are_something_else(name: str) -> None:
    with pytest.raises(TableError, match=r"is a web page|is JSON"):
        look(CASES / name)


@pytest.mark.parametrize(
    "content",
    ["[a],[b]\n1,2\n3,4\n", "{x},y\n1,2\n3,4\n", "<5,>5\n1,2\n3,4\n", "BM,x\n1,2\n3,4\n", "ORC,a\n1,2\n3,4\n"],
)
def test_names_that_look_like_something_else_are_names(content: str, tmp_path: Path) -> None:
    assert list(rows_of(written(tmp_path / "t.csv", content)).columns) == content.split("\n")[0].split(",")


def test_parquet_by_its_content(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [1.5, 2.5], "y": ["a", "b"]})
    table.to_parquet(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(rows_of(tmp_path / "t.csv"), table)


# Workbooks.


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


ROWS: list[list[object]] = [["size", "when", "ok", "kind", "code"]]
ROWS += [[i / 4 if i != 3 else None, datetime(2024, 1, 1 + i), i % 2 == 0, "ab"[i % 2], f"{i}"] for i in range(12)]


def test_a_workbook_is_read_as_its_table(tmp_path: Path) -> None:
    file = look(workbook(tmp_path / "t.xlsx", {"first": [], "data": ROWS, "other": [["x"], [1]]}))
    table = read(file)
    assert list(table.columns) == ROWS[0]
    np.testing.assert_array_equal(table["size"], [i / 4 if i != 3 else np.nan for i in range(12)])
    assert table["when"].tolist()[:2] == ["2024-01-01", "2024-01-02"]
    assert table["ok"].tolist()[:2] == [True, False]
    assert table["code"].tolist() == [*range(12)]
    assert file.place(3) == "row 5"
    assert notes_of(file) == ["its sheet 'data' is read, of 3; dataset.sheet='first', 'other' reads another"]


@pytest.mark.parametrize("sheet", ["other", "3"])
def test_a_sheet_is_chosen(sheet: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.csv", {"first": [], "data": ROWS, "other": [["x", "y"], [1, 2], [3, 4]]})
    assert rows_of(path, sheet=sheet)["y"].tolist() == [2, 4]
    with pytest.raises(UserError, match=r"has no sheet 'none' \(dataset.sheet\); choose from 'first', 'data', 'other'"):
        look(path, sheet="none")


def test_titles_and_remarks_of_a_sheet_are_none_of_its_rows(tmp_path: Path) -> None:
    rows = [["All of it", None], [None], *ROWS, [None], ["Source: somebody"]]
    file = look(workbook(tmp_path / "t.xlsx", {"data": rows}))
    pd.testing.assert_frame_equal(read(file), rows_of(workbook(tmp_path / "u.xlsx", {"data": ROWS})))
    assert file.place(0) == "row 4"


def test_errors_dates_and_lines_in_a_cell(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["#DIV/0!", date(2024, 5, 1), "x\ny"], [2.5, date(2024, 5, 2), "z"], [3.0, None, "w"]]
    table = rows_of(workbook(tmp_path / "t.xlsx", {"s": rows}))
    assert table["c"].tolist() == ["x y", "z", "w"]
    assert table["b"].tolist()[:2] == ["2024-05-01", "2024-05-02"]


def test_a_workbook_that_is_damaged_or_empty(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", {"s": ROWS})
    with zipfile.ZipFile(tmp_path / "u.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<no")
    with pytest.raises(TableError, match="cannot be read as an Excel workbook"):
        look(tmp_path / "u.xlsx")
    with pytest.raises(TableError, match="holds nothing in its sheets"):
        look(workbook(path, {"s": []}))


def test_without_openpyxl_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "t.xlsx", {"s": ROWS})
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(TableError, match=r"is an Excel workbook, which openpyxl reads: pip install 'nntui\[excel\]'"):
        look(path)
