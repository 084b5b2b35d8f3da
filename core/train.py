"""fit: the textbook training loop as a lazy stream of events.

For each epoch, for each batch: forward, loss, backward, step; then evaluate. Threads, files, timers and screens live
elsewhere: whoever pulls decides. Nothing is yielded inside `inference_mode`, which the consumer would inherit.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from torch import Tensor, nn

from core.config import RunConfig
from core.data import Data, load_data
from core.evaluate import evaluate, measures_train, metrics_of, not_finite
from core.events import EpochEnded, Evaluated, StepsEnded, Stream, TrainingFailed
from core.inspect_network import Inspector
from core.state import EpochSums, Stopped, Telling, TrainState, pick_device, report_is_due, tell


def batch_order(config: RunConfig, epoch: int, n: int) -> Tensor | None:
    """The order (n,) of the samples in `epoch` (0 for the first), or None when they are not shuffled.

    It depends on the seed and the epoch alone, so a resumed run needs no generator state for it.
    """
    if not config.shuffle:
        return None
    seed = int(np.random.SeedSequence([config.seed, epoch]).generate_state(1, np.uint64)[0] >> 1)
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Stream:
    """Train `state` (fresh if None) from where it stands to the end, telling what happens.

    Returns why that was the end: an empty string after `config.epochs`, else the condition of `config.stop` that was
    met; None when it was stopped. Send `Stop` at a yield and the stream ends with `state` ready to be saved and
    continued; send `Set` to change the learning rate. Raises TrainingFailed when a loss is NaN or infinite.
    """
    data = data or load_data(config, pick_device(config.device))
    config = config.fitted_to(data.facts)
    state = state or TrainState.new(config, data)
    try:
        yield from _train(config, state, data)
    except Stopped:
        return None
    return state.stopping.reason


def _train(config: RunConfig, state: TrainState, data: Data) -> Telling:
    train, size = data.splits["train"], config.batch_size
    model, optimizer = state.model, state.optimizer
    batches = math.ceil(len(train) / size)
    factor = config.component("schedule").build(config.epochs * batches, batches, **config.arguments("schedule"))
    when, inspector = config.evaluate.when, Inspector(state, data)
    if state.step == 0 and "start" in when:
        yield from evaluate(config, state, data)
    while not state.over(config):
        order = batch_order(config, state.epoch, len(train))
        order = order if order is None else order.to(state.device)
        report = _Report(state, train.target, running=not measures_train(config, "epoch"))
        model.train()
        while state.batch < batches:
            chosen = slice(state.batch * size, (state.batch + 1) * size)
            rows = chosen if order is None else order[chosen]
            x, y = train.x[rows], train.y[rows]
            state.use_lr(state.base_lr * factor(state.step))
            output = model(x)
            loss = state.loss(output, y)
            optimizer.zero_grad()
            loss.backward()
            if config.clip_grad_norm is not None:
                report.grad_norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip_grad_norm)
            optimizer.step()

            state.batch += 1
            state.step += 1
            report.add(loss, output, rows)
            if report.due or state.batch == batches:
                yield from report.tell()
        last = state.epoch + 1 == config.epochs
        if not measures_train(config, "epoch") and not (last and measures_train(config, "end")):
            yield from tell(state, _running(config, state, train.target if order is None else train.target[order]))
        if "epoch" in when:
            yield from evaluate(config, state, data)
        state.stopping.end_epoch(config.stop, state.epoch + 1)
        over = last or bool(state.stopping.reason)
        if over and "end" in when and "epoch" not in when:
            yield from evaluate(config, state, data)
        if over or inspector.due:
            yield from tell(state, inspector.inspect())
        seconds, state.sums = state.sums.seconds, EpochSums()
        state.epoch, state.batch = state.epoch + 1, 0
        yield from tell(state, EpochEnded(epoch=state.epoch, step=state.step, seconds=seconds))


def _running(config: RunConfig, state: TrainState, target: Tensor) -> Evaluated:
    """The train metrics as they came by in the epoch, each batch before its update; `target` in that order."""
    sums, n = state.sums, len(target)
    metrics = {"loss": sums.loss / n, **metrics_of(config, torch.cat(sums.predicted), target)}
    state.stopping.saw("train", metrics)
    if "accuracy" in metrics:
        metrics["last_batch_accuracy"] = sums.last_batch_accuracy
    return Evaluated(
        epoch=state.epoch + 1,
        step=state.step,
        split="train",
        n=n,
        metrics=metrics,
        batch_loss_sum=sums.batch_loss,
        batches=state.batch,
        seconds=0.0,
    )


class _Report:
    """Collects batches between two StepsEnded. Losses stay tensors until then: a GPU is read 20 times a second."""

    def __init__(self, state: TrainState, target: Tensor, *, running: bool) -> None:
        self._state = state
        self._target = target
        self._running = running
        self.grad_norm: Tensor | None = None
        """Of the last step, before clipping; None where gradients are not clipped."""
        self._start()

    def _start(self) -> None:
        self._losses: list[Tensor] = []
        self._predicted: list[Tensor] = []
        self._sizes: list[int] = []
        self._began = time.perf_counter()

    @property
    def due(self) -> bool:
        return report_is_due(self._began)

    def add(self, loss: Tensor, output: Tensor, rows: Tensor | slice) -> None:
        self._losses.append(loss.detach())
        self._sizes.append(len(output))
        self._last_output, self._last_rows = output.detach(), rows
        if self._running:
            self._predicted.append(self._state.inputs.predictions(self._last_output))

    def tell(self) -> Telling:
        """Yield the collected batches as StepsEnded, their sums added to the state, and start anew.

        Raises TrainingFailed after the event when its last loss is not finite.
        """
        event = self._steps_ended()
        reason = not_finite("loss", event.losses[-1], event.first_step + len(event.losses) - 1)
        if reason:
            yield event  # commands are void now: the weights are already spoilt
            raise TrainingFailed(reason)
        yield from tell(self._state, event)
        self._start()

    def _steps_ended(self) -> StepsEnded:
        state, sums = self._state, self._state.sums
        losses: list[float] = torch.stack(self._losses).tolist()
        first_step = state.step - len(losses) + 1
        sums.batch_loss += sum(losses)
        sums.loss += sum(loss * n for loss, n in zip(losses, self._sizes, strict=True))
        sums.predicted += self._predicted
        if state.inputs.task == "classification":
            right = state.inputs.predictions(self._last_output) == self._target[self._last_rows]
            sums.last_batch_accuracy = int(right.sum()) / len(right)
        seconds = time.perf_counter() - self._began
        sums.seconds += seconds
        spoilt = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
        if self.grad_norm is None:
            gradients = [p.grad for p in state.model.parameters() if p.grad is not None]
            grad_norm = nn.utils.get_total_norm(gradients)
        else:
            grad_norm = self.grad_norm
        return StepsEnded(
            epoch=state.epoch + 1,
            first_step=first_step,
            losses=losses[: spoilt + 1],
            lr=state.lr,
            samples=sum(self._sizes),
            seconds=seconds,
            grad_norm=float(grad_norm),
        )
