"""The doctor: what is wrong with a run, as far as its history proves it. Needs no torch.

A finding names the numbers that it rests on and suggests one thing. Losses are judged against that of the untrained
network: a jump that is noise at 2.3 is everything at 0.01. What a healthy run may show is no finding; whoever hears
false alarms stops listening.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from core.events.events import NetworkInspected, RunStarted
from core.history.held_out import MIN_SAMPLES, MIN_STEPS, Finding, better_suited, no_better, overfitting
from core.history.history import History
from core.history.series import Floats
from core.system.text import fixed

USUAL_LR = {"sgd": 0.01}
"""From here on a flat loss is not put down to a low learning rate; 0.001 for the other optimizers."""
BLOCKS = 20
"""Stretches of equal length that the batch losses are cut into: their means hide the noise of single batches."""
POOR_ACCURACY, POOR_R2 = 0.8, 0.25
"""Below that a network has not learned enough to be called healthy whatever else is seen."""


def diagnose(history: History) -> list[Finding]:
    """What is wrong with the run so far, most serious first. A symptom is told with its cause, and advises the same."""
    run = history.run
    if run is None:
        return []
    if history.trials is not None:
        return no_better(run, history, "")
    with np.errstate(all="ignore"):  # losses of 1e38 overflow; a warning would be printed across the screen
        broken = _not_finite(history)
        if broken:
            return broken  # the weights are spoilt: what else is seen follows from that
        curve = Curve.of(run, history)
        found = _too_fast(history, curve) + _dead_units(history)
        looked = history.inspection is not None  # a standing loss has another cause where units are dead
        if not found and looked:
            found = _too_slow(run, history, curve) or _dead_classes(run, history)
        found += _one_class(run, history, found[0].advice if found else "")
        if not found and looked:
            found = _plateau(run, history, curve)
        found += overfitting(run, history)
        return found + no_better(run, history, found[0].advice if found else "")


@dataclass(frozen=True)
class Curve:
    """The batch losses so far, and what they are measured against."""

    untrained: float
    """The loss of the first batch, of more where batches are small, or of guessing where that is higher."""
    compared: str
    """The same in words."""
    losses: Floats
    """The mean of each bucket of the series."""
    steps: Floats
    """The first step of each bucket."""
    samples: int
    """In a bucket: the more, the steadier its mean."""
    part: float
    """Of the run's steps that are done, 0-1."""

    @classmethod
    def of(cls, run: RunStarted, history: History) -> Curve | None:
        """None before there is enough of it, or where losses begin at 0 or below: ratios of those mean nothing."""
        series = history.losses
        known = np.isfinite(series.mean)
        losses = series.mean[known]
        if len(losses) < 10:
            return None
        samples = max(1, min(int(run.config.get("batch_size", 1)), run.sizes.get("train", 1))) * series.stride
        enough = 8 if _classifies(history) else 32  # values to predict may lie far from the first guess, or on it
        first, guessing = float(np.median(losses[: math.ceil(enough / samples)])), _guessing(history)
        if first <= 0:
            return None
        return cls(
            untrained=max(first, guessing),
            compared=f"guessing gives {guessing:.4g}" if guessing > first else f"it began at {first:.4g}",
            losses=losses,
            steps=series.x[known],
            samples=samples,
            part=history.step / max(1, history.total_steps),
        )

    @property
    def long(self) -> bool:
        return len(self.losses) >= MIN_STEPS

    def last(self, share: float) -> Floats:
        return self.losses[self._first(share) :]

    def since(self, share: float) -> str:
        """From where `last(share)` is, in words."""
        return f"since step {self.steps[self._first(share)]:,.0f}"

    def _first(self, share: float) -> int:
        return len(self.losses) - max(1, round(share * len(self.losses)))

    def blocks(self) -> tuple[Floats, float]:
        """The means of `BLOCKS` stretches, and the standard error of such a mean by the noise within them."""
        parts = np.array_split(self.losses, BLOCKS)
        error = float(np.median([part.std() / math.sqrt(len(part)) for part in parts]))
        return np.array([part.mean() for part in parts]), error


def _not_finite(history: History) -> list[Finding]:
    """A loss that is no number has ended the run."""
    failed = re.match(r"[^;]*(?:loss|weights) became (NaN|infinite) (?:at|by) step \d+", history.reason)
    if history.state != "failed" or failed is None:
        return []
    evidence, known = failed[0], np.flatnonzero(np.isfinite(history.losses.high))
    if len(known):
        best = int(np.nanargmin(history.losses.low))
        lowest, step, last = history.losses.low[best], history.losses.x[best], history.losses.high[known[-1]]
        evidence += f"; the lowest batch loss was {lowest:.4g} at step {step:,.0f}, the last one {last:.4g}"
    return [Finding("nan", evidence, _slower(history))]


def _too_fast(history: History, curve: Curve | None) -> list[Finding]:
    """Steps too long for the loss: it has run away, stands above where it was, or swings and gets nowhere."""
    if curve is None:
        return []
    untrained, recent = curve.untrained, float(np.median(curve.losses[-10:]))
    if recent > 10 * untrained:
        evidence = (
            f"the batch loss is about {recent:.4g} at step {history.step:,}; {curve.compared}, "
            f"and its lowest was {curve.losses.min():.4g}"
        )
        return [Finding("exploding", evidence, _slower(history))]
    if not curve.long:
        return []
    level = float(np.median(curve.last(0.25)))
    if level > (1.2 if _classifies(history) else 2) * untrained:
        evidence = f"the batch loss has been about {level:.4g} {curve.since(0.25)}; {curve.compared}"
        return [Finding("lr-high", evidence, _slower(history))]
    blocks, error = curve.blocks()
    best, now = float(blocks.min()), float(blocks[-4:].min())
    if now > 2 * best and now - best > max(0.25 * untrained, 5 * error):
        evidence = f"the batch loss had come down to {best:.4g} and has been at least {now:.4g} {curve.since(0.2)}"
        return [Finding("lr-high", evidence, _slower(history))]
    if len(curve.losses) < 6 * MIN_STEPS:
        return []
    half = curve.last(0.5)
    before, after = (float(part.mean()) for part in np.array_split(half, 2))
    jump = float(np.median(np.abs(np.diff(half))))
    # The jumps of single samples: those of means over n are √n times smaller. 1.5 is more than mixed-up classes cause.
    wild = jump * math.sqrt(curve.samples) > max(0.75 * untrained, 1.5)
    if wild and after > 0.9 * before and _classifies(history):
        low, high = np.quantile(half, [0.05, 0.95])
        evidence = (
            f"the batch loss has jumped between {low:.4g} and {high:.4g} {curve.since(0.5)}, "
            f"and its mean only went from {before:.4g} to {after:.4g}"
        )
        return [Finding("lr-high", evidence, _slower(history))]
    return []


def _dead_units(history: History) -> list[Finding]:
    """Nearly all of a layer: of a small one half may lie idle in a network that works well."""
    inspection = history.inspection
    if inspection is None or not inspection.dead or inspection.samples < MIN_SAMPLES or not _poor(history):
        return []
    layer, share = max(inspection.dead.items(), key=lambda each: each[1])
    if share < 0.8:
        return []
    evidence = f"{100 * share:.0f} % of the units of {layer} are 0 for all of {_samples(inspection)}"
    return [Finding("dead-relu", evidence, _slower(history))]


def _too_slow(run: RunStarted, history: History, curve: Curve | None) -> list[Finding]:
    """The loss goes down evenly, or not at all, and at this pace will not lose a tenth by the end of the run."""
    if curve is None or not curve.long or curve.part < 0.2 or not _poor(history):
        return []
    blocks, error = curve.blocks()
    first, now = float(blocks[0]), float(blocks[-1])
    lost = -_slope(blocks) * BLOCKS
    early = curve.losses[:5]
    fell_at_once = early.mean() - blocks[1] > max(0.02 * first, 3 * curve.losses.std() / math.sqrt(len(early)))
    risen = now > first + max(0.005 * first, 3 * error)
    uneven = np.ptp(blocks) > max(0.2 * first, 8 * error)
    if fell_at_once or risen or uneven or lost > 0.1 * first * curve.part:
        return []
    usual = USUAL_LR.get(run.config.get("optimizer", {}).get("name", ""), 0.001)
    if lost < 3 * error and history.base_lr >= usual:
        return []  # flat: nothing to learn for this network, more likely
    evidence = (
        f"the mean batch loss went from {first:.5g} to {now:.5g} in {history.step:,} steps "
        f"with a learning rate of {history.base_lr:g}"
    )
    return [Finding("lr-low", evidence, _rate("try ten times the learning rate", 10 * history.base_lr))]


def _dead_classes(run: RunStarted, history: History) -> list[Finding]:
    """Classes whose output a last ReLU has cut to 0. Without one a class may just come late."""
    inspection = history.inspection
    if inspection is None or not _late(history, inspection) or not run.layers or run.layers[-1].get("type") != "ReLU":
        return []
    often = max(5.0, inspection.samples / (2 * max(1, len(inspection.actual))))
    answers = enumerate(zip(inspection.predicted, inspection.actual, strict=True))
    missing = {number: actual for number, (predicted, actual) in answers if not predicted and actual >= often}
    if not missing:
        return []
    names = f"class{'es' if len(missing) > 1 else ''} {', '.join(str(number) for number in missing)}"
    evidence = f"none of {_samples(inspection)} is predicted as {names}, though {sum(missing.values())} are"
    return [Finding("dead-class", evidence, "leave out the last ReLU: model.output_activation=none")]


def _one_class(run: RunStarted, history: History, advice: str) -> list[Finding]:
    """One answer for (nearly) all samples, where that is not right. `advice` is that for the cause, if there is one."""
    inspection = history.inspection
    if inspection is None or not inspection.predicted or not _late(history, inspection):
        return []
    number = int(np.argmax(inspection.predicted))
    predicted, actual = inspection.predicted[number], inspection.actual[number]
    if predicted < 0.98 * inspection.samples or actual > 0.9 * inspection.samples:
        return []
    evidence = f"{predicted} of {_samples(inspection)} are predicted as class {number}, and {actual} are"
    data = run.config.get("dataset", {}).get("name", "")
    look = f"see whether samples and labels belong together: nntui data show {data}"
    return [Finding("one-class", evidence, advice or look)]


def _plateau(run: RunStarted, history: History, curve: Curve | None) -> list[Finding]:
    """Flat for the second half of the steps, and not because all is learned."""
    if curve is None or len(curve.losses) < 2 * MIN_STEPS or curve.part < 0.2 or not _poor(history):
        return []
    before, after = (float(part.mean()) for part in np.array_split(curve.last(0.5), 2))
    if abs(after - before) > 0.005 * before or after < 0.5 * _guessing(history):
        return []
    evidence = f"the mean batch loss went from {before:.4g} to {after:.4g} {curve.since(0.5)}, with {_learned(history)}"
    return [Finding("plateau", evidence, better_suited(run))]


def _slower(history: History) -> str:
    return _rate("try a tenth of the learning rate", history.base_lr / 10)


def _rate(words: str, lr: float) -> str:
    return f"{words}: optimizer.lr={lr:.3g}" if lr else words


def _slope(values: Floats) -> float:
    """Of the line that fits best, per value."""
    x = np.arange(len(values)) - (len(values) - 1) / 2
    return float(x @ values / (x @ x))


def _late(history: History, inspection: NetworkInspected) -> bool:
    """Whether what a network answers at this point says more than that it has just begun."""
    return (
        inspection.samples >= MIN_SAMPLES
        and inspection.step >= MIN_STEPS
        and inspection.epoch >= 0.2 * history.epochs
        and len(inspection.predicted) == len(inspection.actual)
    )


def _samples(inspection: NetworkInspected) -> str:
    return f"{inspection.samples} test samples after epoch {inspection.epoch}"


def _latest(history: History, metric: str) -> float:
    """Of the first split that it was measured on; NaN where it was not."""
    columns = (f"{split}_{metric}" for split in ("train", "validation", "test"))
    return next((history.last[column] for column in columns if column in history.last), math.nan)


def _classifies(history: History) -> bool:
    return not math.isnan(_latest(history, "accuracy"))


def _poor(history: History) -> bool:
    """Whether it was measured that little was learned."""
    return _latest(history, "accuracy") < POOR_ACCURACY or _latest(history, "r2") < POOR_R2


def _learned(history: History) -> str:
    if _classifies(history):
        return f"an accuracy of {100 * _latest(history, 'accuracy'):.1f} %"
    return f"an R² of {fixed(_latest(history, 'r2'), '.2f')}"


def _guessing(history: History) -> float:
    """The loss of giving all classes the same probability; 0 where there are none, or it is not known yet."""
    classes = len(history.inspection.actual) if history.inspection else 0
    return math.log(classes) if classes else 0.0
