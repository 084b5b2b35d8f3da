"""The axes: ticks on whole rows, equally far apart, their labels true; what is beyond the range of the rest."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.charts.robust import robust_range
from tui.charts.x_axis import below
from tui.charts.y_axis import YAxis, axis

WIDTH = 7


def value_at(found: YAxis, row: int, rows: int) -> float:
    """In the middle of a row."""
    return found.low + (row + 0.5) / rows * (found.high - found.low)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), rows=st.integers(4, 60))
@example(low=33.0, span=18.0, rows=8)
@example(low=0.02, span=1.1, rows=7)
@example(low=96.4, span=3.6, rows=9)
def test_ticks_stand_on_whole_rows_equally_far_apart(low: float, span: float, rows: int) -> None:
    span = max(span, abs(low) * 1e-3)
    found = axis(low, low + span, rows, log=False, width=WIDTH)
    assert found.low <= low
    assert low + span <= found.high
    assert span >= 0.4 * (found.high - found.low), "half of the plot is empty"
    at = [row for row, _label in found.ticks]
    assert len(at) >= 2
    assert all(0 <= row < rows for row in at)
    assert len({b - a for a, b in itertools.pairwise(at)}) == 1
    step = float(found.ticks[1][1]) - float(found.ticks[0][1])
    for row, label in found.ticks:
        assert len(label) <= WIDTH
        assert float(label) == pytest.approx(value_at(found, row, rows), abs=0.02 * abs(step))


@given(low=st.floats(-12, 12), span=st.floats(0.7, 15), rows=st.integers(6, 60))
def test_ticks_of_a_log_axis_are_as_regular(low: float, span: float, rows: int) -> None:
    found = axis(low, low + span, rows, log=True, width=WIDTH)
    assert found.low <= low
    assert low + span <= found.high
    at = [row for row, _label in found.ticks]
    assert len({b - a for a, b in itertools.pairwise(at)}) <= 1
    for row, label in found.ticks:
        assert np.log10(float(label)) == pytest.approx(value_at(found, row, rows), abs=0.02)


@pytest.mark.parametrize(
    ("low", "high"), [(1e300, 1e300), (0, 0), (3, 3), (-1e308, 1e308), (0, 5e-324), (1.0, 1.0 + 1e-15), (-1e300, 1e300)]
)
@pytest.mark.parametrize("rows", [1, 2, 3, 8])
@pytest.mark.parametrize("log", [False, True])
def test_any_values_have_an_axis(low: float, high: float, rows: int, log: bool) -> None:
    if log and abs(high) > 308:
        pytest.skip("no power of ten")
    found = axis(low, high, rows, log=log, width=WIDTH)
    shares = found.share(np.array([low, high]))
    assert ((shares >= 0) & (shares <= 1)).all()
    assert all(len(label) <= WIDTH and 0 <= row < rows for row, label in found.ticks)


def test_labels_of_the_x_axis_do_not_touch_each_other_or_the_unit() -> None:
    line, labels = below([0, 9, 11, 38], ["0", "50", "55", "200"], "epoch", 40, 7, False)
    assert labels.plain.split() == ["0", "50", "epoch"]
    assert labels.plain.endswith("epoch")
    assert line.plain.index("┬") == labels.plain.index("0")
    assert line.plain.count("┬") == 2


def falling(n: int = 60) -> np.ndarray:
    return 0.1 + 1.0 * np.exp(-np.arange(n) / 10)


@pytest.mark.parametrize("at", [0, 1, 30, 58, 59])
@pytest.mark.parametrize("size", [40.0, 1e6, 1e300])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_outlier_never_flattens_the_rest(at: int, size: float, sign: int) -> None:
    values = falling()
    values[at] = size * sign
    low, high = robust_range(values, values, np.arange(60.0))
    rest = np.delete(values, at)
    assert (low, high) == (rest.min(), rest.max())


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=80))
def test_the_range_is_one_of_the_values(values: list[float]) -> None:
    array = np.array(values)
    low, high = robust_range(array, array, np.arange(float(len(array))))
    assert low in array
    assert high in array
    assert low <= high


def test_what_curves_look_like_is_no_outlier() -> None:
    for values in (falling(), falling()[::-1], np.sin(np.arange(60)), np.full(60, 3.0), np.arange(4.0) ** 9):
        low, high = robust_range(values, values, np.arange(float(len(values))))
        assert (low, high) == (values.min(), values.max())
