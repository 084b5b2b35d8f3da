"""LearningRate: what a schedule makes of `optimizer.lr`, step by step. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from core.components.plateau import Plateau, Watched
from core.components.schedules import SCHEDULES


class Scheduled(Protocol):
    """What it needs of a run's config."""

    @property
    def schedule(self) -> Mapping[str, Any]: ...
    @property
    def batch_size(self) -> int: ...
    def total_steps(self, train: int) -> int: ...


def depends_on_length(schedule: Mapping[str, Any]) -> bool:
    """Whether that section of a config has other rates in the beginning of a longer run. False for one that is not
    known."""
    try:
        short, long = (LearningRate(schedule, steps, 10) for steps in (100, 200))
    except (ValueError, TypeError):
        return False
    return any(short.at(1.0, step) != long.at(1.0, step) for step in range(100))


class LearningRate:
    """Of a run of so many `steps`, `steps_per_epoch` of them in an epoch."""

    def __init__(self, schedule: Mapping[str, Any], steps: int, steps_per_epoch: int) -> None:
        """`schedule`: that section of a config. Raises ValueError for one that is not known, TypeError for a key that
        it does not have."""
        given = {key: value for key, value in schedule.items() if key != "name"}
        self._factor = SCHEDULES[schedule["name"]].build(steps, steps_per_epoch, **given)
        self.monitor: str | None = self._factor.monitor if isinstance(self._factor, Plateau) else None
        """The column that it depends on, if any."""

    @classmethod
    def of(cls, config: Scheduled, train: int) -> LearningRate:
        """Of a run of `config` with `train` samples in its train split."""
        return cls(config.schedule, config.total_steps(train), math.ceil(train / config.batch_size))

    def at(self, base: float, step: int, drops: int = 0) -> float:
        """Of the update after `step` others, where `base` is the learning rate that the schedule multiplies; `drops`:
        how often a plateau has lowered it."""
        if isinstance(self._factor, Plateau):
            base = self._factor.lowered(base, drops)
        return float(base * self._factor(step))

    def judge(
        self, watched: Watched, base: float, epoch: int, step: int, measured: Mapping[str, float]
    ) -> tuple[float, float] | None:
        """Judge `epoch`, over after `step` updates, by what was measured in it: the learning rate before and after
        where a plateau lowers it."""
        plateau, drops = self._factor, watched.drops
        if not isinstance(plateau, Plateau):
            return None
        if not plateau.judge(watched, base, epoch, step, measured.get(plateau.monitor)):
            return None
        return plateau.lowered(base, drops), plateau.lowered(base, watched.drops)
