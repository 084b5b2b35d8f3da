"""Take a snapshot of a network's gradients by every method there is, with what each of them costs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from core.gradients.snapshot import Snapshot, write
from core.two_layer.net import Array, Labels, Net, autograd, backprop
from core.two_layer.numerical import Differences

if TYPE_CHECKING:
    from core.data.parts import Data
    from core.experiment.schema import RunConfig
    from core.runs.folder import RunDir
    from core.training.state import TrainState


TRY = 0.02
"""Seconds after which a gradient is timed by the part that was done."""


# By the thread that trains.


Timings: TypeAlias = deque[dict[str, float]]
"""Of the latest snapshots, seconds by METHODS."""


class Snapshots:
    """The latest snapshot of a run that trains, in its folder."""

    def __init__(self, config: RunConfig, state: TrainState, data: Data) -> None:
        self._config, self._state, self._data = config, state, data
        self._timings: Timings = deque(maxlen=20)

    def draw(self, run_dir: RunDir) -> None:
        """Of the network as it is now. Raises OSError."""
        write(run_dir, take(self._state, self._data, self._config, self._timings))


def take(state: TrainState, data: Data, config: RunConfig, before: Timings) -> Snapshot:
    """Of a run of the two-layer net. Times all gradients, each for about a fiftieth of a second; the least of now
    and `before` is told, to which this one is added."""
    import torch

    from core.training.two_layer import Batches
    from core.two_layer.module import TwoLayer

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
