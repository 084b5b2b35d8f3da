"""The colours of curves."""

from __future__ import annotations

# From the palette of Okabe and Ito (2008), made for every common kind of colour blindness; markers keep the curves
# apart without colour.
FAINT, PURPLE = (110, 125, 150), (204, 121, 167)
BLUE, ORANGE, GREEN = (86, 180, 233), (230, 159, 0), (0, 158, 115)
