"""What a run will cost: its steps, and its time from a short trial of its own steps on the real data and network."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import torch

from core.data.parts import Data
from core.events.commands import TrainingFailed
from core.events.events import (
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    ModelSaved,
    StepsEnded,
)
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.build import bytes_to_train
from core.network.layers import expected_layers
from core.system.memory import free_memory
from core.training.evaluate import evaluate
from core.training.fit import fit
from core.training.state import TrainState

WARM = 0.2
"""Seconds after the first steps until something counts: the first ones pay for what is loaded and set up once."""

TRIAL = 0.6
"""Seconds that a trial counts, unless a step takes longer."""

SHARE = 0.5
"""Of the free memory that a trial may take: it begins by itself, while somebody types."""


@dataclass(frozen=True)
class Cost:
    """Of a whole run, or of all runs of a search. Speeds are samples a second; `seconds` is None where no trial was
    made."""

    steps_per_epoch: int
    steps: int
    train_per_second: float | None = None
    evaluate_per_second: float | None = None
    seconds: float | None = None
    warning: str = ""
    """What went wrong in the first steps, if anything did."""
    at_most: bool = False
    """Whether it may be over sooner: something other than its last epoch ends it."""


@dataclass
class Seen:
    """What a trial came to, in seconds; what is told of a stream goes in one by one."""

    steps: int = 0
    stepping: float = 0.0
    """Of these steps together."""
    evaluations: dict[str, list[float]] = field(default_factory=dict)
    """Of whole splits."""
    epochs: int = 0
    between: float = 0.0
    """All else, in these epochs."""
    runs: list[float] = field(default_factory=list)
    """Whole ones, from their beginning to their end, where they are that short."""
    waiting: float = 0.0
    """Since the latest event that ends something."""

    def add(self, event: Event | None, seconds: float) -> None:
        """`event` came so much later than the one before."""
        self.waiting += seconds
        if isinstance(event, StepsEnded):
            self.steps += len(event.losses)
            self.stepping += self.waiting
        elif isinstance(event, Evaluated):
            self.evaluations.setdefault(event.split, []).append(self.waiting)
        elif event is None or isinstance(event, EvaluationProgressed):
            return
        elif isinstance(event, CheckpointSaved | ModelSaved):  # as often as they may cost, or once
            pass
        else:
            self.between += self.waiting
            self.epochs += isinstance(event, EpochEnded)
        self.waiting = 0.0


def measure(
    config: RunConfig,
    data: Data,
    cancelled: Callable[[], bool] = lambda: False,
    trained: Trained | None = None,
) -> Cost | None:
    """Train for a moment and throw the result away; None if it was cancelled meanwhile. `trained`: with whatever a run
    does beside it.

    Must not run beside a Run: it draws from torch's global generator, and puts it back.
    """
    config = fitted_to(config, data.facts)
    layers = expected_layers(config, data.facts) or []
    needed = bytes_to_train(sum(layer["parameters"] for layer in layers))
    per_epoch = math.ceil(data.sizes["train"] / config.batch_size)
    steps = config.total_steps(data.sizes["train"])
    if needed > SHARE * free_memory():
        why = f"needs {needed / 1e6:,.0f} MB of memory for its weights, of {free_memory() / 1e6:,.0f} MB free"
        return Cost(per_epoch, steps, warning=why)
    with torch.random.fork_rng(devices=[]):
        seen = watch(config, data, cancelled, trained or by_itself)
        if isinstance(seen, str):
            return Cost(per_epoch, steps, warning=seen)
        evaluated = None if seen is None else _evaluated(config, data, seen, cancelled)
    if seen is None or evaluated is None:
        return None
    when = config.evaluate.when
    times = (config.epochs if "epoch" in when else int("end" in when)) + int("start" in when)
    step = seen.stepping / seen.steps
    seconds = steps * step + times * sum(evaluated.values())
    seconds += config.epochs * seen.between / seen.epochs if seen.epochs else 0.0
    if seen.runs:
        seconds = statistics.median(seen.runs)
    samples = sum(data.sizes[split] for split in evaluated)
    return Cost(
        per_epoch,
        steps,
        min(config.batch_size, data.sizes["train"]) / max(1e-9, step),
        samples / max(1e-9, sum(evaluated.values())) if samples else None,
        seconds,
        at_most=not seen.runs and (config.stop.patience is not None or config.stop.target is not None),
    )


class Enough(Exception):
    """A trial has seen enough, or was cancelled."""


class Watch:
    """Sees the events of trials, one run after the other, and counts once they are warm."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.seen: Seen | None = Seen()
        """None: cancelled."""
        self._cancelled = cancelled
        self._warm_at = self._over_at = math.inf
        self._began = self._at = 0.0

    def begin(self) -> None:
        """A run, from its beginning."""
        self._began = self._at = time.perf_counter()
        self._warm = self._over_at < math.inf

    def saw(self, event: Event | None) -> None:
        """Raises Enough."""
        now = time.perf_counter()
        if self._cancelled():
            self.seen = None
        if self.seen is None:
            raise Enough
        if self._over_at < math.inf:
            self.seen.add(event, now - self._at)
        elif isinstance(event, StepsEnded):
            self._warm_at = min(self._warm_at, now + WARM)
            self._over_at = now + TRIAL if now >= self._warm_at else math.inf
        if now > self._over_at and self.seen.steps:
            raise Enough
        self._at = time.perf_counter()

    def end(self) -> None:
        """A run that was shorter than the trial; another one begins."""
        if self._warm and self.seen is not None:
            self.seen.runs.append(time.perf_counter() - self._began)


Trained: TypeAlias = Callable[[RunConfig, TrainState, Data, Callable[[Event | None], None]], str]
"""Trains, and shows each event; returns why that failed, or an empty string."""


def by_itself(config: RunConfig, state: TrainState, data: Data, saw: Callable[[Event | None], None]) -> str:
    """`fit`, with nothing beside it."""
    stream = fit(config, state, data)
    try:
        for event in stream:
            saw(event)
    except TrainingFailed as error:
        return str(error)
    finally:
        stream.close()
    return ""


def watch(config: RunConfig, data: Data, cancelled: Callable[[], bool], trained: Trained) -> Seen | str | None:
    """The very steps of a run, warm: what they took; why training failed; or None where it was cancelled."""
    watched = Watch(cancelled)
    while True:
        state = TrainState.new(config, data)
        watched.begin()
        try:
            reason = trained(config, state, data, watched.saw)
        except Enough:
            return watched.seen
        if reason:
            return reason
        watched.end()


def _evaluated(config: RunConfig, data: Data, seen: Seen, cancelled: Callable[[], bool]) -> dict[str, float] | None:
    """Seconds of evaluating each split once, measured now where the trial did not come to it; None where it was
    cancelled."""
    wanted = config.evaluate.splits if config.evaluate.when else []
    found: dict[str, float] = {
        split: statistics.fmean(seen.evaluations[split]) for split in wanted if split in seen.evaluations
    }
    if all(split in found for split in wanted):
        return found
    speed = _evaluate(config, TrainState.new(config, data), data, cancelled)
    if speed is None:
        return None
    return {split: data.sizes[split] / speed for split in wanted} | found


def _evaluate(config: RunConfig, state: TrainState, data: Data, cancelled: Callable[[], bool]) -> float | None:
    """Samples a second, or None where it was cancelled. A quick evaluation is repeated: its first one is slow."""
    began = time.perf_counter()
    done = 0
    while not done or time.perf_counter() - began < TRIAL / 4:
        before, stream = done, evaluate(config, state, data)
        try:
            for event in stream:
                if cancelled():
                    return None
                if isinstance(event, EvaluationProgressed):
                    done = before + event.done
                elif isinstance(event, Evaluated):
                    done = before = before + event.n
                if time.perf_counter() - began > TRIAL:
                    break
        except TrainingFailed:  # a loss that is not finite takes as long as any other
            done = max(done, 1)
        finally:
            stream.close()
    return done / max(1e-9, time.perf_counter() - began)
