"""What must never reach the terminal, and what it cannot show, taken out of every line that is painted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from core.system.text import clean
from tui.system.terminal import encodes


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


class Together(LineFilter):
    """Several as one: a line goes through all of them at once, and Textual remembers one line, not one for each."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        super().__init__()
        self.filters = tuple(filters)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for each in self.filters:
            segments = each.apply(segments, background)
        return segments


def _plain(text: str) -> str:
    return "".join(char if encodes(char) else PLAIN.get(ord(char)) or "?" * max(1, cell_len(char)) for char in text)
