"""The optimizers. An optimizer is a function of the parameters to train; PyTorch's default implementation is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field

from core.registry import Registry

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer

OPTIMIZERS = Registry("optimizer")

LearningRate: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False, description="learning rate")]


@OPTIMIZERS.add("adam")
def adam(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.001,
) -> Optimizer:
    """Adam: a step size for each weight from running moments of its gradient (Kingma & Ba 2015)."""
    import torch

    return torch.optim.Adam(parameters, lr=lr)


@OPTIMIZERS.add("sgd")
def sgd(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.01,
) -> Optimizer:
    """Stochastic gradient descent: weight ← weight - lr · gradient."""
    import torch

    return torch.optim.SGD(parameters, lr=lr)
