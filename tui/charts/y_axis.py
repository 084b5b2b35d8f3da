"""The y axis in rows: every tick on a whole row, all of them equally far apart, and the values in view filling it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.charts.ticks import brief, labels_of

Floats = NDArray[np.float64]

FACTORS = (1.0, 2.0, 2.5, 5.0)
"""Between two ticks, times a power of ten."""
DECADES = (1, 2, 3, 5, 10, 20, 50, 100, 200)
"""Between two ticks of a logarithmic axis; or a doubling."""
MOST_APART = 8
"""Rows between two ticks."""


@dataclass(frozen=True)
class YAxis:
    """From the lower edge of the lowest row to the upper edge of the highest; powers of ten where it is logarithmic."""

    low: float
    high: float
    ticks: Sequence[tuple[int, str]] = ()
    """Rows, from the bottom, and what stands at them."""

    def share(self, values: Floats) -> Floats:
        """0-1 over all rows."""
        shares = (values / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # 1e308 - -1e308 is no float
        return np.asarray(shares, dtype=np.float64)

    def holds(self, low: float, high: float, least: float) -> bool:
        """Whether these values are within it and fill at least such a share of it."""
        return self.low <= low and high <= self.high and high - low >= least * (self.high - self.low)


def axis(low: float, high: float, rows: int, *, log: bool, width: int) -> YAxis:
    """One that holds `low` to `high`, which are powers of ten with `log`; labels of at most `width` characters."""
    if not high / 2 - low / 2 > 1e-300:
        room = max(abs(high), 1e-3) * 0.1
        low, high = low - room, high + room
    if rows >= 3 and 1e-300 < high / 2 - low / 2 < 1e306 and max(abs(low), abs(high)) / (high / 2 - low / 2) < 1e11:
        found = [found for step, apart in _steps(low, high, rows, log) if (found := _try(low, high, rows, step, apart))]
        labelled = [(each, labels) for each in found if (labels := _labels(each, log, width))]
        if labelled:
            (_per_row, bottom, per_row, *_), labels = min(labelled, key=lambda pair: pair[0][0])
            return YAxis((bottom - 0.5) * per_row, (bottom + rows - 0.5) * per_row, labels)
    return _plain(low, high, rows, log, width)


def _steps(low: float, high: float, rows: int, log: bool) -> Iterator[tuple[float, int]]:
    """From one tick to the next: values, and rows."""
    least = 2 if rows < 14 else 3 if rows < 28 else 4
    span = high - low
    for apart in range(least, max(least, min(MOST_APART, rows - 1)) + 1):
        if log:
            yield from ((step, apart) for step in (math.log10(2), *map(float, DECADES)))
            continue
        power = math.floor(math.log10(span / rows * apart))
        yield from ((factor * 10.0**k, apart) for k in (power, power + 1) for factor in FACTORS)


_Found = tuple[float, int, float, float, int, int]


def _try(low: float, high: float, rows: int, step: float, apart: int) -> _Found | None:
    """Its score, the lower the better, lowest row in units of a row, a row's value, `step`, `apart` and `rows`; None
    where the values do not fit, or too few ticks would be seen."""
    per_row = step / apart
    bottom, top = math.floor(low / per_row + 0.5), math.ceil(high / per_row - 0.5)
    spare = rows - (top - bottom + 1)
    if spare < 0:
        return None
    places = range(bottom - spare, bottom + 1)
    from_zero = 0 <= low < 0.25 * (high - low)  # then nothing is below it; else rather below than above 100 %
    bottom = max(places, key=lambda at: (len(_units(at, rows, apart)), at if from_zero else -at))
    ticks = len(_units(bottom, rows, apart))
    if ticks < 2:
        return None
    wanted = max(3, min(6, rows // 3))
    unlike = 0.1 * abs(ticks - wanted) + 0.3 * (ticks == 2) * (rows >= 6)
    return per_row * (1 + unlike), bottom, per_row, step, apart, rows


def _units(bottom: int, rows: int, apart: int) -> range:
    """The ticks in so many rows from the lowest on, in units of a tick."""
    return range(-(-bottom // apart), (bottom + rows - 1) // apart + 1)


def _labels(found: _Found, log: bool, width: int) -> list[tuple[int, str]]:
    """Of each tick row; none where they would be too long or alike."""
    _score, bottom, _per_row, step, apart, rows = found
    units = _units(bottom, rows, apart)
    values = [unit * step for unit in units]
    if log:
        powers = [10.0 ** min(value, 308.0) for value in values]
        labels = [brief(power, width, digits=3) for power in powers]
        if any(not label or abs(float(label) - p) > 0.02 * p for label, p in zip(labels, powers, strict=True)):
            return []
    else:
        labels = labels_of(values, step)
    if len(set(labels)) < len(labels) or any(len(label) > width for label in labels):
        return []
    return [(unit * apart - bottom, label) for unit, label in zip(units, labels, strict=True)]


def _plain(low: float, high: float, rows: int, log: bool, width: int) -> YAxis:
    """Where nothing round will do: what the lowest and the highest row stand for, if that tells them apart."""
    room = 0.05 * (high / 2 - low / 2)
    found = YAxis(low - room, high + room) if math.isfinite(low - room) and math.isfinite(high + room) else None
    found = found or YAxis(low, high)
    ends = []
    for row in dict.fromkeys((0, rows - 1)):
        share = (row + 0.5) / rows
        value = found.low * (1 - share) + found.high * share
        ends.append((row, brief(10.0 ** min(max(value, -307.0), 308.0) if log else value, width)))
    return YAxis(found.low, found.high, ends if len({label for _row, label in ends}) == len(ends) else ends[:1])
