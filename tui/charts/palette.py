"""The colours of curves and classes: those of Okabe and Ito (2008), made for every common kind of colour blindness.

Markers and signs keep apart, without colour too, whatever is drawn in them.
"""

from __future__ import annotations

from tui.system.contrast import MARK, contrast

Rgb = tuple[int, int, int]

ORANGE, BLUE, GREEN, YELLOW = (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)
DEEP_BLUE, VERMILION, PURPLE = (0, 114, 178), (213, 94, 0), (204, 121, 167)
GREY = (150, 150, 150)
FAINT = (110, 125, 150)
"""Of what stands behind the others."""
PALETTE: tuple[Rgb, ...] = (DEEP_BLUE, ORANGE, GREEN, PURPLE, BLUE, VERMILION, YELLOW, GREY)
"""Of classes."""


def seen_on(colour: Rgb, ground: Rgb, least: float = MARK) -> Rgb:
    """The colour, or as much darker or lighter as it takes to be seen on that ground."""
    end = max(((0, 0, 0), (255, 255, 255)), key=lambda each: contrast(each, ground))
    ways = (mixed(colour, end, step / 20) for step in range(20))
    return next((shown for shown in ways if contrast(shown, ground) >= least), end)


def mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """So far on the way from one to the other."""
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(colour, other, strict=True))
    return red, green, blue
