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
