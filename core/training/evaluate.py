"""Evaluation: loss and metrics over whole splits, told as events while it lasts."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.components.metrics import METRICS
from core.data.parts import Data, Part
from core.events.commands import TrainingFailed
from core.events.events import Evaluated, EvaluationProgressed, Split
from core.experiment.schema import RunConfig
from core.training.state import TrainState
from core.training.steering import Telling, report_is_due, tell


def evaluate(config: RunConfig, state: TrainState, data: Data) -> Telling:
    """Measure the splits of `config.evaluate`, in the state that training is in. Raises TrainingFailed when a loss is
    not finite."""
    for split in config.evaluate.splits:
        yield from _measure(config, state, data.splits[split], split)


def measures_train(config: RunConfig, moment: str) -> bool:
    """Whether the train split is evaluated at `moment`; after an epoch in which it is not, its running values count."""
    return moment in config.evaluate.when and "train" in config.evaluate.splits


def measures_running(config: RunConfig, epoch: int) -> bool:
    """Whether the running values of the train split count after `epoch`, 0 for the first: it is not evaluated then."""
    last = epoch + 1 == config.epochs
    return not measures_train(config, "epoch") and not (last and measures_train(config, "end"))


def metrics_of(config: RunConfig, predicted: Tensor, target: Tensor) -> dict[str, float]:
    """The metrics of `config` over predictions and targets (n,)."""
    predicted, target = predicted.cpu(), target.cpu()
    return {name: float(METRICS[name].build(predicted, target)) for name in config.metrics or []}


def _measure(config: RunConfig, state: TrainState, part: Part, split: Split) -> Telling:
    """Evaluate one split in batches, then yield Evaluated; a long one also yields its progress."""
    size = config.evaluate.batch_size or config.batch_size
    n, epoch = len(part), 0 if state.step == 0 else state.epoch + 1
    losses: list[Tensor] = []
    predicted: list[Tensor] = []
    seconds, began = 0.0, state.now()
    state.ask()
    for start in range(0, n, size):
        x, y = part.x[start : start + size], part.y[start : start + size]
        with torch.inference_mode():
            output = state.answer(x)
            losses.append(state.loss(output, y))
            predicted.append(state.inputs.predictions(output))
        if report_is_due(began, state.now) and start + size < n:
            seconds += state.now() - began
            done = start + size
            yield from tell(state, EvaluationProgressed(epoch=epoch, step=state.step, split=split, done=done, n=n))
            began = state.now()
    means: list[float] = torch.stack(losses).tolist()
    loss = sum(mean * min(size, n - i * size) for i, mean in enumerate(means)) / n
    metrics = {"loss": loss, **metrics_of(config, torch.cat(predicted), part.target)}
    if epoch:
        state.stopping.saw(split, metrics)
    if split == "train" and state.step and "accuracy" in metrics:
        metrics["last_batch_accuracy"] = state.sums.last_batch_accuracy
    seconds += state.now() - began
    evaluated = Evaluated(
        epoch=epoch,
        step=state.step,
        split=split,
        n=n,
        metrics=metrics,
        batch_loss_sum=sum(means),
        batches=len(means),
        seconds=seconds,
    )
    reason = not_finite(f"{split} loss", loss, state.step)
    if reason:
        yield evaluated
        raise TrainingFailed(reason)
    yield from tell(state, evaluated)


def not_finite(what: str, value: float, step: int) -> str:
    """Why training cannot go on with this value, or an empty string."""
    if math.isfinite(value):
        return ""
    return f"{what} became {'NaN' if math.isnan(value) else 'infinite'} at step {step}; try a lower learning rate"
