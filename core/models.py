"""The networks. A model is a function of the shape of one sample and the number of outputs; importing needs no torch.

Layers are created first to last, so after `torch.manual_seed(seed)` a hand-written network of the same layers starts
from the same weights.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field

from core.registry import Registry

if TYPE_CHECKING:
    from torch import nn

MODELS = Registry("model")

Units: TypeAlias = Annotated[int, Field(ge=1)]
Activation: TypeAlias = Literal["relu", "tanh", "sigmoid", "none"]


@MODELS.add("mlp")
def mlp(
    shape: Sequence[int],
    outputs: int,
    *,
    hidden: Annotated[tuple[Units, ...], Field(description="units of each hidden layer, first to last")] = (
        64,
        64,
    ),
    activation: Annotated[Activation, Field(description="after each hidden layer")] = "relu",
    output_activation: Annotated[Activation, Field(description="after the last layer")] = "none",
) -> nn.Module:
    """Multilayer perceptron: linear layers with an activation in between.

    (n, *shape) → logits (n, outputs). Layers are named input, hidden_1, …, output as in the iris document.
    """
    from torch import nn

    sizes = [prod(shape), *hidden, outputs]
    names = ["input", *(f"hidden_{i}" for i in range(1, len(hidden))), "output"][-(len(sizes) - 1) :]
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if len(shape) > 1:
        layers["flatten"] = nn.Flatten()
    for name, inputs, units in zip(names, sizes, sizes[1:], strict=False):
        layers[name] = nn.Linear(inputs, units)
        kind = output_activation if name == "output" else activation
        if kind != "none":
            layers[f"{name}_{kind}"] = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[kind]()
    return nn.Sequential(layers)
