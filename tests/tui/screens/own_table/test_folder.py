"""What a folder holds, and what a typed path means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import UserError
from tui.screens.own_table.file_list import size_text, when
from tui.screens.own_table.folder import Typed, best, entries, is_table, matching, printable, typed
from tui.widgets.path_field import end_of


def names(folder: Path, text: str = "", *, everything: bool = False, beginning: bool = False) -> list[str]:
    return [each.name for each in matching(entries(folder), text, everything=everything, beginning=beginning)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("run 10.csv", "run 2.csv", "B.TSV", "a.parquet", "z.csv.gz", "notes.md", ".secret.csv", "t.txt.xz"):
        (tmp_path / name).write_text("x")
    for name in ("zoo", "alpha", ".cache"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_folders_then_tables_then_the_rest(folder: Path) -> None:
    assert names(folder) == ["alpha", "zoo", "a.parquet", "B.TSV", "run 2.csv", "run 10.csv", "t.txt.xz", "z.csv.gz"]
    assert names(folder, everything=True)[:3] == [".cache", "alpha", "zoo"]
    assert names(folder, everything=True)[-1] == "notes.md"


def test_names_are_found_by_a_part_or_by_their_beginning(folder: Path) -> None:
    assert names(folder, "RUN") == ["run 2.csv", "run 10.csv"]
    assert names(folder, "2.c") == ["run 2.csv"]
    assert names(folder, "2.c", beginning=True) == []
    assert names(folder, "notes.md") == ["notes.md"], "a file that is called exactly so is meant"
    assert names(folder, ".secret.csv") == [".secret.csv"]
    shown = matching(entries(folder), "", everything=False, beginning=False)
    assert shown[best(shown, "")].name == "a.parquet", "the first table"
    assert shown[best(shown, "z")].name == "zoo"
    assert shown[best(shown, "z.csv.gz")].name == "z.csv.gz"


def test_korean_names_of_a_mac_are_found(tmp_path: Path) -> None:
    import unicodedata

    name = unicodedata.normalize("NFD", "건강검진.csv")
    (tmp_path / name).write_text("x")
    (found,) = matching(entries(tmp_path), "강검", everything=False, beginning=False)
    assert found.shown == "건강검진.csv"
    assert found.name == name


def test_broken_links_and_hostile_names(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "a\x1b[31m\nb.csv").write_text("x")
    os.mkfifo(tmp_path / "pipe.csv")
    with open(os.fsencode(tmp_path) + b"/\xff.csv", "w") as file:  # noqa: PTH123  (a path of bytes)
        file.write("x")
    listed = {each.shown: each for each in entries(tmp_path)}
    assert listed["gone.csv"].size is None
    assert listed["loop.csv"].modified is None
    assert listed["pipe.csv"].size is None
    assert "a[31mb.csv" in listed
    assert any("?" in name or "\ufffd" in name for name in listed)
    assert all(name.isprintable() for name in listed)


def test_a_folder_that_cannot_be_listed_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"this folder cannot be listed: No such file"):
        entries(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="Not a directory"):
        entries(tmp_path / "file")


@pytest.mark.parametrize("name", ["a.csv", "A.TSV", "b.txt", "c.parquet", "c.pq", "d.csv.gz", "e.tsv.BZ2", "f.txt.xz"])
def test_tables_by_their_ending(name: str) -> None:
    assert is_table(name)


@pytest.mark.parametrize("name", ["a.py", "csv", "x.gz", "x.parquet.gz", "photo.csv.png", "pq"])
def test_no_tables(name: str) -> None:
    assert not is_table(name)


HERE = Path("/data/here")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("iris", Typed(HERE, "iris", path=False)),
        ("  iris ", Typed(HERE, "iris", path=False)),
        ("sub/ir", Typed(HERE / "sub", "ir", path=True)),
        ("sub/", Typed(HERE / "sub", "", path=True)),
        ("/x/y.csv", Typed(Path("/x"), "y.csv", path=True)),
        ("/", Typed(Path("/"), "", path=True)),
        ("..", Typed(Path("/data"), "", path=True)),
        ("../up.csv", Typed(Path("/data"), "up.csv", path=True)),
        ("'/x/my file.csv'", Typed(Path("/x"), "my file.csv", path=True)),
        ('"/x/y.csv"', Typed(Path("/x"), "y.csv", path=True)),
        ('"/x/y', Typed(Path("/x"), "y", path=True)),
        ("/x/my\\ file\\(1\\).csv", Typed(Path("/x"), "my file(1).csv", path=True)),
        ("file:///x/my%20file.csv", Typed(Path("/x"), "my file.csv", path=True)),
        ("file://host/x/%EA%B0%80.csv", Typed(Path("/x"), "가.csv", path=True)),
    ],
)
def test_what_a_line_means(line: str, meant: Typed) -> None:
    assert typed(line, HERE) == meant


def test_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert typed("~", HERE) == Typed(Path("/home/me"), "", path=True)
    assert typed("~/d/x", HERE) == Typed(Path("/home/me/d"), "x", path=True)
    with pytest.raises(UserError, match="no such home"):
        typed("~nobody-at-all/x", HERE)


def test_the_end_of_a_path_says_most() -> None:
    assert end_of("/a/b/c", 10) == "/a/b/c"
    assert end_of("/a/very/long/path", 8) == "…/path", "from the beginning of a folder on"
    assert end_of("/데이터/표", 6) == "…터/표"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_499, "99.5 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(size: int | None, text: str) -> None:
    assert size_text(size) == text


def test_dates_that_no_calendar_has() -> None:
    assert when(1e300) == ""
    assert when(None) == ""
    assert printable("") == "?"
