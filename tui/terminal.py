"""What the terminal is and can, asked before anything is drawn on it; and what must never reach it."""

from __future__ import annotations

import os
import sys

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from core.text import clean


def why_no_screen() -> str:
    """Why the app cannot run here, or an empty string. Textual reads stdin and draws on stderr."""
    for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"{name} is not a terminal"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM is {os.environ.get('TERM') or 'not set'}, which cannot draw screens"
    return ""


def can_draw_braille() -> bool:
    """Whether the real stderr, on which Textual draws, takes characters beyond ASCII."""
    return (getattr(sys.__stderr__, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")


class ControlFilter(LineFilter):
    """Deletes control characters that came in with data: a column name must not write the clipboard."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        # A printable text has no controls, and asking is cheap: this runs for every painted line.
        if all(segment.text.isprintable() or segment.control for segment in segments):
            return segments
        return [s if s.control else Segment(clean(s.text), s.style) for s in segments]
