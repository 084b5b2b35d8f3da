"""From a line over a canvas of cells to the characters that draw it: dots of braille, quarter blocks, or full stops.

In NumPy: dot by dot in Python it would be half of a frame's time, in which nothing else of this process runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Bit of each dot of a cell, by row from the top and by column.
_BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_BLOCKS = np.array([[1, 2], [4, 8]])
_BLOCK_CHARS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_ASCII = np.array([[1]])
DASHES: dict[str, dict[str, tuple[int, int]]] = {
    "dashed": {"braille": (9, 7), "hd": (5, 4), ".": (4, 3)},
    "dotted": {"braille": (2, 5), "hd": (1, 3), ".": (1, 2)},
}
"""Dots that are drawn and left out in turns along a line."""
MARKERS = {"braille": _BRAILLE, "hd": _BLOCKS, ".": _ASCII}


def line_cells(
    x: Floats, y: Floats, columns: int, rows: int, marker: str, *, thick: bool = False, dash: str = ""
) -> tuple[list[int], list[int], list[str]]:
    """Column, row and character of every cell that a line through the points (n,) touches; a thick one is of two dots
    of braille. `dash`: one of DASHES, along its way.

    `x` and `y` run from 0 to 1 over the canvas; what is outside is left out. Rows count from the bottom.
    """
    bits = MARKERS[marker]
    high, wide = bits.shape
    across, up = columns * wide, rows * high
    dot_x, dot_y = _between(_dots(x, across), _dots(y, up))
    if dash:
        drawn, left_out = DASHES[dash][marker]
        moved = (np.diff(dot_x, prepend=-1) != 0) | (np.diff(dot_y, prepend=-1) != 0)  # many points may be one dot
        kept = (np.cumsum(moved) - 1) % (drawn + left_out) < drawn
        dot_x, dot_y = dot_x[kept], dot_y[kept]
    if thick and marker == "braille":
        dot_x, dot_y = np.tile(dot_x, 2), np.concatenate([dot_y, np.where(dot_y > 0, dot_y - 1, dot_y + 1)])
    inside = (dot_x >= 0) & (dot_x < across) & (dot_y >= 0) & (dot_y < up)
    dot_x, dot_y = dot_x[inside], dot_y[inside]
    masks = np.zeros(columns * rows, dtype=np.int64)
    cell = (dot_y // high) * columns + dot_x // wide
    np.bitwise_or.at(masks, cell, bits[high - 1 - dot_y % high, dot_x % wide])
    touched = np.flatnonzero(masks)
    return (
        (touched % columns).tolist(),
        (touched // columns).tolist(),
        [_char(marker, m) for m in masks[touched].tolist()],
    )


def cells_of(x: Floats, y: Floats, columns: int, rows: int, marker: str) -> tuple[list[float], list[float]]:
    """Column and row, whole numbers, of the cell in which `line_cells` draws each point (n,): ticks and signs belong
    there too."""
    high, wide = MARKERS[marker].shape
    return (_dots(x, columns * wide) // wide).tolist(), (_dots(y, rows * high) // high).tolist()


def _dots(shares: Floats, n: int) -> NDArray[np.int64]:
    return np.rint(np.clip(shares, -1, 2) * (n - 1)).astype(np.int64)


def _between(x: NDArray[np.int64], y: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every dot on the way from each point to the next, both included."""
    if len(x) < 2:
        return x, y
    dx, dy = np.diff(x), np.diff(y)
    steps = np.maximum(np.maximum(abs(dx), abs(dy)), 1)
    segment = np.repeat(np.arange(len(steps)), steps)
    part = (np.arange(len(segment)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[segment]
    way_x = np.rint(x[segment] + part * dx[segment]).astype(np.int64)
    way_y = np.rint(y[segment] + part * dy[segment]).astype(np.int64)
    return np.append(way_x, x[-1]), np.append(way_y, y[-1])


def _char(marker: str, mask: int) -> str:
    if marker == "braille":
        return chr(0x2800 + mask)
    return _BLOCK_CHARS[mask] if marker == "hd" else "."
