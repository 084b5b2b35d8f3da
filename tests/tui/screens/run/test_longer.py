"""L: a run that is over goes on to a later epoch, in its own folder, as `nntui resume RUN --epochs N` does."""

from __future__ import annotations

from typing import Any

import on_screen
import pytest

from core.experiment import resolve
from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.dialogs.dialogs import Prompt
from tui.screens.run.screen import TrainScreen


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param([], "epochs in all, 3 of them are done", id="constant", marks=pytest.mark.slow),
        pytest.param(
            [("schedule.name", "cosine")],
            "The schedule cosine is from then on that of a run of so many",
            id="cosine",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            [("stop.target", "train_loss<=9")],
            "It ended early: train_loss<=9 reached in epoch 1. stop.target is lifted.",
            id="target",
        ),
    ],
)
async def test_train_longer(app: NntuiApp, until: Any, settings: list[tuple[str, str]], said: str) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(resolve.load("iris-net", [("epochs", "3"), ("device", "cpu"), *settings]))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).state == "completed")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Prompt) and said in on_screen.screen_text(app))
        await pilot.press("0", "enter")
        assert "a whole number above" in on_screen.screen_text(app)
        await pilot.press("backspace", "5", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).epoch == 5)
        await until(pilot, lambda: on_screen.history(app).state == "completed")
        assert len(all_runs(app.trainer.root)) == 1
        assert on_screen.history(app).session == 2
