"""The rows of a search's table: one for each trial, or for each cell of several; their columns, order and filter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.cells import cell_len

from core.components.metrics import lower_is_better
from core.history.groups import Group
from core.history.trials import Trial, Trials, order_of
from core.system.text import clean
from tui.words.metrics import bare_metric, metric_title

SIGNS = {"running": "▶", "completed": "✓", "pruned": "–", "failed": "✗", "stopped": "■"}
"""Of the states of a trial."""
BEST, TIE = "★", "≈"
MARKS = ("●", "+", "×", "▲", "■", "◆", "○", "△")
"""Of the trials whose curves are drawn."""
SPLITS, KINDS = ("train", "validation", "test"), ("_accuracy", "_loss")
"""The columns that most trials have."""
WIDEST = 16
"""Columns of the terminal that an axis takes, at most."""

Row: TypeAlias = Trial | Group


@dataclass(frozen=True)
class Column:
    """`text` and `value` of each row: what is shown, and what it is sorted and filtered by."""

    key: str
    title: str
    width: int
    text: Callable[[Any], str]
    value: Callable[[Any], Any]
    best_first: bool = False
    """Whether its larger values come first, until one asks for the other way round."""
    left: bool = False

    @property
    def room(self) -> int:
        return max(self.width, cell_len(self.title))


def value_text(value: Any) -> str:
    """A value of an axis: `16`, `0.01`, `256-128`, `adam`."""
    if isinstance(value, list | tuple):
        return "-".join(value_text(item) for item in value) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else clean(str(value))


def cell_text(trials: Trials, cell: dict[str, Any]) -> str:
    """`n_layers 2, n_units 16`; of the axes that apply to it."""
    return ", ".join(f"{clean(name)} {value_text(cell[key])}" for key, name in trials.axes if key in cell)


def metrics_of(trials: Iterable[Trial]) -> list[str]:
    """The columns that were measured: accuracies first, then losses, then what else there is; train before test."""
    found = {name for trial in trials for name in trial.metrics}

    def place(name: str) -> tuple[int, int, str]:
        split, _, _rest = name.partition("_")
        there = split in SPLITS
        kind = next((i for i, each in enumerate(KINDS) if there and name.endswith(each)), len(KINDS))
        return kind, SPLITS.index(split) if there else len(SPLITS), name

    return sorted(found, key=place)


def trial_columns(trials: Trials) -> list[Column]:
    """Of a table with one row for each trial; those of the signs are the table's own."""
    by_axis = [_axis(trials, key, name) for key, name in trials.axes]
    axes = [name for _key, name in trials.axes]
    measured = metrics_of(trials)
    main = [name for name in measured if name.endswith(KINDS) and name.startswith(SPLITS)]
    return [
        Column("trial", "trial", 5, lambda t: str(t.number), lambda t: t.number),
        *by_axis,
        *map(_metric, main),
        Column("epochs", "epochs", 7, _epochs_text, lambda t: t.epoch),
        *([_BEST_EPOCH] if any(t.best_by for t in trials) else []),
        Column("seconds", "seconds", 7, _seconds_text, lambda t: t.seconds or math.nan),
        *(_metric(name) for name in measured if name not in main),
        Column("status", "status", 9, lambda t: t.state, lambda t: t.state, left=True),
        *([] if "seed" in axes else [Column("seed", "seed", 10, lambda t: str(t.seed), lambda t: t.seed)]),
    ]


_BEST_EPOCH = Column(
    "best_epoch",
    "best ep.",
    7,
    lambda t: str(t.best_epoch) if t.best_by else "–",
    lambda t: t.best_epoch if t.best_by else None,
)


def group_columns(trials: Trials) -> list[Column]:
    """Of a table with one row for each cell."""
    rank = trials.rank
    best_first = not trials.lower_is_better
    mean = Column(rank, f"mean {metric_title(rank)}", 8, lambda g: bare_metric(rank, g.mean), lambda g: g.mean)
    return [
        *[_axis(trials, key, name) for key, name in trials.axes],
        Column(**{**vars(mean), "best_first": best_first}),
        Column("sd", "± sd", 7, lambda g: bare_metric(rank, g.deviation), lambda g: g.deviation),
        Column("best", "best", 7, lambda g: bare_metric(rank, _top(trials, g)), lambda g: _top(trials, g), best_first),
        Column("n", "n", 3, lambda g: str(len(g.values)), lambda g: len(g.values)),
        Column("status", "status", 16, _group_status, _group_status, left=True),
    ]


def _axis(trials: Trials, key: str, name: str) -> Column:
    values = next((axis.get("values") or [] for axis in trials.search.get("axes", []) if axis["key"] == key), [])
    texts = [value_text(value) for value in values]
    width = min(WIDEST, max((len(text) for text in texts), default=9))
    numbers = all(isinstance(value, int | float) for value in values)
    title = clean(name)[:WIDEST]
    return Column(
        name, title, width, lambda r: value_text(r.cell.get(key)), lambda r: r.cell.get(key), left=not numbers
    )


def _metric(name: str) -> Column:
    def value(trial: Trial) -> float:
        return trial.metrics.get(name, math.nan)

    return Column(
        name,
        metric_title(name),
        6,
        lambda t: bare_metric(name, value(t)),
        value,
        best_first=not lower_is_better(name),
    )


def _epochs_text(trial: Trial) -> str:
    over = trial.state == "completed" and trial.epoch == trial.epochs
    return str(trial.epoch) if over or not trial.epochs else f"{trial.epoch}/{trial.epochs}"


def _seconds_text(trial: Trial) -> str:
    return f"{trial.seconds:.1f}" if trial.seconds else "–"


def _top(trials: Trials, group: Group) -> float:
    if not group.values:
        return math.nan
    return min(group.values) if trials.lower_is_better else max(group.values)


def _group_status(group: Group) -> str:
    states = [trial.state for trial in group.trials]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


# Their order.


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def in_order(rows: Sequence[Row], column: Column, descending: bool) -> list[Row]:
    """By a column, equal ones as they were; those without a value last, either way."""
    there = [row for row in rows if not is_missing(column.value(row))]
    there.sort(key=lambda row: order_of(column.value(row)), reverse=descending)
    return there + [row for row in rows if is_missing(column.value(row))]
