"""RunLog: the document's log, wrapped to the panel, or a table of epochs; searchable, copyable."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.widgets import Log

from core.logs.log import EpochRow
from core.system.text import clean
from tui.keys import common
from tui.keys.action import bindings
from tui.widgets import log_table

MOST_LINES = 10_000


HEADER = 2
"""Rows of the table's header."""
EMPTY = "nothing printed yet"
"""Some documents print only at the end."""


class RunLog(Log):
    """Follows the newest line until it is scrolled away from the end."""

    ACTIONS = common.SCROLLS
    BINDINGS = bindings(common.SCROLLS)
    DEFAULT_CSS = """
    RunLog { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted; padding: 0 1;
        background: transparent; scrollbar-size: 0 1; overflow-x: hidden; }
    RunLog:focus { border: heavy $accent; background-tint: transparent; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(max_lines=MOST_LINES, id=id)
        self.border_title = "Log"
        self._whole: list[str | None] = []
        """For each row the line that begins there, None where one goes on."""
        self._wrapped_to = 0
        self._columns: list[str] = []
        """Of the table."""
        self._head: int | None = None
        """The row where its header stands, above which it stays in view."""
        self._wanted = ""
        self._match: int | None = None

    def show(self, lines: Sequence[str], *, afresh: bool = False) -> None:
        """Add lines, or begin anew with them."""
        if afresh:
            self._forget()
        if lines:
            self._append(lines[-MOST_LINES:])
            self._to_a_beginning()
        empty = "" if self._whole else EMPTY
        if self.border_subtitle != empty:
            self.border_subtitle = empty

    @property
    def text(self) -> str:
        """All lines, as they were before they were wrapped."""
        return "\n".join(line for line in self._whole if line is not None)

    def _forget(self) -> None:
        self.clear()
        self.scroll_home(animate=False, immediate=True, force=True)  # else it would not follow the newest line
        self._whole, self._match, self._head, self._columns = [], None, None, []

    def _append(self, lines: Sequence[str]) -> None:
        self._wrapped_to = self.scrollable_content_region.width
        follows = self.is_vertical_scroll_end
        rows: list[str] = []
        for line in lines:
            if isinstance(line, EpochRow) and line.values:
                if self._head is None:
                    self._head = len(self._whole)
                    self._columns = log_table.columns_that_fit(line, self._wrapped_to)
                    rows += log_table.header(self._columns)
                    self._whole += [None] * HEADER
                rows.append(log_table.line(line, self._columns))
                self._whole.append(line)
                continue
            line = " ".join(clean(line).splitlines())
            wrapped = list(_wrap(line.expandtabs(), self._wrapped_to))
            rows += wrapped
            self._whole += [line, *[None] * (len(wrapped) - 1)]
        dropped = max(0, len(self._whole) - MOST_LINES)
        del self._whole[:dropped]
        if self._head is not None:
            self._head -= dropped
        if self._match is not None:
            self._match = self._match - dropped if self._match >= dropped else None
        self.write_lines([row or " " for row in rows], scroll_end=follows)  # it drops empty ones

    def on_resize(self, event: events.Resize) -> None:
        """Wrap anew where the width has changed."""
        if not self._whole:
            return
        if self.scrollable_content_region.width != self._wrapped_to:
            lines = [line for line in self._whole if line is not None]
            self._forget()
            self._append(lines)
        if self.is_vertical_scroll_end:
            self._to_a_beginning()

    def _to_a_beginning(self) -> None:
        """A newest line that is higher than the panel is read from its first row, not from its middle."""
        first = next((row for row in range(len(self._whole) - 1, -1, -1) if self._whole[row] is not None), 0)
        if len(self._whole) - first > self.scrollable_content_region.height > 0:
            self.call_after_refresh(self.scroll_to, y=first, animate=False)

    def render_line(self, y: int) -> Strip:
        """The table's header stays above its rows."""
        head = self._head
        if head is None or y >= HEADER or self.scroll_offset.y <= head:
            return super().render_line(y)
        if head >= 0:
            return self._render_line(head + y, 0, self.size.width)
        style = self.rich_style + Style(bold=True)
        return Strip([Segment(log_table.header(self._columns)[y], style)]).adjust_cell_length(self.size.width, style)

    # Searching.

    @property
    def searching(self) -> bool:
        """Whether something is looked for."""
        return bool(self._wanted)

    def find(self, text: str) -> int:
        """Look for `text`, upper and lower case alike, and go to its newest line; for nothing, no longer. How many
        lines have it."""
        self._wanted = text.casefold()
        found = self._found()
        self._go_to(found[-1] if found else None)
        return len(found)

    def find_next(self, direction: int) -> bool:
        """The match above (-1) or below (+1) the one that is shown; False where there is none at all."""
        found = self._found()
        if found:
            here = self._match if self._match is not None else len(self._whole)
            beyond = [row for row in found if (row - here) * direction > 0] or found  # else round to the other end
            self._go_to(beyond[0] if direction > 0 else beyond[-1])
        return bool(found)

    def _found(self) -> list[int]:
        if not self._wanted:
            return []
        return [row for row, line in enumerate(self._whole) if line is not None and self._wanted in line.casefold()]

    def _go_to(self, row: int | None) -> None:
        self._match = row
        found = self._found()
        title = Text("Log")
        if self._wanted:
            place = f"{found.index(row) + 1} of {len(found)}" if row is not None else "nothing"
            title.append(f"  {place} for {self._wanted}")
        self.border_title = title
        if row is not None:
            self.scroll_to(y=max(0, row - self.size.height // 2), animate=False)
        self.refresh()

    def _render_line(self, y: int, scroll_x: int, width: int) -> Strip:
        strip = super()._render_line(y, scroll_x, width)
        if self._head is not None and self._head <= y < self._head + HEADER:
            return strip.apply_style(Style(bold=True))
        return strip.apply_style(Style(reverse=True)) if y == self._match else strip


def _wrap(line: str, width: int) -> Iterator[str]:
    """A line in pieces of at most `width` columns, broken between words where that is possible."""
    if width < 4 or cell_len(line) <= width:
        yield line
    elif line.isascii():
        yield from textwrap.wrap(line, width, subsequent_indent="  ", drop_whitespace=False, replace_whitespace=False)
    else:
        yield from chop_cells(line, width)
