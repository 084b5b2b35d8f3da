"""The colours of curves and classes: those of Okabe and Ito (2008), made for every common kind of colour blindness.

Markers and signs keep apart, without colour too, whatever is drawn in them.
"""

from __future__ import annotations

Rgb = tuple[int, int, int]

ORANGE, BLUE, GREEN, YELLOW = (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)
DEEP_BLUE, VERMILION, PURPLE = (0, 114, 178), (213, 94, 0), (204, 121, 167)
GREY = (150, 150, 150)
FAINT = (110, 125, 150)
"""Of what stands behind the others."""
PALETTE: tuple[Rgb, ...] = (DEEP_BLUE, ORANGE, GREEN, PURPLE, BLUE, VERMILION, YELLOW, GREY)
"""Of classes."""


LEAST_CONTRAST = 3.0
"""Of a mark to what it stands on, as WCAG 2.1 has it."""


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1, the same, to 21, black on white."""
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def seen_on(colour: Rgb, ground: Rgb, least: float = LEAST_CONTRAST) -> Rgb:
    """The colour, or as much darker or lighter as it takes to be seen on that ground."""
    towards = 0 if _luminance(ground) > 0.18 else 255
    for step in range(20):
        shown = mixed(colour, (towards, towards, towards), step / 20)
        if contrast(shown, ground) >= least:
            return shown
    return towards, towards, towards


def mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    """So far on the way from one to the other."""
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in (c / 255 for c in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
