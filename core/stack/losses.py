"""StackedLoss: the loss of each sample of each trial, and its gradient: of the cross-entropy by the kernels that
autograd would call, of all others by autograd."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.components.models import activation_layer
from core.experiment.schema import RunConfig

_aten = torch.ops.aten

EACH, IGNORED = 0, -100
"""As PyTorch's kernels have it: `reduction="none"`, `ignore_index`."""


class StackedLoss:
    """The loss of each sample for itself, from what comes before the last layer's activation."""

    def __init__(self, config: RunConfig) -> None:
        self._of_output = config.component("loss").build(**config.arguments("loss"))
        self._of_output.reduction = "none"
        activation = config.model["output_activation"]
        self._activation = None if activation == "none" else activation_layer(activation)
        loss = self._of_output
        self._by_hand = (
            type(loss) is nn.CrossEntropyLoss
            and self._activation is None
            and loss.weight is None
            and loss.label_smoothing == 0
            and loss.ignore_index == IGNORED
        )

    def __call__(self, z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """(trials, outputs, samples) and targets (trials, samples) or (trials, samples, 1) → losses (trials, samples),
        and what the networks put out (trials, outputs, samples)."""
        output = z if self._activation is None else self._activation(z)
        losses: Tensor = self._of_output(output, y if y.ndim == 2 else y.mT)
        return losses.view(len(z), -1), output

    def with_gradient(self, z: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Losses and outputs, and the gradient of each trial's mean loss by its part of z."""
        if self._by_hand:
            return self._cross_entropy(z, y)
        with torch.enable_grad():
            losses, output = self(z.requires_grad_(), y)
            (grad,) = torch.autograd.grad(losses, z, torch.full_like(losses, 1 / losses.shape[1]))
        return losses.detach(), output.detach(), grad

    def _cross_entropy(self, z: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logs = z.log_softmax(1)
        wide, target = logs.unsqueeze(2), y.unsqueeze(1)  # pictures of one row: there is no kernel for less
        losses, weight = _aten.nll_loss2d_forward.default(wide, target, None, EACH, IGNORED)
        share = torch.full_like(losses, 1 / losses.shape[2])
        grad = _aten.nll_loss2d_backward.default(share, wide, target, None, EACH, IGNORED, weight).squeeze(2)
        return losses.squeeze(1), z, _aten._log_softmax_backward_data.default(grad, logs, 1, z.dtype)
