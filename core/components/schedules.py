"""The schedules of the learning rate. A schedule is a function of the number of steps in the run and in an epoch; it
returns the factor for each step, counted from 0: learning rate = `optimizer.lr` × factor(step).

A factor depends on the step alone, so that a resumed run needs nothing saved for it. One that also answers to what is
measured returns a `Plateau`; what that has seen is a part of the run's state.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import Field

from core.components.plateau import Plateau
from core.components.registry import Registry

SCHEDULES = Registry("schedule")

Factor: TypeAlias = Callable[[int], float]

WarmupEpochs: TypeAlias = Annotated[
    float,
    Field(
        ge=0, allow_inf_nan=False, description="epochs that rise to it first, on a straight line; 0.5 is half of one"
    ),
]
WarmupStart: TypeAlias = Annotated[float, Field(gt=0, le=1, description="factor of the first step of these")]


@SCHEDULES.add("constant")
def constant(steps: int, steps_per_epoch: int) -> Factor:
    """Constant: the learning rate stays as it is."""
    return lambda step: 1.0


@SCHEDULES.add("warmup")
def warmup(
    steps: int, steps_per_epoch: int, *, warmup_epochs: WarmupEpochs = 1.0, warmup_start: WarmupStart = 0.01
) -> Factor:
    """Warm-up: rises on a straight line in the first epochs, then stays as it is (Goyal et al. 2017)."""
    return _risen(warmup_steps(warmup_epochs, steps_per_epoch), warmup_start, lambda step: 1.0)


@SCHEDULES.add("step")
def step(
    steps: int,
    steps_per_epoch: int,
    *,
    every: Annotated[int, Field(ge=1, description="epochs between two drops")] = 10,
    factor: Annotated[float, Field(gt=0, le=1, description="what each drop multiplies by")] = 0.1,
    warmup_epochs: WarmupEpochs = 0.0,
    warmup_start: WarmupStart = 0.01,
) -> Factor:
    """Step: multiplied by a factor every few epochs."""
    period = every * steps_per_epoch
    rise = warmup_steps(warmup_epochs, steps_per_epoch)
    return _risen(rise, warmup_start, lambda step: float(factor ** (step // period)))


@SCHEDULES.add("cosine")
def cosine(
    steps: int,
    steps_per_epoch: int,
    *,
    final: Annotated[float, Field(ge=0, le=1, description="factor at the end")] = 0.0,
    warmup_epochs: WarmupEpochs = 0.0,
    warmup_start: WarmupStart = 0.01,
) -> Factor:
    """Cosine: from 1 down to `final` along half a cosine wave (Loshchilov & Hutter 2017, without restarts)."""
    rise = warmup_steps(warmup_epochs, steps_per_epoch)
    fall = max(1, steps - rise)
    return _risen(rise, warmup_start, lambda step: final + (1 - final) * (1 + math.cos(math.pi * step / fall)) / 2)


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


@SCHEDULES.add("plateau", watches=True)
def plateau(
    steps: int,
    steps_per_epoch: int,
    *,
    factor: Annotated[float, Field(gt=0, lt=1, description="what each drop multiplies by")] = 0.1,
    patience: Annotated[int, Field(ge=0, description="epochs without a better one that are let pass")] = 10,
    threshold: Annotated[
        float, Field(ge=0, allow_inf_nan=False, description="what counts as better, as a share of the best")
    ] = 1e-4,
    cooldown: Annotated[int, Field(ge=0, description="epochs after a drop that are not counted")] = 0,
    min_lr: Annotated[float, Field(ge=0, allow_inf_nan=False, description="the learning rate goes no lower")] = 0.0,
    monitor: Annotated[
        str | None, Field(description="what to compare; validation_loss if there is such a split, else test_loss")
    ] = None,
    warmup_epochs: WarmupEpochs = 0.0,
    warmup_start: WarmupStart = 0.01,
) -> Plateau:
    """Plateau: multiplied by a factor when nothing has become better for a while (PyTorch's ReduceLROnPlateau)."""
    rise = warmup_steps(warmup_epochs, steps_per_epoch)
    return Plateau(
        monitor=monitor or "test_loss",
        factor=factor,
        patience=patience,
        threshold=threshold,
        cooldown=cooldown,
        min_lr=min_lr,
        warmup=_risen(rise, warmup_start, lambda step: 1.0),
        warmup_steps=rise,
    )


def warmup_steps(epochs: float, steps_per_epoch: int) -> int:
    """Steps that `epochs` of warm-up take; at least one where there is any."""
    return max(1, round(epochs * steps_per_epoch)) if epochs else 0


def _risen(rise: int, start: float, after: Factor) -> Factor:
    """From `start` to 1 on a straight line in `rise` steps, then as `after` has it from its own step 0 on."""
    return lambda step: start + (1 - start) * step / rise if step < rise else after(step - rise)


def _cosine_between(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
