"""PyTorch's optimizers on a Vector: the operations of their single-tensor form, in its order, on all parameters at
once.

What such an optimizer remembers lies in vectors too, of which `optimizer.state` has the views: it can be saved, loaded
and looked at as ever, after `settle`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from core.flat.vector import Vector

Group = Mapping[str, Any]

PLAIN = {"amsgrad", "maximize", "foreach", "capturable", "differentiable", "fused", "centered", "dampening"}
"""Options that are off, or 0, in what is done here."""


class Update:
    """One step of `optimizer`, whose parameters `vector` has, by the gradient there."""

    moments: tuple[str, ...] = ()
    """What it remembers of each weight, by the names of `optimizer.state`."""
    counts = True
    """Whether it remembers the number of its steps, too."""

    def __init__(self, optimizer: Optimizer, vector: Vector) -> None:
        self._optimizer, self._vector = optimizer, vector
        (self.group,) = optimizer.param_groups
        states = [optimizer.state.get(p, {}) for p in vector.parameters]
        self.t = int(states[0]["step"]) if "step" in states[0] else 0
        adopted = {name: vector.adopt([state.get(name) for state in states]) for name in self.moments}
        self.vectors = {name: flat for name, (flat, _views) in adopted.items()}
        self._views = {name: views for name, (_flat, views) in adopted.items()}
        self.begun = bool(states[0])
        if self.begun:
            self._show()
        self.room = vector.zeros()
        self.prepare()

    def prepare(self) -> None:
        """Take up what was remembered."""

    def __call__(self) -> None:
        """Change the weights by the gradient, which is left as it is."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let `optimizer.state` say what it would after the steps so far."""
        if not (self.t or self.begun) or not (self.moments or self.counts):
            return
        if not self.begun:
            self._show()
            self.begun = True
        if self.counts:
            for p in self._vector.parameters:
                self._optimizer.state[p]["step"].fill_(self.t)

    def _show(self) -> None:
        for i, p in enumerate(self._vector.parameters):
            state: dict[str, Any] = {"step": torch.tensor(float(self.t))} if self.counts else {}
            state |= {name: views[i] for name, views in self._views.items()}
            self._optimizer.state[p] = state

    def decayed(self, decay: float) -> Tensor:
        """The gradient with the pull of the weights towards 0."""
        if not decay:
            return self._vector.gradient
        return torch.add(self._vector.gradient, self._vector.values, alpha=decay, out=self.pulled)

    @property
    def pulled(self) -> Tensor:
        if self._pulled is None:
            self._pulled = self._vector.zeros()
        return self._pulled

    _pulled: Tensor | None = None


class _Adam(Update):
    """Kingma & Ba 2015; with decoupled decay (AdamW) Loshchilov & Hutter 2019."""

    moments = ("exp_avg", "exp_avg_sq")

    def __call__(self) -> None:
        group, values = self.group, self._vector.values
        self.t += 1
        t = float(self.t)
        lr, decay, (beta1, beta2) = group["lr"], group["weight_decay"], group["betas"]
        if group.get("decoupled_weight_decay"):
            gradient = self._vector.gradient
            if decay:
                values.mul_(1 - lr * decay)
        else:
            gradient = self.decayed(decay)
        mean, square = self.vectors["exp_avg"], self.vectors["exp_avg_sq"]
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        root = (1 - beta2**t) ** 0.5
        torch.sqrt(square, out=self.room).div_(root).add_(group["eps"])
        values.addcdiv_(mean, self.room, value=-(lr / (1 - beta1**t)))


class _RMSprop(Update):
    """Hinton 2012."""

    moments: tuple[str, ...] = ("square_avg",)

    def __call__(self) -> None:
        group, values = self.group, self._vector.values
        self.t += 1
        gradient, square = self.decayed(group["weight_decay"]), self.vectors["square_avg"]
        square.mul_(group["alpha"]).addcmul_(gradient, gradient, value=1 - group["alpha"])
        torch.sqrt(square, out=self.room).add_(group["eps"])
        self.move(values, gradient)

    def move(self, values: Tensor, gradient: Tensor) -> None:
        values.addcdiv_(gradient, self.room, value=-self.group["lr"])


class _RMSpropWithMomentum(_RMSprop):
    moments = ("square_avg", "momentum_buffer")

    def move(self, values: Tensor, gradient: Tensor) -> None:
        buffer = self.vectors["momentum_buffer"]
        buffer.mul_(self.group["momentum"]).addcdiv_(gradient, self.room)
        values.add_(buffer, alpha=-self.group["lr"])


class _SGD(Update):
    counts = False

    def __call__(self) -> None:
        self._vector.values.add_(self.decayed(self.group["weight_decay"]), alpha=-self.group["lr"])


class _SGDWithMomentum(Update):
    """Its first step has nothing to remember, and takes the gradient as it is."""

    moments = ("momentum_buffer",)
    counts = False

    def prepare(self) -> None:
        states = [self._optimizer.state.get(p, {}) for p in self._vector.parameters]
        self._moving = all(state.get("momentum_buffer") is not None for state in states)

    def __call__(self) -> None:
        group, buffer = self.group, self.vectors["momentum_buffer"]
        gradient = self.decayed(group["weight_decay"])
        if self._moving:
            buffer.mul_(group["momentum"]).add_(gradient, alpha=1)
        else:
            buffer.copy_(gradient)
            self._moving = True
        self.t += 1
        if group["nesterov"]:
            buffer = torch.add(gradient, buffer, alpha=group["momentum"], out=self.room)
        self._vector.values.add_(buffer, alpha=-group["lr"])


def update_of(optimizer: Optimizer) -> Callable[[Optimizer, Vector], Update] | None:
    """How a step of it is made; None where it is not one of these with the usual options."""
    if len(optimizer.param_groups) != 1:
        return None
    (group,) = optimizer.param_groups
    if any(group.get(option) for option in PLAIN) or isinstance(group["lr"], Tensor):
        return None
    match optimizer:
        case AdamW() | Adam() if type(optimizer) in (Adam, AdamW):
            return _Adam
        case RMSprop() if type(optimizer) is RMSprop:
            return _RMSpropWithMomentum if group["momentum"] > 0 else _RMSprop
        case SGD() if type(optimizer) is SGD:
            return _SGDWithMomentum if group["momentum"] else _SGD
    return None
