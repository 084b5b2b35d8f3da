"""Inks: the colours of a plot on the ground that it stands on, dark or light; or what stands for them without any."""

from __future__ import annotations

from dataclasses import dataclass

from tui.charts.ink import style_of
from tui.charts.palette import FAINT, Rgb, mixed, seen_on

DEPTH = 0.33
"""Of a band: its share of FAINT."""


@dataclass(frozen=True)
class Inks:
    """`colours`: at least 256 of them; `any`: at least 16."""

    ground: Rgb
    ascii: bool = False
    colours: bool = True
    any: bool = True

    @property
    def _band(self) -> Rgb:
        return mixed(self.ground, FAINT, DEPTH)

    @property
    def band(self) -> str:
        """Of a cell in a band: a background, or a character."""
        return self.around(FAINT)

    def around(self, colour: Rgb) -> str:
        """The same of a band around a curve of this colour."""
        if self.colours:
            return f"on {style_of(mixed(self.ground, colour, DEPTH))}"
        return ":" if self.ascii else "░"

    def of(self, colour: Rgb) -> str:
        """The style of a curve: seen on a band, so on the ground as well."""
        return style_of(seen_on(colour, self._band if self.colours else self.ground)) if self.any else ""

    @property
    def beyond(self) -> str:
        """Of the sign that there is more than is drawn."""
        return "bold"
