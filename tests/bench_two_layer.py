"""The two-layer net's rows of `make bench`: one numerical gradient of the document's network against the document's own
loop, whole iterations against backpropagation, and how the cost grows with the hidden layer.

784-50-10 on 100 samples of the real MNIST where NNTUI_DATA_DIR has it, else on pictures of as many grey pixels.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

PAIRS = 5
LITERAL, BACKPROP, DOUBLED = 100.0, 20.0, 2.6
"""How many times faster, at least; and how many times longer for twice as many hidden units, at most."""
ITERATIONS = 600

Child = Callable[..., float]


def batch() -> tuple[np.ndarray, np.ndarray]:
    """x (100, 784) and labels (100,)."""
    random = np.random.RandomState(0)
    if os.environ.get("NNTUI_DATA_DIR") and _mnist_is_there():
        from core.data.prepare import load_data
        from core.experiment import resolve

        train = load_data(resolve.load("two-layer").with_data_dir(None)).splits["train"]
        rows = random.randint(0, len(train), size=100)
        return train.x[rows].flatten(1).numpy(), train.target[rows].numpy()
    print("no MNIST here: random pictures with as many grey pixels", file=sys.stderr)
    grey = random.choice([*range(1, 254), *[253] * 150], size=(100, 784)) / 255
    return grey * (random.rand(100, 784) < 0.19), random.randint(0, 10, size=100)


def _mnist_is_there() -> bool:
    return (Path(os.environ["NNTUI_DATA_DIR"]) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file()


def gradients() -> list[str]:
    """In one process, in turn. The two are compared in every one of 39,760 entries."""
    from threadpoolctl import threadpool_limits

    from core.two_layer.net import Net, literal_gradient
    from core.two_layer.numerical import numerical_gradient

    x, labels = batch()
    missed = []
    net = Net.drawn(np.random.RandomState(0), 784, 50, 10, 0.01)
    at = (net, x, labels, 1e-7, 1e-4)
    pairs = []
    with threadpool_limits(1):  # so small matrix products gain nothing from a second thread, on either side
        for _pair in range(PAIRS):
            began = time.perf_counter()
            literal = literal_gradient(*at)
            between = time.perf_counter()
            fast = numerical_gradient(*at)
            pairs.append((between - began, time.perf_counter() - between))
        doubling = _by_hidden_units(x, labels)
    worst = 0.0
    for (_name, a), (_name2, b) in zip(fast, literal, strict=True):
        worst = max(worst, float((np.abs(a - b) / (1e-8 * np.abs(b) + 2e-11)).max()))
    ratios = sorted(a / b for a, b in pairs)
    name = "one numerical gradient of 784-50-10, against the literal one"
    _print(name, ratios, f"at least {LITERAL:g}", *(statistics.median(side) for side in zip(*pairs, strict=True)))
    print(f"  all 39,760 entries within {worst:.2f} of the tolerance 1e-8·|literal| + 2e-11", flush=True)
    if statistics.median(ratios) < LITERAL:
        missed.append(name)
    if worst > 1:
        missed.append(f"{name}: entries differ")
    for units, found in doubling.items():
        name = f"twice as many hidden units: {2 * units} against {units}"
        _print(name, sorted(found), f"at most {DOUBLED:g}")
        if statistics.median(found) > DOUBLED:
            missed.append(name)
    return missed


def _by_hidden_units(x: np.ndarray, labels: np.ndarray) -> dict[int, list[float]]:
    """Seconds for twice as many units divided by seconds for so many, pair by pair."""
    from core.two_layer.net import Net
    from core.two_layer.numerical import numerical_gradient

    def seconds(hidden: int) -> float:
        net = Net.drawn(np.random.RandomState(0), 784, hidden, 10, 0.01)
        began = time.perf_counter()
        numerical_gradient(net, x, labels, 1e-7, 1e-4)
        return time.perf_counter() - began

    def ratio(units: int) -> float:
        fewer = seconds(units)
        return seconds(2 * units) / fewer

    return {units: [ratio(units) for _pair in range(PAIRS)] for units in (25, 50, 100, 200)}


def train(models: Path, gradient: str) -> float:
    """Seconds of one epoch of the preset, `nntui run`'s way: log, events, figures."""
    from tui.system import responsive

    responsive.before_torch()
    from core.experiment import resolve
    from core.sessions import network

    pairs = [("iterations", str(ITERATIONS)), ("gradient", gradient)]
    preset = resolve.load("two-layer", pairs).with_data_dir(None)
    if not _mnist_is_there():
        preset = resolve.load("two-layer", [*pairs, ("dataset.name", "fashion-mnist")]).with_data_dir(None)
    opened = network.start(preset, models)
    responsive.loaded()
    began = time.perf_counter()
    opened.run.execute()
    return time.perf_counter() - began


def two_layer(child: Child, models: Path) -> list[str]:
    """Print the rows, and return the names of those beyond their limit. `child` runs a side of bench.py."""
    missed = gradients()
    pairs = [(child("two-layer", models, "numerical"), child("two-layer", models, "backprop")) for _ in range(PAIRS)]
    ratios = sorted(a / b for a, b in pairs)
    name = f"two-layer, {ITERATIONS} iterations by backpropagation, against numerical"
    _print(name, ratios, f"at least {BACKPROP:g}", *(statistics.median(side) for side in zip(*pairs, strict=True)))
    if statistics.median(ratios) < BACKPROP:
        missed.append(name)
    return missed


def _print(name: str, ratios: list[float], limit: str, *medians: float) -> None:
    sides = " : ".join(f"{seconds:.3g} s" for seconds in medians)
    shown = f"{statistics.median(ratios):.3g} × ({ratios[0]:.3g}-{ratios[-1]:.3g})"
    print(f"{name:62} {shown:24} {limit}   {sides}".rstrip(), flush=True)
