"""What the Gradient screen looks at: a step of the dial, a weight, a stretch of it; and all that is computed for them.

Computed behind the screen, while training wants the same interpreter: what a change leaves alone is taken over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from core.errors import UserError
from core.gradients import compare
from core.gradients.compare import Comparison, Errors, Place, Slice
from core.gradients.snapshot import Snapshot, read
from core.runs.folder import RunDir
from core.two_layer.net import NAMES, Array, Net

STEPS = tuple(float(f"1e{k // 2}") if k % 2 == 0 else 10.0 ** (k / 2) for k in range(-24, 1))
"""Where the dial of h can stand, half a decade apart; and at the run's own h."""
CLOSEST = 4.0
"""Steps h on each side of the weight in the closest view of its loss: both points of the difference are in it."""
FARTHEST = 10.0
"""Units of weight on each side in the widest one."""


@dataclass(frozen=True)
class Choice:
    """One weight, and the hidden unit that it is seen with. Indices from 0; those that its array does not have are
    kept for when the user comes back to one that does."""

    name: str = "W1"
    unit: int = 0
    input: int = 0
    label: int = 0

    @property
    def index(self) -> tuple[int, ...]:
        by_name: dict[str, tuple[int, ...]] = {
            "W1": (self.input, self.unit),
            "b1": (self.unit,),
            "W2": (self.unit, self.label),
            "b2": (self.label,),
        }
        return by_name[self.name]

    @property
    def place(self) -> Place:
        return Place(self.name, self.index)

    @property
    def at(self) -> int:
        """Where it is among those that are shown with it; see `beside`."""
        return {"W1": self.input, "b1": self.unit}.get(self.name, self.label)

    def beside(self, net: Net) -> Array:
        """Those that are shown with it, of the weights or of their gradient: a column of W1, all of b1 or b2, a row of
        W2."""
        values: Array = {
            "W1": net.W1[:, self.unit],
            "b1": net.b1,
            "W2": net.W2[self.unit],
            "b2": net.b2,
        }[self.name]
        return values

    def go_to(self, at: int, net: Net) -> Choice:
        """To another one of those, or the last of them."""
        at = min(max(at, 0), len(self.beside(net)) - 1)
        if self.name == "W1":
            return replace(self, input=at)
        return replace(self, unit=at) if self.name == "b1" else replace(self, label=at)

    def to_end(self, last: bool, net: Net) -> Choice:
        return self.go_to(len(self.beside(net)) - 1 if last else 0, net)

    def move(self, columns: int, rows: int, snapshot: Snapshot) -> Choice:
        """Through the picture, not beyond its edges; through a list either way."""
        if self.name != "W1" or len(snapshot.shape) != 3:
            return self.go_to(self.at + columns + rows, snapshot.net)
        channel, y, x = self.pixel(snapshot)
        _channels, height, width = snapshot.shape
        x, y = min(max(x + columns, 0), width - 1), min(max(y + rows, 0), height - 1)
        return replace(self, input=(channel * height + y) * width + x)

    def pixel(self, snapshot: Snapshot) -> tuple[int, int, int]:
        """Channel, row and column of the input, for a picture."""
        _channels, height, width = snapshot.shape
        return self.input // (height * width), self.input // width % height, self.input % width

    def next_array(self) -> Choice:
        return replace(self, name=NAMES[(NAMES.index(self.name) + 1) % len(NAMES)])

    def next_unit(self, by: int, net: Net) -> Choice:
        return replace(self, unit=(self.unit + by) % net.hidden)

    def largest(self, gradient: Net) -> Choice:
        """To the largest gradient of those that are shown with it."""
        return self.go_to(int(np.abs(self.beside(gradient)).argmax()), gradient)

    @classmethod
    def of_largest(cls, gradient: Net) -> Choice:
        """Where a weight of the first layer counts most."""
        at, unit = np.unravel_index(int(np.abs(gradient.W1).argmax()), gradient.W1.shape)
        return cls("W1", int(unit), int(at))


def turned(h: float, by: int, own: float) -> float:
    """The dial so many positions on, at the end of the scale no further; `own`: the run's h."""
    stops = sorted([own, *(step for step in STEPS if not math.isclose(step, own, rel_tol=0.05))])
    here = min(range(len(stops)), key=lambda i: abs(math.log(stops[i] / h)))
    return stops[min(max(here + by, 0), len(stops) - 1)]


def reach(h: float, zoomed_out: int) -> float:
    """How far the view of the loss goes on each side of the weight, after so many keys of half a decade each."""
    return float(min(CLOSEST * h * 10 ** (zoomed_out / 2), FARTHEST))


@dataclass(frozen=True)
class Wanted:
    """All that a study depends on."""

    written: int
    """When the snapshot was, in nanoseconds."""
    choice: Choice | None = None
    """None: the weight with the largest gradient."""
    h: float | None = None
    """None: the run's own."""
    zoomed_out: int = 0


@dataclass(frozen=True)
class Study:
    """A snapshot, and what is shown of it."""

    wanted: Wanted
    snapshot: Snapshot
    choice: Choice
    loss: float
    accuracy: float
    """Loss and accuracy of the snapshot's batch."""
    comparison: Comparison
    errors: Errors
    slice: Slice
    features: tuple[str, ...]
    """Names of the inputs; empty where they have none."""
    classes: tuple[str, ...]

    @property
    def h(self) -> float:
        return self.comparison.h


def study(run_dir: RunDir, wanted: Wanted, before: Study | None) -> Study | None:
    """None where the snapshot cannot be read. `before`: an earlier one of the same run."""
    same = before if before is not None and before.wanted.written == wanted.written else None
    snapshot = same.snapshot if same else read(run_dir)
    if snapshot is None:
        return None
    h = wanted.h or snapshot.h
    with np.errstate(all="ignore"):
        comparison = same.comparison if same and same.h == h else Comparison.of(snapshot, h)
        loss, accuracy = (same.loss, same.accuracy) if same else compare.truth(snapshot)
    numbers = [
        loss,
        *(
            number
            for net in (comparison.backprop, comparison.numerical)
            for _name, each in net
            for number in (float(each.min()), float(each.max()))
        ),
    ]
    if not all(math.isfinite(number) for number in numbers):
        raise UserError(f"the gradients after step {snapshot.step:,} are not finite: there is nothing to compare")
    choice = wanted.choice or Choice.of_largest(comparison.backprop)
    errors = same.errors if same and same.errors.unit == choice.unit else None
    far = reach(h, wanted.zoomed_out)
    again = same is not None and (same.choice.place, same.h, same.wanted.zoomed_out) == (
        choice.place,
        h,
        wanted.zoomed_out,
    )
    features, classes = (before.features, before.classes) if before else _names(run_dir, snapshot)
    return Study(
        wanted=wanted,
        snapshot=snapshot,
        choice=choice,
        loss=loss,
        accuracy=accuracy,
        comparison=comparison,
        errors=errors or compare.errors(snapshot, choice.unit, sorted({*STEPS, snapshot.h})),
        slice=same.slice if same and again else compare.along(snapshot, choice.place, h, far),
        features=features,
        classes=classes,
    )


def _names(run_dir: RunDir, snapshot: Snapshot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of inputs and classes, as far as the run tells them."""
    from core.data.saved_inputs import read_inputs

    try:
        inputs = read_inputs(run_dir)
    except UserError:
        return (), ()
    features = inputs.features if len(inputs.features) == len(snapshot.net.W1) else ()
    return features, inputs.classes if len(inputs.classes) == len(snapshot.net.b2) else ()
