"""Contrast: whatever a theme, a chart or a terminal of 16 colours makes of it, text has a contrast of 4.5:1 to what is
behind it, marks of 3:1 (WCAG 2.2). A colour that has less is moved towards black or white until it has."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME as SIXTEEN
from textual.color import Color
from textual.filter import LineFilter

TEXT, MARK = 4.5, 3.0
FRAMES = frozenset("─│╭╮╰╯┌┐└┘├┤┬┴┼╴╵╶╷▏▕▁▔▎▊")
"""Lines between things: they may be quiet, nothing is told by them alone. The heavy ones tell the focus."""
PIXELS = frozenset("▀▄█▌▐▘▝▖▗▚▞▙▛▜▟░▒▓")
BLANK = frozenset(" \u00a0\u2800")
STEPS = 24


def contrast(front: tuple[int, int, int], behind: tuple[int, int, int]) -> float:
    """Of WCAG 2.2, from 1 to 21."""
    low, high = sorted((_luminance(front), _luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = [v / 255 for v in colour]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def kind_of(text: str) -> str:
    chars = set(text) - BLANK
    if not chars:
        return "blank"
    if chars <= FRAMES:
        return "frame"
    if chars <= PIXELS:
        return "pixels"
    return "text" if any(char.isalnum() for char in chars) else "mark"


class Legible(LineFilter):
    """The last of the filters: it is given the colours that will be sent."""

    @classmethod
    def on(cls, console: Console) -> Legible | None:
        """For a terminal that has colours."""
        system = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
        found = system.get(console.color_system or "")
        return None if found is None else cls(found)

    def __init__(self, system: ColorSystem) -> None:
        super().__init__()
        self._system = system
        self._style = lru_cache(4096)(self._legible)
        self._fine = lru_cache(4096)(self._is_fine)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        ground, fine = background.rgb, self._fine
        return [
            segment
            if segment.style is None or segment.control or fine(segment.style, ground) or not segment.text.strip()
            else Segment(segment.text, self._style(segment.style, kind_of(segment.text), ground))
            for segment in segments
        ]

    def _is_fine(self, style: Style, ground: tuple[int, int, int]) -> bool:
        """Whatever is written in it."""
        return self._legible(style, "text", ground) is style

    def _legible(self, style: Style, kind: str, ground: tuple[int, int, int]) -> Style:
        front, behind = style.color, style.bgcolor
        if front is None or front.is_default:
            return style
        if style.reverse and behind is None:
            return style
        back = ground if behind is None or behind.is_default else self._rgb(behind)
        if kind in ("blank", "frame") or (kind == "pixels" and back != ground):  # pixels of a picture may be of any two
            return style
        need = TEXT if kind == "text" else MARK
        if contrast(self._rgb(front), back) >= need:
            return style
        moved = RichColor.from_rgb(*self._moved(tuple(front.get_truecolor(SIXTEEN)), back, need))
        other = None
        if contrast(self._rgb(moved), back) < need:  # white on one of 16 colours may have less
            other = RichColor.from_rgb(*self._moved(back, self._rgb(moved), need))
        return style + Style.from_color(moved, other) + Style(dim=False)

    def _rgb(self, colour: RichColor) -> tuple[int, int, int]:
        """As the terminal will show it."""
        shown = colour if colour.is_default else colour.downgrade(self._system)
        red, green, blue = shown.get_truecolor(SIXTEEN)
        return red, green, blue

    def _moved(self, front: tuple[int, ...], back: tuple[int, int, int], need: float) -> tuple[int, int, int]:
        """The nearest colour on the way to white or black, whichever is farther from what is behind."""
        end = 255 if contrast((255, 255, 255), back) >= contrast((0, 0, 0), back) else 0
        for step in range(1, STEPS + 1):
            red, green, blue = (round(v + (end - v) * step / STEPS) for v in front)
            if contrast(self._rgb(RichColor.from_rgb(red, green, blue)), back) >= need:
                return red, green, blue
        return end, end, end
