"""When a run is over before its last epoch: a target is reached, or nothing has become better for a while.

Needs no torch.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.keys import as_text
from core.metrics import METRICS

if TYPE_CHECKING:
    from core.config import StopConfig

COMPARISONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def lower_is_better(column: str) -> bool:
    """Whether less of a column (`test_loss`, `validation_mae`) is better."""
    metric = column.partition("_")[2] or column
    return metric == "loss" or (metric in METRICS.names and bool(METRICS[metric].facts.get("lower_is_better")))


@dataclass(frozen=True)
class Target:
    """`test_accuracy>=0.97`."""

    column: str
    comparison: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Target:
        """Raises ValueError."""
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*", text)
        try:
            value = float(found[3]) if found else math.nan
        except ValueError:
            value = math.nan
        if found is None or not math.isfinite(value):
            raise ValueError(f"stop.target = {text[:60]}: write it as test_accuracy>=0.97")
        return cls(found[1], found[2], value)

    def __str__(self) -> str:
        return f"{self.column}{self.comparison}{as_text(self.value)}"

    def never(self) -> str:
        """Why no metric can be like this, or an empty string."""
        metric = self.column.partition("_")[2]
        facts = METRICS[metric].facts if metric in METRICS.names else {}
        highest, lowest = facts.get("highest", math.inf), facts.get("lowest", -math.inf)
        edge = {">=": self.value > highest, ">": self.value >= highest, "<=": self.value < lowest}
        if not edge.get(self.comparison, self.value <= lowest):
            return ""
        if self.comparison in ("<=", "<"):
            return f"{metric} is at least {lowest:g}; it never goes below"
        if lowest == 0 and 1 < self.value <= 100:
            share = Target(self.column, self.comparison, self.value / 100)
            return f"{metric} is a fraction, at most 1; write {share} for {self.value:g} %"
        return f"{metric} is at most {highest:g}; it never goes above"

    def reached(self, metrics: Mapping[str, float]) -> bool:
        return self.column in metrics and bool(COMPARISONS[self.comparison](metrics[self.column], self.value))


@dataclass
class Stopping:
    """What the epochs so far came to; part of the state that is saved to continue a run."""

    best: float = math.nan
    best_epoch: int = 0
    """Epochs count from 1; 0: none yet."""
    reason: str = ""
    """Why the run is over, once it is."""
    epoch: dict[str, float] = field(default_factory=dict)
    """What was measured in the epoch under way, by column."""

    def saw(self, split: str, metrics: Mapping[str, float]) -> None:
        """Take in what was measured on a split."""
        self.epoch.update({f"{split}_{name}": value for name, value in metrics.items()})

    def end_epoch(self, config: StopConfig, epoch: int) -> None:
        """Judge `epoch` by what was measured in it."""
        measured, self.epoch = self.epoch, {}
        if config.watches and config.monitor in measured:
            value = measured[config.monitor]
            if self._better(value, config):
                self.best, self.best_epoch = value, epoch
            elif config.patience is not None and epoch - self.best_epoch >= config.patience:
                self.reason = (
                    f"{config.monitor} has not become better for {config.patience} epochs "
                    f"(best {self.best:.6g} in epoch {self.best_epoch})"
                )
        if config.target and Target.parse(config.target).reached(measured):
            self.reason = f"{config.target} reached in epoch {epoch}"

    def _better(self, value: float, config: StopConfig) -> bool:
        if math.isnan(self.best):
            return not math.isnan(value)
        sign = 1 if lower_is_better(config.monitor or "") else -1
        return sign * (self.best - value) > config.min_delta
