"""Series: a curve of any length in constant memory that never hides a spike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LIMIT = 4096
"""Buckets; also the number of points up to which nothing is merged."""

X0, X1, LOW, HIGH, SUM, KNOWN, POINTS = range(7)

Floats = NDArray[np.float64]


class Series:
    """Points (x, y) with rising x, in at most `LIMIT` buckets of equally many points.

    Each bucket keeps its first and last x and the minimum, maximum and mean of its y. When all are full, neighbours
    are merged and a bucket holds twice as many from then on. Non-finite y count as points without a value.
    """

    def __init__(self) -> None:
        self.stride = 1
        self.last = float("nan")
        """The newest y, finite or not."""
        self._table: Floats = np.empty((LIMIT, 7))
        self._buckets = 0

    def __len__(self) -> int:
        return self._buckets

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Series)
            and self.stride == other.stride
            and np.array_equal([self.last], [other.last], equal_nan=True)
            and np.array_equal(self._rows, other._rows, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    @property
    def _room(self) -> int:
        """Points that still fit into the newest bucket."""
        return self.stride - int(self._table[self._buckets - 1, POINTS]) if self._buckets else 0

    @property
    def _rows(self) -> Floats:
        return self._table[: self._buckets]

    @property
    def x(self) -> Floats:
        """First x of each bucket."""
        return self._rows[:, X0]

    @property
    def x_last(self) -> Floats:
        return self._rows[:, X1]

    @property
    def low(self) -> Floats:
        """Smallest finite y of each bucket, NaN where there is none."""
        return self._rows[:, LOW]

    @property
    def high(self) -> Floats:
        return self._rows[:, HIGH]

    @property
    def mean(self) -> Floats:
        known = self._rows[:, KNOWN]
        means: Floats = np.divide(self._rows[:, SUM], known, out=np.full(len(known), np.nan), where=known > 0)
        return means

    @property
    def points(self) -> Floats:
        """How many points with a value each bucket holds."""
        return self._rows[:, KNOWN]

    def append(self, x: float, y: float) -> None:
        if self.stride == 1 and self._buckets < LIMIT:  # as a rule, and much sooner
            self.last, known = float(y), math.isfinite(y)
            value = self.last if known else math.nan
            self._table[self._buckets] = (x, x, value, value, value if known else 0.0, known, 1)
            self._buckets += 1
        else:
            self.extend(x, [y])

    def extend(self, first_x: float, ys: Sequence[float] | Floats) -> None:
        """Add points at first_x, first_x + 1, …"""
        values = np.asarray(ys, dtype=np.float64)
        if len(values) == 0:
            return
        self.last = float(values[-1])
        values = np.where(np.isfinite(values), values, np.nan)
        x = first_x
        while len(values):
            if self._buckets == LIMIT and not self._room:
                self._merge_neighbours()
            taken = min(len(values), self._room + (LIMIT - self._buckets) * self.stride)
            self._add(x, values[:taken])
            x, values = x + taken, values[taken:]

    def _add(self, x: float, values: Floats) -> None:
        """Add values for which there are buckets."""
        if n := min(self._room, len(values)):
            _absorb(self._table[self._buckets - 1], _rows_of(x, values[:n], n)[0])
            x, values = x + n, values[n:]
        if len(values):
            rows = _rows_of(x, values, self.stride)
            self._table[self._buckets : self._buckets + len(rows)] = rows
            self._buckets += len(rows)

    def _merge_neighbours(self) -> None:
        merged, odd = self._rows[0::2].copy(), self._rows[1::2]
        _absorb(merged.T, odd.T)
        self._buckets = len(merged)
        self._table[: self._buckets] = merged
        self.stride *= 2

    def truncate(self, x: float) -> None:
        """Drop what lies after x. A merged bucket across x stays as it is: its points cannot be told apart."""
        self._buckets = int(np.searchsorted(self.x, x, side="right"))
        if self._buckets:
            newest = self._table[self._buckets - 1]
            newest[X1] = min(newest[X1], x)
        self.last = float(self.mean[-1]) if self._buckets else float("nan")


def _rows_of(x: float, values: Floats, stride: int) -> Floats:
    """Bucket rows for `values` at x, x + 1, …, each of `stride` points, the last one of what is left."""
    if stride == 1:
        rows = np.empty((len(values), 7))
        known = np.isfinite(values)
        rows[:, X0] = rows[:, X1] = x + np.arange(len(values))
        rows[:, LOW] = rows[:, HIGH] = values
        rows[:, SUM], rows[:, KNOWN], rows[:, POINTS] = np.where(known, values, 0.0), known, 1
        return rows
    starts = np.arange(0, len(values), stride)
    ends = np.minimum(starts + stride, len(values)) - 1
    known = ~np.isnan(values)
    return np.column_stack(
        [
            x + starts,
            x + ends,
            np.fmin.reduceat(values, starts),
            np.fmax.reduceat(values, starts),
            np.add.reduceat(np.where(known, values, 0.0), starts),
            np.add.reduceat(known.astype(np.float64), starts),
            ends - starts + 1,
        ]
    )


def _absorb(into: Floats, row: Floats) -> None:
    """Merge one bucket, or a table of them with the columns first, into the one before it."""
    into[X1] = row[X1]
    into[LOW] = np.fmin(into[LOW], row[LOW])
    into[HIGH] = np.fmax(into[HIGH], row[HIGH])
    into[SUM] += row[SUM]
    into[KNOWN] += row[KNOWN]
    into[POINTS] += row[POINTS]
