"""Looks: by what one curve among many is known: colour, line and marker, each of which tells it apart from those beside
it; all three together from 23 others."""

from __future__ import annotations

from dataclasses import dataclass

from tui.charts.palette import BLUE, DEEP_BLUE, GREEN, ORANGE, PURPLE, VERMILION, YELLOW, Rgb

COLORS: tuple[Rgb, ...] = (ORANGE, BLUE, GREEN, PURPLE, YELLOW, VERMILION, (150, 160, 175), DEEP_BLUE)
MARKERS = ("●", "+", "×", "▲", "■", "◆", "○", "△")
ASCII_MARKERS = ("o", "+", "x", "A", "#", "@", "*", "%")
DASHES = ("", "dashed", "dotted")
LINES = {"": "━", "dashed": "╍", "dotted": "┈"}
ASCII_LINES = {"": "=", "dashed": "-", "dotted": "."}


@dataclass(frozen=True)
class Look:
    color: Rgb
    marker: str
    dash: str

    def sign(self, ascii: bool) -> str:
        """Before its name, in two characters."""
        return f"{self.marker}{(ASCII_LINES if ascii else LINES)[self.dash]}"

    @property
    def style(self) -> str:
        return f"rgb({','.join(map(str, self.color))})"


def look_of(place: int, ascii: bool = False) -> Look:
    """Of the run in this row."""
    markers = ASCII_MARKERS if ascii else MARKERS
    return Look(COLORS[place % len(COLORS)], markers[place % len(markers)], DASHES[place % len(DASHES)])
