"""When a run is over before its last epoch: a target is reached, or nothing has become better for a while.

Needs no torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.components.metrics import lower_is_better
from core.experiment.target import Target

if TYPE_CHECKING:
    from core.experiment.schema import StopConfig


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
