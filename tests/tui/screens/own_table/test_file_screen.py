"""The file picker: walked through, typed into, pasted into; folders that are awkward."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import on_screen
import pytest
from textual import events
from textual.pilot import Pilot

from tui.app import NntuiApp
from tui.screens.own_table.file_list import FileList
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.path_line import PathLine
from tui.screens.start.screen import StartScreen

SIZES = [pytest.param((60, 18), marks=pytest.mark.slow), (80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def shown(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current one."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("iris.csv", "iris-2.csv", "wine.tsv", "sub/inner.csv", "notes.md", ".hidden.csv"):
        (folder / name).write_text("a,b\n1,2\n3,4\n")
    monkeypatch.chdir(folder)
    return folder


class Answers:
    """What the picker ended with."""

    def __init__(self) -> None:
        self.chosen: list[Path | None] = []

    def __call__(self, path: Path | None) -> None:
        self.chosen.append(path)


async def opened(pilot: Pilot[int], until: Callable[..., object], chosen: Path | None = None) -> Answers:
    answers = Answers()
    pilot.app.push_screen(FilesScreen(chosen), answers)
    await until(pilot, lambda: isinstance(pilot.app.screen, FilesScreen))
    await listed(pilot, until)
    return answers


async def listed(pilot: Pilot[int], until: Callable[..., object]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, FilesScreen)
    await until(pilot, lambda: screen._reading is None and screen._listed is not None)
    await pilot.pause()


def cursor(pilot: Pilot[int]) -> str:
    entry = pilot.app.screen.query_one(FileList).entry
    return entry.name if entry else ""


async def test_walking(app: NntuiApp, until, folder: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, until)
        assert cursor(pilot) == "iris-2.csv", "the first table, though folders stand above it"
        await pilot.press("up", "right")
        await until(pilot, lambda: "inner.csv" in shown(app))
        await pilot.press("backspace")
        await until(pilot, lambda: "wine.tsv" in shown(app))
        assert cursor(pilot) == "sub", "where one comes from"
        await pilot.press("enter")
        await until(pilot, lambda: "inner.csv" in shown(app))
        await pilot.press("left")
        await until(pilot, lambda: "wine.tsv" in shown(app))
        await pilot.press("ctrl+end", "enter")
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [folder / "wine.tsv"]


async def test_typing_finds_and_escape_leaves(app: NntuiApp, until, folder: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, until)
        await pilot.press(*"wi")
        await until(pilot, lambda: "iris" not in shown(app) and "wine.tsv" in shown(app))
        await pilot.press("x")
        await until(pilot, lambda: "nothing here is called like wix" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "✗ there is no wix" in shown(app))
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: "iris.csv" in shown(app))
        await pilot.press("q", "question_mark")
        assert isinstance(app.screen, FilesScreen), "letters are letters"
        await pilot.press("backspace", "backspace", "escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        assert answers.chosen == [None]


@pytest.mark.parametrize(
    "line", ["iris.csv", "sub/../iris.csv", "{}/iris.csv", "'{}/iris.csv'", "file://{}/iris.csv", " {}/iris.csv "]
)
async def test_a_pasted_path_and_enter_at_once(app: NntuiApp, until, folder: Path, line: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, until)
        app.screen.query_one(PathLine).post_message(events.Paste(line.format(folder)))
        await pilot.press("enter")
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [folder / "iris.csv"]


async def test_home_hidden_files_and_completion(
    app: NntuiApp, until, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, until, folder / "sub" / "inner.csv")
        assert cursor(pilot) == "inner.csv"
        await pilot.press(*"~/.hid", "tab")
        await listed(pilot, until)
        assert app.screen.query_one(PathLine).value == "~/.hidden.csv"
        await pilot.press("enter")
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [folder / ".hidden.csv"]


async def test_other_files_are_there_behind_a_key(app: NntuiApp, until, folder: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, until)
        assert "notes.md" not in shown(app)
        assert "3 tables here, not listed: 1 other file and 1 hidden (F2)" in shown(app)
        await pilot.press("f2")
        assert "notes.md" in shown(app)
        assert ".hidden.csv" in shown(app)
        assert "4 tables here, all files are listed" in shown(app)
        await pilot.press("f2", *"hid")
        await until(pilot, lambda: "0 of" in shown(app))
        assert "are called like hid, not listed: 1 hidden (F2)" in shown(app)
        await pilot.press("ctrl+u")
        assert "notes.md" not in shown(app)


@pytest.mark.parametrize("size", SIZES)
async def test_awkward_folders(app: NntuiApp, until, folder: Path, size, monkeypatch: pytest.MonkeyPatch) -> None:
    async with app.run_test(size=size) as pilot:
        answers = await opened(pilot, until)
        await pilot.press(*"empty/")
        await listed(pilot, until)
        assert "this folder is empty" in shown(app)
        await pilot.press("enter")
        await listed(pilot, until)
        assert app.screen._here == folder / "empty"
        await pilot.press(*"nowhere/x", "enter")
        await until(pilot, lambda: "there is no nowhere" in shown(app))
        await pilot.press("ctrl+u", *"~nobody-at-all/x")
        await until(pilot, lambda: "no such home folder" in shown(app))
        await pilot.press("enter")
        assert isinstance(app.screen, FilesScreen)
        await pilot.press("ctrl+u", "backspace")
        await listed(pilot, until)
        assert app.screen._here == folder

        real = os.scandir

        def scandir(path: Path) -> object:
            if Path(path).name == "sub":
                raise PermissionError(13, "Permission denied")
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        await pilot.press(*"sub", "enter")
        await until(pilot, lambda: "Permission denied" in shown(app))
        await pilot.press(*"inner.csv", "enter")  # one can go through a folder that cannot be listed
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [folder / "sub" / "inner.csv"]


async def test_a_file_that_vanishes(app: NntuiApp, until, folder: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, until)
        (folder / "iris-2.csv").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: "there is no iris-2.csv any more" in shown(app))
        await until(pilot, lambda: cursor(pilot) == "iris.csv")
        assert not answers.chosen


async def test_hostile_names_and_what_is_no_file(app: NntuiApp, until, folder: Path) -> None:
    for name in ("[bold]x.csv", "a\x1b]52;c;aGk=\x07.csv", "이름" * 30 + ".csv", "[@click=app.quit]q.csv", " .csv"):
        (folder / name).write_text("a,b\n1,2\n")
    with open(os.fsencode(folder) + b"/\xff\xfe.csv", "w") as file:  # noqa: PTH123  (a path of bytes)
        file.write("x")
    os.mkfifo(folder / "pipe.csv")
    async with app.run_test(size=(60, 18)) as pilot:
        answers = await opened(pilot, until)
        for _ in range(14):
            await pilot.press("down")
            assert all(char == "\n" or char.isprintable() for char in shown(app))
        await pilot.press(*"pipe", "enter")
        await until(pilot, lambda: "pipe.csv is no file with rows" in shown(app))
        await pilot.press("ctrl+u", "question_mark", "question_mark", "enter")
        await until(pilot, lambda: "not UTF-8" in shown(app))
        await pilot.press("ctrl+u", *"[bold]", "enter")
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [folder / "[bold]x.csv"]


@pytest.mark.slow
async def test_ten_thousand_files(app: NntuiApp, until, pace, folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for i in range(10_000):
        (many / f"table {i}.csv").touch()
    async with app.run_test(size=(120, 40)) as pilot:
        answers = await opened(pilot, until, many / "table 7.csv")
        assert cursor(pilot) == "table 7.csv"
        assert "10,000 tables here" in shown(app)
        times = []
        for key in [*("down", "pagedown", "up") * 5, "9", "9", "9", "9"]:
            began = time.thread_time()
            await pilot.press(key)
            times.append(time.thread_time() - began)
        assert statistics.median(times) < 0.04 * pace(), times
        await until(pilot, lambda: cursor(pilot) == "table 9999.csv")
        await pilot.press("enter")
        await until(pilot, lambda: bool(answers.chosen))
        assert answers.chosen == [many / "table 9999.csv"]


async def test_a_current_folder_that_was_removed(
    app: NntuiApp, until, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", gone)
    monkeypatch.setattr(Path, "home", lambda: folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, until)
        assert app.screen._here == folder
