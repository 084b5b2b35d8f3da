"""FlatStep: forward, loss, backward, clip and update of a chain of linear layers, without autograd and modules."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.flat.chain import Chain, layers_of
from core.flat.losses import by_autograd, by_hand
from core.flat.optimizers import Update, update_of
from core.flat.vector import Vector

CLIP_EPS = 1e-6
"""As `torch.nn.utils.clip_grad_norm_` has it."""


class FlatStep:
    """Calling it makes one step. The parameters of the network, their `grad` and the optimizer's state stay what they
    are, seen from outside; the latter once `settle` was called."""

    def __init__(self, chain: Chain, vector: Vector, update: Update, loss: nn.Module, clip: float | None) -> None:
        hand = by_hand(loss, vector.values.dtype)
        self._loss = hand or by_autograd(loss)
        self._mode: Callable[[], torch.inference_mode | torch.no_grad] = torch.inference_mode if hand else torch.no_grad
        self._chain, self._vector, self._update, self._clip = chain, vector, update, clip
        self.grad_norm: Tensor | None = None
        """Of the latest step, before clipping; None where gradients are not clipped."""
        self.answer = chain.answer
        """The output (n, outputs) of the network for (n, …), as in an evaluation."""
        self.vector = vector.values
        """All its weights."""

    @classmethod
    def of(cls, model: nn.Module, loss: nn.Module, optimizer: Optimizer, clip: float | None) -> FlatStep | None:
        """None where PyTorch's own loop has to make the steps: of other layers, other optimizers, other devices."""
        layers, update = layers_of(model), update_of(optimizer)
        if layers is None or update is None or any(True for _each in loss.parameters()):
            return None
        parameters = list(model.parameters())
        if [id(p) for p in parameters] != [id(p) for p in optimizer.param_groups[0]["params"]]:
            return None
        vector = Vector(parameters)
        return cls(Chain(layers, vector.weights, vector.gradients), vector, update(optimizer, vector), loss, clip)

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from a batch: its mean loss (), and the output (n, outputs) before the update."""
        with self._mode():
            output = self._chain.forward(x)
            loss, gradient = self._loss(output, y)
            self._chain.backward(gradient)
            if self._clip is not None:
                self._clipped(self._clip)
            self._update()
        return loss, output

    def settle(self) -> None:
        """Before anybody looks at the optimizer's state."""
        self._update.settle()

    def _clipped(self, most: float) -> None:
        norms = [torch.linalg.vector_norm(gradient) for gradient in self._vector.gradients]
        self.grad_norm = torch.linalg.vector_norm(torch.stack(norms))
        self._vector.gradient.mul_((most / (self.grad_norm + CLIP_EPS)).clamp(max=1.0))
