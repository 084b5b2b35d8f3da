"""The gradients of the two-layer net side by side: how long each takes, how far they agree, and why.

While such a net trains, a snapshot of its weights and of its latest batch lies in `figures/gradients.npz` of the run's
folder; whatever else is shown of it is computed from there by whoever looks. Only autograd needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.gradients.snapshot import METHODS, Snapshot
from core.two_layer.net import NAMES, Array, Net, autograd, backprop, losses, softmax
from core.two_layer.numerical import Differences, numerical_gradient

# By whoever looks.


@dataclass(frozen=True)
class Comparison:
    """The gradients of one snapshot."""

    snapshot: Snapshot
    h: float
    numerical: Net
    """With step `h`."""
    backprop: Net
    autograd: Net

    @classmethod
    def of(cls, snapshot: Snapshot, h: float | None = None) -> Comparison:
        """`h`: another step than the run's. Takes as long as a numerical gradient."""
        at = (snapshot.net, snapshot.x, snapshot.labels, snapshot.eps)
        h = h or snapshot.h
        return cls(snapshot, h, numerical_gradient(*at, h), backprop(*at), autograd(*at))

    def norms(self, name: str) -> dict[str, float]:
        """Euclidean norm of the gradient of one of W1, b1, W2, b2, by method."""
        return {
            method: float(np.linalg.norm(dict(getattr(self, method))[name]))
            for method in METHODS
            if method != "literal"
        }

    def difference(self, method: str, name: str | None = None) -> float:
        """Largest absolute difference to backpropagation, of all weights or of one of W1, b1, W2, b2."""
        mine, exact = dict(getattr(self, method)), dict(self.backprop)
        return max(float(np.abs(mine[each] - exact[each]).max()) for each in ([name] if name else NAMES))


@dataclass(frozen=True)
class Place:
    """One weight: an entry of W1, b1, W2 or b2."""

    name: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(str(i) for i in self.index)}]"


@dataclass(frozen=True)
class Slice:
    """The loss along one weight, all others held."""

    place: Place
    weight: float
    h: float
    below: float
    """Loss at weight - h."""
    above: float
    """Loss at weight + h."""
    slope: float
    """By backpropagation, at the weight itself."""
    xs: Array
    """Values of the weight, ascending."""
    losses: Array
    """There."""

    @property
    def quotient(self) -> float:
        """The numerical gradient: (above - below) / 2h."""
        return (self.above - self.below) / (2 * self.h)


def along(snapshot: Snapshot, place: Place, h: float, reach: float, points: int = 81) -> Slice:
    """The loss of the snapshot's batch for values of one weight up to `reach` away on each side."""
    weight = float(dict(snapshot.net)[place.name][place.index])
    xs = np.linspace(weight - reach, weight + reach, points)
    exact = backprop(snapshot.net, snapshot.x, snapshot.labels, snapshot.eps)
    found = _losses_at(snapshot, place, np.array([*xs, weight - h, weight + h]))
    return Slice(
        place=place,
        weight=weight,
        h=h,
        below=float(found[-2]),
        above=float(found[-1]),
        slope=float(dict(exact)[place.name][place.index]),
        xs=xs,
        losses=found[:-2],
    )


def _losses_at(snapshot: Snapshot, place: Place, values: Array) -> Array:
    """The loss for each value of one weight; the snapshot's own arrays stay as they are."""
    net = Net(*(weights.copy() for _name, weights in snapshot.net))
    weights = dict(net)[place.name]
    found = np.empty(len(values))
    for i, value in enumerate(values):
        weights[place.index] = value
        found[i] = net.loss(snapshot.x, snapshot.labels, snapshot.eps)
    return found


@dataclass(frozen=True)
class Errors:
    """How far numerical gradients are from the exact one, by step size: large steps truncate, small ones round."""

    unit: int
    """Hidden unit whose weights were compared: its column of W1, its bias, its row of W2."""
    steps: Array
    """Values of h, ascending."""
    errors: Array
    """Euclidean norm of the difference to backpropagation, divided by that of backpropagation."""

    @cached_property
    def best(self) -> float:
        """The step with the least error."""
        return float(self.steps[int(self.errors.argmin())])

    def at(self, h: float) -> float:
        """The error of one of the steps."""
        return float(self.errors[int(np.abs(self.steps - h).argmin())])


def errors(snapshot: Snapshot, unit: int, steps: Sequence[float]) -> Errors:
    """For each step size the numerical gradient of one hidden unit's weights, against backpropagation."""
    exact = backprop(snapshot.net, snapshot.x, snapshot.labels, snapshot.eps)
    mine = _of_unit(exact, unit)
    norm = float(np.linalg.norm(mine)) or 1.0
    whole = Differences(snapshot.net, snapshot.x, snapshot.labels, snapshot.eps, snapshot.h)
    found = []
    for h in steps:
        differences = whole.with_step(h)
        for _unit in differences.by_unit([unit]):
            pass
        found.append(float(np.linalg.norm(_of_unit(differences.gradient, unit) - mine)) / norm)
    return Errors(unit, np.array(steps), np.array(found))


def _of_unit(net: Net, unit: int) -> Array:
    return np.concatenate([net.W1[:, unit], net.b1[unit : unit + 1], net.W2[unit]])


def truth(snapshot: Snapshot) -> tuple[float, float]:
    """Loss and accuracy of the snapshot's batch."""
    y = softmax(snapshot.net.forward(snapshot.x)[1])
    right = float(np.mean(y.argmax(axis=1) == snapshot.labels))
    return float(np.mean(losses(y, snapshot.labels, snapshot.eps))), right
