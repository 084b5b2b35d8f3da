"""The two-layer network as a PyTorch module: so that it is saved, measured, drawn and asked as every other one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.two_layer.net import NAMES, Net


class TwoLayer(nn.Module):
    """Sigmoid hidden layer, logits: (n, *shape) → (n, classes), in float64 on the CPU. Its state_dict is W1, b1, W2, b2
    as in the document: samples are rows, so W1 is (inputs, hidden)."""

    W1: nn.Parameter
    b1: nn.Parameter
    W2: nn.Parameter
    b2: nn.Parameter

    def __init__(self, shape: Sequence[int], outputs: int, hidden: int, std: float) -> None:
        super().__init__()
        self._std = std
        sizes = ((prod(shape), hidden), (hidden,), (hidden, outputs), (outputs,))
        for name, size in zip(NAMES, sizes, strict=True):
            weights = torch.zeros(size, dtype=torch.float64)
            self.register_parameter(name, nn.Parameter(nn.init.normal_(weights, std=std) if len(size) > 1 else weights))

    def forward(self, x: Tensor) -> Tensor:
        hidden = (x.flatten(1).to(self.W1.dtype) @ self.W1 + self.b1).sigmoid()
        return hidden @ self.W2 + self.b2

    def draw(self, seed: int) -> None:
        """The weights that the document's code begins with after `np.random.seed(seed)`."""
        random = np.random.RandomState(seed)
        inputs, hidden = self.W1.shape
        drawn = Net.drawn(random, inputs, hidden, len(self.b2), self._std)
        for name, weights in drawn:
            self.get_parameter(name).data.copy_(torch.from_numpy(weights))

    def layers(self) -> list[dict[str, Any]]:
        """See `core.network.layers.describe`."""
        hidden, classes = self.W2.shape
        return [
            {"name": "W1, b1", "type": "Linear", "output": [hidden], "parameters": self.W1.numel() + hidden},
            {"name": "sigmoid", "type": "Sigmoid", "output": [hidden], "parameters": 0},
            {"name": "W2, b2", "type": "Linear", "output": [classes], "parameters": self.W2.numel() + classes},
        ]

    @property
    def net(self) -> Net:
        """The same memory as NumPy arrays."""
        return Net(*(self.get_parameter(name).detach().numpy() for name in NAMES))
