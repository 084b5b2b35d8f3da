"""A loss and its gradient with respect to the output, by the kernels that autograd would call where it is one of the
usual ones; where not, by autograd, which then has the loss alone to look after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

_aten = torch.ops.aten

Loss: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(output, target) → mean loss, its gradient with respect to the output. The gradient may be overwritten."""

MEAN, IGNORED = 1, -100
"""As PyTorch's kernels have it: `reduction="mean"`, `ignore_index`."""


def by_hand(loss: nn.Module, dtype: torch.dtype) -> Loss | None:
    """For `torch.inference_mode`; None where only autograd knows."""
    one = torch.ones((), dtype=dtype)
    if type(loss) is nn.CrossEntropyLoss and loss.label_smoothing == 0 and _usual(loss):
        return _cross_entropy(one)
    if type(loss) is nn.NLLLoss and _usual(loss):
        return _nll(one)
    if type(loss) is nn.MSELoss and loss.reduction == "mean":
        return _mse(one)
    return None


def by_autograd(loss: nn.Module) -> Loss:
    """For `torch.no_grad`."""

    def value_and_gradient(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            leaf = output.detach().requires_grad_()
            value = loss(leaf, target)
        (gradient,) = torch.autograd.grad(value, leaf)
        return value.detach(), gradient

    return value_and_gradient


def _usual(loss: nn.CrossEntropyLoss | nn.NLLLoss) -> bool:
    return loss.weight is None and loss.reduction == "mean" and loss.ignore_index == IGNORED


def _cross_entropy(one: Tensor) -> Loss:
    forward, backward = _aten.nll_loss_forward.default, _aten.nll_loss_backward.default
    through_softmax, dtype = _aten._log_softmax_backward_data.default, one.dtype

    def value_and_gradient(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        logs = output.log_softmax(1)
        value, weight = forward(logs, target, None, MEAN, IGNORED)
        gradient = backward(one, logs, target, None, MEAN, IGNORED, weight)
        return value, through_softmax(gradient, logs, 1, dtype)

    return value_and_gradient


def _nll(one: Tensor) -> Loss:
    forward, backward = _aten.nll_loss_forward.default, _aten.nll_loss_backward.default

    def value_and_gradient(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        value, weight = forward(output, target, None, MEAN, IGNORED)
        return value, backward(one, output, target, None, MEAN, IGNORED, weight)

    return value_and_gradient


def _mse(one: Tensor) -> Loss:
    forward, backward = _aten.mse_loss.default, _aten.mse_loss_backward.default

    def value_and_gradient(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        return forward(output, target, MEAN), backward(one, output, target, MEAN)

    return value_and_gradient
