"""Which trials of a search are ended early, by what they have come to beside the others."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Method: TypeAlias = Literal["none", "median", "halving"]

WARM_UP = 0.1
"""Of the epochs: before that, curves say little."""
FEWEST = 4
"""Trials that have come as far, before one of them can be below their median."""
FIRST_RUNG = 16
"""The first halving comes after 1/16 of the epochs; then after 1/8, 1/4 and 1/2."""


@dataclass
class Pruner:
    """Sees one score of each trial after each epoch.

    `median` is the median stopping rule (Golovin et al., Vizier, 2017): a trial is ended where the best score that it
    has had is worse than the median of what all others had had by that epoch. `halving` is successive halving (Jamieson
    and Talwalkar, 2016), asynchronous where trials do not train side by side (Li et al., 2020): at each rung it ends
    those that are not among the better half of all that have come so far.
    """

    method: Method
    epochs: int
    lower_is_better: bool
    best: dict[int, list[float]] = field(default_factory=dict)
    """Of each trial by number, the best score after 1, 2, … epochs; NaN before the first."""
    judged: dict[int, int] = field(default_factory=dict)
    """Up to which epoch each trial has been."""

    def saw(self, number: int, epoch: int, score: float) -> None:
        if self.method == "none" or epoch < 1:
            return
        curve = self.best.setdefault(number, [])
        if len(curve) >= epoch:
            return
        before = curve[-1] if curve else math.nan
        curve += [before] * (epoch - 1 - len(curve))  # not measured
        curve.append(before if self._better(before, score) else score)

    def losers(self, live: Mapping[int, int]) -> dict[int, str]:
        """Those of the trials under way (number → epochs that are over) that are to be ended now, and why."""
        if self.method == "none":
            return {}
        found = {}
        for number, epoch in live.items():
            for each in range(self.judged.get(number, 0) + 1, epoch + 1):
                reason = self._median(number, each) if self.method == "median" else self._rung(number, each)
                if reason:
                    found[number] = reason
                    break
            self.judged[number] = epoch
        return found

    def _median(self, number: int, epoch: int) -> str:
        mine = self._at(number, epoch)
        if epoch <= WARM_UP * self.epochs or math.isnan(mine):
            return ""
        others = [value for other in self.best if other != number and not math.isnan(value := self._at(other, epoch))]
        if len(others) < FEWEST:
            return ""
        median = statistics.median(others)
        return f"{mine:.4g} is worse than the median {median:.4g} after epoch {epoch}" * self._better(median, mine)

    def _rung(self, number: int, epoch: int) -> str:
        if epoch not in self.rungs:
            return ""
        there = sorted(
            (other for other, c in self.best.items() if len(c) >= epoch and not math.isnan(self._at(other, epoch))),
            key=lambda other: (self._cost(self._at(other, epoch)), other),
        )
        kept = math.ceil(len(there) / 2)
        if len(there) < 2 or number not in there[kept:]:
            return ""
        return f"not among the better {kept} of {len(there)} after epoch {epoch}"

    @property
    def rungs(self) -> list[int]:
        """The epochs after which the worse half is ended."""
        shares = [2**i for i in range(FIRST_RUNG.bit_length() - 1, 0, -1)]
        return sorted({math.ceil(self.epochs / share) for share in shares} - {self.epochs})

    def _at(self, number: int, epoch: int) -> float:
        """The best score up to `epoch`; of a trial that ended before, its best of all."""
        curve = self.best.get(number, [])
        return curve[min(epoch, len(curve)) - 1] if curve else math.nan

    def _cost(self, score: float) -> float:
        return math.inf if math.isnan(score) else score if self.lower_is_better else -score

    def _better(self, score: float, than: float) -> bool:
        return self._cost(score) < self._cost(than)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "judged": self.judged}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        self.best = {int(number): list(curve) for number, curve in saved["best"].items()}
        self.judged = {int(number): int(epoch) for number, epoch in saved["judged"].items()}
