"""A snapshot of gradients as data: what was taken, and its file in the run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from core.runs.folder import RunDir
from core.system.files import write_atomically
from core.two_layer.net import NAMES, Array, Labels, Net

FILE = "gradients.npz"
METHODS = ("literal", "numerical", "backprop", "autograd")
"""`literal`: the document's own loop, which computes the whole loss of the whole batch twice for every weight."""


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
