"""View: which part of a run the plots show, and how. All plots of a screen share one, so that they move together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tui.charts.scale import UNITS, Scale, Unit

SMOOTHINGS = (0.0, 0.9, 0.99, 0.999)
"""Weights of what came before, per step, in an exponential moving average; 0 is no smoothing."""
NARROWEST = 4.0
"""Steps; a window is never narrower."""


@dataclass(frozen=True)
class View:
    """A window over steps 0 to `end`, and the axes. Every method returns another View.

    `newest` is the latest step that was trained, `end` where the whole plot ends, at `newest` or somewhat later.
    """

    width: float | None = None
    """Steps in view; None: all of them."""
    last: float | None = None
    """Where the window ends; None: at the newest step, whatever comes."""
    cursor: int | None = None
    unit: Unit = "epoch"
    log_x: bool = False
    log_y: bool = False
    smoothing: float = 0.99

    @property
    def whole(self) -> bool:
        return self.width is None

    @property
    def follows(self) -> bool:
        return self.last is None

    def window(self, newest: float, end: float) -> tuple[float, float]:
        """First and last step in view."""
        if self.width is None:
            return 0.0, max(end, 1.0)
        last = max(newest, self.width) if self.last is None else self.last
        return max(0.0, last - self.width), last

    def zoom(self, factor: float, newest: float, end: float) -> View:
        """`factor` times as many steps, around the cursor if it is in view, else before the newest while that is
        followed, else around the middle."""
        first, last = self.window(newest, end)
        width = max(NARROWEST, (last - first) * factor)
        if width >= max(end, NARROWEST):
            return self.show_whole()
        if self.cursor is not None and first <= self.cursor <= last:
            return self.zoom_at(self.cursor, factor, newest, end)
        if self.follows and (not self.whole or newest < end):  # a run that has ended has no newest step to follow
            return replace(self, width=width)
        return self.zoom_at((first + last) / 2, factor, newest, end)

    def zoom_at(self, step: float, factor: float, newest: float, end: float) -> View:
        """`factor` times as many steps, and `step` stays where it is in the window."""
        first, last = self.window(newest, end)
        width = max(NARROWEST, (last - first) * factor)
        if width >= max(end, NARROWEST):
            return self.show_whole()
        start = min(max(0.0, step - (step - first) * width / (last - first)), end - width)
        return replace(self, width=width, last=start + width)

    def pan(self, share: float, newest: float, end: float) -> View:
        """Move by a share of the window; where the whole run is in view there is nothing to move."""
        first, last = self.window(newest, end)
        if self.width is None:
            return self
        start = min(max(0.0, first + share * (last - first)), max(0.0, end - self.width))
        return replace(self, last=start + self.width)

    def follow(self, newest: float, end: float) -> View:
        """Follow the newest step from now on, or stay where the window is."""
        if self.follows:
            first, last = self.window(newest, end)
            return replace(self, width=last - first, last=last)
        return replace(self, last=None)

    def show_whole(self) -> View:
        return replace(self, width=None, last=None)

    def move_cursor(self, columns: int, scale: Scale, plot_columns: int, newest: int, end: float) -> View:
        """By so many columns of a plot, but always to another step; it comes in at the newest step in view. The window
        goes with it."""
        first, last = self.window(newest, end)
        if self.cursor is None:
            return self.put_cursor(int(min(newest, last)), newest, end)
        left, right = scale.to(np.array([first, last])).tolist()
        here = float(scale.to(np.array([float(self.cursor)]))[0])
        there = scale.back(here + columns * (right - left) / max(1, plot_columns))
        step = round(there)
        if step == self.cursor:
            step += 1 if columns > 0 else -1
        return self.put_cursor(step, newest, end)

    def put_cursor(self, step: int, newest: int, end: float) -> View:
        """On `step`, or the nearest that there is; the window moves if it is not in view."""
        step = min(max(1, step), max(1, newest))
        first, last = self.window(newest, end)
        moved = replace(self, cursor=step)
        if self.width is None or first <= step <= last:
            return moved
        start = min(max(0.0, step - self.width / 2), max(0.0, end - self.width))
        return replace(moved, last=start + self.width)

    def without_cursor(self) -> View:
        return replace(self, cursor=None)

    def toggle(self, axis: Literal["log_x", "log_y"]) -> View:
        """A logarithmic axis instead of a linear one, and back."""
        return replace(self, log_x=not self.log_x) if axis == "log_x" else replace(self, log_y=not self.log_y)

    def next_unit(self) -> View:
        return replace(self, unit=UNITS[(UNITS.index(self.unit) + 1) % len(UNITS)])

    def next_smoothing(self) -> View:
        at = SMOOTHINGS.index(self.smoothing) if self.smoothing in SMOOTHINGS else 0
        return replace(self, smoothing=SMOOTHINGS[(at + 1) % len(SMOOTHINGS)])
