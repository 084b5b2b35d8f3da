"""The search screen by keyboard: on searches that were written event by event, and on one that trains."""

from __future__ import annotations

import asyncio
import csv
import gc
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import on_screen
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from core import presets
from core.events.events import RunPaused, RunResumed, RunUnpaused
from core.experiment.open import load
from core.experiment.search import SearchConfig
from core.history.trials import Trials
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Help, Prompt
from tui.live.trainer import Trainer
from tui.screens import following
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.search.curves import Curves
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.screen import SearchScreen
from tui.screens.search.view import SearchView
from tui.screens.start.screen import StartScreen
from tui.widgets.row_table import TrialTable

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]
SMALL_SEARCH = """
summary = "Four small networks on iris"
log = "iris"
epochs = 30
batch_size = 12
[dataset]
name = "iris"
[model]
name = "mlp"
n_layers = [1, 2]
n_units = [4, 8]
[loss]
name = "cross-entropy"
[optimizer]
name = "adam"
lr = 0.01
"""

Open = Callable[[Pilot[int], str], Awaitable[SearchView]]


@pytest.fixture
def past(tmp_path: Path, searches: ModuleType) -> NntuiApp:
    """Searches on 4 × 8: one that is over, one that was interrupted, one that has just begun; and one with repeats."""
    root = tmp_path / "searches"
    told = searches.whole()
    searches.write(root, 1, "done", [*told, searches.completed()])
    searches.write(root, 2, "half", told[:55])
    searches.write(root, 3, "begun", told[:1])
    cells = [searches.axis("model.n_layers", [1, 2]), searches.axis("model.n_units", [8, 16, 32])]
    searches.write(root, 4, "repeats", [*searches.whole(cells, repeats=5), searches.completed()])
    axes = [*cells, searches.axis("optimizer.name", ["adam", "sgd"])]
    searches.write(root, 5, "three", [*searches.whole(axes), searches.completed()])
    return NntuiApp(Trainer(root))


@pytest.fixture
def open_search(until) -> Open:
    async def open_search(pilot: Pilot[int], run: str) -> SearchView:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{run}-*")
        app._show_run(path.name)
        await until(pilot, lambda: isinstance(app.screen, SearchScreen) and app.screen.is_read)
        view: SearchView = app.screen.query_one(SearchView)
        view.show_all()
        await pilot.pause()
        return view

    return open_search


def seen(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


def row(view: SearchView) -> int:
    trial = view.trial
    assert trial is not None
    return trial.number


def offered(app: NntuiApp) -> set[str]:
    return {each.binding.description for each in app.screen.active_bindings.values() if each.enabled}


async def typed(pilot: Pilot[int], text: str) -> None:
    """Into the field of a dialog, in place of what is there."""
    assert isinstance(pilot.app.screen, Prompt)
    field = pilot.app.screen.query_one(Input)
    field.value = ""
    names = {"=": "equals_sign", ">": ">", "_": "underscore", " ": "space", ".": "full_stop"}
    names |= {"/": "slash", "-": "minus", "<": "<"}
    await pilot.press(*(names.get(char, char) for char in text))


# What there is to see.


@pytest.mark.parametrize("size", SIZES)
async def test_it_tells_state_progress_and_the_best(past: NntuiApp, open_search: Open, searches, size) -> None:
    async with past.run_test(size=size) as pilot:
        await open_search(pilot, "done")
        text = seen(past)
        assert "✓ completed  32/32 trials" in text
        best = Trials.fold(searches.whole()).best
        assert f"best: {len(best)} of 32 trials share test accuracy 100.0 %  b lists them" in text
        assert "ranked on test: the best score is optimistic" in text
        assert "100 %" in text
        await pilot.press("escape")
        await open_search(pilot, "half")
        text = seen(past)
        assert "✗ interrupted  16/32 trials  2 to go on with" in text
        assert "Resume" in offered(past)
        assert "Pause" not in offered(past)
        await pilot.press("escape")
        await open_search(pilot, "begun")
        assert "no trial has begun yet" in seen(past)
        assert "0/32 trials" in seen(past)
        await pilot.press(
            "m",
            ">",
            "i",
            "b",
            "b",
            "M",
            "y",
            "x",
            "Y",
            "v",
            "v",
            "v",
            "a",
            "enter",
            "down",
            "tab",
        )
        assert isinstance(past.screen, SearchScreen)


async def test_wide_windows_show_all_panes_and_small_ones_two(past: NntuiApp, open_search: Open, until) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "done")
        table, heatmap, curves = view.query_one(TrialTable), view.query_one(Heatmap), view.query_one(Curves)

        def panes() -> tuple[bool, bool, bool]:
            return table.display, heatmap.display, curves.display

        await until(pilot, lambda: panes() == (True, True, True))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: panes() == (True, True, False))
        for expected in (
            (True, False, True),
            (True, False, False),
            (False, True, False),
            (False, False, True),
            (True, True, False),
        ):
            await pilot.press("v")
            await until(pilot, lambda expected=expected: panes() == expected)
            assert past.focused is not None, "keys need someone to go to"
            assert past.focused.display
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: panes() == (True, True, True) and heatmap.region.x > table.region.x)
        await pilot.resize_terminal(60, 18)
        await until(pilot, lambda: panes() == (True, True, False))
        assert table.size.height >= 3
        await pilot.resize_terminal(50, 12)
        await until(pilot, lambda: "60×18 needed" in seen(past))


# Sort, filter, best, cells.


@pytest.mark.parametrize("size", SIZES)
async def test_sorting_by_key(past: NntuiApp, open_search: Open, size) -> None:
    async with past.run_test(size=size) as pilot:
        view = await open_search(pilot, "done")
        assert "n_layers▲" in seen(past)
        assert row(view) == 1
        await pilot.press(">", ">", ">")
        assert "test %▼" in seen(past)
        assert "★" in seen(past).splitlines()[6]
        await pilot.press("i")
        assert "test %▲" in seen(past)
        await pilot.press("<")
        assert "train %▼" in seen(past)
        assert "Trials" in seen(past)


async def test_the_cursor_keeps_its_trial_through_sorting(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "done")
        await pilot.press(*["down"] * 5)
        assert row(view) == 6
        for _ in range(13):
            await pilot.press(">")
            assert row(view) == 6
            assert view.query_one(TrialTable).painted.lines, "and it is in view"


async def test_filter_and_why_not(past: NntuiApp, open_search: Open, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "done")
        await pilot.press("slash")
        assert isinstance(past.screen, Prompt)
        assert "n_layers=4 test_accuracy>=0.9" in seen(past)
        await typed(pilot, "n_layer=2")
        assert "no column n_layer; choose from trial, n_layers" in seen(past)
        await pilot.press("enter")
        assert isinstance(past.screen, Prompt), "not before it means something"
        await typed(pilot, "n_layers=2 n_units<=16")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(past.screen, SearchScreen))
        await until(pilot, lambda: "Trials 2 of 32  n_layers=2 n_units<=16" in seen(past))
        assert row(view) == 9
        await pilot.press("slash")
        await typed(pilot, "failed")
        await pilot.press("enter")
        await until(pilot, lambda: "no row fits: / changes the filter" in seen(past))
        await pilot.press("slash", "escape")
        assert "failed" in seen(past), "nothing was changed"
        await pilot.press("slash", "backspace", "enter")
        await until(pilot, lambda: "Trials  > sorts" in seen(past))


async def test_the_two_views_of_the_document(past: NntuiApp, open_search: Open, searches) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "done")
        best = [trial.number for trial in Trials.fold(searches.whole()).best]
        await pilot.press("b")
        assert f"Trials {len(best)} of 32  only the best" in seen(past)
        found = []
        for _ in best:
            found.append(row(view))
            await pilot.press("down")
        assert found == best
        await pilot.press("b", "home")
        assert row(view) == 1


async def test_repeats_become_one_row_for_each_cell(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "repeats")
        assert "Average" in offered(past)
        await pilot.press(*["down"] * 7)
        cell = view.trial.cell  # type: ignore[union-attr]
        await pilot.press("a")
        assert "mean test %" in seen(past)
        assert "± sd" in seen(past)
        assert "≈" in seen(past)
        assert view.trial.cell == cell, "the cursor stays in its cell"  # type: ignore[union-attr]
        await pilot.press("a")
        assert "mean test %" not in seen(past)
        await pilot.press("escape")
        await open_search(pilot, "done")
        assert "Average" not in offered(past)


# Heatmap and curves.


async def test_table_and_heatmap_share_a_cursor(past: NntuiApp, open_search: Open, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "done")
        heatmap = view.query_one(Heatmap)
        await pilot.press(*["down"] * 9)
        assert heatmap.cursor == (1, 1)
        await pilot.press("tab")
        await until(pilot, lambda: heatmap.has_focus)
        await pilot.press("right", "down")
        await until(pilot, lambda: row(view) == 19)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(past.screen, Choose))
        assert "Trial 19: n_layers 3, n_units 24, completed" in seen(past)
        await pilot.press("escape", "g")
        assert heatmap.cursor == (2, 0)
        await pilot.press("G")
        assert heatmap.cursor[0] == 2
        last = heatmap.cursor[1]
        assert last > 0
        await pilot.press("pageup")
        assert heatmap.cursor == (2, 0)
        await pilot.press("pagedown")
        assert heatmap.cursor == (2, last)
        while not view.query_one(Curves).display:
            await pilot.press("v")
        view.query_one(Curves).focus()
        await pilot.press("g")
        assert row(view) == 1
        await pilot.press("pagedown")
        assert row(view) > 2
        await pilot.press("G", "down")
        await until(pilot, lambda: row(view) == 32)


async def test_axes_of_the_heatmap_are_chosen_by_key(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "three")
        heatmap = view.query_one(Heatmap)

        def axes() -> str:
            return str(heatmap.border_title).partition("%")[2].strip()

        assert axes() == "n_layers ↓  n_units →"
        assert "the best over optimizer" in str(heatmap.border_subtitle)
        await pilot.press("x")
        assert axes() == "n_layers ↓  optimizer →"
        assert "the best over n_units" in str(heatmap.border_subtitle)
        await pilot.press("x")  # n_layers is the other axis: they change places
        assert axes() == "optimizer ↓  n_layers →"
        await pilot.press("Y")
        assert axes() == "n_layers ↓  optimizer →"


async def test_marked_trials_are_drawn_over_each_other(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "done")
        chart = view.query_one(Curves)

        def drawn() -> list[tuple[str, str | None]]:
            return [(curve.name, curve.marker) for curve in chart.picture.curves]

        assert drawn() == [("1", "●")]
        assert len(chart.picture.curves[0].x) == 20
        await pilot.press("m", "down", "m", "down")
        assert drawn() == [("3", "●"), ("1", "+"), ("2", "×")]
        assert "● 3 + 1 × 2" in seen(past)
        assert "trial 3: n_layers 1, n_units 24" in seen(past)
        lines = seen(past).splitlines()
        assert lines[6][1] == "+", "the sign stands before its row too"
        assert lines[7][1] == "×"
        await pilot.press("up", "m")
        assert drawn() == [("2", "●"), ("1", "+")]
        for _ in range(8):
            await pilot.press("down", "m")
        assert len(drawn()) == 7 + 1, "as many as can be told apart"
        await pilot.press("escape")
        assert len(drawn()) == 1


async def test_the_metric_of_the_curves_is_chosen_by_key(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "done")
        titles = [view.query_one(Curves).picture.title]
        for _ in range(5):
            await pilot.press("M")
            titles.append(view.query_one(Curves).picture.title)
        assert titles[0] == titles[-1] == "Test accuracy %  trials"
        assert len(set(titles)) == 5
        assert "Test loss  trials" in titles
        await pilot.press("y")
        assert view.query_one(Curves).picture.log_y


# A trial.


async def test_a_trial_becomes_an_experiment(past: NntuiApp, open_search: Open, until, searches) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "done")
        trial = view._trials.by_number[1]
        from core.experiment import resolve

        trial.config.update(resolve.load("iris-net", [("seed", "7"), ("name", "of-trial-1")]).to_dict())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(past.screen, Choose))
        await pilot.press("c", "enter")
        await until(pilot, lambda: isinstance(past.screen, ExperimentScreen))
        assert past.screen.draft.text("seed") == "7"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(past.screen, SearchScreen))


async def test_a_model_is_kept_where_one_wants_it(past: NntuiApp, open_search: Open, until, tmp_path: Path) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        await open_search(pilot, "done")
        assert isinstance(past.screen, SearchScreen)
        folder = past.screen._run_dir
        assert folder is not None
        await pilot.press("enter", "G", "enter")
        await until(pilot, lambda: isinstance(past.screen, SearchScreen))
        assert any("it has no model here" in note for note in on_screen.notes(past))
        folder.trial(1).path.mkdir(parents=True)
        folder.trial(1).model.write_bytes(b"weights")
        target = tmp_path / "kept.pt"
        await pilot.press("enter", "G", "enter")
        await until(pilot, lambda: isinstance(past.screen, Prompt))
        await typed(pilot, "/tmp")
        await until(pilot, lambda: "cannot write /tmp: it is a folder" in seen(past))
        past.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, target.is_file)
        assert target.read_bytes() == b"weights"
        await pilot.press("enter", "G", "enter")
        await until(pilot, lambda: isinstance(past.screen, Prompt))
        past.screen.query_one(Input).value = str(target)
        await until(pilot, lambda: "there is such a file already" in seen(past))


async def test_export_asks_where_to(past: NntuiApp, open_search: Open, until, tmp_path: Path) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        await open_search(pilot, "done")
        await pilot.press("e")
        assert isinstance(past.screen, Prompt)
        assert past.screen.query_one(Input).value.endswith("trials.csv")
        await typed(pilot, "/nowhere/at/all.csv")
        assert "there is no folder /nowhere/at" in seen(past)
        target = tmp_path / "table.csv"
        past.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, target.is_file)
        with target.open() as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 32
        assert rows[0]["n_units"] == "8"


async def test_help_lists_all_of_its_keys(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 60)) as pilot:
        await open_search(pilot, "repeats")
        await pilot.press("question_mark")
        assert isinstance(past.screen, Help)
        text = seen(past)
        for name in ("Sort", "Invert", "Filter", "Best", "Average", "Mark", "Metric", "x axis", "CSV", "Open"):
            assert name in text


# Live.


async def test_it_follows_a_search_of_another_process(
    past: NntuiApp, open_search: Open, until, searches, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(following, "TAIL_EVERY", 0.05)
    told = searches.whole()
    run_dir = searches.write(past.trainer.root, 8, "live", told[:1])
    log = EventLog(run_dir)
    written = 1

    def write(n: int) -> None:
        nonlocal written
        log._file.write(searches.lines(told[written : written + n], written).encode())
        written += n

    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_search(pilot, "live")
        await until(pilot, lambda: "no trial has begun yet" in seen(past))
        write(16)
        await until(pilot, lambda: "16 training" in seen(past))
        assert "no score yet: it comes with the first evaluation" in seen(past)
        assert "▶" in seen(past)
        write(1)
        await until(pilot, lambda: "★ best: " in seen(past))
        await until(pilot, lambda: "10/200" in seen(past) or view.query_one(TrialTable)._hidden_right > 0)
        await pilot.press(">", ">", ">", "down", "down")  # by test accuracy
        trial = row(view)
        for _ in range(19):
            write(1)
            await pilot.pause(0.05)
        await until(pilot, lambda: view._trials.by_number[1].epoch == 200)
        await until(pilot, lambda: "16/32" not in seen(past))
        assert row(view) == trial, "the cursor keeps its trial while rows move"
        write(16)
        await until(pilot, lambda: "16/32 trials" in seen(past))
        await until(pilot, lambda: "50 %" in seen(past))
        log.close()
        await until(pilot, lambda: "interrupted" in seen(past))


async def test_the_same_event_does_not_paint_again(past: NntuiApp, open_search: Open) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "half")
        table = view.query_one(TrialTable)
        before = table._content
        for _ in range(6):
            view.show_next()
        assert table._content is before


def test_two_folds_of_states(searches: ModuleType) -> None:
    """Pausing is of the run; its trials are still under way."""
    trials = Trials.fold(searches.whole()[:20])
    trials.apply(RunPaused())
    assert trials.count("running") == 16
    trials.apply(RunUnpaused())
    trials.apply(RunResumed(step=0, session=2))
    assert trials.count("stopped") == 16


@pytest.fixture
def small(preset_folder: Path, tmp_path: Path) -> NntuiApp:
    (presets.FOLDER / "small-search.toml").write_text(SMALL_SEARCH)
    return NntuiApp(Trainer(tmp_path / "models"))


async def start(pilot: Pilot[int], until, name: str = "small-search") -> None:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, StartScreen) and "A first classifier" in seen(app))
    on_screen.choose(app, name)
    await pilot.pause()


async def test_from_the_start_screen_to_a_trial_of_a_search(small: NntuiApp, until) -> None:
    async with small.run_test(size=(80, 24)) as pilot:
        await start(pilot, until)
        await until(pilot, lambda: "4 networks: all" in seen(small))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(small.screen, ExperimentScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, StartScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen))
        await until(pilot, lambda: small.trainer.phase == "ended" and "completed  4/4 trials" in seen(small))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(small.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, TrainScreen) and small.screen.is_read)
        assert isinstance(small.screen, TrainScreen)
        assert small.screen.history.epoch == 30
        await until(pilot, lambda: "/2" in str(small.screen.query_one("#title", Static).render()))
        assert "Resume" not in offered(small)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, StartScreen) and "4/4" in seen(small))
        await pilot.press("tab")
        await until(pilot, lambda: "accuracy of trial" in seen(small))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "4/4 trials" in seen(small))


async def test_pause_stop_and_resume(small: NntuiApp, until) -> None:
    long = SMALL_SEARCH.replace("epochs = 30", "epochs = 100000")
    (presets.FOLDER / "small-search.toml").write_text(long)
    async with small.run_test(size=(80, 24)) as pilot:
        await start(pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "4 training" in seen(small))
        assert "left" in seen(small)
        await pilot.press("space")
        await until(pilot, lambda: "‖ paused" in seen(small) and "Unpause" in offered(small))
        await pilot.press("space")
        await until(pilot, lambda: "▶ training" in seen(small))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, StartScreen))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "▶ training" in seen(small))
        await pilot.press("s")
        await until(pilot, lambda: "■ stopped" in seen(small) and "4 to go on with" in seen(small))
        await until(pilot, lambda: "Resume" in offered(small))
        share = small.screen._trials.share  # type: ignore[attr-defined]
        await pilot.press("r")
        await until(pilot, lambda: "▶ training" in seen(small) and "4 training" in seen(small))
        await until(pilot, lambda: small.screen._trials.share > share)  # type: ignore[attr-defined]
        await until(pilot, lambda: seen(small).count("▶") >= 5)  # its rows too
        await pilot.press("s")
        await until(pilot, lambda: small.trainer.phase == "ended")


async def test_a_refused_search_says_why(small: NntuiApp, until) -> None:
    mnist = SMALL_SEARCH.replace('"iris"\n[model]', '"mnist"\n[model]').replace('log = "iris"', 'log = "plain"')
    (presets.FOLDER / "small-search.toml").write_text(mnist)
    small.trainer.data_dir = str(presets.FOLDER / "nothing-here")
    async with small.run_test(size=(80, 24)) as pilot:
        await start(pilot, until)
        small.post_message(StartScreen.Train(load("small-search")))  # with Enter its files would be asked for first
        await until(pilot, lambda: "✗ failed" in seen(small) and small.trainer.phase == "refused")
        assert "small-search" in on_screen.lines(small.screen)[0]
        words = " ".join(seen(small).replace("┃", " ").split())
        assert "nntui data fetch mnist" in words


# 2,000 trials.


@pytest.mark.slow
async def test_two_thousand_trials_leave_no_pause(past: NntuiApp, open_search: Open, searches, pace) -> None:
    """Sorting, scrolling, filtering and live changes: the longest time in which the loop did nothing else."""
    gc.collect()
    gc.freeze()  # what the tests before have left is not in an app of its own
    searches.write(past.trainer.root, 9, "many", searches.many(2000))
    running = range(2, 2001, 2)
    progress = [searches.progressed(running, [epoch] * len(running)) for epoch in (60, 70, 80)]
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()  # of this thread: another process may have the machine for a while
            await asyncio.sleep(0.005)
            longest = max(longest, time.thread_time() - before)

    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_search(pilot, "many")
        await pilot.pause(0.5)
        for _attempt in range(3):  # a pause of our own comes each time, one of a machine that is shared does not
            longest = 0.0
            watching = asyncio.create_task(watch())
            for key in (*[">"] * 3, "i", "b", "b", "end", "home", *["pagedown"] * 10, *["down"] * 10, "m", "<"):
                await pilot.press(key)
            for event in progress:
                for number in running:
                    view._trials.by_number[number].state = "running"
                view._trials.apply(event)
                view.show_next()
                await pilot.pause(0.05)
            watching.cancel()
            if longest < (most := 0.1 * pace()):
                break
        print(f"longest pause with 2,000 trials: {1000 * longest:.0f} ms")
        assert longest < most, f"{1000 * longest:.0f} ms"


def test_a_run_dir_is_told_apart_by_its_first_line(past: NntuiApp) -> None:
    """Not by reading all of a log that may be long."""
    from core.runs.event_log import read_started

    (path,) = past.trainer.root.glob("*-done-*")
    started = read_started(RunDir(path))
    assert started is not None
    assert started.search["trials"] == 32


async def test_a_changed_trial_trains_in_view(small: NntuiApp, until) -> None:
    """On the screen of its own run, not on that of the search which it came from."""
    async with small.run_test(size=(80, 24)) as pilot:
        await start(pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "✓ completed" in seen(small))
        searched = small.trainer.run_id
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, Choose))
        await pilot.press("c", "enter")
        await until(pilot, lambda: isinstance(small.screen, ExperimentScreen))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(small.screen, TrainScreen) and "✓ completed" in seen(small))
        assert small.trainer.run_id != searched
        assert small.trainer.run_id in seen(small)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, StartScreen))


async def test_a_search_that_is_over_is_changed_and_trained_again(small: NntuiApp, until) -> None:
    async with small.run_test(size=(80, 24)) as pilot:
        await start(pilot, until)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "✓ completed" in seen(small))
        first = small.trainer.run_id
        assert {"Change", "Again", "Open", "Help", "Quit"} <= on_screen.shown_keys(small)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(small.screen, ExperimentScreen))
        draft = small.screen.draft  # type: ignore[attr-defined]
        assert isinstance(draft.config, SearchConfig), "all of it, not one of its trials"
        assert draft.config == load(str(RunDir(small.trainer.root / first).config))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, SearchScreen))
        await pilot.press("f5")
        await until(pilot, lambda: small.trainer.run_id not in ("", first))
        await until(pilot, lambda: isinstance(small.screen, SearchScreen) and "✓ completed" in seen(small))
        assert small.trainer.run_id in seen(small)
        again = RunDir(small.trainer.root / small.trainer.run_id)
        assert load(str(again.config)) == draft.config
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(small.screen, StartScreen))
