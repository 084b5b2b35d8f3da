"""What the numbers of a network's last layer mean. Every loss expects one of these; predictions are read by it.

Needs no torch until tensors come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Task: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True)
class Output:
    """One reading of the last layer.

    `single`: one number per sample whatever the number of classes, for two classes or for a value; targets then are
    float32 (n, 1), else int64 class indices (n,).
    """

    name: str
    task: Task
    single: bool
    takes: str
    """In words, for messages."""
    activations: tuple[str, ...]
    """Activations after the last layer that make such numbers."""

    def classes(self, output: Tensor) -> Tensor:
        """Class indices (n,) of the raw output of the last layer: (n, classes), or (n, 1) where it is single."""
        if not self.single:
            return output.argmax(dim=1)
        threshold = 0.0 if self.name == "logit" else 0.5
        return (output.squeeze(1) >= threshold).long()

    def probabilities(self, output: Tensor) -> Tensor:
        """(n, classes), rows that sum to 1. Not for regression."""
        import torch

        match self.name:
            case "logits":
                return output.softmax(dim=1)
            case "log-probabilities":
                return output.exp()
            case "logit":
                output = output.sigmoid()
        return torch.cat([1 - output, output], dim=1)


_UNBOUNDED = ("none", "relu", "tanh")

OUTPUTS = {
    output.name: output
    for output in (
        Output("logits", "classification", False, "logits, one per class", _UNBOUNDED),
        Output("log-probabilities", "classification", False, "log-probabilities", ("log-softmax",)),
        Output("probability", "classification", True, "a probability", ("sigmoid",)),
        Output("logit", "classification", True, "one logit", _UNBOUNDED),
        Output("value", "regression", True, "a value", (*_UNBOUNDED, "sigmoid")),
    )
}
