"""The runs screen, used by keyboard."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from on_screen import notes, text
from some_runs import CONFIG, made_run, run_id
from textual.pilot import Pilot
from textual.widgets import Input

from core.runs import catalogue, labels, trash
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Question
from tui.live.trainer import Trainer
from tui.screens.compare.screen import CompareScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.runs.filter_line import FilterLine
from tui.screens.runs.label import LabelDialog
from tui.screens.runs.screen import RunsScreen
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen

SIZE = (100, 24)


def began(second: int) -> str:
    return f"2026-11-01T00:00:{second:02}+00:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "models"
    for i, score in enumerate([0.5, 0.9, 0.7]):
        config = {**CONFIG, "name": f"net{i}", "optimizer": {"name": "adam", "lr": 10.0**-i}}
        made_run(root, run_id(i, f"net{i}"), config=config, score=score, seed=i, started=began(i))
    return root


@pytest.fixture
def app(folder: Path) -> NntuiApp:
    return NntuiApp(Trainer(folder))


async def retype_line(pilot: Pilot[int], line: Input, text: str) -> None:
    line.value = text
    line.cursor_position = len(text)
    await pilot.pause()


def screen_of(app: NntuiApp) -> RunsScreen:
    assert isinstance(app.screen, RunsScreen)
    return app.screen


async def opened(pilot: Pilot[int], until) -> RunsScreen:
    app = pilot.app
    assert isinstance(app, NntuiApp)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.is_read)
    await pilot.pause()
    return screen_of(app)


def listed(screen: RunsScreen) -> list[str]:
    return [entry.summary.name or entry.run_id for entry in screen.listing.rows]


async def test_from_the_start_screen_and_back(app: NntuiApp, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        assert listed(screen) == ["net2", "net1", "net0"]
        painted = text(screen)
        assert "3 runs" in painted
        assert "net2-0002" in painted
        assert "70.0 %" in painted
        assert run_id(2, "net2") in painted, "the whole id of the one under the cursor"
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_what_is_typed_filters_at_once_and_what_is_wrong_is_said(app: NntuiApp, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        await pilot.press("slash", *"test", "tab")
        await pilot.pause()
        line = screen.query_one(Input)
        assert line.value in screen.listing.names
        await retype_line(pilot, line, "test_accuracy>0.6")
        assert listed(screen) == ["net2", "net1"]
        await retype_line(pilot, line, "test_accuracy>much and seed=1")
        await pilot.pause()
        assert "✗ filter, character 15, at 'much'" in text(screen)
        assert listed(screen) == ["net2", "net1"], "as it was"
        await pilot.press("enter")
        assert screen.focused is line, "it is still wrong"
        await retype_line(pilot, line, "seed=1")
        await pilot.press("enter")
        await pilot.pause()
        assert not screen.query_one(FilterLine).display
        assert "1 of 3 runs  / seed=1" in text(screen)
        await pilot.press("escape")
        await pilot.pause()
        assert listed(screen) == ["net2", "net1", "net0"]
        assert isinstance(app.screen, RunsScreen), "one thing after the other"


async def test_a_run_is_named_tagged_and_noted(app: NntuiApp, folder: Path, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, LabelDialog))
        await pilot.press(*"best", "space", *"one", "tab", *"paper", "space", *"a", "tab", *"why")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and "best one" in text(screen))
        assert labels.read(RunDir(folder / run_id(2, "net2"))) == labels.Labels("best one", ("paper", "a"), "why")
        await until(pilot, lambda: "#paper #a  why" in text(screen))
        await pilot.press("m", "m", "ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, LabelDialog))
        await pilot.press(*"both")
        await pilot.press("enter")
        await until(pilot, lambda: labels.read(RunDir(folder / run_id(1, "net1"))).tags == ("both",))
        assert labels.read(RunDir(folder / run_id(2, "net2"))).tags == ("paper", "a", "both")
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, LabelDialog))
        assert app.screen.query_one("#tags", Input).value == "both", "those that all have"
        await pilot.press("ctrl+u")
        await pilot.press("enter")
        await until(pilot, lambda: labels.read(RunDir(folder / run_id(1, "net1"))).tags == ())
        assert labels.read(RunDir(folder / run_id(2, "net2"))).tags == ("paper", "a")


async def test_runs_are_deleted_after_a_question_and_brought_back(app: NntuiApp, folder: Path, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        await pilot.press("m", "m", "delete")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "Delete 2 runs" in text(app.screen)
        await pilot.press("escape")
        assert len(screen.listing.rows) == 3
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: listed(screen) == ["net0"])
        assert sorted(each.run_id for each in trash.listed(folder)) == [run_id(1, "net1"), run_id(2, "net2")]
        await pilot.press("f4")
        await until(pilot, lambda: len(screen.listing.rows) == 3)
        assert trash.listed(folder) == []


async def test_the_trash_is_looked_into_and_emptied(app: NntuiApp, folder: Path, until) -> None:
    trash.delete(RunDir(folder / run_id(0, "net0")), folder)
    trash.delete(RunDir(folder / run_id(1, "net1")), folder)
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        assert listed(screen) == ["net2"]
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.listing.rows) == 2)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, Question) and "for good" in text(app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: trash.listed(folder) == [])
        await pilot.press("f8")
        await until(pilot, lambda: any("empty" in each for each in notes(app)))
        assert len(screen.listing.rows) == 2


async def test_marked_runs_are_compared(app: NntuiApp, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        await pilot.press("B")
        assert isinstance(app.screen, RunsScreen), "one run cannot be compared"
        await pilot.press("A", "B")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "net0" in text(app.screen))
        await pilot.press("escape")
        assert app.screen is screen


async def test_columns_are_chosen_and_written_to_a_file(
    app: NntuiApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("slash", *"hidden", "down", "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert screen.listing.chosen[-1] == "model.hidden"
        assert "state" in screen.listing.chosen, "those that were there stay"
        await pilot.press("i", "e")
        await until(pilot, lambda: "Write 3 runs to" in text(app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "runs.csv").exists())
        await until(pilot, lambda: any("3 runs written" in each for each in notes(app)))
        with (tmp_path / "runs.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["seed"] for row in rows] == ["0", "1", "2"], "in the order of the screen"
        assert rows[0]["model.hidden"] == "16,16"
        assert rows[0]["run"].startswith("2026")
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        assert "nntui runs --sort when --columns" in text(app.screen)


@pytest.mark.slow
async def test_what_happens_elsewhere_is_seen(app: NntuiApp, folder: Path, until) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot, until)
        made_run(folder, run_id(7, "new"), config={**CONFIG, "name": "new"})
        await until(pilot, lambda: "new" in listed(screen))


async def test_what_the_start_screen_knows_is_there_at_once(
    app: NntuiApp, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a thousand logs may take long."""
    go_on, read = threading.Event(), catalogue.read

    def slow(root: Path, known: catalogue.Listing | None = None) -> catalogue.Listing:
        assert go_on.wait(60)
        return read(root, known)

    monkeypatch.setattr("tui.screens.runs.screen.catalogue.read", slow)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.screen.query_one(Runs).rows) == 3)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        screen = screen_of(app)
        await pilot.pause()
        assert sorted(listed(screen)) == ["net0", "net1", "net2"]
        assert "reading …" in text(screen)
        await pilot.press("slash", *"net", "1", "enter")
        await pilot.pause()
        assert listed(screen) == ["net1"]
        go_on.set()
        await until(pilot, lambda: screen.is_read)
        await until(pilot, lambda: "reading …" not in text(screen))
        assert listed(screen) == ["net1"]


async def test_none_yet(tmp_path: Path, until) -> None:
    app = NntuiApp(Trainer(tmp_path / "nothing"))
    async with app.run_test(size=(60, 18)) as pilot:
        screen = await opened(pilot, until)
        assert "No runs yet" in text(screen)
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


@pytest.mark.slow
def test_a_thousand_runs_are_filtered_and_sorted_at_once(tmp_path: Path, pace: Callable[[], float]) -> None:
    from tui.screens.runs.listing import RunsListing

    for i in range(1000):
        config = {**CONFIG, "name": f"net{i % 7}", "optimizer": {"name": "adam", "lr": 1 / (1 + i)}}
        made_run(tmp_path, run_id(i, f"net{i % 7}"), config=config, score=i % 100 / 100, seed=i)
    catalogue.read(tmp_path)
    began = time.thread_time()
    listing = RunsListing()
    listing.take(catalogue.read(tmp_path))
    assert len(listing.rows) == 1000
    assert time.thread_time() - began < 0.6 * pace()
    wanted = "test_accuracy>0.5 and optimizer.lr<0.5 and not failed"
    for n in range(len(wanted)):
        began = time.thread_time()
        listing.look_for(wanted[: n + 1])
        assert listing.rows is not None
        assert listing.columns
        listing.completions(wanted[: n + 1], n + 1)
        assert time.thread_time() - began < 0.050 * pace(), wanted[: n + 1]
    listing.look_for("")
    for key in ("best", "optimizer.lr", "when", "tags", "model.hidden"):
        began = time.thread_time()
        listing.sort(key)
        assert len(listing.rows) == 1000
        assert listing.columns
        assert time.thread_time() - began < 0.100 * pace(), key
