"""Keys that come faster than the screen answers, as from a slow link or a paste: nothing is lost, nothing moves."""

from __future__ import annotations

import random

import on_screen
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from core.experiment import resolve
from tui.app import NntuiApp
from tui.dialogs.dialogs import Question
from tui.screens.experiment.form import Choice, Form
from tui.screens.experiment.screen import ExperimentScreen

NAMES = {".": "full_stop", "-": "minus"}


async def open_form(app: NntuiApp, pilot: Pilot[int], until) -> ExperimentScreen:
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
    assert isinstance(app.screen, ExperimentScreen)
    return app.screen


async def go_to(pilot: Pilot[int], screen: ExperimentScreen, key: str) -> None:
    if key not in screen.query_one(Form).keys:
        await pilot.press("f3")  # all settings
    screen.query_one(Form).focus_key(key)
    await pilot.pause()


def send(app: NntuiApp, text: str) -> None:
    """All at once, waiting for nothing."""
    for char in text:
        app.post_message(events.Key(NAMES.get(char, char), char))


@pytest.mark.parametrize("burst", [pytest.param(1, marks=pytest.mark.slow), 3, 26])
async def test_letters_stay_in_order(app: NntuiApp, until, burst: int) -> None:
    text = "abcdefghijklmnopqrstuvwxyz"
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, screen, "name")
        await pilot.press(*["backspace"] * 10)
        random.seed(burst)
        for i in range(0, len(text), burst):
            send(app, text[i : i + burst])
            await pilot.pause(random.choice([0, 0.001, 0.02]))
        await until(pilot, lambda: screen.draft.text("name") == text)
        focused = app.focused
        assert isinstance(focused, Input)
        assert focused.value == text


async def test_a_number_is_not_tidied_while_it_is_typed(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, screen, "optimizer.lr")
        await pilot.press(*["backspace"] * 8)
        for key in ("0", "full_stop", "1", "0", "5"):
            await pilot.press(key)
        assert screen.draft.config is not None
        assert screen.draft.config.optimizer["lr"] == 0.105


async def test_a_reset_reaches_the_field_that_is_edited(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, screen, "optimizer.lr")
        await pilot.press("5", "x")
        assert screen.draft.config is None
        await pilot.press("ctrl+g")
        focused = app.focused
        assert isinstance(focused, Input)
        assert focused.value == "0.01"
        assert screen.draft.config == resolve.load("iris-net")


async def test_quitting_asks_while_changes_would_be_lost(app: NntuiApp, until, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, screen, "seed")
        await pilot.press("7", "ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape", "ctrl+s")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "iris-net.toml").is_file())
        assert not screen.unsaved
        await pilot.press("ctrl+q")
        await pilot.pause()
    assert app.return_value == 0


async def test_what_is_wrong_with_a_key_is_read_to_its_end(app: NntuiApp, until) -> None:
    def whole() -> str:
        return " ".join("".join(on_screen.lines(app.screen)).split())

    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_form(app, pilot, until)
        await go_to(pilot, screen, "standardise")
        await pilot.press(*"target")
        await until(pilot, lambda: "only values can be standardised" in whole())
        assert "use standardise=features" in whole()
