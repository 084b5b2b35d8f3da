"""TrialTable: thousands of rows; only those in view are drawn, so that sorting and live changes cost nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keys import common
from tui.keys.action import Action, bindings
from tui.widgets.painted import Painted

GAP = 2
"""Columns of the terminal between two of the table."""
SIGNS = 5
"""Columns of the terminal for what stands before a row."""
UP, DOWN = "▲", "▼"


class TableColumn(Protocol):
    """One column: its title, its text for each row, and the room it takes."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def room(self) -> int: ...
    @property
    def left(self) -> bool: ...
    @property
    def text(self) -> Callable[[Any], str]: ...


@dataclass(frozen=True)
class Signs:
    """What stands before a row: the sign of its curve, its state, whether it is best; and how it is painted."""

    mark: str = " "
    state: str = " "
    best: str = " "
    style: str = ""
    mark_style: str = ""
    state_style: str = ""


@dataclass(frozen=True)
class Content:
    """All that a table draws. `number` and `signs` of a row: what it is known by, and what stands before it."""

    columns: Sequence[TableColumn] = ()
    rows: Sequence[Any] = ()
    number: Callable[[Any], int] = id
    signs: Callable[[Any], Signs] = lambda _row: Signs()
    sorted_by: str = ""
    descending: bool = False
    note: str = ""
    """At the bottom."""
    empty: str = ""
    """Why there are no rows."""
    bare: bool = False
    """Whether nothing stands before the rows."""


class TrialTable(Widget, can_focus=True):
    """Show it contents as often as you like: only the lines that then differ are painted again. The cursor stays on its
    row wherever that goes; until it was moved, it stays on the first one."""

    ACTIONS: tuple[Action, ...] = common.TABLE
    BINDINGS = bindings(common.TABLE)
    COMPONENT_CLASSES = {"trial-table--cursor", "trial-table--header"}
    DEFAULT_CSS = """
    TrialTable { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted;
        width: 1fr; height: 1fr; }
    TrialTable:focus { border: heavy $accent; }
    TrialTable > .trial-table--cursor { background: $block-cursor-blurred-background;
        color: $block-cursor-blurred-foreground; }
    TrialTable:focus > .trial-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    TrialTable > .trial-table--header { color: $text-muted; }
    """

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """Enter, on the row under the cursor."""

    @dataclass
    class Headed(Message):
        """The mouse clicked on the title of a column."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content()
        self._chosen: int | None = None
        """The number of the row under the cursor; None: of whichever is the first."""
        self._at = 0
        self._top = 0
        self._first = 1
        """The first column that is shown, after the one that always is."""
        self.painted = Painted(self)

    def on_resize(self) -> None:
        self._keep_in_view()
        self._paint()

    def on_focus(self) -> None:
        self._repaint()

    def on_blur(self) -> None:
        self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._repaint()

    def show(self, content: Content) -> None:
        """Draw this from now on."""
        in_view = self._top <= self._at < self._top + self._room
        self._content = content
        numbers = [content.number(row) for row in content.rows]
        if self._chosen is not None and self._chosen in numbers:
            self._at = numbers.index(self._chosen)
        elif self._chosen is None:
            self._at = 0
        self._at = max(0, min(self._at, len(numbers) - 1))
        self._top = max(0, min(self._top, len(numbers) - self._room))
        self._first = max(1, min(self._first, len(content.columns) - 1))
        if in_view:
            self._keep_in_view()
        self._paint()

    @property
    def row(self) -> Any | None:
        """The one under the cursor."""
        return self._content.rows[self._at] if self._content.rows else None

    def choose(self, number: int) -> None:
        """The cursor to the row of this number, if there is one."""
        for at, row in enumerate(self._content.rows):
            if self._content.number(row) == number:
                self._go(at)
                return

    def to_top(self) -> None:
        """The cursor on whichever row is the first, from now on."""
        self._chosen, self._at, self._top = None, 0, 0
        self._paint()

    @property
    def _room(self) -> int:
        """Rows in view."""
        return max(1, self.size.height - 1)

    def _go(self, at: int) -> None:
        rows = self._content.rows
        if not rows:
            return
        self._at = max(0, min(at, len(rows) - 1))
        self._chosen = self._content.number(rows[self._at])
        self._keep_in_view()
        self._paint()
        self.post_message(self.Moved())

    def _keep_in_view(self) -> None:
        self._top = max(0, min(self._top, self._at), self._at - self._room + 1)

    # Keys and mouse.

    def action_move(self, rows: int) -> None:
        self._go(self._at + rows)

    def action_page(self, pages: int) -> None:
        self._go(self._at + pages * self._room)

    def action_end(self, last: bool) -> None:
        self._go(len(self._content.rows) - 1 if last else 0)

    def action_sideways(self, columns: int) -> None:
        """Other columns, if there are more than fit."""
        most = len(self._content.columns) - 1
        if columns > 0 and not self._hidden_right:
            return
        self._first = max(1, min(self._first + columns, most))
        self._paint()

    def action_open(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            x = self._margin
            for column in self._shown():
                if x <= offset.x < x + column.room + GAP:
                    self.post_message(self.Headed(column.key))
                x += column.room + GAP
        elif self._top + offset.y - 1 < len(self._content.rows):
            self._go(self._top + offset.y - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._top = max(0, min(self._top + 3, len(self._content.rows) - self._room))
        self._paint()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._top = max(0, self._top - 3)
        self._paint()

    # Painting.

    def _shown(self) -> list[TableColumn]:
        """The columns that fit, whole ones only."""
        columns = self._content.columns
        found: list[TableColumn] = []
        room = self.size.width - self._margin + 1  # the last gap has room for the arrow only
        for column in [*columns[:1], *columns[self._first :]]:
            room -= column.room + GAP
            if room < 0 and found:
                break
            found.append(column)
        return found

    @property
    def _margin(self) -> int:
        """Columns before the first one."""
        return 1 if self._content.bare else SIGNS

    @property
    def _hidden_right(self) -> int:
        return max(0, len(self._content.columns) - self._first - len(self._shown()) + 1)

    def _paint(self) -> None:
        self.painted.show(self._draw())
        self._show_note()

    def _repaint(self) -> None:
        """All of it, in other colours."""
        self.painted.forget()
        self._paint()

    def _show_note(self) -> None:
        rows, parts = len(self._content.rows), []
        if rows > self._room:
            parts.append(f"{self._top + 1:,}-{min(rows, self._top + self._room):,} of {rows:,}")
        sides = (self._first - 1, "←"), (self._hidden_right, "→")
        parts += [f"{arrow} {n} more" for n, arrow in sides if n]
        note = "  ".join([*parts, *([self._content.note] if self._content.note else [])])
        shown = Text(note, overflow="ellipsis", no_wrap=True)
        if shown.markup != self.border_subtitle:
            self.border_subtitle = shown

    def _draw(self) -> list[Text]:
        content, columns, height = self._content, self._shown(), max(0, self.size.height)
        if not content.rows:
            reason = textwrap.wrap(content.empty, max(10, self.size.width - 4))[:height]
            return [*[Text()] * ((height - len(reason)) // 2), *map(self._centred, reason)]
        lines = [self._header(columns)]
        for at in range(self._top, min(self._top + height - 1, len(content.rows))):
            lines.append(self._line(content.rows[at], columns, at == self._at))
        return lines

    def _centred(self, line: str) -> Text:
        space = " " * ((self.size.width - cell_len(line)) // 2)
        return Text(space).append(line, style="dim")

    def _header(self, columns: Sequence[TableColumn]) -> Text:
        content = self._content
        header = Text(" " * self._margin)
        muted = self.get_component_rich_style("trial-table--header")  # alone, it would be made for a black ground
        for i, column in enumerate(columns):
            here = column.key == content.sorted_by
            title = _fill(_cut(column.title, column.room), column.room, column.left)
            if here and column.left:  # the arrow stands in the gap behind the title
                title = _cut(column.title, column.room)
            header.append(title, style="bold" if here else muted)
            arrow = (DOWN if content.descending else UP) if here else ""
            space = column.room - cell_len(title) + (GAP if i < len(columns) - 1 else 1) - len(arrow)
            header.append(arrow, style="bold").append(" " * space)
        return header

    def _line(self, row: Any, columns: Sequence[TableColumn], chosen: bool) -> Text:
        signs, line = self._content.signs(row), Text(" " * self._margin * self._content.bare)
        if not self._content.bare:
            line.append(f"{signs.mark:2}", style=signs.mark_style or None)
            line.append(signs.state, style=signs.state_style or None).append(f"{signs.best} ", style="bold")
        for i, column in enumerate(columns):
            text = _fill(_cut(column.text(row), column.room), column.room, column.left)
            line.append((" " * GAP if i else "") + text, style=signs.style or None)
        if not chosen:
            return line
        line = Text(line.plain.ljust(self.size.width))
        line.stylize(self.get_component_rich_style("trial-table--cursor"))
        if "bold" in signs.style:
            line.stylize("bold")
        return line

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"


def _fill(text: str, width: int, left: bool) -> str:
    space = " " * max(0, width - cell_len(text))
    return text + space if left else space + text
