"""A curve in one line of text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from tui.system.terminal import plot_marker

LEVELS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = "_.-:=+*#"


def sparkline(values: Sequence[float], width: int) -> str:
    """At most `width` characters, the last ones of a curve that has fewer points; nothing for a curve of none."""
    known = [value for value in values if math.isfinite(value)]
    if len(known) > width > 0:
        edges = [i * len(known) // width for i in range(width + 1)]
        known = [sum(part) / len(part) for a, b in itertools.pairwise(edges) if (part := known[a:b])]
    if not known:
        return ""
    levels = ASCII_LEVELS if plot_marker() == "." else LEVELS
    low, high = min(known), max(known)
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return levels[0] * len(known)
    return "".join(levels[min(len(levels) - 1, int((value - low) / span * len(levels)))] for value in known)
