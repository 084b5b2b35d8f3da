"""Screens that follow a run: what they tell of one that cannot be read or resumed, and what another screen took."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from on_screen import history, notes, shown_keys, stopped_long_run, words

from core.history.history import History
from core.runs.event_log import read_events
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.following import RunScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen


async def test_why_a_run_cannot_be_resumed_stays_on_the_screen(app: NntuiApp, until, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await stopped_long_run(app, until, pilot)
        (run_dir,) = all_runs(tmp_path / "models")
        run_dir.checkpoint.unlink()
        run_dir.checkpoint.with_name("checkpoint.previous.pt").unlink(missing_ok=True)
        await pilot.press("r")
        await until(pilot, lambda: "no checkpoint" in words(app))
        await pilot.pause(1.2)  # two turns of painting
        assert "no checkpoint" in words(app)
        assert "Resume" in shown_keys(app)


async def test_a_log_that_cannot_be_read_is_said(app: NntuiApp, until, tmp_path: Path, monkeypatch) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await stopped_long_run(app, until, pilot)
        await pilot.press("escape")

        def broken(_path):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr("tui.live.story.read_events", broken)
        await until(pilot, lambda: len(app.screen.query_one(Runs).rows) == 1)
        app.screen.query_one("#runs").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and "Input/output error" in words(app))
        await pilot.pause(1.2)
        assert "Input/output error" in words(app)
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)


async def test_events_that_another_screen_took_are_read_from_the_log(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        app.trainer.drain()
        await pilot.press("s")
        await until(pilot, lambda: history(app).state == "stopped")
        seen = history(app)
        (run_dir,) = all_runs(app.trainer.root)
        whole = History.fold(read_events(run_dir.events))
        assert (seen.step, seen.seq, seen.last) == (whole.step, whole.seq, whole.last)
        assert seen.losses.mean.tolist() == whole.losses.mean.tolist()


@pytest.mark.parametrize("name", [pytest.param("done", marks=pytest.mark.slow), "searched"])
@pytest.mark.parametrize("key", ["f5", pytest.param("c", marks=pytest.mark.slow)])
async def test_settings_that_this_version_does_not_know_are_a_note(
    root: Path, searches: ModuleType, until, name: str, key: str
) -> None:
    searches.write(root, 9, "searched", [*searches.whole(), searches.completed()])
    (run,) = root.glob(f"*-{name}-*")
    (run / "config.toml").write_text('name = "old"\nwarp = 9\n')
    app = NntuiApp(Trainer(root))
    async with app.run_test(size=(80, 24)) as pilot:
        app._show_run(run.name)
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.is_read)
        await pilot.press(key)
        await until(pilot, lambda: bool(notes(app)))
        assert "warp" in notes(app)[-1]
        assert isinstance(app.screen, RunScreen)
