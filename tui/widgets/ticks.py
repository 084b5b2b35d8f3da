"""Ticks: round numbers for an axis, few enough to be read."""

from __future__ import annotations

import math


def ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """At most `most` round numbers (1, 2 or 5 times a power of ten apart) from low to high, and their labels."""
    if not high > low:
        return [low], [f"{low:g}"]
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    values = [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    largest = max(abs(low), abs(high))
    if decimals <= 4 and largest < 1e5:
        return values, [f"{value:.{decimals}f}" for value in values]
    digits = max(1, math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9))  # so that labels differ
    return values, [f"{value:.{digits}e}" for value in values]


def log_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
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
    return [math.log10(value) for value in values], [f"{value:g}" for value in values]
