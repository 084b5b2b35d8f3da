"""The data of a run as tensors, by split."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.data.inputs import Inputs
from core.experiment.facts import Facts


@dataclass(frozen=True)
class Part:
    """One split: `x` (n, *shape) float32, or float64 for a model that computes in it; `y` as the loss takes it, (n,)
    class indices or (n, 1) float32; `target` (n,) as metrics take it, class indices or values in the units of the data
    in float64.
    """

    x: torch.Tensor
    y: torch.Tensor
    target: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, chosen: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
        """`x` and `y` of these, by their indices (n,) or a slice."""
        if isinstance(chosen, slice):
            return self.x[chosen], self.y[chosen]
        return self.x.index_select(0, chosen), self.y.index_select(0, chosen)

    def to(self, device: torch.device | None) -> Part:
        y = self.y.to(device)
        target = self.target.float() if device is not None and device.type == "mps" else self.target
        return Part(self.x.to(device), y, y if self.target is self.y else target.to(device))


@dataclass(frozen=True)
class Data:
    """The splits a run trains and measures on, whole, on its device. Batches are slices of them."""

    splits: dict[str, Part]
    inputs: Inputs
    facts: Facts
    sha256: str
    drawn: bool = False
    """Whether the seed of the run decides what the dataset is, beside how it is trained on."""
    notes: tuple[str, ...] = ()
    """What whoever trains on it should know."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.inputs.shape

    @property
    def outputs(self) -> int:
        return self.inputs.outputs

    @property
    def classes(self) -> tuple[str, ...]:
        return self.inputs.classes

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(part) for name, part in self.splits.items()}
