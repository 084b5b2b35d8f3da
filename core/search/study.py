"""Which cell of a search is tried next: all of a grid, some at random, or those that Optuna's TPE thinks good.

No cell is tried twice. A trial's number follows from its cell's place and its repeat alone, and so does its seed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

from core.events.events import TrialStatus
from core.experiment.axes import Cell
from core.history.trials import Trial, Trials

SIDE_BY_SIDE = 2048
"""Trials of a list that are given out at a time."""


@dataclass(frozen=True)
class Asked:
    """A trial to train."""

    number: int
    cell: Cell


@dataclass(frozen=True)
class Told:
    """What has become of one. `score` is what it is ranked by after `epochs`, NaN where there is none."""

    status: TrialStatus
    epochs: int
    score: float
    reason: str = ""


class Study(Protocol):
    """Gives out the trials of a search."""

    total: int
    """Networks that it will have trained, at most."""

    def ask(self) -> list[Asked] | None:
        """Trials to train now. An empty list: there will be no more; None: not now, ask again."""

    def tell(self, number: int, told: Told) -> None: ...


class Listed:
    """The cells are known from the beginning. One repeat of all cells comes before the next."""

    def __init__(self, cells: list[Cell], repeats: int, known: Iterable[int] = ()) -> None:
        """`known` are the numbers of trials that are over or under way already."""
        self.total = len(cells) * repeats
        known = set(known)
        self._todo = [Asked(i + 1, cells[i % len(cells)]) for i in range(self.total) if i + 1 not in known]

    def ask(self) -> list[Asked]:
        given, self._todo = self._todo[:SIDE_BY_SIDE], self._todo[SIDE_BY_SIDE:]
        return given

    def tell(self, number: int, told: Told) -> None:
        """Changes nothing."""


def told_of(trial: Trial, trials: Trials) -> Told:
    """What has become of a trial that is over."""
    assert trial.over
    return Told(cast("TrialStatus", trial.state), trial.epoch, trials.score(trial), trial.reason)
