"""Canvas: a plot's cells. Bands are painted as their background; curves that meet in a cell take turns, so that none is
hidden under another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tui.charts.raster import MARKERS, cells_of, line_cells

Floats = NDArray[np.float64]

COVERED = 0.4
"""Of a cell, from which on it is painted as a part of the band."""
DASH = 2
"""Cells that each of two curves gets where they are the same for long."""


class Canvas:
    """Shares of the canvas, 0-1 from left to right and from bottom to top, become cells. Rows count from the bottom."""

    def __init__(self, columns: int, rows: int, marker: str) -> None:
        self.columns, self.rows, self.marker = columns, rows, marker
        self._in_band = np.zeros((rows, columns), dtype=np.int64)
        """Which band each cell is painted as: its place in `_grounds`."""
        self._grounds = [""]
        self._lines: Claims = defaultdict(list)
        self._signs: Claims = defaultdict(list)
        self._lines_on_top: Claims = defaultdict(list)
        self._signs_on_top: Claims = defaultdict(list)
        self._upright: int | None = None

    @property
    def places(self) -> int:
        """That a line tells apart from left to right."""
        return self.columns * int(MARKERS[self.marker].shape[1])

    def band(self, x: Floats, low: Floats, high: Floats, ground: str) -> NDArray[np.bool_]:
        """From the lowest to the highest of the points (n,) in each column, and straight on between two columns.
        `ground`: a background's style, or a character where there are no colours. For each point whether its column is
        painted: a band thinner than a row is not."""
        column, lows, highs = per_column(self.columns_of(x), low, high)
        inside = (column >= 0) & (column < self.columns)
        if not inside.any():
            return np.zeros(len(x), dtype=bool)
        every = np.arange(column[0], column[-1] + 1)
        below = np.clip(np.interp(every, column, lows), -1, 2) * self.rows
        above = np.clip(np.interp(every, column, highs), -1, 2) * self.rows
        row = np.arange(self.rows)[:, None]
        covered = np.minimum(above, row + 1) - np.maximum(below, row)
        kept = (every >= 0) & (every < self.columns)
        painted = (covered >= COVERED) & (above - below >= 1.0)
        if ground not in self._grounds:
            self._grounds.append(ground)
        self._in_band[:, every[kept]] = np.where(
            painted[:, kept], self._grounds.index(ground), self._in_band[:, every[kept]]
        )
        wide: NDArray[np.bool_] = (above - below >= 1.0)[np.searchsorted(every, self.columns_of(x))]
        return wide

    def line(
        self, of: str, x: Floats, y: Floats, style: str, *, thick: bool = False, dash: str = "", on_top: bool = False
    ) -> None:
        """Through the points (n,); `of` which curve it is."""
        cells = line_cells(x, y, self.columns, self.rows, self.marker, thick=thick, dash=dash)
        claims = self._lines_on_top if on_top else self._lines
        for column, row, char in zip(*cells, strict=True):
            claims[column, row].append((of, char, style))

    def signs(self, of: str, x: Floats, y: Floats, char: str, style: str, *, on_top: bool = False) -> None:
        """At the points (n,) that are on the canvas; beside another one where that is in the same cell."""
        claims = self._signs_on_top if on_top else self._signs
        inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        for column, row in zip(*cells_of(x[inside], y[inside], self.columns, self.rows, self.marker), strict=True):
            at = int(column), int(row)
            free = [(c, at[1]) for c in (at[0], at[0] + 1, at[0] - 1) if 0 <= c < self.columns]
            claims[next((each for each in free if each not in claims), at)].append((of, char, style))

    def edge(self, columns: Iterable[int], char: str, style: str, *, top: bool) -> None:
        """In the highest or the lowest row of these columns: there is more beyond it."""
        row = self.rows - 1 if top else 0
        for column in columns:
            self._signs[column, row] = [("", char, style)]

    def upright(self, x: float) -> None:
        """A line from bottom to top, behind all that stands there."""
        (column,) = self.columns_of(np.array([x]))
        self._upright = int(column)

    def columns_of(self, x: Floats) -> NDArray[np.int64]:
        columns, _rows = cells_of(x, np.zeros(len(x)), self.columns, self.rows, self.marker)
        return np.array(columns, dtype=np.int64)

    def text(self, upright: str) -> list[Text]:
        """The rows from the top."""
        grounds = [each if each.startswith("on ") else "" for each in self._grounds]
        cells = [[(" ", "")] * self.columns for _row in range(self.rows)]
        for row, column in np.argwhere(self._in_band).tolist():
            at = self._in_band[row, column]
            cells[row][column] = (" ", grounds[at]) if grounds[at] else (self._grounds[at] or " ", "dim")
        if self._upright is not None and 0 <= self._upright < self.columns:
            for row in range(self.rows):
                cells[row][self._upright] = (upright, cells[row][self._upright][1].removeprefix("dim"))
        layers = (self._lines, DASH), (self._signs, 1), (self._lines_on_top, DASH), (self._signs_on_top, 1)
        for claims, length in layers:
            for (column, row), (char, style) in _in_turns(claims, length):
                cells[row][column] = (char, f"{style} {grounds[self._in_band[row, column]]}".rstrip())
        return [_row_of(row) for row in reversed(cells)]


def per_column(column: NDArray[np.int64], low: Floats, high: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Which there are, and the lowest and the highest in each of them. `column` (n,) rises."""
    found, starts = np.unique(column, return_index=True)
    return found, np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)


Claims = dict[tuple[int, int], list[tuple[str, str, str]]]
"""Of each cell, column and row, the curves that are drawn there: name, character, style."""


def _in_turns(cells: Claims, length: int) -> Iterable[tuple[tuple[int, int], tuple[str, str]]]:
    """For each cell one of those who want it, by its column: what changes in one cell changes no other."""
    for at, wanted in cells.items():
        claims = {of: (char, style) for of, char, style in wanted}
        yield at, claims[list(claims)[at[0] // length % len(claims)]]


def _row_of(cells: Sequence[tuple[str, str]]) -> Text:
    row = Text(no_wrap=True)
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        row.append("".join(char for char, _style in run), style.strip() or None)
    return row
