"""Times, ratios and small numbers as the Gradient screen writes them: short, with their units."""

from __future__ import annotations

import math

from tui.words.units import count


def time_of(seconds: float, digits: int = 3) -> str:
    """`412 µs`, `17 s`, `8 min`, `1.9 h`, `47 h`."""
    if not math.isfinite(seconds) or seconds < 0:
        return "?"
    if seconds >= 60:
        longer = ((100 * 3600, 86400, "d"), (99 * 60, 3600, "h"), (0, 60, "min"))
        size, unit = next((size, unit) for least, size, unit in longer if seconds >= least)
        decimals = 1 if unit == "h" and seconds < 10 * size else 0
        return f"{seconds / size:.{decimals}f} {unit}"
    part, unit = next((each for each in ((1.0, "s"), (1e-3, "ms")) if seconds >= each[0]), (1e-6, "µs"))
    return f"{float(f'{seconds / part:.{digits}g}'):g} {unit}"


def ratio(times: float) -> str:
    """`41,000 ×`, of two digits from 10 on."""
    if not math.isfinite(times):
        return "?"
    if times < 10:
        return f"{times:.1f} ×"
    if times >= 999_500:
        return f"{power(f'{times:.1e}')} ×"
    size = 10 ** (len(str(int(times))) - 2)
    return f"{count(round(times / size) * size)} ×"


def short(value: float, digits: int = 3) -> str:
    """A number in at most 7 characters: `0.0312`, `1.23e-5`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return power(f"{value:.{digits - 1}e}")


def step(h: float) -> str:
    """`1e-4`, `3.2e-5`."""
    return power(f"{h:.1e}").replace(".0e", "e") if h < 0.01 else f"{h:.2g}"


def power(text: str) -> str:
    """`1e-4` for `1e-04`."""
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text
