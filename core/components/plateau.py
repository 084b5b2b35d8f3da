"""Plateau: a learning rate that goes down when a metric has not become better for a while, as PyTorch's
ReduceLROnPlateau has it. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.components.metrics import lower_is_better

EPS = 1e-8
"""A drop that is smaller than this is none, as in PyTorch."""
ANEW = ("name", "monitor")
"""Keys of the schedule: where a session goes on with another value of one, what was seen before counts no more."""


@dataclass
class Watched:
    """What a plateau has seen so far; part of the state that is saved to continue a run."""

    best: float = math.nan
    bad: int = 0
    """Epochs in a row without a better one."""
    cooldown: int = 0
    """Epochs to come that are not counted."""
    drops: int = 0
    """How often the learning rate went down."""
    epoch: int = 0
    """The latest one that was judged: one that ends once more, after a stop in the middle of its end, is not judged
    again."""


@dataclass(frozen=True)
class Plateau:
    """The schedule: called with a step it gives the factor of the warm-up, 1 after that."""

    monitor: str
    factor: float
    patience: int
    threshold: float
    cooldown: int
    min_lr: float
    warmup: Callable[[int], float]
    warmup_steps: int

    def __call__(self, step: int) -> float:
        return self.warmup(step)

    def lowered(self, base: float, drops: int) -> float:
        """The learning rate `base` after so many drops."""
        lr = base
        for _drop in range(drops):
            lower = max(lr * self.factor, self.min_lr)
            if lr - lower <= EPS:
                break
            lr = lower
        return lr

    def judge(self, watched: Watched, base: float, epoch: int, step: int, value: float | None) -> bool:
        """Take in what was measured in `epoch`, which ended after `step` steps; True where the rate goes down for it.

        Epochs of the warm-up, and those in which nothing was measured, are left out.
        """
        if value is None or epoch <= watched.epoch or step < self.warmup_steps:
            return False
        watched.epoch = epoch
        if self._better(value, watched.best):
            watched.best, watched.bad = value, 0
        else:
            watched.bad += 1
        if watched.cooldown:
            watched.cooldown, watched.bad = watched.cooldown - 1, 0
        if watched.bad <= self.patience:
            return False
        watched.cooldown, watched.bad = self.cooldown, 0
        if self.lowered(base, watched.drops + 1) == self.lowered(base, watched.drops):
            return False
        watched.drops += 1
        return True

    def _better(self, value: float, best: float) -> bool:
        if math.isnan(best):
            return not math.isnan(value)
        if lower_is_better(self.monitor):
            return value < best * (1 - self.threshold)
        return value > best * (1 + self.threshold)
