"""The start screen: what it lists, and what it tells of the highlighted one."""

from __future__ import annotations

from on_screen import screen_text
from textual.widgets import OptionList

from tui.app import NntuiApp
from tui.screens.run.screen import TrainScreen
from tui.screens.start.screen import StartScreen


async def test_first_run_shows_an_empty_state_and_what_the_experiment_does(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        runs = app.screen.query_one("#runs", OptionList)
        await until(pilot, lambda: runs.option_count == 1)
        assert "press Enter on an experiment" in str(runs.get_option_at_index(0).prompt)
        await until(pilot, lambda: "403" in screen_text(app))  # parameters, once PyTorch has loaded
        assert "150 flowers" in screen_text(app)
        assert "200 of 10 steps" in screen_text(app)


async def test_a_models_folder_that_cannot_be_listed_is_said(app: NntuiApp, until, monkeypatch) -> None:
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.runs.find.os.listdir", refuse)
    async with app.run_test(size=(120, 40)) as pilot:
        runs = app.screen.query_one("#runs", OptionList)
        await until(pilot, lambda: runs.option_count == 1)
        assert "Permission denied" in str(runs.get_option_at_index(0).prompt)


async def test_what_does_not_fit_beside_the_lists_can_be_scrolled_by_keyboard(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        about = app.screen.query_one("#about")
        await until(pilot, lambda: about.max_scroll_y > 0)
        await pilot.press("tab", "tab")
        assert app.focused is about
        assert isinstance(app.screen, StartScreen)
        assert app.screen._chosen == "iris-net", "what it is about stays chosen"
        for _ in range(40):
            await pilot.press("down")
        await until(pilot, lambda: about.scroll_y == about.max_scroll_y)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        app.trainer.stop()
        await until(pilot, lambda: not app.trainer.busy)
