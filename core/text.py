"""Text from data on its way to a terminal."""

from __future__ import annotations

import re

# C0 and C1 controls and DEL would steer the terminal; bidi controls reorder what stands around them.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """`text` without control characters, newlines included."""
    return _CONTROLS.sub("", text)
