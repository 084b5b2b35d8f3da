"""Numbers for people."""

from __future__ import annotations

import math
from collections.abc import Iterable


def duration(seconds: float | None) -> str:
    """`0.7 s`, `42 s`, `3:05 min`, `2:03 h`; an en dash where it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def count(n: float) -> str:
    """`12,345`."""
    return f"{n:,.0f}"


def digits_apart(values: Iterable[float]) -> int:
    """How many significant digits tell these values apart: at least 4, and at least those before the point below a
    billion. What differs by no more than rounding (in the 13th digit and beyond) is taken for equal."""
    different = set(values)
    whole = len(str(int(max(map(abs, different)))))
    least = max(4, whole if whole < 10 else 0)
    return next((n for n in range(least, 13) if len({f"{v:.{n}g}" for v in different}) == len(different)), least)


def metric(name: str, value: float) -> str:
    """Accuracies in per cent, all else with four significant digits."""
    if name.endswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"
