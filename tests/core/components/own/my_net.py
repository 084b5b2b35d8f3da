from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from core.components.models import MODELS


class Skipping(nn.Module):
    """A linear layer that adds what came in, and noise while it trains."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.layer = nn.Linear(n, n)
        self.noise = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.noise(self.layer(x).relu())


@MODELS.add("my-net")
def my_net(
    shape: Sequence[int],
    outputs: int,
    *,
    width: Annotated[int, Field(ge=1, description="units of each layer")] = 8,
    depth: Annotated[int, Field(ge=0)] = 1,
) -> nn.Module:
    """My net: layers with a way around each of them."""
    first, last = nn.Linear(math.prod(shape), width), nn.Linear(width, outputs)
    return nn.Sequential(nn.Flatten(), first, *(Skipping(width) for _ in range(depth)), last)
