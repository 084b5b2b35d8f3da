"""Curve: one line of a plot over steps, cut to a window and decimated to the columns of a terminal, spikes included."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """`x` (n,) are steps, rising; `low` and `high` (n,) differ where a point stands for several values."""

    name: str
    x: Floats
    low: Floats
    high: Floats
    color: tuple[int, int, int]
    marker: str | None = None
    """None: only a line; a character: set on the line here and there, so that curves differ without colour too."""
    x_last: Floats | None = None
    """Last step of each point that stands for several; None: those of `x`."""
    band: bool = False
    """All values from low to high, behind the other curves."""
    around: bool = False
    """Of a band: it is around a curve, in its colour, and not drawn where it is thinner than a row."""
    dash: str = ""
    """`dashed`, `dotted`, or one line."""
    on_top: bool = False
    """Bold, and over whatever stands there."""
    apart: int = 8
    """Columns between two of its markers."""
    shifted: float = 0.0
    """By which share of that they are moved, so that those of many curves are not above each other."""
    average: bool = False
    """Of another curve in the picture: it lies within that one, and what it remembers of an outlier is none of its
    own."""

    def finite(self) -> Curve:
        return self._where(np.isfinite(self.low) & np.isfinite(self.high) & np.isfinite(self.x))

    def positive(self) -> Curve:
        """What a logarithmic axis can show; a point that begins at or below zero keeps its largest value."""
        high = np.where(self.high > 0, self.high, np.nan)
        return replace(self, low=np.where(self.low > 0, self.low, high), high=high)._where(self.high > 0)

    def log10(self) -> Curve:
        """Of a positive curve, its values as powers of ten."""
        return replace(self, low=np.log10(self.low), high=np.log10(self.high))

    def within(self, first: float, last: float) -> Curve:
        """The part in view. Where the line crosses the edges there are points, so that it does not end before them."""
        x = self.x
        start, stop = (int(i) for i in np.searchsorted(x, [first, last], side="left"))
        if self.x_last is not None and self.marker is None and start > 0 and self.x_last[start - 1] >= first:
            # A point that stands for several steps, some of them in view: a spike among them is.
            x = x.copy()
            start -= 1
            x[start] = first
            return replace(self, x=x, x_last=self.x_last)._where(slice(start, None)).within(first, last)
        stop += int(stop < len(x) and x[stop] == last)
        if start == 0 and stop == len(x):
            return self
        cut = self._where(slice(start, stop))
        edges_x, lows, highs = [cut.x], [cut.low], [cut.high]
        for edge, after in ((first, start), (last, stop)):
            if not 0 < after < len(x) or (len(cut.x) and edge in (cut.x[0], cut.x[-1])):
                continue
            share = (edge - x[after - 1]) / (x[after] - x[after - 1])
            middles = (self.low[after - 1 : after + 1] + self.high[after - 1 : after + 1]) / 2
            value = np.array([middles[0] + share * (middles[1] - middles[0])])
            at = 0 if edge == first else len(edges_x)
            for parts, new in ((edges_x, np.array([edge])), (lows, value), (highs, value)):
                parts.insert(at, new)
        x_last = None
        if cut.x_last is not None:
            x_last = np.concatenate([cut.x_last if part is cut.x else part for part in edges_x])
        return replace(
            cut, x=np.concatenate(edges_x), low=np.concatenate(lows), high=np.concatenate(highs), x_last=x_last
        )

    def at(self, step: float) -> tuple[float, float, float, float] | None:
        """(first step, last step, low, high) of the latest point that begins at or before `step`."""
        i = int(np.searchsorted(self.x, step, side="right")) - 1
        if i < 0:
            return None
        last = self.x[i] if self.x_last is None else self.x_last[i]
        return float(self.x[i]), float(last), float(self.low[i]), float(self.high[i])

    def _where(self, keep: NDArray[np.bool_] | slice) -> Curve:
        x_last = None if self.x_last is None else self.x_last[keep]
        return replace(self, x=self.x[keep], low=self.low[keep], high=self.high[keep], x_last=x_last)


def decimate(x: Floats, low: Floats, high: Floats, columns: int) -> tuple[Floats, Floats]:
    """At most two points per column, its smallest and its largest value, in the order of x. (n,) each, n ≥ 1."""
    if len(x) <= columns and np.array_equal(low, high):
        return x, low
    if len(x) > columns:
        edges = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], columns + 1)[:-1]))
        x, low, high = x[edges], np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
    return np.repeat(x, 2), np.column_stack([low, high]).ravel()


def trace(x: Floats, low: Floats, high: Floats, places: int, tall: float) -> tuple[Floats, Floats]:
    """A line through the mean of the points (n,) at each of so many places, x being 0-1 over all of them: noise becomes
    no comb. Where they reach over `tall` or more, a spike, it goes to both ends."""
    if len(x) < 2 or (len(x) <= places and np.array_equal(low, high)):
        return x, (low + high) / 2
    _place, starts, counts = np.unique(np.rint(x * (places - 1)), return_index=True, return_counts=True)
    mean = np.add.reduceat((low + high) / 2, starts) / counts
    least, most = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    ys = np.column_stack([mean, least, most, mean])
    keep = np.repeat((most - least >= tall)[:, None], 4, axis=1)
    keep[:, 0] = True
    return np.repeat(x[starts], 4)[keep.ravel()], ys[keep]


def smooth(values: Floats, points: Floats, weight: float, start: float | None = None) -> Floats:
    """Exponential moving average of `values` (n,), each the mean of so many `points` (n,); NaN counts as missing.

    `weight` is that of what came before, per point. Without a `start` it is debiased as Adam's moments are (Kingma and
    Ba 2015, section 3): the average of a constant is that constant from the first point on.
    """
    keep = np.power(weight, points).tolist()
    total, mass = (0.0, 0.0) if start is None else (start, 1.0)
    smoothed = []
    for value, share in zip(values.tolist(), keep, strict=True):
        if value == value:
            total = share * total + (1.0 - share) * value
            mass = share * mass + (1.0 - share)
        smoothed.append(total / mass if mass else float("nan"))
    return np.array(smoothed, dtype=np.float64)
