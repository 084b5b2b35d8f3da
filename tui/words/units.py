"""Numbers for people."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal


def duration(seconds: float | None) -> str:
    """`0.7 s`, `42 s`, `3:05 min`, `2:03 h`, `120 days`; an en dash where it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    if whole < 3_600_000:
        return f"{whole // 3600}:{whole % 3600 // 60:02} h"
    return f"{count(whole / 86400)} days"


def brief(seconds: float | None) -> str:
    """The same in at most six characters: `0.7 s`, `42 s`, `3 min`, `2.5 h`, `12 d`."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 60:
        return duration(min(seconds, 59.4))
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    return f"{hours:.{int(hours < 9.95)}f} h" if hours < 99.5 else f"{hours / 24:.0f} d"


def about(seconds: float) -> str:
    """The same of a time that is not known well: `2 s`."""
    return f"{seconds:.0f} s" if seconds < 60 else brief(seconds)


def to_the_second(moment: str) -> str:
    """An ISO date and time without the fractions of a second that it may have."""
    return re.sub(r"(:\d\d)\.\d+", r"\1", moment)


def count(n: float) -> str:
    """`12,345`; from a quadrillion on `1.000e+15`."""
    return f"{n:,.0f}" if not abs(n) >= 1e15 else f"{Decimal(n) if isinstance(n, int) else n:.3e}"


def size(n: float) -> str:
    """Of a file: `870 kB`, `12 MB`, `1.4 GB`."""
    for unit, of in (("kB", 1e3), ("MB", 1e6)):
        if n < 999.5 * of:
            return f"{max(1, n / of) if n else 0:.0f} {unit}"
    return f"{n / 1e9:.1f} GB"


def digits_apart(values: Iterable[float]) -> int:
    """How many significant digits tell these values apart: at least 4, and at least those before the point below a
    billion. What differs by no more than rounding (in the 13th digit and beyond) is taken for equal."""
    different = {value for value in values if math.isfinite(value)} or {0.0}
    whole = len(str(int(max(map(abs, different)))))
    least = max(4, whole if whole < 10 else 0)
    return next((n for n in range(least, 13) if len({f"{v:.{n}g}" for v in different}) == len(different)), least)
