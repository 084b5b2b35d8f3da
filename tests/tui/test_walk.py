"""From a preset to a CSV, keyboard only: changed, refused, corrected, trained, paused, steered, looked at, stopped,
resumed, exported."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from core.events.events import SettingChanged
from core.experiment import resolve
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.charts.line_chart import LineChart
from tui.dialogs.choose import Choose
from tui.dialogs.dialogs import Note, Prompt, Question
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.start.screen import StartScreen
from tui.widgets.run_log import RunLog

SIZES = [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)]


def screen_text(app: NntuiApp) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


def field_text(app: NntuiApp) -> str:
    return str(app.screen.query_one("#field").render())


async def go_to(pilot: Pilot[int], key: str) -> None:
    """Down the form until the cursor is in a field."""
    form = pilot.app.screen.query_one(Form)
    for _ in range(80):
        if form.key == key:
            return
        await pilot.press("down")
    pytest.fail(f"no way down to {key}")


async def retype(pilot: Pilot[int], key: str, text: str) -> None:
    await go_to(pilot, key)
    focused = pilot.app.focused
    assert isinstance(focused, Input)
    await pilot.press("end", *["backspace"] * len(focused.value))
    await pilot.press(*["full_stop" if c == "." else "minus" if c == "-" else "comma" if c == "," else c for c in text])


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
        await retype(pilot, "optimizer.lr", "0.002")
        await until(pilot, lambda: "✗" not in field_text(app))
        await retype(pilot, "seed", "7")
        await until(pilot, lambda: "3 changes" in screen_text(app))

        # Train → pause → learning rate → unpause.
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen._story.history.step > 100)
        train = app.screen
        assert isinstance(train, TrainScreen)
        await pilot.press("space")
        await until(pilot, lambda: train._story.history.state == "paused")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*["backspace"] * 10, "0", "full_stop", "0", "1", "enter")
        await until(pilot, lambda: train._story.history.lr == 0.01)

        # Zoom, cursor, log scales, x axis, smoothing.
        view, loss = train.query_one(RunView), train.query_one("#loss", LineChart)
        await pilot.press("right")
        assert view.plots.view.cursor == train._story.history.step
        await pilot.press("left")
        assert view.plots.view.cursor is not None
        assert view.plots.view.cursor < train._story.history.step
        assert f"step {view.plots.view.cursor:,}" in str(loss.border_subtitle)
        await pilot.press("plus", "plus")
        assert not view.plots.view.whole
        first, last = view.plots.window
        assert first <= view.plots.view.cursor <= last
        await pilot.press("comma", "full_stop", "y", "X")
        assert view.plots.view.log_y
        assert view.plots.view.log_x
        assert "(log)" in str(loss.border_title)
        await pilot.press("x", "m")
        assert view.plots.view.unit == "step"
        assert loss._picture.note.endswith("smoothing 0.999")
        metric = train.query_one("#metric", LineChart)
        assert metric._picture.first == loss._picture.first, "the plots are linked"
        assert metric._picture.cursor == loss._picture.cursor
        await pilot.press("0", "backspace", "X", "y")
        assert view.plots.view.whole
        assert view.plots.view.cursor is None

        await pilot.press("space")
        step = train._story.history.step
        await until(pilot, lambda: train._story.history.step > step)

        # One epoch, then stop → result → resume → CSV.
        await pilot.press("1")
        await until(pilot, lambda: train._story.history.state == "paused")
        history = train._story.history
        assert history.step % history.run.steps_per_epoch == 0
        assert history.epoch == history.step // history.run.steps_per_epoch
        await pilot.press("s")
        await until(pilot, lambda: train._story.history.state == "stopped")
        (run_dir,) = all_runs(tmp_path / "models")
        assert run_dir.checkpoint.is_file()
        stopped_at = train._story.history.step
        await until(pilot, lambda: "stopped" in screen_text(app))
        await pilot.press("r")
        await until(pilot, lambda: train._story.history.session == 2 and train._story.history.step > stopped_at)
        await pilot.press("s")
        await until(pilot, lambda: train._story.history.state == "stopped")
        await pilot.press("e", "E")
        await until(pilot, lambda: (run_dir.path / "epochs.csv").is_file() and (run_dir.path / "steps.csv").is_file())
        assert len(pd.read_csv(run_dir.path / "steps.csv")) == train._story.history.step
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)

    trained = resolve.load(str(run_dir.config))
    assert trained.model["hidden"] == [8]
    assert trained.optimizer["lr"] == 0.002
    assert trained.seed == 7
    changes = [event for event in read_events(run_dir.events) if isinstance(event, SettingChanged)]
    assert [(event.key, event.old, event.new) for event in changes] == [("optimizer.lr", 0.002, 0.01)]


@pytest.mark.parametrize("size", SIZES)
async def test_components_are_chosen_and_their_fields_come_and_go(app: NntuiApp, until, size) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        form = app.screen.query_one(Form)
        await go_to(pilot, "optimizer.name")
        assert "optimizer.betas" in form._lines
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "Choose")
        assert "sgd" in screen_text(app)
        assert "gradient descent" in screen_text(app), "what it is stands beside its name"
        await pilot.press("end", "enter")
        await until(pilot, lambda: "optimizer.momentum" in form._lines)
        assert "optimizer.betas" not in form._lines
        assert form._lines["optimizer.name"].row.text == "sgd"
        await pilot.press("left")
        await until(pilot, lambda: form._lines["optimizer.name"].row.text == "rmsprop")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: form._lines["optimizer.name"].row.text == "adam")
        order = [child.row.key for child in form.children if hasattr(child, "row")]
        assert order == [field.key for field in app.screen._draft.fields()], "rows stand in the order of the fields"


async def test_what_stands_beside_the_form_is_alive(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await until(pilot, lambda: "403" in screen_text(app) and "versicolor" in screen_text(app))
        await until(pilot, lambda: "from a short trial" in screen_text(app) and "evaluates" in screen_text(app))
        assert "2,000 steps, 10 an epoch" in screen_text(app)
        await retype(pilot, "model.hidden", "32")
        await until(pilot, lambda: "model.hidden  16,16 → 32" in screen_text(app))
        await until(pilot, lambda: "259" in screen_text(app))  # 4·32 + 32 + 32·3 + 3
        for _ in range(60):
            await pilot.press("up")
            if form_key(app) == "dataset.name":
                break
        await pilot.press("right", "right", "right")  # iris, mnist, moons, wine: the next ones by name
        name = app.screen._draft.text("dataset.name")
        assert name == "wine"
        await until(pilot, lambda: "alcohol" in screen_text(app))


def form_key(app: NntuiApp) -> str:
    return app.screen.query_one(Form).key


async def test_save_load_and_command_line(
    app: NntuiApp, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await retype(pilot, "epochs", "3")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "iris-net.toml").is_file())
        assert resolve.load(str(tmp_path / "iris-net.toml")).epochs == 3

        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Note))
        assert "nntui run iris-net --set epochs=3" in screen_text(app)
        assert app.clipboard == "nntui run iris-net --set epochs=3"
        await pilot.press("escape")

        await retype(pilot, "batch_size", "30")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "there already" in screen_text(app)
        await pilot.press("escape")
        assert resolve.load(str(tmp_path / "iris-net.toml")).batch_size == 12, "replaced without being asked to"

        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"nowhere", "enter")
        await until(pilot, lambda: "neither a preset" in screen_text(app))
        await pilot.press(*["backspace"] * 7, *"iris-net", "full_stop", *"toml", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen._draft.base.epochs == 3

        await retype(pilot, "seed", "5")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        assert "1 change will be forgotten" in screen_text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ExperimentScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, StartScreen))


async def test_a_new_experiment_from_a_dataset(app: NntuiApp, until, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: type(app.screen).__name__ == "Choose")
        assert "blobs" in screen_text(app)
        for _ in range(20):
            option = app.screen.query_one("OptionList").highlighted_option
            if option.id == "moons":
                break
            await pilot.press("down")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        assert app.screen._draft.text("dataset.name") == "moons"
        await retype(pilot, "epochs", "2")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        (run_dir,) = all_runs(tmp_path / "models")
        assert "my-moons" in run_dir.run_id


async def test_letters_are_letters_in_a_form(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        await pilot.press("q", "question_mark")
        assert isinstance(app.screen, ExperimentScreen)
        assert app.return_value is None
        await pilot.press("f1")
        await until(pilot, lambda: "Keys that work here" in screen_text(app))
        await pilot.press("escape", "ctrl+q")
        await pilot.pause()
    assert app.return_value == 0


async def test_letters_go_to_a_choice(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        choices = app.screen.query_one(OptionList)

        def highlighted() -> str | None:
            return choices.get_option_at_index(choices.highlighted or 0).id

        await pilot.press("m")
        assert highlighted() == "mnist"
        await pilot.press("o")
        assert highlighted() == "moons"
        await pilot.press("w")  # no name begins with mow
        assert highlighted() == "wine"
        await pilot.press("z", "question_mark", "q")  # nor with these, and they are letters here
        assert highlighted() == "wine"
        assert isinstance(app.screen, Choose)
        await pilot.press("up", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.screen._draft.text("dataset.name") == "moons"


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
        await until(pilot, lambda: "10 of 10" in str(log.border_title))  # 100, 110, …, 190
        assert log._whole[log._match].startswith("Epoch 190/200")
        await pilot.press("n")
        assert log._whole[log._match].startswith("Epoch 180/200")
        await pilot.press("N", "N")
        assert log._whole[log._match].startswith("Epoch 100/200"), "from the last one round to the first"
        await pilot.press("C")
        assert app.clipboard.splitlines()[0].startswith("Epoch  10/200")
        assert len(app.clipboard.splitlines()) == len([line for line in log._whole if line is not None])
        before = len(log.lines)
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: len(log.lines) < before / 2)
        assert "Epoch 200/200" in log.text
