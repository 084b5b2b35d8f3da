"""Curves: what is cut to a window, what is smoothed, what is known at the cursor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history.series import LIMIT, Series
from tui.charts.curve import Curve, smooth
from tui.live.exact import KEPT, ExactLosses

BLUE = (0, 0, 255)


def line(x: list[float], y: list[float]) -> Curve:
    return Curve("y", np.array(x), np.array(y), np.array(y), BLUE)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99, 0.999]))
def test_smoothing_is_pandas_exponential_average(values: list[float], weight: float) -> None:
    """pandas with adjust=True weighs past values by powers of alpha and divides by their sum: the debiased average."""
    expected = pd.Series(values).ewm(alpha=1 - weight, adjust=True).mean().to_numpy()
    found = smooth(np.array(values), np.ones(len(values)), weight)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_smoothing_starts_where_it_was() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    whole = smooth(values, np.ones(1000), 0.9)
    part = smooth(values[500:], np.ones(500), 0.9, start=float(whole[499]))
    assert part == pytest.approx(whole[500:], abs=1e-9)


def test_smoothing_a_bucket_weighs_as_much_as_its_points() -> None:
    """A bucket's mean once, with the weight of its points, is as good as that value for each of them."""
    ones = smooth(np.repeat([1.0, 3.0, 2.0], 50), np.ones(150), 0.98)
    buckets = smooth(np.array([1.0, 3.0, 2.0]), np.full(3, 50.0), 0.98)
    assert buckets == pytest.approx(ones[[49, 99, 149]])


def test_missing_values_are_left_out_of_smoothing() -> None:
    found = smooth(np.array([1.0, np.nan, 1.0]), np.ones(3), 0.9)
    assert found.tolist() == pytest.approx([1, 1, 1])


def test_a_window_cuts_where_the_line_crosses_its_edges() -> None:
    cut = line([0, 10, 20, 30], [0, 1, 3, 0]).within(5, 25)
    assert cut.x.tolist() == [5, 10, 20, 25]
    assert cut.low.tolist() == pytest.approx([0.5, 1, 3, 1.5])


def test_a_window_between_two_points_shows_the_line_through_it() -> None:
    cut = line([0, 100], [0, 10]).within(40, 60)
    assert cut.x.tolist() == [40, 60]
    assert cut.low.tolist() == pytest.approx([4, 6])


@given(
    x=st.lists(st.integers(1, 1000), min_size=1, max_size=50, unique=True),
    first=st.floats(0, 999),
    width=st.floats(0.5, 1000),
)
def test_cutting_changes_no_value(x: list[int], first: float, width: float) -> None:
    x.sort()
    curve = line([float(v) for v in x], [float(v * v) for v in x])
    cut = curve.within(first, first + width)
    inside = [v for v in x if first <= v <= first + width]
    assert [v for v in cut.x.tolist() if v in x] == inside
    assert all(first <= v <= first + width for v in cut.x)
    assert np.all(np.diff(cut.x) > 0)
    for at, value in zip(cut.x, cut.low, strict=True):
        assert value == pytest.approx(np.interp(at, curve.x, curve.low))


def test_what_is_known_at_the_cursor() -> None:
    curve = Curve(
        "b", np.array([1.0, 5.0]), np.array([0.1, 0.2]), np.array([0.3, 0.9]), BLUE, x_last=np.array([4.0, 8.0])
    )
    assert curve.at(0) is None
    assert curve.at(4) == (1, 4, 0.1, 0.3)
    assert curve.at(7) == (5, 8, 0.2, 0.9)


class TestExactLosses:
    def test_the_newest_are_kept_one_by_one(self) -> None:
        exact, rng = ExactLosses(), np.random.default_rng(0)
        losses = rng.random(3 * KEPT)
        for start in range(0, len(losses), 1000):
            exact.add(start + 1, losses[start : start + 1000].tolist())
        newest = len(losses)
        found = exact.within(newest - 2000, newest, newest)
        assert found is not None
        assert found.x[0] == newest - 2001
        assert found.mean.tolist() == losses[newest - 2002 :].tolist()
        assert exact.within(10, 500, newest) is None, "what is no longer kept must be read"
        assert exact._kept < 2 * KEPT

    def test_a_stretch_from_the_log(self) -> None:
        exact = ExactLosses()
        exact.add(900_000, [1.0] * 10)
        exact.remember(400, [float(i) for i in range(400, 500)])
        found = exact.within(420, 450, 900_009)
        assert found is not None
        assert found.x.tolist() == list(range(419, 453))
        assert found.mean.tolist() == found.x.tolist()
        assert exact.within(390, 450, 900_009) is None
        assert exact.within(450, 499, 900_009) is None, "the step after the window is not in the stretch"

    def test_the_end_of_a_run(self) -> None:
        exact = ExactLosses()
        exact.add(1, [3.0, 2.0, 1.0])
        found = exact.within(0, 1000, 3)
        assert found is not None
        assert found.mean.tolist() == [3, 2, 1]


def test_an_exact_window_of_many_steps_stays_small() -> None:
    exact = ExactLosses()
    exact.remember(1, [0.0] * 200_000)
    found = exact.within(1, 199_990, 1_000_000)
    assert isinstance(found, Series)
    assert len(found) <= LIMIT


def test_a_spike_just_behind_the_left_edge_is_drawn() -> None:
    """It lies in a bucket that begins before the window and ends in it."""
    stride = 245
    x = np.arange(1.0, 1_000_000, stride)
    low, high = np.full(len(x), 0.2), np.full(len(x), 0.3)
    spike = int(np.searchsorted(x, 300_100, side="right")) - 1
    high[spike] = 9.0
    whole = Curve("batch", x, low, high, (0, 0, 0), x_last=x + stride - 1)
    first = x[spike] + 20
    cut = whole.within(first, first + 400_000)
    assert cut.high.max() == 9.0
    assert cut.x[0] == first
    assert cut.x[-1] <= first + 400_000
    assert (np.diff(cut.x) > 0).all()
    after = whole.within(x[spike] + stride, first + 400_000)
    assert after.high.max() < 9.0, "it is before this window"


def test_smoothing_of_a_stretch_is_that_of_the_whole_run() -> None:
    """Read from the log with `memory` steps before the window, it forgets where it began."""
    from tui.charts.of_a_run import memory
    from tui.charts.view import View

    losses = np.concatenate([np.ones(10_000), np.zeros(10_000)])
    for weight in (0.9, 0.99, 0.999):
        before = memory(View(smoothing=weight))
        whole = smooth(losses, np.ones(len(losses)), weight)
        at = 10_150
        stretch = losses[at - before : at + 100]
        ours = smooth(stretch, np.ones(len(stretch)), weight, start=1.0)
        assert ours[before:] == pytest.approx(whole[at : at + 100], abs=0.011)
