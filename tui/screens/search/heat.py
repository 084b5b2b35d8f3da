"""From the trials of a search to a heatmap: the best score at each pair of values of two axes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.history.groups import Group, best_and_ties, best_of
from core.history.trials import Trials, order_of
from core.system.text import clean
from tui.screens.search.rows import value_text
from tui.words.metrics import metric_words, unit

BINS = 8
"""Of a continuous axis."""


@dataclass(frozen=True)
class HeatCell:
    """One pair of values. `value` is NaN where no score is known yet."""

    value: float
    number: int
    """Of the trial with the best score here; else of one that has none yet."""
    running: bool = False
    failed: bool = False
    best: bool = False
    tie: bool = False
    """Noise may have put it behind the best."""
    pruned: bool = False
    """Whether the value is that of pruned trials."""


@dataclass(frozen=True)
class Heat:
    """All that a heatmap draws; cells by (column, row)."""

    x_labels: Sequence[str] = ()
    y_labels: Sequence[str] = ()
    cells: Mapping[tuple[int, int], HeatCell] = field(default_factory=dict)
    where: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """The cell of each trial, by its number."""
    title: str = ""
    note: str = ""
    metric: str = ""
    """Whose score it is."""
    lower_is_better: bool = False


@dataclass(frozen=True)
class HeatAxes:
    """Keys of the two axes of a search that a heatmap is drawn over: from left to right, from top to bottom. Empty
    where there is none, `y` also None."""

    x: str = ""
    y: str | None = None

    def of(self, trials: Trials) -> HeatAxes:
        """These, if the search has them; else its first two."""
        keys = [key for key, _name in trials.axes]
        if self.x in keys:
            return self
        return HeatAxes(keys[min(1, len(keys) - 1)] if keys else "", keys[0] if len(keys) > 1 else None)

    def turned(self, which: str, trials: Trials) -> HeatAxes:
        """With the next axis of the search for `x` or `y`; the two change places rather than be the same."""
        keys = [key for key, _name in trials.axes]
        x, y = self.x, self.y or self.x
        mine, other = (x, y) if which == "x" else (y, x)
        new = keys[(keys.index(mine) + 1) % len(keys)]
        other = mine if new == other else other
        return HeatAxes(new, other) if which == "x" else HeatAxes(other, new)

    def rows(self, trials: Trials) -> int:
        """How many places the y axis has, as far as its values are known before."""
        axes = trials.search.get("axes", [])
        values = next((axis["values"] for axis in axes if axis["key"] == self.y), ())
        return len(values) if values else BINS if self.y else 1


def heat(trials: Trials, groups: Sequence[Group], axes: HeatAxes) -> Heat:
    """`groups`: those of all `trials`. Without a `y` axis it has one row."""
    x_key, y_key = axes.x, axes.y
    names = {key: clean(name) for key, name in trials.axes}
    x_of, x_labels = _places(trials, x_key)
    y_of, y_labels = _places(trials, y_key) if y_key else (lambda _value: 0, [""])
    best, ties = best_and_ties(trials, groups)
    tied = {id(group) for group in ties}
    top = best.mean if best else math.nan
    cells: dict[tuple[int, int], HeatCell] = {}
    where: dict[int, tuple[int, int]] = {}
    for group in groups:
        place = x_of(group.cell.get(x_key)), y_of(group.cell.get(y_key) if y_key else None)
        for trial in group.trials:
            where[trial.number] = place
        tie = id(group) in tied
        here = _cell(trials, group, tie and group.mean == top, tie and trials.repeats > 1)
        cells[place] = _better(trials, cells[place], here) if place in cells else here
    others = [name for key, name in names.items() if key not in (x_key, y_key)]
    named = f"{names[y_key]} ↓  {names[x_key]} →" if y_key else f"{names[x_key]} →"
    return Heat(
        x_labels,
        y_labels,
        cells,
        where,
        f"{_score(trials)}{unit(trials.rank)}  {named}",
        f"the best over {', '.join(others)}" if others else "",
        trials.rank,
        trials.lower_is_better,
    )


def _score(trials: Trials) -> str:
    mean = "mean " if trials.repeats > 1 else ""
    return f"{mean}{metric_words(trials.rank)}".capitalize()


def _cell(trials: Trials, group: Group, best: bool, tie: bool) -> HeatCell:
    states = [trial.state for trial in group.trials]
    return HeatCell(
        group.mean,
        best_of(trials, group).number,
        running="running" in states,
        failed=all(state == "failed" for state in states),
        best=best,
        tie=tie and not best,
        pruned=group.pruned,
    )


def _better(trials: Trials, a: HeatCell, b: HeatCell) -> HeatCell:
    """Of two cells of the search at one place of the heatmap; of pruned trials only where nothing else is known."""
    if a.pruned != b.pruned and not math.isnan(a.value) and not math.isnan(b.value):
        first, second = (b, a) if a.pruned else (a, b)
    else:
        first, second = (b, a) if trials.better(b.value, a.value) else (a, b)
    return HeatCell(
        first.value,
        first.number,
        first.running or second.running,
        first.failed and second.failed,
        first.best,
        first.tie or second.tie,
        first.pruned,
    )


def _places(trials: Trials, key: str) -> tuple[Callable[[Any], int], list[str]]:
    """From a value of an axis to its place on it, and the labels of all places."""
    axis: dict[str, Any] = next((axis for axis in trials.search.get("axes", []) if axis["key"] == key), {})
    seen = {_known_by(trial.cell.get(key)): trial.cell.get(key) for trial in trials}
    values = {_known_by(value): value for value in axis.get("values") or []} | seen
    in_order = sorted(values.values(), key=order_of)
    numbers = [float(value) for value in in_order if isinstance(value, int | float) and math.isfinite(value)]
    if not axis.get("values") and len(in_order) > BINS and len(numbers) == len(in_order):
        low, high = float(axis.get("low", numbers[0])), float(axis.get("high", numbers[-1]))
        return _bins(low, high, bool(axis.get("log", False)))
    place = {_known_by(value): i for i, value in enumerate(in_order)}
    return lambda value: place.get(_known_by(value), 0), [value_text(value) or "–" for value in in_order]


def _known_by(value: Any) -> object:
    """1, 1.0 and True are three values of an axis."""
    return json.dumps(value) if isinstance(value, list | dict) else (type(value), value)


def _bins(low: float, high: float, log: bool) -> tuple[Callable[[Any], int], list[str]]:
    """Equal parts of a continuous axis, or of its logarithm."""
    scale: Callable[[float], float] = math.log10 if log else float
    start, width = scale(low), (scale(high) - scale(low)) / BINS
    edges = [start + i * width for i in range(BINS)]
    labels = [f"≥{10**edge if log else edge:.2g}" for edge in edges]
    return lambda value: max(0, min(BINS - 1, int((scale(float(value)) - start) / width))), labels
