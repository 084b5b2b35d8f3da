"""Line: a curve of one run, with all that x may mean; and what several of them come to together: mean and spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.comparison.told import Points
from core.history.series import Series

Unit: TypeAlias = Literal["epoch", "step", "time"]
Floats = NDArray[np.float64]

PLACES = 512
"""Of a mean by seconds, at which no two runs are measured at once."""


@dataclass(frozen=True)
class Line:
    """All (n,), in order. Points of more than one step, `stride` of them, have the mean, lowest and highest of them."""

    steps: Floats
    """The first step of each point."""
    last_steps: Floats
    seconds: Floats
    """Of training, at its last step."""
    mean: Floats
    low: Floats
    high: Floats
    weight: Floats
    """How many values each point is the mean of."""
    steps_per_epoch: int = 1
    stride: int = 1

    def __len__(self) -> int:
        return len(self.steps)

    def x(self, unit: Unit) -> Floats:
        """Where its points are."""
        if unit == "time":
            return self.seconds
        return self.steps / self.steps_per_epoch if unit == "epoch" else self.steps


def of_points(points: Points, steps_per_epoch: int) -> Line:
    """The evaluations of a metric, each by itself."""
    steps, seconds, values = (
        np.array(each, dtype=np.float64) for each in (points.steps, points.seconds, points.values)
    )
    return Line(steps, steps, seconds, values, values, values, np.ones(len(steps)), steps_per_epoch)


def of_batches(losses: Series, times: Series, steps_per_epoch: int) -> Line:
    """The loss of every batch: each by itself up to 4,096 of them, then in buckets of equally many. `times`: seconds by
    step; between two that are known they pass evenly."""
    if len(times):
        known_steps, known = np.append(0.0, times.x_last), np.append(0.0, times.high)
        seconds = np.interp(losses.x_last, known_steps, known)
    else:
        seconds = np.zeros(len(losses))
    return Line(
        losses.x.copy(),
        losses.x_last.copy(),
        seconds,
        losses.mean,
        losses.low.copy(),
        losses.high.copy(),
        losses.points.copy(),
        steps_per_epoch,
        losses.stride,
    )


@dataclass(frozen=True)
class Spread:
    """Of several lines, all (m,). `deviation` is the sample standard deviation (ddof = 1), NaN where less than two have
    a value; `n` how many have one. `at` is the line on whose points they are, `x` of which says where."""

    at: Line
    mean: Floats
    deviation: Floats
    n: NDArray[np.int64]

    @property
    def low(self) -> Floats:
        return self.mean - np.nan_to_num(self.deviation)

    @property
    def high(self) -> Floats:
        return self.mean + np.nan_to_num(self.deviation)


def spread(lines: Sequence[Line], unit: Unit) -> Spread | None:
    """Mean and spread at the points that lines have in common; None where there is none.

    By epoch and step these are the steps at which every line was measured that goes so far: where some ended early the
    others go on, and `n` says how many do. Batches in buckets of different sizes are brought to the largest size
    first. By seconds, where no two are measured at the same time, each is interpolated linearly at 512 equally distant
    places from the first point of all to the last one, and counts between its own first and last point.
    """
    lines = [line for line in lines if len(line)]
    if not lines:
        return None
    stride = max(line.stride for line in lines)
    lines = [_in_buckets(line, stride) for line in lines]
    if unit == "time":
        return _by_seconds(lines)
    grid = np.unique(np.concatenate([line.steps for line in lines]))
    for line in lines:
        grid = grid[(grid > line.steps[-1]) | np.isin(grid, line.steps)]
    table = np.full((len(lines), len(grid)), np.nan)
    seconds = np.full((len(lines), len(grid)), np.nan)
    for row, line in enumerate(lines):
        here = np.searchsorted(line.steps, grid)
        there = here < len(line)
        there[there] = line.steps[here[there]] == grid[there]
        table[row, there], seconds[row, there] = line.mean[here[there]], line.seconds[here[there]]
    ends = np.max([np.interp(grid, line.steps, line.last_steps) for line in lines], axis=0)
    at = _place(grid, np.maximum(grid, ends), _mean(seconds), lines[0].steps_per_epoch, stride)
    return _spread(at, table)


def _by_seconds(lines: Sequence[Line]) -> Spread:
    first, last = min(float(line.seconds[0]) for line in lines), max(float(line.seconds[-1]) for line in lines)
    grid = np.linspace(first, last, PLACES) if last > first else np.array([first])
    table = np.array(
        [np.interp(grid, line.seconds, line.mean, left=np.nan, right=np.nan) for line in lines], dtype=np.float64
    )
    steps = _mean(np.array([np.interp(grid, line.seconds, line.steps) for line in lines]))
    return _spread(_place(steps, steps, grid, lines[0].steps_per_epoch, 1), table)


def _place(steps: Floats, last: Floats, seconds: Floats, steps_per_epoch: int, stride: int) -> Line:
    nothing = np.full(len(steps), np.nan)
    return Line(steps, last, seconds, nothing, nothing, nothing, np.ones(len(steps)), steps_per_epoch, stride)


def _spread(at: Line, table: Floats) -> Spread:
    """Of a table with a row for each line; what is not finite counts as no value."""
    known = np.isfinite(table)
    n = known.sum(axis=0)
    mean = _mean(np.where(known, table, np.nan))
    off = np.where(known, table - np.where(n > 0, mean, 0.0), 0.0)
    with np.errstate(over="ignore"):
        squares = (off**2).sum(axis=0)
    deviation = np.full(len(n), np.nan)
    np.sqrt(np.divide(squares, n - 1, out=deviation, where=n > 1), out=deviation, where=n > 1)
    return Spread(at, mean, deviation, n)


def _mean(table: Floats) -> Floats:
    """Of each column, NaN left out; NaN where nothing else is in it."""
    known = ~np.isnan(table)
    n = known.sum(axis=0)
    mean = np.full(table.shape[1], np.nan)
    with np.errstate(over="ignore"):
        np.divide(np.where(known, table, 0.0).sum(axis=0), n, out=mean, where=n > 0)
    return mean


def _in_buckets(line: Line, stride: int) -> Line:
    """With `stride` steps to a point, a multiple of those it has."""
    if line.stride >= stride:
        return line
    _bucket, starts = np.unique((line.steps - line.steps[0]) // stride, return_index=True)
    known = np.isfinite(line.mean)
    weight = np.add.reduceat(np.where(known, line.weight, 0.0), starts)
    total = np.add.reduceat(np.where(known, line.mean * line.weight, 0.0), starts)
    mean = np.divide(total, weight, out=np.full(len(starts), np.nan), where=weight > 0)
    ends = np.append(starts[1:], len(line)) - 1
    return replace(
        line,
        steps=line.steps[starts],
        last_steps=line.last_steps[ends],
        seconds=line.seconds[ends],
        mean=mean,
        low=np.fmin.reduceat(line.low, starts),
        high=np.fmax.reduceat(line.high, starts),
        weight=weight,
        stride=stride,
    )
