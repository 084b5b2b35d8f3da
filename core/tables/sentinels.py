"""Numbers that stand for no value, such as -999: far from all others of their column, again and again. Needs no
torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEWEST_ROWS, FEWEST_OTHERS, FEWEST = 20, 5, 3
"""Rows of a column, different numbers beside, and rows of a number, that tell something."""
MOST = 3
"""Such numbers of a column."""
SHARE, FAR = 0.005, 3
"""Rows, and how many times the spread of the others, that it takes where a number does not look like one of these."""
MOST_ZEROS = 0.2
"""Share of zeros from which on they are rather a value, such as the price of what is free."""
LOOKED_AT = 10_000


def far_values(numbers: NDArray[np.float64]) -> tuple[tuple[float, int], ...]:
    """Such numbers of a column (n,), NaN where missing, and the rows of each."""
    rest = numbers[~np.isnan(numbers)]
    found: list[tuple[float, int]] = []
    while len(found) < MOST and len(rest) >= FEWEST_ROWS:
        for edge in (float(rest.min()), float(rest.max())):
            others = rest[rest != edge]
            if _is_far(edge, len(rest) - len(others), others):
                found.append((edge, len(rest) - len(others)))
                rest = others
                break
        else:
            break
    return tuple(found)


def _is_far(edge: float, rows: int, others: NDArray[np.float64]) -> bool:
    if rows < FEWEST or len(others) < FEWEST_OTHERS or not np.isfinite(edge):
        return False
    low, high = float(others.min()), float(others.max())
    gap, spread = max(low - edge, edge - high), high - low
    if gap <= spread or len(np.unique(others[:LOOKED_AT])) < FEWEST_OTHERS:
        return False
    if edge == 0:
        return rows <= MOST_ZEROS * (len(others) + rows) and len(np.unique(others[:LOOKED_AT])) >= 2 * FEWEST_OTHERS
    return looks_coded(edge) or (abs(edge) >= 100 and gap > FAR * spread and rows >= SHARE * (len(others) + rows))


def looks_coded(number: float) -> bool:
    """-1, and those that are written with nines: 99, -999, 99.9."""
    digits = f"{abs(number):.12g}".replace(".", "")
    return number == -1 or (len(digits) > 1 and set(digits) == {"9"})
