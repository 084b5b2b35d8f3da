"""The optimizers. An optimizer is a function of the parameters to train; PyTorch's default implementation is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field

from core.components.registry import Registry

if TYPE_CHECKING:
    from torch.nn import Parameter
    from torch.optim import Optimizer

OPTIMIZERS = Registry("optimizer")

LearningRate: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False, description="learning rate")]
WeightDecay: TypeAlias = Annotated[
    float, Field(ge=0, allow_inf_nan=False, description="pull of every weight towards 0 (L2)")
]
Momentum: TypeAlias = Annotated[float, Field(ge=0, lt=1, description="share of the last step that is kept")]
Beta: TypeAlias = Annotated[float, Field(ge=0, lt=1)]


def do_not_compile() -> None:
    """Optimizers are made, cleared, saved and loaded without torch.compile: nothing is compiled, and to import what
    compiles takes a second. Of another version of PyTorch they may import it all the same."""
    import torch

    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = getattr(getattr(torch.optim.Optimizer, name), "__wrapped__", None)
        if method is not None:  # what torch._compile looks for before it imports torch._dynamo
            vars(method).setdefault("__dynamo_disable", method)


def step_of(optimizer: Optimizer) -> Callable[[], None]:
    """`optimizer.step` without its wrappers, which are for profilers, hooks and torch.compile: the same updates,
    sooner; see `do_not_compile`. One that PyTorch did not bring is called as it is: its wrappers are its own."""
    import torch

    step = type(optimizer).step
    while step.__module__.startswith("torch.") and (wrapped := getattr(step, "__wrapped__", None)) is not None:
        step = wrapped

    def update() -> None:
        with torch.no_grad():
            step(optimizer)

    return update


def _nesterov_needs_momentum(given: Mapping[str, Any]) -> None:
    if given["nesterov"] and not given["momentum"]:
        raise ValueError("optimizer.nesterov needs momentum: set optimizer.momentum, for example to 0.9")


@OPTIMIZERS.add("adam")
def adam(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.001,
    betas: Annotated[tuple[Beta, Beta], Field(description="memory of the gradient's two moments")] = (0.9, 0.999),
    weight_decay: WeightDecay = 0.0,
) -> Optimizer:
    """Adam: a step size for each weight from running moments of its gradient (Kingma & Ba 2015)."""
    import torch

    do_not_compile()
    return torch.optim.Adam(parameters, lr=lr, betas=(betas[0], betas[1]), weight_decay=weight_decay)


@OPTIMIZERS.add("adamw")
def adamw(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.001,
    betas: Annotated[tuple[Beta, Beta], Field(description="memory of the gradient's two moments")] = (0.9, 0.999),
    weight_decay: WeightDecay = 0.01,
) -> Optimizer:
    """AdamW: Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019)."""
    import torch

    do_not_compile()
    return torch.optim.AdamW(parameters, lr=lr, betas=(betas[0], betas[1]), weight_decay=weight_decay)


@OPTIMIZERS.add("rmsprop")
def rmsprop(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.001,
    alpha: Annotated[float, Field(ge=0, lt=1, description="memory of the squared gradient")] = 0.99,
    momentum: Momentum = 0.0,
    weight_decay: WeightDecay = 0.0,
) -> Optimizer:
    """RMSprop: the gradient divided by a running mean of its size (Hinton 2012)."""
    import torch

    do_not_compile()
    return torch.optim.RMSprop(parameters, lr=lr, alpha=alpha, momentum=momentum, weight_decay=weight_decay)


@OPTIMIZERS.add("sgd", check=_nesterov_needs_momentum)
def sgd(
    parameters: Iterable[Parameter],
    *,
    lr: LearningRate = 0.01,
    momentum: Momentum = 0.0,
    nesterov: Annotated[bool, Field(description="look ahead along the momentum")] = False,
    weight_decay: WeightDecay = 0.0,
) -> Optimizer:
    """Stochastic gradient descent: weight ← weight - lr · gradient."""
    import torch

    do_not_compile()
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)
