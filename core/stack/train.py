"""train_stack: many small networks trained as one, each as `fit` trains it alone; only rounding differs.

A lazy stream, as `fit` is: whoever pulls decides, and at every yield the state is ready to be saved and continued.
Nothing is yielded inside `no_grad` or `inference_mode`. `core.stack.plan` says which trials may share a stack.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from core.components.learning_rate import LearningRate
from core.data.parts import Data, Part
from core.stack.evaluate import Measuring, accuracies, evaluate_stack, measure_running, predictions
from core.stack.losses import StackedLoss
from core.stack.state import Columns, StackEvent, StackState, TrialLeft
from core.system import clock
from core.training.batches import batch_order
from core.training.evaluate import measures_running, measures_train, not_finite
from core.training.finite import why_spoilt
from core.training.steering import report_is_due


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes on one thread meanwhile, and numbers too small for the type's full precision are 0.

    The operations of a stack are so short that two threads wait for each other, 20 times as long where another process
    wants the second core; and so what is computed does not depend on the number of cores. The moments of weights that
    are not needed any more decay until they are denormal, which processors take many times as long for: a search of
    many networks became half as fast by its end.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


def train_stack(state: StackState, data: Data) -> Generator[StackEvent, None, None]:
    """Train all trials of `state` from where they stand to the end, telling what happens at least every 50 ms.

    A trial whose loss becomes NaN or infinite fails alone. To stop, pull no more; to take a trial out, call
    `state.drop`. Pull it in `one_thread`.
    """
    config, train = state.configs[0], data.splits["train"]
    batches = math.ceil(len(train) / config.batch_size)
    rate = LearningRate.of(config, len(train))
    loss = StackedLoss(config)
    if state.step == 0 and "start" in config.evaluate.when:
        columns = yield from evaluate_stack(state, state.network, data, loss)
        _note_failures(state, state.numbers, columns)
        yield state.progressed(0, columns)
    while True:
        yield from _leave(state)
        if not state.live:
            return
        if state.batch == 0:  # not when the clock has it: rounding depends on the shape
            state.shrink()
        order, columns = _order(state, len(train)), {}
        while state.batch < batches:
            began, losses = clock.now(), list[Tensor]()
            while state.batch < batches and not (losses and report_is_due(began)):
                losses.append(_step(state, train, order, loss, rate.at(1.0, state.step)))
            columns = _batch_losses(state, losses)
            if state.batch < batches:
                yield state.progressed(state.epoch + 1, columns)
            yield from _leave(state)
            if not state.live:
                return
        columns |= yield from _measure_epoch(state, data, loss, order)
        _note_spoilt(state)
        yield from _leave(state)
        state.epoch, state.batch, state.predicted = state.epoch + 1, 0, None
        state.loss_sum.zero_()
        state.keep_best()
        yield state.progressed(state.epoch, columns)


def _order(state: StackState, n: int) -> Tensor | None:
    """The order of the samples in the epoch under way, (trials, n); None where they are not shuffled."""
    configs = [state.configs[number] for number in state.numbers]
    orders = {seed: batch_order(config, state.epoch, n) for seed, config in {c.seed: c for c in configs}.items()}
    shuffled = [order for config in configs if (order := orders[config.seed]) is not None]
    return torch.stack(shuffled).to(state.loss_sum.device) if shuffled else None


@torch.no_grad()
def _step(state: StackState, train: Part, order: Tensor | None, loss: StackedLoss, factor: float) -> Tensor:
    """One update of all trials; returns the loss of their batches before it, (trials,)."""
    config, network = state.configs[0], state.network
    start = state.batch * config.batch_size
    some = slice(start, min(start + config.batch_size, len(train)))
    x, y = train.x.flatten(1), train.y
    if order is None:
        x, y = (each[some].expand(len(network), *each[some].shape) for each in (x, y))
    else:
        x, y = x[order[:, some]], y[order[:, some]]
    z, seen = network.forward(x)
    losses, output, grad = loss.with_gradient(z, y)
    network.backward(grad, seen)
    if config.clip_grad_norm is not None:
        network.clip_grads(config.clip_grad_norm)
    state.optimizer.step(factor)

    batch_losses = losses.mean(1)
    state.loss_sum.add_(batch_losses, alpha=losses.shape[1])
    running, last = not measures_train(config, "epoch"), some.stop == len(train)
    if running or last:
        predicted = predictions(state.inputs, output)
        if running:
            if state.predicted is None:
                state.predicted = predicted.new_empty(len(network), len(train))
            state.predicted[:, some] = predicted
        if last and state.inputs.task == "classification":
            state.last_batch_accuracy = accuracies(predicted, train.target[some if order is None else order[:, some]])
    state.batch += 1
    state.step += 1
    return batch_losses


def _batch_losses(state: StackState, losses: list[Tensor]) -> Columns:
    """The column of the steps just done, `losses` (trials,) of each; notes the trials that failed in them."""
    table = torch.stack(losses).double()
    means: list[float] = table.mean(0).tolist()
    for i, number in enumerate(state.numbers):
        if number not in state.left and not math.isfinite(means[i]):
            values = table[:, i].tolist()
            at = next(at for at, value in enumerate(values) if not math.isfinite(value))
            state.failed[number] = not_finite("loss", values[at], state.step - len(values) + at + 1)
    return {"batch_loss": means}


def _measure_epoch(state: StackState, data: Data, loss: StackedLoss, order: Tensor | None) -> Measuring:
    """What `fit` tells at the end of an epoch; afterwards it is known which trials fail or stop in it."""
    config, target = state.configs[0], data.splits["train"].target
    when, last = config.evaluate.when, state.epoch + 1 == config.epochs
    columns: Columns = {}
    if measures_running(config, state.epoch):
        columns |= yield from measure_running(state, target if order is None else target[order])
    if "epoch" in when:
        columns |= yield from evaluate_stack(state, state.network, data, loss)
        _note_failures(state, state.numbers, columns)
    if config.stop.watches or config.stop.target:
        for i, number in enumerate(state.numbers):
            stopping = state.stopping[number]
            stopping.epoch = {name: values[i] for name, values in columns.items()}
            stopping.end_epoch(config.stop, state.epoch + 1)
    over = [i for i, number in enumerate(state.numbers) if last or state.stopping[number].reason]
    if over and "end" in when and "epoch" not in when:
        network = state.network if len(over) == len(state.numbers) else state.network.subset(over)
        measured = yield from evaluate_stack(state, network, data, loss)
        _note_failures(state, [state.numbers[i] for i in over], measured)
        for name, values in measured.items():
            column = columns.setdefault(name, [math.nan] * len(state.numbers))
            for i, value in zip(over, values, strict=True):
                column[i] = value
    if "train_accuracy" in columns:
        columns["last_batch_accuracy"] = state.last_batch_accuracy.tolist()
    return columns


def _note_failures(state: StackState, numbers: Sequence[int], columns: Columns) -> None:
    """Note which of the trials `numbers`, one in each row of `columns`, have a loss that is not finite."""
    for split in state.configs[0].evaluate.splits:
        for number, loss in zip(numbers, columns[f"{split}_loss"], strict=True):
            reason = not_finite(f"{split} loss", loss, state.step)
            if reason:
                state.failed.setdefault(number, reason)


def _note_spoilt(state: StackState) -> None:
    """Note which of the trials have weights that are not finite."""
    if not why_spoilt([state.network.weights], state.step):
        return
    for i, number in enumerate(state.numbers):
        reason = why_spoilt(state.network.parameters_of(i), state.step)
        if reason:
            state.failed.setdefault(number, reason)


def _leave(state: StackState) -> Generator[TrialLeft, None, None]:
    """Tell of the trials that are over, and take them out."""
    status: Literal["completed", "failed"]
    for number in state.live:
        epoch, status, reason = state.epoch, "completed", state.stopping[number].reason
        if number in state.failed:
            epoch, status, reason = state.epoch + 1, "failed", state.failed[number]
        elif state.batch or not (reason or epoch == state.configs[0].epochs):
            continue
        weights, best = state.state_dict_of(number), state.best_of(number)
        state.drop(number)
        yield TrialLeft(number, status, reason, epoch, state.step, weights, best)
