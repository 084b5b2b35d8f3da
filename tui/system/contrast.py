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
STEPS = 24


def contrast(front: tuple[int, int, int], behind: tuple[int, int, int]) -> float:
    """Of WCAG 2.2, from 1 to 21."""
    low, high = sorted((_luminance(front), _luminance(behind)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = [v / 255 for v in colour]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def needed(text: str, *, picture: bool) -> float:
    """The contrast that `text` must have. `picture`: whether what is behind it is not the widget's ground: then blocks
    are pixels of two colours, and each may be any."""
    chars = set(text) - {" ", "\u00a0", "\u2800"}
    if not chars or chars <= FRAMES or (picture and chars <= PIXELS):
        return 1.0
    if all("\u2500" <= char <= "\u25ff" or "\u2800" <= char <= "\u28ff" for char in chars):
        return MARK
    return TEXT


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

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        ground = background.rgb
        style_of = self._style
        return [
            segment
            if segment.style is None or segment.control or not segment.text.strip()
            else Segment(segment.text, style_of(segment.style, _kind(segment.text), ground))
            for segment in segments
        ]

    def _legible(self, style: Style, kind: str, ground: tuple[int, int, int]) -> Style:
        front, behind = style.color, style.bgcolor
        if front is None or front.is_default:
            return style
        if style.reverse and behind is None:
            return style
        back = ground if behind is None or behind.is_default else self._rgb(behind)
        need = needed(kind, picture=back != ground)
        if contrast(self._rgb(front), back) >= need:
            return style
        found = self._moved(tuple(front.get_truecolor(SIXTEEN)), back, need)
        own_ground = None
        if contrast(self._rgb(RichColor.from_rgb(*found)), back) < need:  # white on one of 16 colours may have less
            own_ground = RichColor.from_rgb(*self._moved(back, self._rgb(RichColor.from_rgb(*found)), need))
        return style + Style.from_color(RichColor.from_rgb(*found), own_ground) + Style(dim=False)

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


def _kind(text: str) -> str:
    """One character that stands for all texts of its kind: what is needed is remembered for few."""
    chars = set(text) - {" ", "\u00a0", "\u2800"}
    if not chars:
        return " "
    if chars <= FRAMES:
        return "─"
    if chars <= PIXELS:
        return "█"
    if all("\u2500" <= char <= "\u25ff" or "\u2800" <= char <= "\u28ff" for char in chars):
        return "●"
    return "a"
