"""Ticks: round numbers for an axis, few enough to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence


def ticks(low: float, high: float, most: int, width: int = 12) -> tuple[list[float], list[str]]:
    """At most `most` round numbers (1, 2 or 5 times a power of ten apart) from low to high, and their labels: of at
    most `width` characters, if need be fewer ticks, down to one."""
    rough = (high / 2 - low / 2) / max(1, most) * 2  # 1e308 - -1e308 is more than a float holds
    if not high > low or not 1e-300 < rough < 1e306:
        return [low], [brief(low, width)]
    for fewer in range(max(1, most), 0, -1):
        values, labels = _round_numbers(low, high, rough * max(1, most) / fewer, width)
        if values and all(len(label) <= width for label in labels):
            return values, labels
    middle = low / 2 + high / 2
    return [middle], [brief(middle, width)]


def brief(value: float, width: int, digits: int = 6) -> str:
    """The most digits of a number that fit."""
    return next((text for n in range(digits, 0, -1) if len(text := _short(f"{value:.{n}g}")) <= width), "")


def _round_numbers(low: float, high: float, rough: float, width: int) -> tuple[list[float], list[str]]:
    """Those about `rough` apart."""
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    values = [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    return values, labels_of(values, step, max(abs(low), abs(high)), width)


def labels_of(values: Sequence[float], step: float, largest: float = 0.0, width: int = 7) -> list[str]:
    """Of numbers that are `step` apart, with as many digits as tell them apart."""
    largest = largest or max(map(abs, values))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    decimals += not math.isclose(step * 10.0**decimals, round(step * 10.0**decimals), rel_tol=1e-6)  # 0.25
    fixed = [f"{value + 0.0:.{decimals}f}" for value in values] if decimals <= 12 and largest < 1e12 else []
    if fixed and (all(len(label) <= width for label in fixed) or (decimals <= 4 and largest < 1e5)):
        return fixed
    digits = max(1, math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9))  # so that labels differ
    return [_short(f"{value:.{digits}e}") for value in values]


def _short(text: str) -> str:
    """`1.05e6` for `1.05e+06`."""
    return text.replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def log_ticks(low: float, high: float, most: int, width: int = 12) -> tuple[list[float], list[str]]:
    """At most `most` ticks from 10^low to 10^high, their places as powers of ten: whole powers if there are enough,
    else their multiples by 1, 2 and 5, else round numbers."""
    low, high = max(low, -307.0), min(high, 307.9)  # what floats can hold
    for factors in ((1,), (1, 2, 5), (1, 2, 3, 5, 7)):
        powers = range(math.floor(low), min(math.ceil(high), 307) + 1)
        values = [10.0**power * factor for power in powers for factor in factors]
        values = [value for value in values if low <= math.log10(value) <= high]
        if len(values) >= 3 or len(factors) == 5:
            break
    if len(values) < 2:
        values = [value for value in ticks(10**low, 10**high, most)[0] if value > 0]
    values = values[:: max(1, math.ceil(len(values) / max(1, most)))]
    labels = {value: brief(value, width) for value in values}
    values = [value for value in values if abs(float(labels[value] or "inf") - value) <= 0.02 * value]
    return [math.log10(value) for value in values], [labels[value] for value in values]
