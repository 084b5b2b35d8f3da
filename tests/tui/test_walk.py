"""From a preset to a CSV, keyboard only: changed, refused, corrected, trained, paused, steered, looked at, stopped,
resumed, exported."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from on_screen import notes, retype, screen_text

from core.events.events import SettingChanged
from core.experiment import resolve
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.charts.line_chart import LineChart
from tui.dialogs.dialogs import Prompt
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.start.screen import StartScreen

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def field_text(app: NntuiApp) -> str:
    return str(app.screen.query_one("#field").render())


@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_way(app: NntuiApp, until, size, tmp_path: Path) -> None:
    async with app.run_test(size=size) as pilot:
        # Preset → three changes, one of them first wrong.
        await pilot.press("down", "c")  # `long`
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
        form = app.screen.query_one(Form)
        assert form.key == "dataset.name"
        await retype(pilot, "model.hidden", "8")
        await retype(pilot, "optimizer.lr", "-1")
        await until(pilot, lambda: "greater than 0" in field_text(app))
        assert "✗" in screen_text(app)
        await pilot.press("ctrl+r")
        assert isinstance(app.screen, ExperimentScreen), "an experiment with a wrong value was started"
        assert form.key == "optimizer.lr"
        assert notes(app) == ["Not yet: see what is marked ✗"], "the cursor was there before, and nothing moved"
        await retype(pilot, "optimizer.lr", "0.002")
        await until(pilot, lambda: "✗" not in field_text(app))
        await retype(pilot, "seed", "7")
        await until(pilot, lambda: "3 changes" in screen_text(app))

        # Train → pause → learning rate → unpause.
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 100)
        train = app.screen
        assert isinstance(train, TrainScreen)
        await pilot.press("space")
        await until(pilot, lambda: train.history.state == "paused")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*["backspace"] * 10, "0", "full_stop", "0", "1", "enter")
        await until(pilot, lambda: train.history.lr == 0.01)

        # Zoom, cursor, log scales, x axis, smoothing.
        view, loss = train.query_one(RunView), train.query_one("#loss", LineChart)
        await pilot.press("right")
        assert view.plots.view.cursor == train.history.step
        await pilot.press("left")
        assert view.plots.view.cursor is not None
        assert view.plots.view.cursor < train.history.step
        assert f"step {view.plots.view.cursor:,}" in str(loss.border_subtitle)
        await pilot.press("plus", "plus")
        assert not view.plots.view.whole
        first, last = view.plots.window
        assert first <= view.plots.view.cursor <= last
        await pilot.press("comma", "full_stop", "y", "X")
        assert view.plots.view.log_y
        assert view.plots.view.log_x
        assert "(log)" in str(loss.border_title)
        await pilot.press("x", "a")
        assert view.plots.view.unit == "step"
        assert loss.picture.note.endswith("smoothing 0.999")
        metric = train.query_one("#metric", LineChart)
        assert metric.picture.first == loss.picture.first, "the plots are linked"
        assert metric.picture.cursor == loss.picture.cursor
        await pilot.press("0", "backspace", "X", "y")
        assert view.plots.view.whole
        assert view.plots.view.cursor is None

        await pilot.press("space")
        step = train.history.step
        await until(pilot, lambda: train.history.step > step)

        # One epoch, then stop → result → resume → CSV.
        await pilot.press("1")
        await until(pilot, lambda: train.history.state == "paused")
        history = train.history
        assert history.step % history.run.steps_per_epoch == 0
        assert history.epoch == history.step // history.run.steps_per_epoch
        await pilot.press("s")
        await until(pilot, lambda: train.history.state == "stopped")
        (run_dir,) = all_runs(tmp_path / "models")
        assert run_dir.checkpoint.is_file()
        stopped_at = train.history.step
        await until(pilot, lambda: "stopped" in screen_text(app))
        await pilot.press("r")
        await until(pilot, lambda: train.history.session == 2 and train.history.step > stopped_at)
        await pilot.press("s")
        await until(pilot, lambda: train.history.state == "stopped")
        await pilot.press("e", "E")
        await until(pilot, lambda: (run_dir.path / "epochs.csv").is_file() and (run_dir.path / "steps.csv").is_file())
        assert len(pd.read_csv(run_dir.path / "steps.csv")) == train.history.step
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)

    trained = resolve.load(str(run_dir.config))
    assert trained.model["hidden"] == [8]
    assert trained.optimizer["lr"] == 0.002
    assert trained.seed == 7
    changes = [event for event in read_events(run_dir.events) if isinstance(event, SettingChanged)]
    assert [(event.key, event.old, event.new) for event in changes] == [("optimizer.lr", 0.002, 0.01)]
