"""What the terminal is and can, asked before anything is drawn on it; and what must never reach it."""

from __future__ import annotations

import os
import sys
from functools import cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from core.system.text import clean


def why_no_screen() -> str:
    """Why the app cannot run here, or an empty string. Textual reads stdin and draws on stderr."""
    for name, stream in (("stdin", sys.stdin), ("stderr", sys.stderr)):
        if stream is None or not stream.isatty():
            return f"{name} is not a terminal"
    if os.environ.get("TERM", "") in ("", "dumb"):
        return f"TERM is {os.environ.get('TERM') or 'not set'}, which cannot draw screens"
    return ""


def encoding() -> str:
    """Of the real stderr, on which Textual draws."""
    return getattr(sys.__stderr__, "encoding", None) or "ascii"


@cache
def plot_marker() -> str:
    """The finest thing that lines can be drawn with here, as plotext names it: braille dots, quarter blocks, or full
    stops. `NNTUI_MARKERS` (braille, blocks, ascii) overrides what encoding and TERM suggest."""
    wish = {"braille": "braille", "blocks": "hd", "ascii": "."}.get(os.environ.get("NNTUI_MARKERS", "").lower())
    if wish:
        return wish
    if _encodes("⠋") and os.environ.get("TERM") != "linux":  # the console's font has no braille
        return "braille"
    return "hd" if _encodes("▘▚▟") else "."


@cache
def _encodes(text: str) -> bool:
    try:
        text.encode(encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class ControlFilter(LineFilter):
    """Deletes control characters that came in with data: a column name must not write the clipboard."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        # A printable text has no controls, and asking is cheap: this runs for every painted line.
        if all(segment.text.isprintable() or segment.control for segment in segments):
            return segments
        return [s if s.control else Segment(clean(s.text), s.style) for s in segments]


PLAIN = str.maketrans(
    {
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝", "+"),
        **dict.fromkeys("─━═▔▁‾╌╸╺╾╼", "-"),
        **dict.fromkeys("│┃║▏▕▎▊╵╷╹╻", "|"),
        **{"●": "o", "×": "x", "…": ".", "–": "-", "▶": ">", "‖": "=", "■": "#", "✓": "v", "✗": "!", "·": "."},
        **{"↑": "^", "↓": "v", "←": "<", "→": ">", "⇧": "^", "⌫": "<", "²": "2", "±": "~", "≥": ">", "≤": "<"},
        **{"★": "*", "≈": "~", "▲": "^", "▼": "v", "◆": "%", "○": "0", "△": "A", "µ": "u", "▸": ">", "◂": "<"},
        **dict.fromkeys("█▓▀▄▌▐▇▆▅", "#"),
        **dict.fromkeys("░▒", ":"),
    }
)


class EncodingFilter(LineFilter):
    """For a terminal that is not UTF-8: what it cannot show becomes ASCII of the same width, not an escape of six
    characters that pushes the line out of its place."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [s if s.control or s.text.isascii() else Segment(_plain(s.text), s.style) for s in segments]


def _plain(text: str) -> str:
    return "".join(char if _encodes(char) else PLAIN.get(ord(char)) or "?" * max(1, cell_len(char)) for char in text)
