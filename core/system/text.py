"""Text from data on its way to a terminal; and numbers, in a dozen characters at most."""

from __future__ import annotations

import math
import re

# C0 and C1 controls and DEL would steer the terminal; bidi controls reorder what stands around them.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """`text` without control characters, newlines included."""
    return text if text.isascii() and text.isprintable() else _CONTROLS.sub("", text)


def number(value: float, *, below: float = 1e4) -> str:
    """A measured value: `0.0123`, `1234.5679`; outside of 0.001 to `below` `1.234e-05`, `1.000e+31`; `nan`, `inf`."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < below or value == 0 else f"{value:.3e}"


def fixed(value: float, form: str) -> str:
    """`value` in a document's own `form`, such as `.4f`; a value that would take ever more digits so as `1.000e+31`."""
    return f"{value:.3e}" if 1e9 <= abs(value) < math.inf else format(value, form)
