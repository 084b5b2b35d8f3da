"""The step size h of a central difference (f(w + h) - f(w - h)) / 2h: which ones are of use.

It is wrong by truncation, h²/6 times the third derivative, and by rounding, about 1e-16 |f| / h in float64. Between the
two the error is least near h = (3e-16)^(1/3), some 1e-5 (Press et al., Numerical Recipes, 5.7).
"""

from __future__ import annotations

import math

LEAST, MOST = 1e-10, 0.1
USUAL = "1e-6 to 1e-3"


def why_no_step(h: float) -> str:
    """Why a run cannot use `h`, or an empty string."""
    if not h > 0 or math.isinf(h):
        return f"must be positive and finite; usual are {USUAL}"
    if h < LEAST:
        return f"too small, the difference is rounding noise; usual are {USUAL}"
    if h > MOST:
        return f"too large for the slope at the weight; usual are {USUAL}"
    return ""
