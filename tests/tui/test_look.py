"""That each screen is laid out by its own style sheet: what a person would see at a glance."""

from __future__ import annotations

import on_screen
import pytest

from tui.app import NntuiApp
from tui.charts.line_chart import LineChart
from tui.screens.run.figure import FigureView
from tui.screens.run.numbers import Numbers
from tui.screens.run.screen import TrainScreen
from tui.widgets.run_log import RunLog


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 18)])
async def test_start_screen_layout(app: NntuiApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lists, about = app.screen.query_one("#lists").region, app.screen.query_one("#about").region
        assert about.x == lists.width
        assert about.width >= 26
        assert lists.width >= 34
        assert about.right == size[0]
        assert app.screen.query_one("#runs").region.height >= 5
        assert app.screen.query_one("#experiments").styles.border_top[0] == "heavy", "the focus is seen without colour"
        assert app.screen.query_one("#runs").styles.border_top[0] == "round"


@pytest.mark.parametrize(
    "size", [(80, 24), (200, 50), *(pytest.param(size, marks=pytest.mark.slow) for size in ((120, 40), (60, 18)))]
)
async def test_train_screen_layout(app: NntuiApp, until, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        await until(pilot, lambda: "completed" in str(app.screen.query_one("#words").render()))
        loss, accuracy = (chart.region for chart in app.screen.query(LineChart))
        log, numbers = app.screen.query_one(RunLog).region, app.screen.query_one(Numbers).region
        figure = app.screen.query_one(FigureView)
        beside = [figure.region] if figure.display else []
        assert bool(beside) == (size[0] >= 120)
        for y in (loss, accuracy):
            assert y.width + sum(each.width for each in beside) <= size[0]
        assert abs(loss.width - accuracy.width) <= 1
        assert loss.x == 0
        assert max(each.right for each in (loss, accuracy, *beside)) == size[0]
        assert numbers.right == size[0]
        assert log.width >= 18
        assert loss.bottom <= log.y
        assert log.bottom == size[1] - 1, "the footer's line is not free"
        assert log.height <= 0.45 * size[1], "it takes what is left"
        assert loss.height >= 0.3 * size[1]

        def footer() -> str:
            return on_screen.lines(app.screen)[-1]

        # The footer is made anew when other keys apply, a moment after the state has changed.
        await until(pilot, lambda: all(key in footer() for key in ("Export CSV", "Back", "Help", "Quit")))
