"""Means and spreads of curves, beside NumPy's and pandas'."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.lines import Line, of_batches, of_points, spread
from core.comparison.told import Points
from core.history.series import Series

values = st.floats(-100, 100).map(lambda value: round(value, 3)) | st.just(math.nan)


def line(ys: list[float], every: int = 10, seconds: float = 0.5) -> Line:
    steps = [float(every * i) for i in range(1, len(ys) + 1)]
    return of_points(Points(array("d", steps), array("d", [seconds * s for s in steps]), array("d", ys)), 10)


def series(ys: np.ndarray) -> Series:
    found = Series()
    found.extend(1, ys)
    return found


@given(st.lists(st.lists(values, min_size=1, max_size=12), min_size=1, max_size=6))
def test_by_step_they_are_those_of_each_step(runs: list[list[float]]) -> None:
    found = spread([line(ys) for ys in runs], "step")
    assert found is not None
    rows = [{"step": 10.0 * i, "y": y} for ys in runs for i, y in enumerate(ys, 1)]
    by_step = pd.DataFrame(rows).groupby("step")["y"]
    np.testing.assert_array_equal(found.at.steps, by_step.mean().index)
    np.testing.assert_allclose(found.mean, by_step.mean(), rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(found.deviation, by_step.std(ddof=1), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(found.n, by_step.count())
    np.testing.assert_array_equal(found.at.x("epoch"), found.at.steps / 10)


def test_a_step_that_one_was_not_measured_at_is_left_out() -> None:
    found = spread([line([1.0, 2.0, 3.0, 4.0]), line([3.0, 5.0], every=20)], "step")
    assert found is not None
    assert found.at.steps.tolist() == [20, 40]
    assert found.mean.tolist() == [2.5, 4.5]


def test_one_that_ended_early_leaves_the_others() -> None:
    found = spread([line([1.0, 2.0, 3.0]), line([3.0])], "epoch")
    assert found is not None
    assert found.n.tolist() == [2, 1, 1]
    assert found.mean.tolist() == [2.0, 2.0, 3.0]
    assert found.low.tolist()[1:] == [2.0, 3.0], "no band where there is one"
    assert math.isnan(found.deviation[1])


@given(st.lists(st.lists(st.floats(-5, 5), min_size=2, max_size=9), min_size=2, max_size=4), st.integers(1, 5))
def test_by_seconds_each_is_interpolated_over_its_own_time(runs: list[list[float]], slower: int) -> None:
    lines = [line(ys, seconds=0.5 + i / (7 * slower)) for i, ys in enumerate(runs)]
    found = spread(lines, "time")
    assert found is not None
    grid = np.linspace(min(each.seconds[0] for each in lines), max(each.seconds[-1] for each in lines), len(found.mean))
    np.testing.assert_allclose(found.at.x("time"), grid)
    for at in range(0, len(grid), 37):
        inside = [
            np.interp(grid[at], each.seconds, each.mean)
            for each in lines
            if each.seconds[0] <= grid[at] <= each.seconds[-1]
        ]
        assert found.n[at] == len(inside)
        if inside:
            assert found.mean[at] == pytest.approx(np.mean(inside), abs=1e-9)
        if len(inside) > 1:
            assert found.deviation[at] == pytest.approx(np.std(inside, ddof=1), abs=1e-9)


def test_batches_are_taken_one_by_one_while_they_are_few() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((3, 400))
    found = spread([of_batches(series(row), Series(), 10) for row in table], "step")
    assert found is not None
    np.testing.assert_allclose(found.mean, table.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, table.std(axis=0, ddof=1), rtol=1e-9)


def test_buckets_of_runs_of_another_length_are_brought_to_one_size() -> None:
    rng = np.random.default_rng(1)
    long, brief = rng.random(20_000), rng.random(5_000)
    lines = [of_batches(series(each), Series(), 10) for each in (long, brief)]
    assert [each.stride for each in lines] == [8, 2]
    found = spread(lines, "step")
    assert found is not None
    assert found.at.stride == 8
    assert len(found.mean) == 2500
    both = (long[:5000].reshape(-1, 8).mean(axis=1) + brief.reshape(-1, 8).mean(axis=1)) / 2
    np.testing.assert_allclose(found.mean[:625], both, rtol=1e-12)
    np.testing.assert_allclose(found.mean[625:], long[5000:].reshape(-1, 8).mean(axis=1), rtol=1e-12)


def test_there_is_nothing_of_nothing() -> None:
    assert spread([], "step") is None
    assert spread([line([])], "time") is None
