"""The experiments that come with nntui: one TOML file each, in the format that `nntui run FILE` reads; and in which
order one learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
FIRST = "iris-net"
"""What to begin with: nothing to download, done in a second."""


@dataclass(frozen=True)
class Lesson:
    """What one learns from an experiment, in few words, and about how many seconds it takes on two cores, PyTorch
    loaded."""

    teaches: str
    seconds: float


LESSONS = {
    "iris-net": Lesson("a first classifier: train against test", 2),
    "blobs-binary": Lesson("two classes in the plane, one decision line", 2),
    "diabetes-regression": Lesson("a number to predict, stopped in time", 2),
    "digits-mlp": Lesson("pictures as input, a validation split", 4),
    "iris-search": Lesson("which network is best: 32 at once", 5),
    "mnist-softmax": Lesson("one linear layer, its weights as pictures", 6),
    "mnist-mlp": Lesson("hidden layers against one layer", 8),
    "mnist-lenet": Lesson("convolution: fewer weights, fewer mistakes", 60),
    "fashion-mlp": Lesson("how units die, in order and unshuffled", 30),
    "two-layer": Lesson("backpropagation against differences", 370),
}
"""In the order of learning: what needs no download first."""


def preset_names() -> list[str]:
    """In the order of learning; any that are not in it come last, by name."""
    order = list(LESSONS)
    names = (path.stem for path in FOLDER.glob("*.toml"))
    return sorted(names, key=lambda name: (order.index(name) if name in LESSONS else len(order), name))
