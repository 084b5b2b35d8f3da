"""Loss and metrics of all trials of a stack at once, as `fit` has them for each."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from core.components.metrics import METRICS
from core.data.inputs import Inputs
from core.data.parts import Data
from core.stack.losses import StackedLoss
from core.stack.network import StackedNetwork
from core.stack.state import Columns, StackProgressed, StackState
from core.system import clock
from core.training.steering import report_is_due

WORK_AT_A_TIME = 2 * 10**8
"""Multiplications between two looks at the clock: less than a hundredth of a second."""

Measuring = Generator[StackProgressed, None, Columns]
"""Returns one value in each column for each trial measured; yields only to give the consumer its turn."""


def predictions(inputs: Inputs, output: Tensor) -> Tensor:
    """Outputs (trials, outputs, samples) → (trials, samples), as metrics take them."""
    return inputs.predictions(output.mT.flatten(0, 1)).view(len(output), -1)


def accuracies(predicted: Tensor, target: Tensor) -> Tensor:
    """Of class indices (trials, n): (trials,) float64."""
    return (predicted == target).sum(1).double() / predicted.shape[1]


def measure_running(state: StackState, target: Tensor) -> Measuring:
    """The train columns as the batches came by in the epoch, each before its update; `target` in their order."""
    assert state.predicted is not None, "every step has added to it"
    loss = (state.loss_sum / state.predicted.shape[1]).tolist()
    return {"train_loss": loss, **(yield from _metrics(state, "train", state.predicted, target))}


def evaluate_stack(state: StackState, network: StackedNetwork, data: Data, loss: StackedLoss) -> Measuring:
    """The columns of the splits of `config.evaluate`, for the trials of `network`: those of the stack, or some."""
    columns: Columns = {}
    size = max(1, WORK_AT_A_TIME // max(1, len(network.weights)))
    began = clock.now()
    for split in state.configs[0].evaluate.splits:
        part = data.splits[split]
        n, x, y = len(part), *(each.expand(len(network), *each.shape) for each in (part.x.flatten(1), part.y))
        loss_sum = torch.zeros(len(network), dtype=torch.float64, device=x.device)
        predicted: list[Tensor] = []
        for start in range(0, n, size):
            with torch.inference_mode():
                some = slice(start, start + size)
                losses, output = loss(network.forward(x[:, some])[0], y[:, some])
                loss_sum += losses.sum(1, dtype=torch.float64)
                predicted.append(predictions(state.inputs, output))
            if report_is_due(began):
                yield state.progressed(state.epoch + 1, {})
                began = clock.now()
        columns[f"{split}_loss"] = (loss_sum / n).tolist()
        columns |= yield from _metrics(state, split, torch.cat(predicted, 1), part.target)
    return columns


def _metrics(state: StackState, split: str, predicted: Tensor, target: Tensor) -> Measuring:
    """`config.metrics` of predictions (trials, n), the targets (n,) or (trials, n)."""
    columns: Columns = {}
    began = clock.now()
    for name in state.configs[0].metrics or []:
        if name == "accuracy":
            columns[f"{split}_accuracy"] = accuracies(predicted, target).tolist()
            continue
        column = columns[f"{split}_{name}"] = []
        for of_trial, target_of_trial in zip(predicted.cpu(), target.cpu().expand_as(predicted), strict=True):
            column.append(float(METRICS[name].build(of_trial, target_of_trial)))
            if report_is_due(began):
                yield state.progressed(state.epoch + 1, {})
                began = clock.now()
    return columns
