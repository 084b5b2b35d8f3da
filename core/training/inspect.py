"""Looks into the network at epoch ends: which units never answer, which classes it never names.

It changes nothing: no weights, no mode, no random numbers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from core.data.parts import Data
from core.events.events import NetworkInspected
from core.training.state import TrainState

EVERY = 1.0
"""Seconds: epochs that are shorter share an inspection."""
SHARE = 0.005
"""Of the time at most that is spent on inspections, however slow one is."""
SAMPLES = 512
"""Of the test split, its first ones: a stride could fall in step with data that comes in turn by class."""


class Inspector:
    """Inspects the network of `state`, and knows when the next time is worth its cost."""

    def __init__(self, state: TrainState, data: Data) -> None:
        self._state, self._test, self._classes = state, data.splits["test"], len(data.classes)
        self._next = state.now() + EVERY

    @property
    def due(self) -> bool:
        return self._state.now() >= self._next

    def inspect(self) -> NetworkInspected:
        state, test, n = self._state, self._test, min(SAMPLES, len(self._test))
        began = state.now()
        output, dead = forward(state.model, test.x[:n])
        predicted: list[int] = []
        actual: list[int] = []
        if state.inputs.task == "classification":
            predicted = _count(state.inputs.predictions(output), self._classes)
            actual = _count(test.target[:n], self._classes)
        ended = state.now()
        self._next = ended + max(EVERY, (ended - began) / SHARE)
        return NetworkInspected(
            epoch=state.epoch + 1, step=state.step, samples=n, dead=dead, predicted=predicted, actual=actual
        )


def forward(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The output for `x`, as in an evaluation, and the share of dead units of each ReLU layer by its name."""
    dead: dict[str, float] = {}
    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ReLU):

            def note(_module: nn.Module, _inputs: Any, output: Tensor, name: str = name) -> None:
                dead[name] = dead_share(output)

            hooks.append(module.register_forward_hook(note))
    training = model.training
    try:
        model.eval()
        with torch.inference_mode():
            return model(x), dead
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()


def dead_share(output: Tensor) -> float:
    """Share of the units of (n, units), or of the feature maps of (n, maps, height, width), that are 0 everywhere."""
    everything_else = [dimension for dimension in range(output.ndim) if dimension != 1]
    return float((output.count_nonzero(dim=everything_else) == 0).double().mean())


def _count(classes: Tensor, n: int) -> list[int]:
    """How often each of the class indices 0 … n - 1 occurs."""
    counts: list[int] = classes.cpu().bincount(minlength=n).tolist()
    return counts
