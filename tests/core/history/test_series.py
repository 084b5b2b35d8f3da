"""Series against an oracle that keeps all points."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history import series
from core.history.series import LIMIT, Series

SMALL = 8
"""A limit that Hypothesis can exceed many times over."""

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
CHUNKS = st.lists(st.lists(NUMBERS, max_size=20), max_size=15)


def filled(chunks: Iterable[list[float]], first_x: int = 1) -> Series:
    made, x = Series(), first_x
    for chunk in chunks:
        made.extend(x, chunk)
        x += len(chunk)
    return made


def check_against(ys: np.ndarray, made: Series, first_x: int = 1) -> None:
    """Every bucket tells exactly what the points over its x range are; together they cover all points."""
    n = len(ys)
    starts, ends = made.x.astype(int) - first_x, made.x_last.astype(int) - first_x
    assert len(made) == len(starts) <= series.LIMIT
    if n == 0:
        assert len(made) == 0
        return
    assert starts[0] == 0
    assert ends[-1] == n - 1
    assert (starts[1:] == ends[:-1] + 1).all()
    sizes = ends - starts + 1
    assert (sizes[:-1] == made.stride).all()
    assert 1 <= sizes[-1] <= made.stride
    if n > series.LIMIT:
        assert len(made) > series.LIMIT // 2, "no coarser than it has to be"
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        points = ys[start : end + 1]
        known = points[np.isfinite(points)]
        if len(known):
            assert made.low[i] == known.min()
            assert made.high[i] == known.max()
            assert made.mean[i] == pytest.approx(known.mean(), rel=1e-9, abs=1e-6)
        else:
            assert np.isnan([made.low[i], made.high[i], made.mean[i]]).all()


def in_small(check: Callable[[], None]) -> Callable[[], None]:
    """Run a Hypothesis test with the small limit. (It refuses fixtures: all examples would share one.)"""

    @functools.wraps(check)
    def limited() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(series, "LIMIT", SMALL)
            check()

    return limited


@in_small
@given(CHUNKS, st.integers(-5, 5))
def test_every_bucket_equals_brute_force(chunks: list[list[float]], first_x: int) -> None:
    check_against(np.array(list(chain.from_iterable(chunks))), filled(chunks, first_x), first_x)


@in_small
@given(CHUNKS)
def test_how_points_are_grouped_does_not_matter(chunks: list[list[float]]) -> None:
    ys: list[float] = list(chain.from_iterable(chunks))
    grouped, whole, single = filled(chunks), filled([ys]), filled([[y] for y in ys])
    for other in (whole, single):
        for name in ("x", "x_last", "low", "high"):
            np.testing.assert_array_equal(getattr(grouped, name), getattr(other, name))
        np.testing.assert_allclose(grouped.mean, other.mean, rtol=1e-9, atol=1e-6)
        assert grouped.stride == other.stride
        np.testing.assert_equal(grouped.last, other.last)


@pytest.mark.parametrize("n", [0, 1, 2, LIMIT - 1, LIMIT])
def test_up_to_the_limit_nothing_is_merged(n: int) -> None:
    ys = np.random.default_rng(n).normal(size=n)
    made = filled([list(ys)])
    np.testing.assert_array_equal(made.x, np.arange(1, n + 1))
    for curve in (made.low, made.high, made.mean):
        np.testing.assert_array_equal(curve, ys)
    assert made.stride == 1


@pytest.mark.parametrize("n", [LIMIT + 1, 2 * LIMIT, 2 * LIMIT + 1, 50_000])
def test_above_the_limit_buckets_equal_brute_force(n: int) -> None:
    rng = np.random.default_rng(n)
    ys = rng.normal(size=n)
    ys[rng.integers(0, n, n // 10)] = rng.choice([math.nan, math.inf, -math.inf], n // 10)
    cuts = np.sort(rng.integers(0, n, 200))
    check_against(ys, filled([list(chunk) for chunk in np.split(ys, cuts)]))


@pytest.mark.parametrize("spike", [1, 123_457, 999_999, 1_000_000])
def test_one_spike_in_a_million_points_is_never_hidden(spike: int) -> None:
    made, size = Series(), 5000
    for start in range(1, 1_000_001, size):
        ys = np.full(size, 0.5)
        if start <= spike < start + size:
            ys[spike - start] = 99.0
        made.extend(start, ys)  # type: ignore[arg-type]
    assert len(made) <= LIMIT
    (bucket,) = np.flatnonzero(made.high == 99.0)
    assert made.x[bucket] <= spike <= made.x_last[bucket]
    assert made.low.min() == 0.5
    assert made.x_last[-1] == 1_000_000


def test_a_point_without_a_value_is_a_gap_and_the_newest_value_is_kept() -> None:
    made = Series()
    for x, y in enumerate([1.0, math.nan, math.inf, -math.inf, 2.0, math.inf], start=1):
        made.append(x, y)
    np.testing.assert_array_equal(made.low, [1.0, math.nan, math.nan, math.nan, 2.0, math.nan])
    np.testing.assert_array_equal(made.x, [1, 2, 3, 4, 5, 6])
    assert made.last == math.inf


def test_x_may_have_gaps() -> None:
    """Evaluations come once per epoch: x counts steps."""
    made = Series()
    for epoch in range(1, LIMIT * 2 + 1):
        made.append(10 * epoch, float(epoch))
    assert made.x[0] == 10
    assert made.x_last[-1] == 20 * LIMIT
    np.testing.assert_array_equal(made.x_last - made.x, 10)
    np.testing.assert_array_equal(made.high - made.low, 1)


def test_an_empty_extension_changes_nothing() -> None:
    made = filled([[1.0, 2.0]])
    made.extend(3, [])
    assert made == filled([[1.0, 2.0]])


def test_series_are_equal_when_their_points_are() -> None:
    assert filled([[1.0, math.nan]]) == filled([[1.0], [math.nan]])
    assert filled([[1.0, 2.0]]) != filled([[1.0, 3.0]])
    assert filled([[1.0, 2.0]]) != filled([[1.0]])
    assert filled([[1.0]]) != [1.0]


@in_small
@given(st.lists(NUMBERS, max_size=SMALL), st.integers(-1, SMALL + 2))
def test_truncating_what_is_not_merged_forgets_exactly_the_later_points(ys: list[float], x: int) -> None:
    made = filled([ys])
    made.truncate(x)
    kept = ys[: max(x, 0)]
    expected = filled([kept])
    np.testing.assert_array_equal(made.x, expected.x)
    np.testing.assert_array_equal(made.low, expected.low)
    np.testing.assert_array_equal(made.mean, expected.mean)


@in_small
@given(st.lists(st.floats(-9, 9), min_size=1, max_size=SMALL), st.integers(0, SMALL + 2))
def test_after_truncating_the_newest_value_is_that_of_the_newest_point(ys: list[float], x: int) -> None:
    made = filled([ys])
    made.truncate(x)
    assert made == filled([ys[:x]])


@in_small
@given(CHUNKS, st.integers(0, 200), st.lists(NUMBERS, max_size=60))
def test_a_series_goes_on_after_truncating(chunks: list[list[float]], x: int, more: list[float]) -> None:
    """Merged buckets may tell too much about what was dropped, but never too little about what was kept or added."""
    ys: list[float] = list(chain.from_iterable(chunks))
    x = min(x, len(ys))
    made = filled(chunks)
    made.truncate(x)
    made.extend(x + 1, more)
    kept = [*ys[:x], *more]
    assert len(made) <= SMALL
    if not kept:
        assert len(made) == 0
        return
    assert made.x[0] == 1
    assert made.x_last[-1] == len(kept)
    assert (made.x[1:] == made.x_last[:-1] + 1).all()
    for i, y in enumerate(kept, start=1):
        bucket = int(np.searchsorted(made.x, i, side="right")) - 1
        if math.isfinite(y):
            assert made.low[bucket] <= y <= made.high[bucket]
