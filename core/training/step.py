"""How a batch changes a network: by PyTorch as the textbook has it, or, where every bit is the same, without its
overhead. `fit` does not know which."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from core.components.optimizers import step_of
from core.experiment.schema import RunConfig
from core.flat.step import FlatStep
from core.training.state import TrainState


class Step(Protocol):
    grad_norm: Tensor | None
    """Of the latest step, before clipping; None where gradients are not clipped."""

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from a batch: its mean loss (), and the output (n, outputs) before the update."""
        ...

    def settle(self) -> None:
        """Before anybody looks at the optimizer's state."""
        ...


class TextbookStep:
    """Forward, loss, backward, step."""

    grad_norm: Tensor | None = None

    def __init__(self, state: TrainState, clip: float | None) -> None:
        self._model, self._loss, self._optimizer = state.model, state.loss, state.optimizer
        self._update, self._clip = step_of(state.optimizer), clip

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        output = self._model(x)
        loss = self._loss(output, y)
        self._optimizer.zero_grad()
        loss.backward()
        if self._clip is not None:
            self.grad_norm = nn.utils.clip_grad_norm_(self._model.parameters(), self._clip)
        self._update()
        return loss.detach(), output.detach()

    def settle(self) -> None:
        """It is always as it should be."""


def step_for(config: RunConfig, state: TrainState) -> Step:
    """The quickest one that comes to the same bits; `state` is told of what goes with it."""
    own = any(config.component(kind).origin is not None for kind in ("model", "loss", "optimizer"))
    flat = None if own else FlatStep.of(state.model, state.loss, state.optimizer, config.clip_grad_norm)
    if flat is None:
        return TextbookStep(state, config.clip_grad_norm)
    state.answer, state.vector = flat.answer, flat.vector
    return flat
