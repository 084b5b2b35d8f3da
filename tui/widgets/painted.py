"""Painted: the lines that a widget shows, of which only those that differ from the last ones are painted again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Painted:
    """What `widget` shows, a line of text for each of its rows; its `render_line` is `strip`. With `by_cell` only the
    part of a row that differs is painted, which takes characters of single width."""

    def __init__(self, widget: Widget, *, by_cell: bool = False) -> None:
        self._widget = widget
        self._difference = _cells_that_differ if by_cell else _row_if_it_differs
        self.lines: list[Text] = []

    def show(self, lines: Iterable[Text]) -> None:
        """These from now on."""
        before, self.lines = self.lines, list(lines)
        width = self._widget.size.width
        changed = [
            region
            for y, (old, new) in enumerate(zip_longest(before, self.lines))
            if (region := self._difference(y, old, new, width)) is not None
        ]
        if changed:
            self._widget.refresh(*changed)

    def forget(self) -> None:
        """All lines are painted the next time, as in other colours."""
        self.lines = []

    def strip(self, y: int) -> Strip:
        """Row `y`, in the widget's own style where the line has none."""
        style, width = self._widget.rich_style, self._widget.size.width
        if y >= len(self.lines):
            return Strip.blank(width, style)
        segments = self.lines[y].render(self._widget.app.console, end="")
        return Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)


def _alike(old: Text | None, new: Text | None) -> bool:
    if old is None or new is None:
        return old is new
    return old.plain == new.plain and old.spans == new.spans and old.style == new.style


def _row_if_it_differs(y: int, old: Text | None, new: Text | None, width: int) -> Region | None:
    return None if _alike(old, new) else Region(0, y, width, 1)


def _cells_that_differ(y: int, old: Text | None, new: Text | None, width: int) -> Region | None:
    """From the first to the last of them, or None."""
    if _alike(old, new):
        return None
    if old is None or new is None or old.style != new.style:
        return Region(0, y, width, 1)
    before, after = _cells(old, width), _cells(new, width)
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return Region(changed[0], y, changed[-1] + 1 - changed[0], 1) if changed else None


def _cells(row: Text, width: int) -> list[tuple[str, object]]:
    """Character and style of each cell."""
    styles: list[object] = [None] * width
    for span in row.spans:
        styles[span.start : min(width, span.end)] = [span.style] * max(0, min(width, span.end) - span.start)
    return list(zip(row.plain.ljust(width)[:width], styles, strict=True))
