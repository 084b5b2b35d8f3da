"""What it means that a run gets another length: its schedule from here on, and the part of an epoch that it ended with.

A schedule that does not depend on the length (constant, warmup, step, plateau) makes the same run of it that one
planned so long would have been, bit for bit. One that does (cosine, one-cycle) is from here on that of a run planned so
long; the rates so far are what they were, and a note says how far the next one is from the last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.components.keys import as_text
from core.components.learning_rate import LearningRate
from core.events.events import StepsEnded
from core.experiment.schema import RunConfig
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.training.state import EpochSums, TrainState

LOOKS = 1000
"""Steps at which two schedules are compared, at most."""


def notes(before: Mapping[str, Any], after: RunConfig, state: TrainState, train: int) -> list[str]:
    """What one should know of the schedule, which stays, where the length of the run becomes that of `after`; `before`
    are the tables of its config so far, `train` the samples in its train split."""
    schedule = dict(after.schedule)
    if not state.step:
        return []
    per_epoch = math.ceil(train / after.batch_size)
    steps = int(before.get("iterations") or before["epochs"] * per_epoch)
    old, new = LearningRate(schedule, steps, per_epoch), LearningRate.of(after, train)
    looks = min(LOOKS, state.step)
    past = [i * (state.step - 1) // max(1, looks - 1) for i in range(looks)]
    if all(old.at(1.0, step) == new.at(1.0, step) for step in past):
        return []
    key = "iterations" if after.iterations else "epochs"
    drops = state.plateau.drops
    last, following = old.at(state.base_lr, state.step - 1, drops), new.at(state.base_lr, state.step, drops)
    return [
        f"the schedule {schedule['name']} is from here on that of a run of {getattr(after, key):,} {key}: the learning "
        f"rate goes from {_short(last)} to {_short(following)} with step {state.step + 1:,}"
    ]


def _short(value: float) -> str:
    return as_text(float(f"{value:.3g}"))


def rewind(state: TrainState, run_dir: RunDir, per_epoch: int, batch_size: int) -> None:
    """Into the last epoch of a run that ended in the middle of one, so that it goes on there. What that has added up so
    far is in the log."""
    state.epoch = state.step // per_epoch
    state.batch = state.step - state.epoch * per_epoch
    state.sums = EpochSums()
    for event in read_events(run_dir.events, wanted=lambda line: b'"StepsEnded"' in line):
        if isinstance(event, StepsEnded) and event.epoch == state.epoch + 1:
            state.sums.batch_loss += sum(event.losses)
            state.sums.loss += batch_size * sum(event.losses)
            state.sums.seconds += event.seconds
