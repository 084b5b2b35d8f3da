"""A network as a sketch: a column of units for each layer, lines between them, its sizes above and its kinds below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from tui.charts.ink import Look
from tui.charts.raster import line_cells
from tui.system.terminal import plot_marker

SMALLEST = (24, 6)
"""Columns and rows below which nothing is drawn."""
MOST_UNITS = 6
"""Of one layer that are drawn."""
APART, FAR = 7, 22
"""Columns from one layer to the next, at least and at most."""


@dataclass(frozen=True)
class Stage:
    """Where the data are between two layers: their shape, and what made it."""

    shape: tuple[int, ...]
    kind: str
    after: str = ""
    """The activation upon it."""
    learns: bool = False
    """Whether what made it has parameters."""

    @property
    def size(self) -> str:
        return "×".join(map(str, self.shape)) or "1"

    @property
    def units(self) -> int:
        """Units of a flat layer, maps of one of pictures."""
        return self.shape[0] if self.shape else 1


def stages(layers: Sequence[Mapping[str, Any]], shape: Sequence[int] | None = None) -> list[Stage]:
    """The way of one sample of this shape through the layers, as `core.network.layers` tells of them."""
    found = [] if shape is None else [Stage(_as_taken(shape, layers), "input")]
    for layer in layers:
        output, kind, learns = tuple(layer["output"]), str(layer["type"]), bool(layer["parameters"])
        same = bool(found) and found[-1].shape == output
        if kind == "Flatten":
            continue
        if not learns and same:  # an activation, dropout
            last = found[-1]
            found[-1] = Stage(last.shape, last.kind, f"{last.after} {kind}".strip(), last.learns)
        elif learns or math.prod(output) != math.prod(found[-1].shape if found else ()):
            found.append(Stage(output, kind, "", learns))
    return found


def _as_taken(shape: Sequence[int], layers: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Of a picture all pixels in a row, where the first layer that learns takes them so."""
    first = next((layer for layer in layers if layer["parameters"]), None)
    return (math.prod(shape),) if first is not None and len(first["output"]) < 2 else tuple(shape)


def sketch(way: Sequence[Stage], width: int, height: int, look: Look) -> list[Text]:
    """At most so many lines; none where there is too little room. Stages that learn nothing go first, then those in the
    middle."""
    if width < SMALLEST[0] or height < SMALLEST[1] or len(way) < 2:
        return []
    way = _those_that_fit(way, width)
    most = max(min(stage.units, MOST_UNITS) for stage in way)
    rows = min(height - 3, 2 * most)
    labels = [stage.size for stage in way]
    left = max(2, math.ceil(max(cell_len(labels[0]), len(_below(way[0])[0])) / 2))
    right = max(2, math.ceil(max(cell_len(labels[-1]), len(_below(way[-1])[0])) / 2))
    ends = left, max(left, min(width - right - 1, left + FAR * (len(way) - 1)))
    places = [round(place) for place in np.linspace(*ends, len(way))]
    canvas = _Canvas(width, rows, look)
    nodes = [_nodes(stage.units, rows) for stage in way]
    for i, stage in enumerate(way[1:]):
        canvas.mesh(places[i], nodes[i], places[i + 1], nodes[i + 1], one_by_one=not stage.learns)
    for place, stage, column in zip(places, way, nodes, strict=True):
        canvas.column(place, column, maps=len(stage.shape) > 1, more=stage.units > len(column))
    apart = places[1] - places[0] - 1 if len(places) > 1 else width
    below = [_below(stage) for stage in way]
    return [
        _labels(labels, places, width, apart, "bold", look),
        *canvas.lines(),
        _labels([kind for kind, _after in below], places, width, apart, "", look),
        _labels([after for _kind, after in below], places, width, apart, "", look),
    ]


def _those_that_fit(way: Sequence[Stage], width: int) -> list[Stage]:
    most = max(2, (width - 4) // APART + 1)
    kept = list(way)
    if len(kept) > most:
        kept = [stage for i, stage in enumerate(kept) if stage.learns or i in (0, len(kept) - 1)]
    while len(kept) > most:
        del kept[len(kept) // 2]
    return kept


def _below(stage: Stage) -> tuple[str, str]:
    short = {"Linear": "linear", "Conv2d": "conv", "MaxPool2d": "pool", "AvgPool2d": "pool"}
    return short.get(stage.kind, stage.kind), stage.after


def _nodes(units: int, rows: int) -> list[int]:
    """The rows of the units that are drawn, in the middle of all rows."""
    n = min(units, MOST_UNITS, rows)
    apart = min(2.0, (rows - 1) / (n - 1)) if n > 1 else 0.0
    return [round((rows - 1 - apart * (n - 1)) / 2 + apart * i) for i in range(n)]


def _labels(words: Sequence[str], places: Sequence[int], width: int, room: int, style: str, look: Look) -> Text:
    """Each under its place."""
    row, end = "", 0
    for text, place in zip(words, places, strict=True):
        text = look.cut(look.name(text) if look.ascii else text, max(1, room))
        start = max(end, min(place - len(text) // 2, width - len(text)))
        row = row.ljust(start) + text
        end = start + len(text) + 1
    return Text(row[:width].rstrip().replace("×", "x") if look.ascii else row[:width].rstrip(), style, no_wrap=True)


class _Canvas:
    """Cells with a mesh of faint lines, and units upon them."""

    def __init__(self, width: int, rows: int, look: Look) -> None:
        self._width, self._rows, self._look = width, rows, look
        self._cells: list[list[tuple[str, str]]] = [[(" ", "")] * width for _row in range(rows)]

    def mesh(self, x: int, left: Sequence[int], to: int, right: Sequence[int], *, one_by_one: bool) -> None:
        """A line from each on the left to each on the right, or to its own one."""
        columns = to - x - 1
        if columns < 1:
            return
        pairs = list(zip(left, right, strict=False)) if one_by_one else [(a, b) for a in left for b in right]
        rows: dict[tuple[int, int], list[str]] = {}
        for pair in pairs:
            upwards = 1 - (np.array(pair) + 0.5) / self._rows
            found = line_cells(np.array([0.0, 1.0]), upwards, columns, self._rows, plot_marker())
            for column, row, char in zip(*found, strict=True):
                rows.setdefault((x + 1 + column, self._rows - 1 - row), []).append(char)
        for (at, row), chars in rows.items():
            self._put(at, row, _together(chars), "faint")

    def column(self, x: int, rows: Sequence[int], *, maps: bool, more: bool) -> None:
        """The units of a layer; `more`: there are others."""
        sign = ("#" if maps else "o") if self._look.ascii else ("■" if maps else "●")
        for i, row in enumerate(rows):
            left_out = more and len(rows) > 2 and i == len(rows) // 2
            self._put(x, row, (":" if self._look.ascii else "⋮") if left_out else sign, "unit")

    def _put(self, x: int, y: int, char: str, style: str) -> None:
        if 0 <= x < self._width and 0 <= y < self._rows:
            self._cells[y][x] = (char, style)

    def lines(self) -> list[Text]:
        styles = {"": "", "unit": "bold", "faint": "#6e7d96" if self._look.colour else "dim"}
        found = []
        for cells in self._cells:
            line = Text(no_wrap=True)
            for char, style in cells:
                line.append(char, styles[style] or None)
            found.append(line)
        return found


def _together(chars: Sequence[str]) -> str:
    """The dots of all of them; of other marks the first."""
    dots = 0
    for char in chars:
        if not 0x2800 <= ord(char) <= 0x28FF:
            return chars[0]
        dots |= ord(char) - 0x2800
    return chr(0x2800 + dots)
