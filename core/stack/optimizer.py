"""StackedOptimizer: PyTorch's own optimizer over all parameters of a stack, with a learning rate for each trial.

Every optimizer of `stack_plan.OPTIMIZERS` steps by the learning rate times a direction that does not depend on it.
PyTorch computes the direction, at learning rate 1 and without weight decay; both are applied here, for each trial its
own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.components.optimizers import step_of
from core.experiment.schema import RunConfig
from core.stack.network import StackedNetwork
from core.training.finite import OVERFLOW


class StackedOptimizer:
    """Updates `network` as the optimizer of `config` would, but trial by trial with `lrs` and `decays` (trials,)."""

    def __init__(self, config: RunConfig, network: StackedNetwork, lrs: Tensor, decays: Tensor) -> None:
        self._config, self._network, self._lrs, self._decays = config, network, lrs, decays
        each = set(zip(lrs.tolist(), decays.tolist(), strict=True))
        self._common_lr = each.pop()[0] if len(each) == 1 else None
        if self._common_lr is not None:  # PyTorch's step is all there is to do
            arguments = {"lr": self._common_lr, "weight_decay": float(decays[0])}
            self._parameter = nn.Parameter(network.weights, requires_grad=False)
        else:
            arguments = {"lr": 1.0, "weight_decay": 0.0}
            self._parameter = nn.Parameter(torch.zeros_like(network.weights), requires_grad=False)
            self._decoupled = config.optimizer["name"] == "adamw"
            self._lr = network.spread(lrs)
            self._decay = network.spread(lrs * decays if self._decoupled else decays) if bool(decays.any()) else None
        self._parameter.grad = network.grads
        self._torch: torch.optim.Optimizer = config.component("optimizer").build(
            [self._parameter], **{**config.arguments("optimizer"), **arguments}
        )
        for group in self._torch.param_groups:
            if "fused" in group:  # one pass over memory instead of seven
                group["fused"] = True
        self._update = step_of(self._torch)
        self._kernel = self._of_adam()

    def step(self, factor: float) -> None:
        """Update the weights from the gradients, which it may change, at the learning rates times `factor`."""
        if self._common_lr is not None:
            self._torch.param_groups[0]["lr"] = self._common_lr * factor
            try:
                self._advance()
            except RuntimeError as error:
                if OVERFLOW not in str(error):
                    raise
                self._network.weights.fill_(math.inf)  # as a step is that no number holds: the trials fail by it
            return
        weights = self._network.weights
        if self._decay is not None:
            if self._decoupled:
                weights.addcmul_(weights, self._decay, value=-factor)
            else:
                self._network.grads.addcmul_(weights, self._decay)
        self._parameter.zero_()
        self._advance()
        weights.addcmul_(self._parameter, self._lr, value=factor)

    def _of_adam(self) -> Callable[..., None] | None:
        """The kernel that is all of PyTorch's step of Adam and AdamW, where nothing is asked of it beside."""
        (group,) = self._torch.param_groups
        if not isinstance(self._torch, torch.optim.Adam) or group["amsgrad"] or group["maximize"] or not group["fused"]:
            return None
        kernel: Callable[..., None] = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
        return kernel

    def _advance(self) -> None:
        """PyTorch's step; of Adam its kernel alone, as soon as there is something to remember."""
        memory = self._torch.state.get(self._parameter)
        if self._kernel is None or not memory:
            self._update()
            return
        (group,) = self._torch.param_groups
        beta1, beta2 = group["betas"]
        memory["step"].add_(1)
        self._kernel(
            [self._parameter],
            [self._parameter.grad],
            [memory["exp_avg"]],
            [memory["exp_avg_sq"]],
            [],
            [memory["step"]],
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def subset(self, trials: Sequence[int], small: StackedNetwork) -> StackedOptimizer:
        """For `small`, the networks of some of the trials: what is remembered of their gradients goes with them."""
        rows = list(trials)
        optimizer = StackedOptimizer(self._config, small, self._lrs[rows], self._decays[rows])
        remembered = optimizer._torch.state[optimizer._parameter]
        for name, value in self._torch.state[self._parameter].items():
            of_parameters = isinstance(value, Tensor) and value.shape == self._parameter.shape
            remembered[name] = self._network.take(value, small, trials) if of_parameters else value
        return optimizer

    def state_dict(self) -> dict[str, Any]:
        return self._torch.state_dict()

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self._torch.load_state_dict(saved)
