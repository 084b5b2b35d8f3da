"""The train screen while it trains and afterwards: the learning rate, the axes, the log."""

from __future__ import annotations

import shlex

import pytest
from on_screen import history, screen_text, shown_keys, stopped_long_run, words
from typer.testing import CliRunner

from core.events.events import SettingChanged
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.charts.line_chart import LineChart
from tui.cli import commands
from tui.dialogs.dialogs import Field, Note, Prompt
from tui.screens.run.screen import TrainScreen
from tui.widgets.run_log import RunLog


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_the_learning_rate_is_changed_while_it_trains(app: NntuiApp, until, size) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        train = app.screen
        assert isinstance(train, TrainScreen)
        await pilot.press("space")  # typing into a test waits for an idle processor
        await until(pilot, lambda: history(app).state == "paused")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        assert app.screen.query_one(Field).value == "0.001"
        await pilot.press("minus", "1")
        await until(pilot, lambda: "must be positive" in str(app.screen.query_one("#why-not").render()))
        await pilot.press("enter")
        assert isinstance(app.screen, Prompt), "a wrong value was taken"
        await pilot.press("backspace", "backspace", *"0.05")
        assert str(app.screen.query_one("#why-not").render()) == ""
        await pilot.press("enter")
        await until(pilot, lambda: train.history.lr == 0.05)
        (run_dir,) = all_runs(app.trainer.root)
        changes = [event for event in read_events(run_dir.events) if isinstance(event, SettingChanged)]
        assert [(event.old, event.new) for event in changes] == [(0.001, 0.05)]
        await pilot.press("l", "escape")
        assert app.screen is train
        step = history(app).step
        await pilot.press("space")
        await until(pilot, lambda: history(app).step > step)
        assert history(app).lr == 0.05
        await pilot.press("s")
        await until(pilot, lambda: history(app).state == "stopped")
        assert "Learning rate" not in shown_keys(app)


async def test_the_loss_axis_can_be_logarithmic(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).state == "completed")
        chart = app.screen.query_one("#loss", LineChart)
        await until(pilot, lambda: "Loss" in str(chart.border_title))
        linear = [row.plain for row in chart.painted.lines]
        app.screen.query_one(RunLog).focus()
        await pilot.press("y")
        assert "(log)" in str(chart.border_title)
        assert [row.plain for row in chart.painted.lines] != linear
        await pilot.press("y")
        assert "(log)" not in str(chart.border_title)
        assert [row.plain for row in chart.painted.lines] == linear


async def test_a_run_that_has_ended_goes_on_with_another_learning_rate(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await stopped_long_run(app, until, pilot)
        (run_dir,) = all_runs(app.trainer.root)
        step = history(app).step
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        rate = app.screen.query_one(Field).value
        await pilot.press(*["backspace"] * len(rate), *"0.02", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > step)
        changes = [event for event in read_events(run_dir.events) if isinstance(event, SettingChanged)]
        assert [(event.key, event.old, event.new) for event in changes] == [("optimizer.lr", float(rate), 0.02)]
        await pilot.press("s")
        await until(pilot, lambda: "Resume" in shown_keys(app))
        run_dir.config.write_text(run_dir.config.read_text().replace("seed = 0", "seed = 1"))
        await pilot.press("r")
        await until(pilot, lambda: "seed" in words(app) and "another run's" in words(app))


async def test_the_log_is_searched_and_copied(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        log = app.screen.query_one(RunLog)
        await until(pilot, lambda: "Epoch 200/200" in log.text)
        assert max(len(line) for line in log.lines) <= log.size.width, "a line is cut off"
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"EPOCH", "space", "1", "enter")
        await until(pilot, lambda: "100 of 100" in str(log.border_title))  # 100, 101, …, 199
        assert log._whole[log._match].startswith("Epoch 199/200")
        await pilot.press("N")
        assert log._whole[log._match].startswith("Epoch 198/200")
        await pilot.press("n", "n")
        assert log._whole[log._match].startswith("Epoch 100/200"), "from the last one round to the first"
        await pilot.press("escape")
        assert isinstance(app.screen, TrainScreen), "Escape first clears"
        assert str(log.border_title) == "Log"
        await pilot.press("C")
        assert app.clipboard.splitlines()[0].startswith("Epoch   1/200")
        assert len(app.clipboard.splitlines()) == len([line for line in log._whole if line is not None])
        assert "acc. %" in log.lines[1]
        assert log.lines[-1].split()[0] == "200"
        before = len(log.lines[-1].split())
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: len(log.lines[-1].split()) > before)
        assert "Epoch 200/200" in log.text


@pytest.mark.slow
async def test_at_its_end_a_run_says_how_it_is_asked(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and "P ask it" in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: isinstance(app.screen, Note))
        text = screen_text(app)
        assert "nntui predict" in text
        assert "petal width" in text
        assert "--csv FILE" in text
        await pilot.press("escape")
        line = shlex.split(app.clipboard)
    answered = CliRunner().invoke(commands.app, line[1:])
    assert answered.exit_code == 0, answered.output
    assert "species: " in answered.output
    assert "far outside" not in answered.output, "an example of what it was trained on"
