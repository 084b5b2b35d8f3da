"""What x means: steps, epochs or seconds, and the way from one to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Unit: TypeAlias = Literal["epoch", "step", "time"]
UNITS: tuple[Unit, ...] = ("epoch", "step", "time")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """From steps to places on the x axis and back. `times` (n,) are the seconds at which `steps` (n,) were done."""

    unit: Unit = "epoch"
    log: bool = False
    steps_per_epoch: int = 1
    steps: Floats | None = None
    times: Floats | None = None

    def to(self, steps: Floats) -> Floats:
        """Places on the axis: epochs, steps or seconds, or with `log` their powers of ten."""
        values = self._values(steps)
        if not self.log:
            return values
        smallest = float(self._values(np.ones(1))[0])
        return np.log10(np.maximum(values, smallest if smallest > 0 else 1e-3))

    def back(self, place: float) -> float:
        """The step at a place on the axis; before the first step 0."""
        value = 10.0 ** min(place, 300.0) if self.log else place
        if self.unit == "epoch":
            return value * self.steps_per_epoch
        if self.unit == "time" and self.steps is not None and self.times is not None and len(self.steps):
            return float(np.interp(value, self._known[1], self._known[0], right=math.ceil(self._known[0][-1]) + 1.0))
        return value

    @property
    def label(self) -> str:
        """What places count. Seconds are those of training: pauses, and the time between two sessions, are none."""
        return {"epoch": "epoch", "step": "step", "time": "seconds"}[self.unit]

    @property
    def _known(self) -> tuple[Floats, Floats]:
        assert self.steps is not None
        assert self.times is not None
        return np.concatenate([[0.0], self.steps]), np.concatenate([[0.0], self.times])

    def _values(self, steps: Floats) -> Floats:
        if self.unit == "epoch":
            return steps / self.steps_per_epoch
        if self.unit == "time" and self.steps is not None and self.times is not None and len(self.steps):
            known_steps, known_times = self._known
            inside = np.interp(steps, known_steps, known_times)
            rate = known_times[-1] / max(known_steps[-1], 1.0)  # beyond what was trained: at the mean speed so far
            return np.asarray(inside + np.maximum(0.0, steps - known_steps[-1]) * rate, dtype=np.float64)
        return np.asarray(steps, dtype=np.float64)
