"""Trials: what a search looks like so far, as a fold over its events."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from core.components.metrics import lower_is_better
from core.events.events import (
    Event,
    RunEnded,
    RunResumed,
    RunStarted,
    TrialEnded,
    TrialsProgressed,
    TrialStarted,
    TrialStatus,
)
from core.history.curves import Curves

TRIAL_METRICS = (
    *("train_accuracy", "validation_accuracy", "test_accuracy", "last_batch_accuracy"),
    *("train_loss", "validation_loss", "test_loss"),
)
"""The order of these columns; others follow as they come."""

State: TypeAlias = Literal["running", "completed", "pruned", "failed", "stopped"]

CONTENDERS: tuple[tuple[State, ...], ...] = (("completed", "running"), ("stopped",), ("pruned",))
"""Who may be best: the second only where none of the first has a score, the third where none of both has."""


@dataclass
class Trial:
    """One network of a search."""

    number: int
    cell: dict[str, Any]
    config: dict[str, Any]
    state: State = "running"
    reason: str = ""
    epoch: int = 0
    """Epochs that are over."""
    seconds: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    """Its latest, by column; once it is over those of the network that is kept."""
    kept: float | None = None
    """Until it is over, what the network is ranked by that would be kept now, NaN where there is none yet; None where
    that is its latest one."""
    best_epoch: int = 0
    best_by: str = ""
    best_value: float = math.nan
    last: dict[str, float] = field(default_factory=dict)
    """These four as TrialEnded has them."""
    curves: Curves = field(default_factory=Curves)
    worker: str = ""
    path: str = ""

    @property
    def seed(self) -> int:
        return int(self.config.get("seed", 0))

    @property
    def over(self) -> bool:
        """However it ended."""
        return self.state in ("completed", "pruned", "failed")

    @property
    def epochs(self) -> int:
        """That it would be trained for."""
        return int(self.config.get("epochs", 0))

    @property
    def kept_epoch(self) -> int:
        """The one whose network is kept, of a trial that is over."""
        return self.best_epoch if self.last else self.epoch

    @property
    def last_value(self) -> float:
        """What the last epoch came to in what the best one is the best by."""
        return (self.last or self.metrics).get(self.best_by, math.nan)

    def end(self, event: TrialEnded) -> None:
        self.state, self.reason, self.epoch = event.status, event.reason, event.epochs
        self.seconds, self.path, self.metrics = event.seconds, event.path, dict(event.metrics)
        self.best_epoch, self.best_by, self.best_value = event.best_epoch, event.best_by, event.best_value
        self.last = dict(event.last)
        self.curves.append(event.epochs, self.last or self.metrics)
        if self.best_by:
            best = self.metrics if self.last else {self.best_by: self.best_value}
            self.curves.insert(self.best_epoch, best)

    def ended(self) -> TrialEnded:
        """Of one that is over: the event that `end` took."""
        assert self.over
        return TrialEnded(
            number=self.number,
            status=cast("TrialStatus", self.state),
            reason=self.reason,
            epochs=self.epoch,
            seconds=self.seconds,
            metrics=self.metrics,
            path=self.path,
            best_epoch=self.best_epoch,
            best_by=self.best_by,
            best_value=self.best_value,
            last=self.last,
        )


@dataclass
class Trials:
    """The fold of a search. `apply` every event in order; read the rest."""

    search: dict[str, Any] = field(default_factory=dict)
    dummy: dict[str, float] = field(default_factory=dict)
    """As RunStarted's."""
    by_number: dict[int, Trial] = field(default_factory=dict)
    renumbered: set[int] = field(default_factory=set)
    """Trials that were begun again with the values of another cell."""
    version: int = 0
    """Grows with every change."""
    _order: list[Trial] = field(default_factory=list, compare=False, repr=False)
    """`in_order`, and by cell, as of when they were last asked for."""
    _cells: list[list[Trial]] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def fold(cls, events: Iterable[Event]) -> Trials:
        trials = cls()
        for event in events:
            trials.apply(event)
        return trials

    def apply(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.dummy = event.dummy
                self.search = event.search
            case TrialStarted():
                self._started(event)
            case TrialsProgressed():
                for i, number in enumerate(event.numbers):
                    trial = self.by_number.get(number)
                    if trial is None or trial.state != "running":
                        continue
                    values = {name: column[i] for name, column in event.columns.items() if not math.isnan(column[i])}
                    trial.epoch = max(trial.epoch, event.epochs[i])
                    trial.metrics.update(values)
                    trial.curves.append(event.epochs[i], values)
                    trial.kept = event.kept[i] if event.kept else None
            case TrialEnded():
                trial = self.by_number.setdefault(event.number, Trial(event.number, {}, {}))
                trial.end(event)
            case RunResumed() | RunEnded():
                self._hold()
            case _:
                return
        self.version += 1

    def cut_off(self) -> None:
        """The process that trained them is gone, without a word."""
        if self.count("running"):
            self._hold()
            self.version += 1

    def _hold(self) -> None:
        """Those under way wait for a session that goes on with them."""
        for trial in self.by_number.values():
            if trial.state == "running":
                trial.state = "stopped"

    def _started(self, event: TrialStarted) -> None:
        trial = self.by_number.get(event.number)
        if trial is None:
            trial = self.by_number[event.number] = Trial(event.number, event.cell, event.config)
        elif event.cell != trial.cell:  # what was trained last is what is kept
            if trial.cell:
                self.renumbered.add(event.number)
            trial.cell, trial.config, self._order = event.cell, event.config, []
        trial.state, trial.epoch, trial.worker = "running", event.epoch, event.worker
        trial.curves.truncate(event.epoch)
        if event.epoch == 0:
            trial.metrics, trial.kept = {}, None

    # What is searched.

    @property
    def axes(self) -> list[tuple[str, str]]:
        """(key, column name) of each."""
        return [(axis["key"], axis["name"]) for axis in self.search.get("axes", [])]

    @property
    def total(self) -> int:
        """Networks that the search trains, at most."""
        return int(self.search.get("trials", 0))

    @property
    def repeats(self) -> int:
        return int(self.search.get("repeats", 1))

    @property
    def rank(self) -> str:
        """The column that trials are compared by."""
        return str(self.search.get("rank", ""))

    @property
    def lower_is_better(self) -> bool:
        return bool(self.search.get("lower_is_better", lower_is_better(self.rank)))

    def __len__(self) -> int:
        return len(self.by_number)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.by_number.values())

    def count(self, *states: State) -> int:
        return sum(trial.state in states for trial in self.by_number.values())

    @property
    def done(self) -> int:
        """Trials that are over, however."""
        return self.count("completed", "pruned", "failed")

    @property
    def share(self) -> float:
        """Of all epochs of all trials, those that are over; those of ended trials count in full."""
        if not self.total:
            return 0.0
        done = 0.0
        for trial in self.by_number.values():
            done += 1.0 if trial.over else trial.epoch / max(1, trial.epochs)
        return min(1.0, done / self.total)

    # Who is best.

    def score(self, trial: Trial) -> float:
        """What a trial is ranked by, of the network that is kept of it or would be now; NaN where it has none: failed
        trials have none."""
        return score_of(trial, self.rank)

    def better(self, value: float, than: float) -> bool:
        """NaN is worse than anything."""
        if math.isnan(value) or math.isnan(than):
            return math.isnan(than) and not math.isnan(value)
        return value < than if self.lower_is_better else value > than

    @property
    def best(self) -> list[Trial]:
        """The trials with the best score, as the document's second view lists them: all that share it, of those that
        may be best (CONTENDERS): pruned ones only where all are. In the order of `in_order`."""
        return next((best for states in CONTENDERS if (best := self._best_among(*states))), [])

    @property
    def better_pruned(self) -> list[Trial]:
        """The pruned trials with the best score of all, where that is better than what any had that went on."""
        pruned = self._best_among("pruned") if self.count("pruned") else []
        if not pruned:
            return []
        best = self.best
        return pruned if best and self.better(self.score(pruned[0]), self.score(best[0])) else []

    def _best_among(self, *states: State) -> list[Trial]:
        rank = self.rank
        among = [trial for trial in self.in_order() if trial.state in states]
        known = [score for trial in among if not math.isnan(score := score_of(trial, rank))]
        if not known:
            return []
        top = min(known) if self.lower_is_better else max(known)
        return [trial for trial in among if score_of(trial, rank) == top]

    def in_order(self) -> list[Trial]:
        """Sorted as the document sorts: by the axes from first to last, then by number."""
        self._sort()
        return list(self._order)

    def by_cell(self) -> list[list[Trial]]:
        """The trials of each cell, in the same order."""
        self._sort()
        return list(self._cells)

    def _sort(self) -> None:
        if len(self._order) == len(self.by_number):  # no trial goes, and none changes its cell
            return
        keys = [key for key, _name in self.axes]
        self._order = sorted(self, key=lambda trial: (*(order_of(trial.cell.get(key)) for key in keys), trial.number))
        cells: dict[str, list[Trial]] = {}
        for trial in self._order:
            cells.setdefault(json.dumps(trial.cell, sort_keys=True), []).append(trial)
        self._cells = list(cells.values())


def score_of(trial: Trial, rank: str) -> float:
    """What a trial is ranked by; see Trials.score."""
    if trial.state == "failed":
        return math.nan
    if trial.kept is not None and not trial.over:
        return trial.kept
    return trial.metrics.get(rank, math.nan)


def order_of(value: Any) -> tuple[int, Any]:
    """Sorts values of any type: numbers first, then lists, then text."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    if isinstance(value, list):
        return (2, [order_of(item) for item in value])
    return (3, str(value))
