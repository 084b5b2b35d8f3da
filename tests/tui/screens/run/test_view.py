"""The train screen on runs that were written event by event: doctor, figures, mouse, the room they have."""

from __future__ import annotations

from pathlib import Path

import on_screen
import pytest
from rich.text import Text
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from core.runs.find import all_runs
from tui.app import NntuiApp
from tui.charts.line_chart import LABELS, LineChart
from tui.dialogs.dialogs import Field, Note, Prompt
from tui.live.trainer import Trainer
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.doctor_line import DoctorLine
from tui.screens.run.figure import FigureView
from tui.screens.run.numbers import Numbers
from tui.screens.run.screen import TrainScreen
from tui.screens.run.view import RunView
from tui.screens.start.runs import Runs


@pytest.fixture
def open_run(root: Path, until):
    """Opens one of the runs in `root` and paints all of it."""

    async def open_run(pilot: Pilot[int], run: str) -> RunView:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{run}-*")
        app._show_run(path.name)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        view = app.screen.query_one(RunView)
        view.show_all()
        await pilot.pause()
        return view

    return open_run


@pytest.fixture
def past(root: Path) -> NntuiApp:
    return NntuiApp(Trainer(root))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_doctor_has_one_line_and_a_key_for_the_rest(past: NntuiApp, open_run, until, size) -> None:
    async with past.run_test(size=size) as pilot:
        view = await open_run(pilot, "sick")
        line = view.query_one(DoctorLine)
        assert line.display
        assert line.size.height == 1
        text = str(line.render())
        assert text.startswith("! 100 % of the units of input_relu are 0")
        assert text.endswith("d: 1 more")
        assert len(text) <= line.size.width
        await pilot.press("d")
        await until(pilot, lambda: isinstance(past.screen, Note))
        note = " ".join(str(each.render()) for each in past.screen.query(Static))
        for evidence in ("dead-relu: 100 % of the units", "one-class: 300 of 300", "optimizer.lr=0.001"):
            assert evidence in note
        await pilot.press("escape")
        assert isinstance(past.screen, TrainScreen)


async def test_the_doctor_is_not_there_while_nothing_is_wrong(past: NntuiApp, open_run) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_run(pilot, "done")
        assert not view.query_one("#doctor").display


async def test_a_figure_takes_the_place_of_the_metric_and_gives_it_back(past: NntuiApp, open_run, until) -> None:
    async with past.run_test(size=(100, 24)) as pilot:
        view = await open_run(pilot, "done")
        figure, metric = view.query_one(FigureView), view.query_one("#metric", LineChart)
        assert (figure.display, metric.display) == (False, True)
        await pilot.press("v")
        await until(pilot, lambda: figure.display and figure._figure is not None)
        assert not metric.display
        assert str(figure.border_title) == "Decision regions"
        await pilot.press("v")
        await until(pilot, lambda: metric.display and not figure.display)


@pytest.mark.parametrize("size", [(120, 40), (80, 60), (200, 50)])
async def test_a_figure_is_in_view_where_there_is_room(past: NntuiApp, open_run, until, size) -> None:
    async with past.run_test(size=size) as pilot:
        view = await open_run(pilot, "done")
        figure = view.query_one(FigureView)
        charts = [view.query_one(name, LineChart) for name in ("#loss", "#metric")]
        await until(pilot, lambda: figure.display and figure._figure is not None)
        regions = [each.region for each in (figure, *charts)]
        assert all(region.area for region in regions)
        assert not any(a.overlaps(b) for a in regions for b in regions if a is not b)


async def test_a_wide_window_shows_both(past: NntuiApp, open_run, until) -> None:
    async with past.run_test(size=(200, 50)) as pilot:
        view = await open_run(pilot, "done")
        figure, metric = view.query_one(FigureView), view.query_one("#metric", LineChart)
        await until(pilot, lambda: figure.display and metric.display and figure._figure is not None)
        await pilot.resize_terminal(100, 24)
        await until(pilot, lambda: metric.display and not figure.display)
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: figure.display and metric.display)


async def test_a_run_without_figures_has_no_key_for_them(past: NntuiApp, open_run, until) -> None:
    def offered() -> set[str]:
        return {each.binding.description for each in past.screen.active_bindings.values() if each.enabled}

    async with past.run_test(size=(80, 24)) as pilot:
        view = await open_run(pilot, "half")
        assert "Figure" not in offered()
        await pilot.press("v")
        assert view.query_one("#metric").display
        await pilot.press("escape")
        await open_run(pilot, "done")
        await until(pilot, lambda: "Figure" in offered())
        await pilot.resize_terminal(120, 40)  # there its only one stands beside the metric anyway
        await until(pilot, lambda: "Figure" not in offered())


async def test_the_mouse_points_and_zooms(past: NntuiApp, open_run) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_run(pilot, "done")
        chart = view.query_one("#loss", LineChart)
        left, right = 1 + LABELS + 1, 1 + LABELS + chart.columns  # behind the border, the labels, the axis
        await pilot.click(chart, offset=(left, 5))
        assert view.plots.view.cursor == pytest.approx(1, abs=1000 / chart.columns)
        await pilot.click(chart, offset=(right, 5))
        assert view.plots.view.cursor == pytest.approx(1000, abs=1000 / chart.columns)
        before = view.plots.window
        await pilot._post_mouse_events([events.MouseScrollUp], chart, offset=(right, 5), button=0)
        first, last = view.plots.window
        assert last - first == pytest.approx((before[1] - before[0]) / 2, rel=0.05)
        assert last == pytest.approx(before[1], rel=0.05), "zooms in on what is under the mouse"
        await pilot._post_mouse_events([events.MouseScrollDown], chart, offset=(right, 5), button=0)
        assert view.plots.view.whole
        before = view.plots.view
        await pilot.click(chart, offset=(2, 5))  # the labels: no step is there
        assert view.plots.view == before


@pytest.mark.parametrize(
    ("width", "legend", "readout"),
    [
        (60, "● train + test", "step 1,000"),
        (80, "░batch ━smooth ●train +test", "step 1,000 batch 0.142373 ● 0.121"),
        (120, "░ batch ━ smooth ● train + test", "step 1,000 batch 0.142373 ● 0.121 + 0.141"),
    ],
)
async def test_legend_and_readout_fit(past: NntuiApp, open_run, width: int, legend: str, readout: str) -> None:
    async with past.run_test(size=(width, 40)) as pilot:
        view = await open_run(pilot, "done")
        chart = view.query_one("#loss", LineChart)
        await pilot.press("left")
        for y, text in ((chart.region.y, legend), (chart.region.bottom - 1, readout)):
            border = on_screen.lines(past.screen)[y][chart.region.x : chart.region.right]
            assert text in border
            assert "…" not in border


@pytest.mark.slow
async def test_every_theme_can_be_worn(past: NntuiApp, open_run) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        await open_run(pilot, "sick")
        for name in sorted(past.available_themes):
            past.theme = name
            await pilot.pause()
            assert past.is_running
            assert on_screen.lines(past.screen)


async def test_what_is_on_the_edges_fits_again_after_a_resize(past: NntuiApp, open_run, until) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        view = await open_run(pilot, "sick")
        await pilot.resize_terminal(70, 30)
        line, chart = view.query_one(DoctorLine), view.query_one("#loss", LineChart)
        await until(pilot, lambda: str(line.render()).endswith("d: 1 more") and len(str(line.render())) <= 68)
        assert Text.from_markup(str(chart.border_title)).cell_len <= chart.size.width - 4


async def test_the_line_of_keys_says_whether_the_chosen_run_can_be_resumed(past: NntuiApp, until) -> None:
    """What is drawn, not what would be if the line was made anew."""

    def offered() -> bool:
        return "Resume" in on_screen.lines(past.screen)[-1]

    async with past.run_test(size=(120, 40)) as pilot:
        runs = past.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) > 3)
        await pilot.press("tab")
        assert runs.has_focus
        seen = []
        for _run in runs.rows:
            can = "-done-" not in runs.key and "-sick-" not in runs.key
            await until(pilot, lambda can=can: offered() == can)
            seen.append(can)
            await pilot.press("down")
        assert sorted(seen) == [False, False, True, True, True, True]


# What can be done with a run that is over.


def next_line(app: NntuiApp) -> str:
    return next((line for line in on_screen.lines(app.screen) if line.strip().startswith("Next ")), "")


@pytest.mark.parametrize(
    ("run", "steps"),
    [
        ("done", ["F5 again", "c change it", "L train longer", "v what it gets wrong"]),
        ("half", ["r go on", "F5 again", "c change it", "L train longer"]),
        ("broken", ["r go on", "F5 again", "c change it"]),
        ("sick", ["F5 again", "c change it", "L train longer", "d what to mend"]),
    ],
)
async def test_at_the_end_one_line_says_what_next(past: NntuiApp, open_run, until, run: str, steps: list[str]) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        await open_run(pilot, run)
        await until(pilot, lambda: all(step in next_line(past) for step in steps))
        places = [next_line(past).index(step) for step in steps]
        assert places == sorted(places)


async def test_while_it_trains_nothing_is_offered_for_its_end(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 20)
        assert not next_line(app)
        assert "samples/s" in on_screen.text(app.screen)
        await pilot.press("f5", "L")
        assert isinstance(app.screen, TrainScreen)
        await pilot.press("s")
        await until(pilot, lambda: "L train longer" in next_line(app))
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        assert app.screen.query_one(Field).value == "200000"
        await pilot.press(*"200001", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.epochs == 200_001)
        await pilot.press("s")
        await until(pilot, lambda: "F5 again" in next_line(app))
        (before,) = all_runs(app.trainer.root)
        await pilot.press("f5")
        await until(pilot, lambda: len(all_runs(app.trainer.root)) == 2 and app.trainer.phase == "running")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 5)
        assert app.screen.history.run.run_id != before.run_id
        await pilot.press("s")
        await until(pilot, lambda: "c change it" in next_line(app))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))


# Numbers.


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)])
async def test_every_number_can_be_read(past: NntuiApp, open_run, until, size) -> None:
    async with past.run_test(size=size) as pilot:
        view = await open_run(pilot, "done")
        numbers = view.query_one(Numbers)
        wanted = {"loss", "accuracy", "batch loss", *(("best loss", "best acc.") if size[0] < 70 else ())}

        def seen() -> set[str]:
            region = numbers.content_region
            lines = on_screen.lines(past.screen)[region.y : region.bottom]
            rows = [line[region.x : region.right] for line in lines]
            return {name for name in wanted if any(row.startswith(name) for row in rows)}

        found = seen()
        if found < wanted:
            assert numbers.can_focus
            numbers.focus()
            for _row in range(8):
                await pilot.press("down")
                found |= seen()
        assert found == wanted
        assert not numbers.can_focus or size == (60, 18)


# The plots.


def x_labels(app: NntuiApp, chart: LineChart) -> list[str]:
    """Below a plot: its numbers and what they count."""
    region = chart.content_region
    line = on_screen.lines(app.screen)[region.bottom - 1]
    return line[region.x : region.right].split()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_both_plots_have_the_same_x_axis(past: NntuiApp, open_run, until, size) -> None:
    async with past.run_test(size=size) as pilot:
        view = await open_run(pilot, "done")
        loss, metric = (view.query_one(name, LineChart) for name in ("#loss", "#metric"))
        for keys in ((), ("x",), ("x",), ("X",), ("X", "x", "plus", "comma")):
            await pilot.press(*keys)
            await until(pilot, lambda: x_labels(past, loss) == x_labels(past, metric))
            assert len(x_labels(past, loss)) >= 3
