"""The best epoch of a run, or of a trial, beside its last one: by which column, when, and what it came to."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from core.history.trials import Trial


@dataclass(frozen=True)
class BestEpoch:
    """The first epoch in which the column `by` was best; 0 is before training."""

    by: str
    epoch: int
    value: float
    last: float
    """What the last epoch came to."""
    kept: bool = False
    """Whether the weights of that epoch are kept: as best.pt, of a trial as model.pt too."""


def compared_by(config: Mapping[str, Any], measured: Container[str]) -> str:
    """The column by which the epochs of a run are compared, of those that were `measured`: what `stop` monitors, else
    the accuracy, or else the loss, of the validation split, or else of the test or the train split."""
    stop = config.get("stop", {})
    watches = stop.get("keep_best") or stop.get("patience")
    monitored = [str(stop.get("monitor", ""))] if watches else []
    usual = [f"{split}_{metric}" for split in ("validation", "test", "train") for metric in ("accuracy", "loss")]
    return next((name for name in [*monitored, *usual] if name in measured), "")


def best_epoch_of(trial: Trial) -> BestEpoch | None:
    """Of a trial that is over; None where its log does not tell."""
    if not trial.best_by or math.isnan(trial.best_value):
        return None
    kept = bool(trial.config.get("stop", {}).get("keep_best"))
    return BestEpoch(trial.best_by, trial.best_epoch, trial.best_value, trial.last_value, kept)
