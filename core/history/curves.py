"""The columns of one trial by epoch, as far as they were told."""

from __future__ import annotations

import bisect
import math
from array import array
from dataclasses import dataclass, field

POINTS = 512
"""Of a curve, at most; of a longer one every second is dropped, again and again."""


@dataclass
class Curves:
    """Epochs in order, and what they came to."""

    epochs: array[int] = field(default_factory=lambda: array("q"))
    columns: dict[str, array[float]] = field(default_factory=dict)
    """Each as long as `epochs`; NaN where it was not measured."""

    def append(self, epoch: int, values: dict[str, float]) -> None:
        """An epoch that is there already is not counted twice: it was measured again after a resume."""
        if self.epochs and self.epochs[-1] >= epoch:
            return
        for name in values:
            if name not in self.columns:
                self.columns[name] = array("d", [math.nan]) * len(self.epochs)
        self.epochs.append(epoch)
        for name, column in self.columns.items():
            column.append(values.get(name, math.nan))
        if len(self.epochs) > POINTS:
            self.epochs = self.epochs[::2]
            self.columns = {name: column[::2] for name, column in self.columns.items()}

    def insert(self, epoch: int, values: dict[str, float]) -> None:
        """An epoch among those that are there, if it is not."""
        at = bisect.bisect_left(self.epochs, epoch)
        if at < len(self.epochs) and self.epochs[at] == epoch:
            return
        for name in values.keys() - self.columns.keys():
            self.columns[name] = array("d", [math.nan]) * len(self.epochs)
        self.epochs.insert(at, epoch)
        for name, column in self.columns.items():
            column.insert(at, values.get(name, math.nan))

    def truncate(self, epoch: int) -> None:
        """Forget what came after `epoch`."""
        n = sum(1 for each in self.epochs if each <= epoch)
        del self.epochs[n:]
        for column in self.columns.values():
            del column[n:]
