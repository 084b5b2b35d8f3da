"""StepRates: the learning rate of every single step, as a fold over the events of a run. They tell only that of the
last step of each report; the others follow from the config, what was changed, and the schedule."""

from __future__ import annotations

import math
from typing import Any

from core.components.learning_rate import LearningRate
from core.components.plateau import ANEW
from core.events.events import Event, LearningRateReduced, RunResumed, RunStarted, SettingChanged, StepsEnded


class StepRates:
    """`apply` every event in order; ask `of` for those of the steps of the latest one."""

    def __init__(self) -> None:
        self._rate: LearningRate | None = None
        self._base = math.nan
        self._drops = 0
        self._train = 0
        self._batch_size = 1
        self._schedule: dict[str, Any] = {}
        self._lr = math.nan
        """That of the config; `_base` may have been changed since."""

    def apply(self, event: Event) -> None:
        match event:
            case RunStarted() if not event.search:
                self._train = event.sizes["train"]
                self._follow(event.config)
                self._base = self._lr
            case RunResumed() if event.config:
                schedule, lr = self._schedule, self._lr
                self._follow(event.config)
                if any(schedule.get(key) != self._schedule.get(key) for key in ANEW):
                    self._drops = 0
                if lr != self._lr:
                    self._base = self._lr
            case SettingChanged() if event.key == "optimizer.lr":
                self._base = float(event.new)
            case LearningRateReduced():
                self._drops = event.drops
            case _:
                pass

    def _follow(self, config: dict[str, Any]) -> None:
        """From here on. A schedule of another version, that is not understood, leaves what was told."""
        self._batch_size = config["batch_size"]
        self._schedule = config.get("schedule", {"name": "constant"})
        self._lr = float(config["optimizer"]["lr"])
        per_epoch = math.ceil(self._train / self._batch_size)
        try:
            self._rate = LearningRate(
                self._schedule, config.get("iterations") or config["epochs"] * per_epoch, per_epoch
            )
        except (ValueError, TypeError):
            self._rate = None

    def of(self, event: StepsEnded) -> list[float]:
        """One for each of its losses."""
        first, n = event.first_step - 1, len(event.losses)
        if self._rate is None or not n:
            return [event.lr] * n
        rates = [self._rate.at(self._base, step, self._drops) for step in range(first, first + n)]
        whole = n == math.ceil(
            event.samples / self._batch_size
        )  # else its end was cut off, and `lr` is of a later step
        if whole and not math.isclose(rates[-1], event.lr, rel_tol=1e-9):
            return [event.lr] * n  # a config that was edited in a version that did not tell of it
        return rates
