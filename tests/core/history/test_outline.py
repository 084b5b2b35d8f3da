"""Curves in few numbers."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from core.history.history import History
from core.history.outline import POINTS, outline, thin


def test_nothing_has_no_curves() -> None:
    assert outline(History()) == {}


def test_a_short_curve_is_itself_and_a_long_one_means() -> None:
    assert thin([3.0, math.nan, 2.0, math.inf]) == [3.0, 2.0]
    assert thin(range(96)) == [2 * i + 0.5 for i in range(48)]
    assert thin([1.23456]) == [1.235]


@settings(max_examples=30)
@given(st.lists(st.floats(width=64), max_size=300))
def test_few_finite_numbers_of_anything(values: list[float]) -> None:
    found = thin(values)
    assert len(found) <= POINTS
    assert all(map(math.isfinite, found))
