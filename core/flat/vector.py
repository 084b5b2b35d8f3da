"""Vector: all parameters of a network in one flat tensor and their gradients in another, of which the parameters and
their `grad` become views. Each begins at a multiple of 64 bytes, as one of its own would: some kernels of linear
algebra round by how their operands lie. What is between them is 0 and stays so."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ALIGNED = 64
"""Bytes."""


class Vector:
    """`parameters`: of one dtype and device. Their data are moved; whoever held them goes on holding them."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.values, self.weights = self._moved([p.detach() for p in self.parameters])
        self.gradient = torch.zeros_like(self.values)
        self.gradients = self.views(self.gradient)
        for p, weight, gradient in zip(self.parameters, self.weights, self.gradients, strict=True):
            p.data = weight
            p.grad = gradient

    def views(self, flat: Tensor) -> list[Tensor]:
        """`flat`, of the size of this vector, seen as the parameters."""
        places = zip(self.parameters, self._offsets(), strict=True)
        return [flat[at : at + p.numel()].view(p.shape) for p, at in places]

    def zeros(self) -> Tensor:
        return torch.zeros_like(self.values)

    def adopt(self, found: Sequence[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """A vector of the same layout with these values, 0 where there are none, and its views."""
        return self._moved(found)

    def _moved(self, found: Sequence[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        first = self.parameters[0]
        flat = torch.zeros(self._size(), dtype=first.dtype, device=first.device)
        views = self.views(flat)
        for view, values in zip(views, found, strict=True):
            if values is not None:
                view.copy_(values)
        return flat, views

    def _offsets(self) -> list[int]:
        offsets, at = [], 0
        for p in self.parameters:
            offsets.append(at)
            at += self._room(p)
        return offsets

    def _size(self) -> int:
        return sum(map(self._room, self.parameters))

    def _room(self, p: nn.Parameter) -> int:
        each = ALIGNED // p.element_size()
        return -(-p.numel() // each) * each
