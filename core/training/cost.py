"""What a run will cost: its steps, and its time from a short trial on the real data and network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from core.data.parts import Data
from core.events.commands import TrainingFailed
from core.events.events import Evaluated, EvaluationProgressed, StepsEnded
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.build import bytes_to_train
from core.network.layers import expected_layers
from core.system.memory import free_memory
from core.training.evaluate import evaluate
from core.training.fit import fit
from core.training.state import TrainState

TRIAL = 0.4
"""Seconds of training, and again of evaluating, that a trial may take."""

SHARE = 0.5
"""Of the free memory that a trial may take: it begins by itself, while somebody types."""


@dataclass(frozen=True)
class Cost:
    """Of a whole run. Speeds are samples a second; `seconds` is None where no trial was made."""

    steps_per_epoch: int
    steps: int
    train_per_second: float | None = None
    evaluate_per_second: float | None = None
    seconds: float | None = None
    warning: str = ""
    """What went wrong in the first steps, if anything did."""


def measure(config: RunConfig, data: Data, cancelled: Callable[[], bool] = lambda: False) -> Cost | None:
    """Train and evaluate for a moment and throw the result away; None if it was cancelled meanwhile.

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
        state = TrainState.new(config, data)
        trained = _train(config, state, data, cancelled)
        if isinstance(trained, str):
            return Cost(per_epoch, steps, warning=trained)
        evaluated = _evaluate(config, state, data, cancelled)
    if trained is None or evaluated is None:
        return None
    when = config.evaluate.when
    times = (config.epochs if "epoch" in when else int("end" in when)) + int("start" in when)
    to_measure = times * sum(data.sizes[split] for split in config.evaluate.splits)
    samples = data.sizes["train"] * config.epochs if config.iterations is None else steps * config.batch_size
    seconds = samples / trained + to_measure / evaluated
    return Cost(per_epoch, steps, trained, evaluated, seconds)


def _train(config: RunConfig, state: TrainState, data: Data, cancelled: Callable[[], bool]) -> float | str | None:
    """Samples a second; why training failed; or None where it was cancelled."""
    stream = fit(config, state, data)
    until = time.monotonic() + TRIAL
    speeds: list[tuple[int, float]] = []
    try:
        for event in stream:
            if cancelled():
                return None
            if isinstance(event, StepsEnded):
                speeds.append((event.samples, event.seconds))
            if time.monotonic() > until and speeds:
                break
    except TrainingFailed as error:
        return str(error)
    finally:
        stream.close()
    steady = speeds[1:] or speeds  # the first steps pay for what is set up once
    return sum(n for n, _seconds in steady) / max(1e-9, sum(seconds for _n, seconds in steady))


def _evaluate(config: RunConfig, state: TrainState, data: Data, cancelled: Callable[[], bool]) -> float | None:
    """Samples a second, or None where it was cancelled. A quick evaluation is repeated: its first one is slow."""
    began = time.monotonic()
    done = 0
    while not done or time.monotonic() - began < TRIAL / 4:
        before, stream = done, evaluate(config, state, data)
        try:
            for event in stream:
                if cancelled():
                    return None
                if isinstance(event, EvaluationProgressed):
                    done = before + event.done
                elif isinstance(event, Evaluated):
                    done = before = before + event.n
                if time.monotonic() - began > TRIAL:
                    break
        except TrainingFailed:  # a loss that is not finite takes as long as any other
            done = max(done, 1)
        finally:
            stream.close()
    return done / max(1e-9, time.monotonic() - began)
