"""The gradients of the two-layer net side by side: how long each takes, how far they agree, and why.

While such a net trains, a snapshot of its weights and of its latest batch lies in `figures/gradients.npz` of the run's
folder; whatever else is shown of it is computed from there by whoever looks. Only autograd needs torch.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from core.files import write_atomically
from core.numerical_gradient import Differences, numerical_gradient
from core.run_dir import RunDir
from core.two_layer import NAMES, Array, Labels, Net, autograd, backprop, losses, softmax

if TYPE_CHECKING:
    from core.config import RunConfig
    from core.data import Data
    from core.state import TrainState

FILE = "gradients.npz"
METHODS = ("literal", "numerical", "backprop", "autograd")
"""`literal`: the document's own loop, which computes the whole loss of the whole batch twice for every weight."""
TRY = 0.02
"""Seconds after which a gradient is timed by the part that was done."""


@dataclass(frozen=True)
class Snapshot:
    """Where the two-layer net stood after `step` steps, and the batch of the latest of them."""

    epoch: int
    step: int
    net: Net
    x: Array
    """(n, inputs)."""
    labels: Labels
    """(n,)."""
    shape: tuple[int, ...]
    """Of one sample: (1, 28, 28) for MNIST."""
    eps: float
    h: float
    """Step of the run's numerical gradient."""
    seconds: dict[str, float]
    """That one gradient of this batch takes, by METHODS, measured on the thread that trains."""
    estimated: frozenset[str]
    """Those that were timed by a part of their weights."""

    @property
    def parameters(self) -> int:
        return sum(weights.size for _name, weights in self.net)


# By the thread that trains.


Timings: TypeAlias = deque[dict[str, float]]
"""Of the latest snapshots, seconds by METHODS."""


def take(state: TrainState, data: Data, config: RunConfig, before: Timings) -> Snapshot:
    """Of a run of the model `two-layer`. Times all gradients, each for about a fiftieth of a second; the least of now
    and `before` is told, to which this one is added."""
    import torch

    from core.two_layer_model import TwoLayer
    from core.two_layer_train import Batches

    model, train = state.model, data.splits["train"]
    assert isinstance(model, TwoLayer)
    assert config.h is not None
    rows = state.rows
    if rows is None:
        rows = torch.from_numpy(Batches(model, config.seed, len(train), config.batch_size, state.step).next())
    x, labels = train.x[rows].flatten(1).numpy(), train.target[rows].numpy()
    at = (model.net, x, labels, float(config.loss["eps"]))
    literal, some_weights = _literal(*at, config.h)
    numerical, some_units = _by_unit(*at, config.h)
    now = {
        "literal": literal,
        "numerical": numerical,
        "backprop": _least(lambda: backprop(*at)),
        "autograd": _least(lambda: autograd(*at)),
    }
    seconds = {method: min([took, *(one[method] for one in before)]) for method, took in now.items()}
    before.append(now)
    return Snapshot(
        epoch=state.epoch,
        step=state.step,
        net=Net(*(weights.copy() for _name, weights in model.net)),
        x=x,
        labels=labels,
        shape=data.shape,
        eps=at[-1],
        h=config.h,
        seconds=seconds,
        estimated=frozenset(method for method, part in (("literal", some_weights), ("numerical", some_units)) if part),
    )


def _literal(net: Net, x: Array, labels: Labels, eps: float, h: float) -> tuple[float, bool]:
    """Seconds of all weights by the quickest of some, and whether they were only some."""
    weights, took = net.W1.reshape(-1), list[float]()
    began = time.perf_counter()
    while len(took) < len(weights) and sum(took) < TRY:
        w = weights[len(took)]
        for changed in (w + h, w - h):
            weights[len(took)] = changed
            net.loss(x, labels, eps)
        weights[len(took)] = w
        took.append(time.perf_counter() - began)
        began += took[-1]
    return min(took) * sum(each.size for _name, each in net), len(took) < len(weights)


def _by_unit(net: Net, x: Array, labels: Labels, eps: float, h: float) -> tuple[float, bool]:
    """Seconds of all hidden units by the quickest of some, with what is computed once; and whether they were some."""
    began = time.perf_counter()
    units = Differences(net, x, labels, eps, h).by_unit()
    once, took = time.perf_counter() - began, list[float]()
    began += once
    for _unit in units:
        took.append(time.perf_counter() - began)
        began += took[-1]
        if sum(took) > TRY:
            break
    return once + min(took) * net.hidden, len(took) < net.hidden


def _least(compute: Callable[[], object]) -> float:
    """Seconds of the quickest of five calls: whatever else the machine does makes it slower, never faster."""
    found = []
    for _call in range(5):
        began = time.perf_counter()
        compute()
        found.append(time.perf_counter() - began)
    return min(found)


def write(run_dir: RunDir, snapshot: Snapshot) -> None:
    """Whole or not at all. Raises OSError."""
    run_dir.figures.mkdir(exist_ok=True)
    arrays = {
        **dict(snapshot.net),
        "x": snapshot.x,
        "labels": snapshot.labels,
        "shape": np.array(snapshot.shape),
        "about": np.array([snapshot.epoch, snapshot.step, snapshot.eps, snapshot.h]),
        "seconds": np.array([snapshot.seconds[method] for method in METHODS]),
        "estimated": np.array([method in snapshot.estimated for method in METHODS]),
    }
    write_atomically(run_dir.figures / FILE, lambda file: np.savez(file, **arrays), durable=False)  # type: ignore[arg-type]


def written(run_dir: RunDir) -> int | None:
    """When the latest snapshot was, in nanoseconds; None where there is none."""
    try:
        return (run_dir.figures / FILE).stat().st_mtime_ns
    except OSError:
        return None


def read(run_dir: RunDir) -> Snapshot | None:
    """The latest one; None where there is none, or something else lies there."""
    try:
        with np.load(run_dir.figures / FILE, allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
        return _checked(arrays)
    except Exception:  # NumPy, zlib and zipfile raise whatever a damaged archive provokes
        return None


def _checked(arrays: dict[str, np.ndarray]) -> Snapshot:
    """Raises ValueError, KeyError or TypeError for arrays that do not belong together."""
    net = Net(*(arrays[name] for name in NAMES))
    x, labels, shape = arrays["x"], arrays["labels"], tuple(int(n) for n in arrays["shape"])
    epoch, step, eps, h = (float(each) for each in arrays["about"])
    inputs, hidden, classes = len(net.W1), len(net.b1), len(net.b2)
    fits = (
        [each.shape for _name, each in net] == [(inputs, hidden), (hidden,), (hidden, classes), (classes,)]
        and x.shape == (len(labels), inputs)
        and labels.ndim == 1
        and min(len(labels), inputs, hidden, classes, *shape) > 0
        and prod(shape) == inputs
        and all(each.dtype == np.float64 and bool(np.isfinite(each).all()) for each in (*dict(net).values(), x))
        and labels.dtype == np.int64
        and 0 <= labels.min() <= labels.max() < classes
        and 0 < h <= 1
        and 0 <= eps < 1
        and epoch >= 0
        and 0 <= step < 2**53
        and bool(np.isfinite(arrays["seconds"]).all())
        and min(arrays["seconds"], default=-1) >= 0
        and len(arrays["seconds"]) == len(arrays["estimated"]) == len(METHODS)
    )
    if not fits:
        raise ValueError("no snapshot of a two-layer net")
    return Snapshot(
        epoch=int(epoch),
        step=int(step),
        net=net,
        x=x,
        labels=labels,
        shape=shape,
        eps=eps,
        h=h,
        seconds={method: float(s) for method, s in zip(METHODS, arrays["seconds"], strict=True)},
        estimated=frozenset(m for m, is_so in zip(METHODS, arrays["estimated"], strict=True) if is_so),
    )


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
