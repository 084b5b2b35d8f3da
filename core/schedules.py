"""The schedules of the learning rate. A schedule is a function of the number of steps in the run and in an epoch; it
returns the factor for each step, counted from 0: learning rate = `optimizer.lr` × factor(step).

A factor depends on the step alone, so that a resumed run needs nothing saved for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import Field

from core.registry import Registry

SCHEDULES = Registry("schedule")

Factor: TypeAlias = Callable[[int], float]


@SCHEDULES.add("constant")
def constant(steps: int, steps_per_epoch: int) -> Factor:
    """Constant: the learning rate stays as it is."""
    return lambda step: 1.0


@SCHEDULES.add("step")
def step(
    steps: int,
    steps_per_epoch: int,
    *,
    every: Annotated[int, Field(ge=1, description="epochs between two drops")] = 10,
    factor: Annotated[float, Field(gt=0, le=1, description="what each drop multiplies by")] = 0.1,
) -> Factor:
    """Step: multiplied by a factor every few epochs."""
    period = every * steps_per_epoch
    return lambda step: float(factor ** (step // period))


@SCHEDULES.add("cosine")
def cosine(
    steps: int,
    steps_per_epoch: int,
    *,
    final: Annotated[float, Field(ge=0, le=1, description="factor at the end")] = 0.0,
) -> Factor:
    """Cosine: from 1 down to `final` along half a cosine wave (Loshchilov & Hutter 2017, without restarts)."""
    return lambda step: final + (1 - final) * (1 + math.cos(math.pi * step / steps)) / 2


@SCHEDULES.add("one-cycle")
def one_cycle(
    steps: int,
    steps_per_epoch: int,
    *,
    warmup: Annotated[float, Field(gt=0, lt=1, description="share of the steps that rise")] = 0.3,
    start_divisor: Annotated[float, Field(ge=1, description="the first factor is 1 / this")] = 25.0,
    final_divisor: Annotated[float, Field(ge=1, description="the last factor is the first / this")] = 1e4,
) -> Factor:
    """One cycle: up to `optimizer.lr` and down to almost nothing, by cosines (Smith & Topin 2018)."""
    first = 1 / start_divisor
    last = first / final_divisor
    peak = max(warmup * steps - 1, 1e-9)  # as in torch.optim.lr_scheduler.OneCycleLR
    end = max(steps - 1, peak + 1e-9)

    def factor(step: int) -> float:
        if step <= peak:
            return _cosine_between(first, 1.0, step / peak)
        return _cosine_between(1.0, last, min(1.0, (step - peak) / (end - peak)))

    return factor


def _cosine_between(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
