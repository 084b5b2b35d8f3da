"""The app as a user walks through it, keyboard only."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pandas as pd
import pytest
import torch
from on_screen import choose, history, lines, screen_text, shown_keys, words

from core.events.events import RunEnded, StepsEnded
from core.experiment import resolve
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.dialogs import Help, Page, Question
from tui.live.trainer import Trainer
from tui.screens.run.screen import TrainScreen
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen
from tui.widgets.run_log import RunLog
from tui.widgets.too_small import TooSmall


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_train_pause_unpause_stop_resume_export_back_quit(app: NntuiApp, until, size, tmp_path: Path) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 50)
        assert "training" in words(app)
        assert {"Pause", "Stop", "Export CSV", "Back", "Help", "Quit"} <= shown_keys(app)
        assert "Unpause" not in shown_keys(app)

        await pilot.press("space")
        await until(pilot, lambda: history(app).state == "paused")
        await until(pilot, lambda: "paused" in words(app))
        assert "Unpause" in shown_keys(app)
        run_dir = all_runs(tmp_path / "models")[0]
        length = run_dir.events.stat().st_size
        await pilot.pause(0.3)
        assert run_dir.events.stat().st_size == length, "a paused run trains on"

        step = history(app).step
        await pilot.press("space")
        await until(pilot, lambda: history(app).step > step)
        await pilot.press("s")
        await until(pilot, lambda: history(app).state == "stopped")
        await until(pilot, lambda: "Resume" in shown_keys(app))
        assert run_dir.checkpoint.is_file()
        assert "stopped" in words(app)

        stopped_at = history(app).step
        await pilot.press("r")
        await until(pilot, lambda: history(app).session == 2 and history(app).step > stopped_at)
        await pilot.press("s")
        await until(pilot, lambda: history(app).state == "stopped")
        await pilot.press("E")
        await until(pilot, lambda: (run_dir.path / "steps.csv").is_file())
        table = pd.read_csv(run_dir.path / "steps.csv")
        assert table["step"].tolist() == list(range(1, history(app).step + 1)), "a step is missing or twice"

        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)
        await pilot.press("q")
        await pilot.pause()
    assert app.return_value == 0
    events = list(read_events(run_dir.events))
    assert [type(e) for e in events].count(RunEnded) == 2
    assert history_equal_to_screen(events)


def history_equal_to_screen(events: list) -> bool:
    """The log is contiguous: what the screen drew can be drawn again."""
    steps = [e for e in events if isinstance(e, StepsEnded)]
    return all(b.first_step == a.first_step + len(a.losses) for a, b in itertools.pairwise(steps))


async def test_run_on_screen_equals_run_without(app: NntuiApp, until, tmp_path: Path) -> None:
    """The screen changes nothing: weights are those of the same experiment trained headless."""
    from core.experiment import resolve
    from core.sessions import network

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.trainer.phase == "ended" and "completed" in words(app))
        live = history(app)
        (run_dir,) = all_runs(tmp_path / "models")
        replayed = History.fold(read_events(run_dir.events))
        assert live == replayed
        lines = app.screen.query_one(RunLog).text.split("\n")
        assert [line.split("/")[0] for line in lines] == [f"Epoch {epoch:3}" for epoch in range(1, 201)]
    alone = network.start(resolve.load("iris-net"), tmp_path / "alone")
    alone.run.execute()
    ours, theirs = torch.load(run_dir.model), torch.load(alone.run_dir.model)
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


async def test_leaving_the_train_screen_keeps_the_run_alive(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        await pilot.press("escape")
        await until(pilot, lambda: "Watch training" in shown_keys(app))
        await pilot.press("enter")  # a second run must wait
        assert isinstance(app.screen, StartScreen)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        first = history(app).step
        await until(pilot, lambda: history(app).step > first)
        assert history(app).losses.x[0] == 1, "the curve does not begin at the first step"

        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        assert app.trainer.phase == "running"
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == 0
    (run_dir,) = all_runs(app.trainer.root)
    assert run_dir.checkpoint.is_file()
    assert list(read_events(run_dir.events))[-1].status == "stopped"


async def test_a_past_run_opens_and_can_be_resumed_from_the_list(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        await pilot.press("s")
        await until(pilot, lambda: history(app).state == "stopped")
        seen = history(app)
        await pilot.press("escape")
        await pilot.press("tab")
        await until(pilot, lambda: "Resume" in shown_keys(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app) == seen)
        assert "stopped" in words(app)
        await pilot.press("escape")
        await until(pilot, lambda: "Resume" in shown_keys(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > seen.step)
        assert history(app).session == 2
        app.trainer.stop()
        await until(pilot, lambda: app.trainer.phase == "ended")


async def test_why_a_run_cannot_begin_is_said_whole_under_its_name(tmp_path: Path, until) -> None:
    """Whoever asks for it: the screens look for missing files first."""
    app = NntuiApp(Trainer(tmp_path / "models", data_dir=str(tmp_path / "nowhere")))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "403 parameters" in screen_text(app))
        app.post_message(StartScreen.Train(resolve.load("fashion-mlp")))
        await until(pilot, lambda: app.trainer.phase == "refused" and "get it with" in words(app))
        assert "fashion-mlp" in lines(app.screen)[0]
        assert "nowhere" in "".join(words(app).split()), "wherever it is wrapped"
        begins = re.compile("[│┃] no train-images-idx3-ubyte")
        await until(pilot, lambda: begins.search(screen_text(app)) is not None)
        assert not (tmp_path / "models").exists()
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


@pytest.mark.parametrize("width", [60, 80])
async def test_help_goes_on_under_its_own_column(app: NntuiApp, until, width: int) -> None:
    async with app.run_test(size=(width, 80)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help) and "Keys that work here" in screen_text(app))
        assert isinstance(app.screen, Help)
        box = app.screen.query_one(Page).content_region
        rows = [line[box.x : box.right] for line in lines(app.screen)[box.y : box.bottom]]
        first = next(i for i, row in enumerate(rows) if "Keys that work here" in row) + 2
        last = next(i for i, row in enumerate(rows) if i > first and not row.strip())
        key, name, help = app.screen.keys[0]
        at = rows[first].index(help.split()[0], rows[first].index(name, rows[first].index(key)) + len(name))
        assert last - first > len(app.screen.keys), "all of it fits anyway"
        for row in rows[first:last]:
            assert row[at - 1] == " "
            assert row[at] != " ", row
        assert sum(bool(row[:at].strip()) for row in rows[first:last]) == len(app.screen.keys)
        said = " ".join(row[at:].strip() for row in rows[first:last])
        assert said == " ".join(help for _key, _name, help in app.screen.keys)


async def test_help_lists_the_keys_of_the_screen_below(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 0)
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        shown = {name: key for key, name, _help in app.screen.keys}
        assert {"Pause", "Stop", "Checkpoint", "Export CSV", "Export steps", "Zoom in", "Search log"} <= set(shown)
        assert {"Back", "Help", "Quit", "Commands"} <= set(shown)
        assert "Unpause" not in shown
        assert shown["Stop"] == "s"
        await pilot.press("escape")
        assert isinstance(app.screen, TrainScreen)
        app.trainer.stop()
        await until(pilot, lambda: app.trainer.phase == "ended")


@pytest.mark.parametrize(
    "size",
    [
        (1, 1),
        (60, 18),
        *(pytest.param(size, marks=pytest.mark.slow) for size in ((40, 12), (50, 30), (100, 12), (200, 50))),
    ],
)
async def test_any_window_size_draws(app: NntuiApp, until, size) -> None:
    too_small = size[0] < 60 or size[1] < 18
    async with app.run_test(size=size) as pilot:
        assert app.screen.query_one(TooSmall).display == too_small
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.press("enter")
        await pilot.resize_terminal(*size)  # in the middle of training
        await until(pilot, lambda: app.trainer.phase == "ended" and history(app).state == "completed")
        await until(pilot, lambda: app.screen.query_one(TooSmall).display == too_small)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not app.screen.query_one(TooSmall).display)
        assert "completed" in words(app)


async def test_hostile_names_are_shown_as_text(app: NntuiApp, until, preset_folder: Path) -> None:
    """A name with markup, escapes or ten thousand characters neither crashes a screen nor steers the terminal."""
    for i, name in enumerate(["[/]", "[@click=app.quit]x[/]", "\x1b]52;c;aGk=\x07", "이름 한글 실험", "x" * 200]):
        toml = f'name = """{name}"""\n' if "\x1b" not in name else 'name = "\\u001b]52;c;aGk=\\u0007"\n'
        text = (preset_folder / "iris-net.toml").read_text().replace("epochs = 200", "epochs = 2")
        (preset_folder / f"hostile{i}.toml").write_text(toml + text)
    app = NntuiApp(Trainer(app.trainer.root))
    async with app.run_test(size=(80, 24)) as pilot:
        for i in range(5):
            choose(app, f"hostile{i}")
            await pilot.press("enter")
            await until(pilot, lambda: app.trainer.phase == "ended")
            await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).state == "completed")
            await pilot.press("escape")
        runs = app.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) == 5)
        screen = screen_text(app)
        assert "[/]" in screen
        assert "이름" in screen
        assert "\x1b" not in screen.replace("\x1b[", ""), "a control byte of a name is on its way to the terminal"


async def test_enter_twice_opens_one_screen(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await pilot.press("w", "w")
        assert [type(screen) for screen in app.screen_stack].count(TrainScreen) == 1
        app.trainer.stop()
        await until(pilot, lambda: not app.trainer.busy)
