"""The chart: what is decimated, and what it survives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import on_screen
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tui.charts.curve import Curve, decimate, smooth
from tui.charts.line_chart import LABELS, LineChart, Picture
from tui.charts.ticks import log_ticks, ticks

BLUE = (0, 0, 255)


def curve(y: np.ndarray, marker: str | None = None) -> Curve:
    return Curve("y", np.arange(len(y), dtype=float), y, y, BLUE, marker)


@given(n=st.integers(1, 5000), columns=st.integers(1, 300), seed=st.integers(0, 99))
def test_decimation_keeps_every_columns_extremes(n: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, low = np.cumsum(rng.random(n) + 0.01), rng.normal(size=n)
    high = low + rng.random(n)
    xs, ys = decimate(x, low, high, columns)
    assert len(xs) <= max(2 * columns, 2 * n if n <= columns else 0)
    assert ys.min() == low.min()
    assert ys.max() == high.max()
    if n > columns:
        edges = np.linspace(x[0], x[-1], columns + 1)
        column = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, columns - 1)
        for c in np.unique(column):  # each column's own extremes are drawn within that column
            inside = column == c
            drawn = ys[(xs >= edges[c] - 1e-9) & (xs <= edges[c + 1] + 1e-9)]
            assert low[inside].min() >= drawn.min() - 1e-12
            assert high[inside].max() <= drawn.max() + 1e-12


def test_one_spike_in_a_million_is_drawn() -> None:
    y = np.zeros(1_000_000)
    y[123_456] = 7.0
    _, ys = decimate(np.arange(1_000_000.0), y, y, 80)
    assert ys.max() == 7.0
    assert len(ys) <= 160


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6), most=st.integers(1, 20))
def test_ticks_are_few_round_and_inside(low: float, span: float, most: int) -> None:
    span = max(span, abs(low) * 1e-9)  # what floats can tell apart with room to spare
    high = low + span
    values, labels = ticks(low, high, most)
    assert len(values) == len(labels) <= most + 1
    assert all(low - 1e-6 * span <= value <= high + 1e-6 * span for value in values)
    if len(values) > 2:
        assert np.allclose(np.diff(values), values[1] - values[0])
        assert len(set(labels)) == len(labels)


@given(low=st.floats(-12, 12), span=st.floats(1e-3, 20), most=st.integers(2, 20))
def test_log_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    places, labels = log_ticks(low, low + span, most)
    assert len(places) == len(labels) <= most
    assert places == sorted(places)
    assert all(low - 1e-9 <= place <= low + span + 1e-9 for place in places)
    assert [float(label) for label in labels] == pytest.approx([10**place for place in places], rel=1e-4)


@given(
    low=st.floats(-1.7e308, 1.7e308),
    span=st.floats(0, 1.7e308),
    most=st.integers(1, 20),
)
@example(low=1.0e6, span=3e5, most=10)
@example(low=-3e5, span=2e5, most=10)
@example(low=0.12340, span=5e-5, most=10)
@example(low=0.6931, span=2e-6, most=10)
@example(low=-1e308, span=1.7e308, most=5)
@example(low=0.0, span=5e-324, most=5)
@example(low=0.0, span=3e-323, most=5)
def test_labels_fit_and_are_the_numbers_where_they_stand(low: float, span: float, most: int) -> None:
    high = min(low + span, 1.7e308)
    values, labels = ticks(low, high, most, LABELS)
    assert 0 < len(values) == len(labels) <= most + 1
    assert all(len(label) <= LABELS for label in labels)
    for before, after in itertools.pairwise(zip(values, labels, strict=True)):
        half = (after[0] / 2 - before[0] / 2) * 1.01
        assert abs(float(before[1]) - before[0]) <= half
        assert float(before[1]) < float(after[1])


@given(low=st.floats(-300, 300), span=st.floats(0.01, 100), most=st.integers(2, 20))
def test_labels_of_a_log_axis_fit_and_are_the_numbers(low: float, span: float, most: int) -> None:
    values, labels = log_ticks(low, low + span, most, LABELS)
    assert all(len(label) <= LABELS for label in labels)
    assert all(
        math.log10(float(label)) == pytest.approx(value, abs=0.01) for value, label in zip(values, labels, strict=True)
    )


def test_a_log_axis_leaves_out_what_is_not_positive() -> None:
    x = np.arange(4.0)
    shown = Curve("y", x, np.array([-1.0, 0.0, 1.0, 10.0]), np.array([-1.0, 100.0, 1.0, 10.0]), BLUE)
    shown = shown.positive().log10()
    assert shown.x.tolist() == [1.0, 2.0, 3.0]
    assert shown.high.tolist() == [2.0, 0.0, 1.0]
    assert shown.low.tolist() == [2.0, 0.0, 1.0], "a bucket that reaches 0 is drawn by its positive part"


class Charts(App[None]):
    def compose(self) -> ComposeResult:
        yield LineChart("Loss")


def rows(app: App[None]) -> list[str]:
    chart = app.query_one(LineChart)
    return ["".join(segment.text for segment in chart.render_line(y)) for y in range(chart.size.height)]


def spiked(*values: float) -> np.ndarray:
    """A loss that falls to 0.1, with these outliers in it."""
    y = 0.1 + np.exp(-np.arange(60) / 10)
    y[30 : 30 + len(values)] = values
    return y


@pytest.mark.parametrize(
    ("y", "said", "marks"),
    [
        (spiked(52.5), "▲ to 52.5", {"▲"}),
        (-spiked(52.5), "▼ to -52.5", {"▼"}),
        (spiked(52.5, -70.0), "▲ to 52.5  ▼ to -70", {"▲", "▼"}),
        (spiked(), "", set()),
    ],
)
@pytest.mark.parametrize("width", [30, 60])
async def test_what_lies_outside_the_plot_is_said_at_its_edge(
    y: np.ndarray, said: str, marks: set[str], width: int
) -> None:
    app = Charts()
    async with app.run_test(size=(width, 15)) as pilot:
        app.query_one(LineChart).show(Picture([curve(y)], 0.0, 59.0))
        await pilot.pause()
        painted = on_screen.lines(app.screen)
        assert said in painted[-1]
        assert ("to" in painted[-1]) == bool(said)
        assert set("".join(painted[:-1])) & {"▲", "▼"} == marks
        app.query_one(LineChart).show(Picture([curve(spiked())], 0.0, 59.0))
        await pilot.pause()
        assert not set(on_screen.text(app.screen)) & {"▲", "▼"}, "it is said no longer than it is so"


async def test_an_average_that_remembers_an_outlier_flattens_nothing() -> None:
    """A first loss far above the others, in a curve that is smoothed over a hundred steps."""
    y = 0.1 + np.exp(-np.arange(600) / 100)
    y[1] = 2000.0
    smoothed = smooth(y, np.ones(600), 0.99)
    batches = Curve("batch", np.arange(600.0), y, y, (90, 90, 90), band=True)
    average = Curve("smooth", np.arange(600.0), smoothed, smoothed, (200, 0, 200), average=True)
    app = Charts()
    async with app.run_test(size=(60, 15)) as pilot:
        app.query_one(LineChart).show(Picture([batches, average], 0.0, 599.0))
        await pilot.pause()
        painted = on_screen.lines(app.screen)
        assert "▲ to 2000" in painted[-1]
        labels = [float(line[1:].split("┤")[0]) for line in painted if "┤" in line]
        assert max(labels) <= 2, painted
        assert painted[1].count("▲") > 3, "where the average is out of the plot"


async def test_what_lies_outside_a_log_plot_is_said_in_its_own_numbers() -> None:
    app = Charts()
    async with app.run_test(size=(60, 15)) as pilot:
        app.query_one(LineChart).show(Picture([curve(spiked(1e9))], 0.0, 59.0, log_y=True))
        await pilot.pause()
        assert "▲ to 1e+09" in on_screen.lines(app.screen)[-1]


HOSTILE = {
    "nan": np.array([np.nan, np.nan]),
    "inf": np.array([1.0, np.inf, -np.inf, 2.0]),
    "flat": np.full(500, 3.0),
    "zero": np.zeros(10),
    "one": np.array([1.0]),
    "none": np.array([]),
    "huge": np.array([1e300, -1e300]),
    "tiny": np.array([1e-300, 2e-300]),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("size", [(10, 4), (40, 10), (120, 40)])
async def test_hostile_values_draw(name: str, size: tuple[int, int]) -> None:
    app = Charts()
    async with app.run_test(size=size) as pilot:
        for marker in (None, "●"):
            app.query_one(LineChart).show(Picture([curve(HOSTILE[name], marker)], 0.0, 10.0))
            await pilot.pause()
            assert len(rows(app)) == size[1] - 2
            assert all(len(row) == size[0] - 2 for row in rows(app))


async def test_empty_and_drawn() -> None:
    app = Charts()
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.pause()
        assert any("nothing measured yet" in row for row in rows(app))
        app.query_one(LineChart).show(Picture([curve(np.array([1.0, 4.0, 2.0]), "●")], 0.0, 2.0))
        await pilot.pause()
        text = "\n".join(rows(app))
        assert text.count("●") == 3
        assert "epoch" in text
        assert "nothing measured" not in text


async def test_the_highest_point_is_drawn_above_the_lowest() -> None:
    app = Charts()
    async with app.run_test(size=(60, 15)):
        app.query_one(LineChart).show(Picture([curve(np.array([1.0, 4.0]), "●")], 0.0, 1.0))
        marked = [(y, row.index("●")) for y, row in enumerate(rows(app)) if "●" in row]
        (top, right), (bottom, left) = marked
        assert top < bottom
        assert right > left


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=50))
async def test_any_values_draw(values: list[float]) -> None:
    app = Charts()
    async with app.run_test(size=(50, 12)):
        app.query_one(LineChart).show(Picture([curve(np.array(values))], 0.0, 50.0))
        assert len(rows(app)) == 10


async def test_only_rows_that_changed_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Charts()
    async with app.run_test(size=(60, 15)) as pilot:
        chart = app.query_one(LineChart)
        chart.show(Picture([curve(np.array([1.0, 4.0, 2.0]))], 0.0, 2.0))
        await pilot.pause()
        painted: list[int] = []
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: painted.append(len(regions)))
        chart.show(Picture([curve(np.array([1.0, 4.0, 2.0]))], 0.0, 2.0))
        assert painted == []
        chart.show(Picture([curve(np.array([1.0, 4.0, 2.1]))], 0.0, 2.0))
        assert 0 < sum(painted) < 13
