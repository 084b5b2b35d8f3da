"""The trials of a search by cell: how each cell did over its seeds, and which of them noise may have put behind the
best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.history.trials import Trial, Trials, score_of

TIE = 2.0
"""Standard errors of a difference that are taken for noise."""


@dataclass(frozen=True)
class Group:
    """The trials of one cell: its network with one seed, or with several."""

    cell: dict[str, Any]
    trials: list[Trial]
    values: list[float]
    """What those of them that were not pruned are ranked by, where it is known and finite; of pruned ones where there
    is nothing else."""
    pruned: bool = False
    """Whether the values are those of pruned trials."""

    @cached_property
    def mean(self) -> float:
        return statistics.fmean(self.values) if self.values else math.nan

    @cached_property
    def deviation(self) -> float:
        """Sample standard deviation; NaN for less than two."""
        return statistics.stdev(self.values) if len(self.values) > 1 else math.nan


def groups_of(trials: Trials) -> list[Group]:
    """One for each cell, in order."""
    rank = trials.rank
    return [_group(each, rank) for each in trials.by_cell()]


def _group(trials: list[Trial], rank: str) -> Group:
    known = [(trial.state, score) for trial in trials if math.isfinite(score := score_of(trial, rank))]
    values = [score for state, score in known if state != "pruned"]
    return Group(trials[0].cell, trials, values or [score for _state, score in known], bool(known) and not values)


def best_of(trials: Trials, group: Group) -> Trial:
    """The trial of a cell with the best score, of those that were not pruned if there is one; the first where none has
    a score."""
    scored = [trial for trial in group.trials if not math.isnan(trials.score(trial))]
    found, *others = [trial for trial in scored if trial.state != "pruned"] or scored or group.trials
    for trial in others:
        if trials.better(trials.score(trial), trials.score(found)):
            found = trial
    return found


def best_and_ties(trials: Trials, groups: Sequence[Group]) -> tuple[Group | None, list[Group]]:
    """The group with the best mean, and all (it among them) that noise may have put behind it: those whose mean is at
    most two standard errors of the difference from its own, by Welch's formula √(s₁²/n₁ + s₂²/n₂). Groups of one trial
    have no deviation; they tie only where they are equal. Cells of pruned trials alone count where there are no
    others."""
    best: Group | None = None
    groups = [group for group in groups if group.values]
    groups = [group for group in groups if not group.pruned] or groups
    for group in groups:
        if best is None or trials.better(group.mean, best.mean):
            best = group
    if best is None:
        return None, []
    return best, [group for group in groups if _ties(best, group)]


def _ties(best: Group, other: Group) -> bool:
    variances = [
        0.0 if math.isnan(group.deviation) else group.deviation**2 / len(group.values) for group in (best, other)
    ]
    return abs(best.mean - other.mean) <= TIE * math.sqrt(sum(variances)) + 1e-12
