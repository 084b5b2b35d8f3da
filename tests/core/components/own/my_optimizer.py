from typing import Annotated

import torch
from pydantic import Field

from core.components.optimizers import OPTIMIZERS, LearningRate


class Signs(torch.optim.Optimizer):
    """Every weight moves by lr against the sign of its running gradient."""

    def __init__(self, parameters, lr, memory):
        super().__init__(parameters, {"lr": lr, "memory": memory})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for weight in group["params"]:
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                mean.mul_(group["memory"]).add_(weight.grad, alpha=1 - group["memory"])
                weight.sub_(mean.sign(), alpha=group["lr"])
        return loss


@OPTIMIZERS.add("signs")
def signs(parameters, *, lr: LearningRate = 0.01, memory: Annotated[float, Field(ge=0, lt=1)] = 0.5):
    """Signs: steps of the same length for every weight."""
    return Signs(parameters, lr, memory)
