"""Ink: what the terminal can show, and pictures in its cells: shades, signed colours, runs of one style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from core.figures.kinds import Rows
from core.system.text import clean
from tui.charts.palette import Rgb, mixed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What the terminal can show."""

    ascii: bool = False
    """Nothing beyond ASCII."""
    colour: bool = True
    """At least 256 colours."""

    def name(self, name: str) -> str:
        """A name from data as it can be shown: printing characters only."""
        shown = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in clean(name))
        return shown.encode("ascii", "replace").decode() if self.ascii else shown

    def cut(self, text: str, width: int) -> str:
        """At most `width` cells of it."""
        if cell_len(text) <= width:
            return text
        dots = "~" if self.ascii else "…"
        return set_cell_size(text, width - 1).rstrip() + dots if width > 1 else dots[:width]


def note(words: str, width: int, height: int) -> Text:
    """A line in the middle."""
    return Text("\n" * (max(0, height - 1) // 2) + words[:width].center(width).rstrip(), style="dim", no_wrap=True)


# Pictures.


@dataclass(frozen=True)
class Shader:
    """How a value becomes colour or, without colours, a character."""

    rgb: Callable[[float], Rgb]
    character: Callable[[float], str]

    def lines(self, values: Floats, look: Look) -> list[Text]:
        """Two rows of pixels in each line."""
        if len(values) % 2:
            values = np.vstack([values, values[-1:]])
        upper, lower = values[::2], values[1::2]
        if not look.colour:
            return [Text("".join(map(self.character, row))) for row in (upper + lower) / 2]
        return [
            runs_of([("▀", f"{style_of(self.rgb(a))} on {style_of(self.rgb(b))}") for a, b in zip(*pair, strict=True)])
            for pair in zip(upper.tolist(), lower.tolist(), strict=True)
        ]


def grey(value: float) -> Rgb:
    level = 17 * round(15 * min(max(value, 0.0), 1.0))  # few levels: neighbours of one colour are painted at once
    return level, level, level


def diverging(value: float) -> Rgb:
    """Blue below 0, dark at 0, orange above: small weights are most of them, so they are told apart better."""
    strength = round(12 * min(abs(value), 1.0) ** 0.6) / 12
    return lighter((16, 16, 20), strength, (255, 176, 0) if value > 0 else (100, 170, 255))


def _signed(value: float) -> str:
    strength = min(2, int(3 * min(abs(value), 1.0) ** 0.6 + 0.25))
    return (" ", "+", "#")[strength] if value > 0 else (" ", "-", "=")[strength]


SIGNED = Shader(diverging, _signed)
"""For values from -1 to 1; the sign is told without colours too."""


def resample(rows: Rows | Floats, width: int, height: int) -> Floats:
    """(height, width): each new pixel is the mean of the area that it covers."""
    values = np.asarray(rows, dtype=np.float64)
    result: Floats = _shares(len(values), height) @ values @ _shares(values.shape[1], width).T
    return result


def _shares(n: int, m: int) -> Floats:
    """(m, n): how much of each of n pixels is in each of m that span the same length; rows sum to 1."""
    edges = np.linspace(0, n, m + 1)
    old = np.arange(n)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    shares: Floats = np.clip(overlap, 0, None) * m / n
    return shares


def runs_of(cells: Sequence[tuple[str, str]]) -> Text:
    """(character, style) pairs as text, equal neighbours in one span."""
    line = Text()
    for style, run in groupby(cells, key=lambda cell: cell[1]):
        line.append("".join(character for character, _style in run), style or None)
    return line


def lighter(colour: Rgb, share: float, towards: Rgb = (255, 255, 255)) -> Rgb:
    """The way from one colour to another."""
    return mixed(colour, towards, share)


def style_of(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
