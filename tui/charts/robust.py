"""The range that a plot shows: all values, but for outliers that would flatten the rest to a line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAR = 3.0
"""Spreads beyond the quartiles: as Tukey (1977) has it, what lies farther out is far out."""
FEW = 0.1
"""Of all columns, at most, are outliers; more of them are what the curve looks like."""
FLAT = 3.0
"""How many times as high the plot may become for what is far out."""
WORTH = 1.5
"""Times as much as that, from which on something is cut off."""
LEAST = 5
"""Columns."""
LITTLE = 0.5
"""How much higher a plot may become for a curve that is an average, as a share of its height."""


def robust_range(low: Floats, high: Floats, column: Floats) -> tuple[float, float]:
    """Of curves that reach from `low` to `high` (n,) in a column; several may be in the same."""
    top = _upper_end(low, high, column)
    return -_upper_end(-high, -low, column), top


def _upper_end(low: Floats, high: Floats, column: Floats) -> float:
    largest = float(high.max())
    if len(high) < LEAST:
        return largest
    first, third = float(np.quantile(low, 0.25)), float(np.quantile(high, 0.75))
    spread = third - first
    if not np.isfinite(spread):
        return largest
    beyond = high > third + FAR * spread
    places, out = np.unique(column), np.unique(column[beyond])
    if not 0 < len(out) <= max(1, int(FEW * len(places))):
        return largest
    inside = low[low >= first - FAR * spread]
    core, end = float(inside.min()), float(high[~beyond].max())
    if not end - core > 1e-9 * max(abs(end), abs(core)):  # a constant is flat anyway
        return largest
    height = (end / 2 - core / 2) * 2
    if largest / 2 - core / 2 <= WORTH * FLAT * height / 2:
        return largest
    return float(high[high <= max(end, core + FLAT * height)].max())


def with_average(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """The range of the curves, wider for one that is an average of them and reaches from `least` to `most`, where that
    is but little more: an average remembers what came before the window, and outliers."""
    room = LITTLE * (high - low)
    return least if low - room <= least < low else low, most if high < most <= high + room else high
