"""Plane: a small plot in characters, for where LineChart's axis of steps is not what is drawn over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tui.charts.ink import Look
from tui.charts.raster import cells_of, line_cells
from tui.system.terminal import plot_marker

Floats = NDArray[np.float64]
Labels = Sequence[tuple[float, str]]
"""Places on an axis and what stands there."""


@dataclass(frozen=True)
class Signs:
    """What stands out in these plots, here and in the titles that explain it."""

    point: str = "●"
    here: str = "◆"
    best: str = "★"
    slope: str = "·"
    upright: str = "┊"


def signs() -> Signs:
    """Those that this terminal has."""
    return Signs("o", "#", "*", "-", "|") if plot_marker() == "." else Signs()


SMALLEST = (24, 4)
"""Columns and rows below which there is no plot."""


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, which must differ."""

    low: float
    high: float
    labels: Labels = ()

    @classmethod
    def around(cls, values: Floats, labels: Labels = (), margin: float = 0.06) -> Axis:
        """All finite ones of them, and some room on both sides."""
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        room = margin * (high - low) or max(abs(high), 1e-12) * 0.1
        return cls(low - room, high + room, labels)

    def share(self, values: Floats) -> Floats:
        """0-1 along it."""
        shares: Floats = (values - self.low) / (self.high - self.low)
        return shares


class Plane:
    """Draw lines, signs and words on it, later ones over earlier ones; then take the `text`."""

    def __init__(self, width: int, height: int, x: Axis, y: Axis, look: Look) -> None:
        """At least SMALLEST; labels of the y axis on the left, of the x axis in the last row."""
        self._x, self._y, self._look = x, y, look
        self._margin = max((len(label) for _value, label in y.labels), default=0)
        self.columns, self.rows = width - self._margin - 1, height - 1
        self._cells: list[list[tuple[str, str]]] = [[(" ", "")] * self.columns for _row in range(self.rows)]

    def line(self, x: Floats, y: Floats, style: str) -> None:
        """Through the points (n,)."""
        finite = np.isfinite(x) & np.isfinite(y)
        shares = self._x.share(x[finite]), self._y.share(y[finite])
        for column, row, char in zip(*line_cells(*shares, self.columns, self.rows, plot_marker()), strict=True):
            self._put(column, row, char, style)

    def dots(self, x: Floats, y: Floats, char: str, style: str, every: int = 3) -> None:
        """A line through two points as a sign in every third column: it can be told from a drawn one, and leaves that
        to be seen."""
        for column in range(0, self.columns, every):
            value = self._x.low + (column + 0.5) / self.columns * (self._x.high - self._x.low)
            at = np.array([value]), np.array([y[0] + (y[1] - y[0]) * (value - x[0]) / (x[1] - x[0])])
            if 0 <= float(self._y.share(at[1])[0]) <= 1:
                self.sign(float(at[0][0]), float(at[1][0]), char, style)

    def sign(self, x: float, y: float, char: str, style: str) -> None:
        """At one place, if it is in view."""
        (column, row) = self._cell(x, y)
        self._put(column, row, char, style)

    def upright(self, x: float, char: str, style: str) -> None:
        """A line from bottom to top."""
        column, _row = self._cell(x, self._y.low)
        for row in range(self.rows):
            self._put(column, row, char, style)

    def words(self, column: int, row: int, text: str, style: str) -> bool:
        """From this cell on, rows from the bottom; only where all of it falls on free ones. Whether it did."""
        ends = column >= 0 and column + len(text) <= self.columns and 0 <= row < self.rows
        cells = range(column, column + len(text))
        if not ends or any(self._cells[self.rows - 1 - row][at][0] != " " for at in cells):
            return False
        for at, char in zip(cells, text, strict=True):
            self._put(at, row, char, style)
        return True

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        shares = self._x.share(np.array([x])), self._y.share(np.array([y]))
        (column,), (row,) = cells_of(*shares, self.columns, self.rows, plot_marker())
        return int(column), int(row)

    def _put(self, column: int, row: int, char: str, style: str) -> None:
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._cells[self.rows - 1 - row][column] = (char, style if self._look.colour else _plain(style))

    def text(self) -> list[Text]:
        """As many lines as it is high."""
        edge, tick = ("|", "+") if self._look.ascii else ("│", "┤")
        labels = {self._cell(self._x.low, value)[1]: label for value, label in self._y.labels}
        lines = []
        for y, cells in enumerate(self._cells):
            label = labels.get(self.rows - 1 - y, "")
            line = Text(f"{label:>{self._margin}}", no_wrap=True).append(tick if label else edge, "dim")
            for style, run in groupby(cells, key=lambda cell: cell[1]):
                line.append("".join(char for char, _style in run), style or None)
            lines.append(line)
        return [*lines, self._below()]

    def _below(self) -> Text:
        """The labels of the x axis, each under its place, those that would touch another one left out."""
        row, taken = [" "] * (self._margin + 1 + self.columns), 0
        for value, label in self._x.labels:
            column, _row = self._cell(value, self._y.low)
            start = min(max(self._margin + 1 + column - len(label) // 2, 0), len(row) - len(label))
            if start >= taken:
                row[start : start + len(label)] = label
                taken = start + len(label) + 1
        return Text("".join(row), no_wrap=True)


def _plain(style: str) -> str:
    """Without colours."""
    return " ".join(word for word in style.split() if not word.startswith("#"))
