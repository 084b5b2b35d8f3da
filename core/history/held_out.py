"""What the doctor finds in results on samples that were not trained on; and what a finding is. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.components.metrics import lower_is_better
from core.events.events import RunStarted
from core.history.dummy import compared
from core.history.history import History
from core.system.text import number

MIN_STEPS = 100
"""Before that only a loss that explodes is worth a word."""
MIN_SAMPLES = 16
"""What fewer samples say of units and classes may be chance."""


@dataclass(frozen=True)
class Finding:
    """`kind` is for programs; `evidence`, one line with the numbers, and `advice`, one suggestion, are for people."""

    kind: str
    evidence: str
    advice: str

    @property
    def line(self) -> str:
        return f"{self.kind}: {self.evidence}; {self.advice}"


def overfitting(run: RunStarted, history: History) -> list[Finding]:
    """The loss on other data has turned upwards for good, while that on the train split goes on falling."""
    split = "validation" if "validation_loss" in history.metrics else "test"
    other, train = history.metrics.get(f"{split}_loss"), history.metrics.get("train_loss")
    if other is None or train is None or not len(history.losses):
        return []
    steps, at, train_at = np.intersect1d(other.x, train.x, return_indices=True)
    losses, trained = other.mean[at], train.mean[train_at]
    if not len(steps) or not np.isfinite(losses).all() or not np.isfinite(trained).all():
        return []
    best = int(np.argmin(losses))
    since = losses[best:]
    if len(since) < 8:
        return []
    lowest, now = float(losses[best]), float(since[-5:].min())
    swings = float(np.median(np.abs(np.diff(since))))
    risen = now > 1.25 * lowest and now - lowest > max(4 * swings, 0.01 * float(history.losses.high[0]))
    if not risen or float(np.median(trained[-3:])) > 0.8 * trained[best]:
        return []
    first, last = (round(step / run.steps_per_epoch) for step in (steps[best], steps[-1]))
    evidence = (
        f"{split} loss rose from {lowest:.4g} in epoch {first} to {losses[-1]:.4g} in epoch {last}, "
        f"while train loss fell from {trained[best]:.4g} to {trained[-1]:.4g}"
    )
    return [Finding("overfitting", evidence, _kept_in_time(run))]


def no_better(run: RunStarted, history: History, advice: str) -> list[Finding]:
    """A result that needs no network. `advice` is that for the cause, if there is one."""
    result = compared(history)
    if result is None or history.state != "completed" or result.better:  # before its end it may just come late
        return []
    split, _, measure = result.column.partition("_")
    if result.value == (0.0 if lower_is_better(result.column) else 1.0) or run.sizes.get(split, 0) < MIN_SAMPLES:
        return []  # nothing is better than that, or it may be chance
    shown, dummy = (
        (f"{100 * value:.1f} %" if measure == "accuracy" else number(value)) for value in (result.value, result.dummy)
    )
    what = "the mean" if lower_is_better(result.column) else "the most frequent class"
    evidence = f"{split} {measure} {shown} is no better than {dummy}, by always answering {result.answer}, {what}"
    if not advice and history.trials is None and history.step < MIN_STEPS:
        advice = f"train for longer: epochs={10 * history.epochs}"
    if not advice:
        learned, known = history.last.get(f"train_{measure}"), run.dummy.get(f"train_{measure}")
        by_heart = learned is not None and known is not None and replace(result, value=learned, dummy=known).better
        advice = _kept_in_time(run) if by_heart else better_suited(run)
    return [Finding("no-better", evidence, advice)]


def _kept_in_time(run: RunStarted) -> str:
    """Against a network that goes on to learn the train split by heart."""
    kept = run.config.get("stop", {}).get("keep_best")
    if "validation" in run.sizes:
        return "try a smaller network" if kept else "keep the weights of the best epoch: stop.keep_best=true"
    also = "" if kept else " stop.keep_best=true"  # by itself it would choose on the test split
    return f"keep the epoch that is best on a validation split: split.validation=0.2{also}"


def better_suited(run: RunStarted) -> str:
    if run.config.get("model", {}).get("name") == "linear":
        return "try a network with hidden layers: model.name=mlp"
    pictures = bool(run.layers) and run.layers[0].get("type") in ("Flatten", "Conv2d")
    if not pictures and "features" not in run.config.get("standardise", []):
        return "bring the features to one scale: standardise=features"
    return "try a larger network"
