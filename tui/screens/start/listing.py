"""Listing: rows of text with a cursor; only those in view are drawn, and only those that differ are painted again. A
click chooses, Enter or a double click opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keys.action import Action, bindings
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted
from tui.widgets.wrapping import wrapped
from tui.words.finding import fits

Row = TypeVar("Row")

GAP = 1
KEY = 8
"""Columns of a key beside what it does."""
SIGN = 1
"""Of the columns of the terminal, that before a row, for the cursor."""

NONE_FITS = (("", "None of them fits what is typed."), ("Esc", "shows all again"))


@dataclass(frozen=True)
class Cell:
    """A part of a row: what stands there and in how much room; the one that `fills` takes what the others leave."""

    text: str
    room: int = 0
    right: bool = False
    style: str = ""
    fills: bool = False


class Listing(Widget, Generic[Row], can_focus=True):
    """`show` it rows, `find` some of them. A list of its own says what a row is known by (`key_of`), what stands in it
    (`cells`) and above all of them (`titles`), in a given width, and by which words it is found (`words_of`)."""

    TITLE = ""

    ACTIONS: tuple[Action, ...] = ()
    BINDINGS = bindings(ACTIONS)
    COMPONENT_CLASSES = {"listing--cursor", "listing--title"}
    DEFAULT_CSS = """
    Listing { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted; width: 1fr; }
    Listing:focus { border: heavy $accent; }
    Listing > .listing--cursor { background: $block-cursor-blurred-background;
        color: $block-cursor-blurred-foreground; }
    Listing:focus > .listing--cursor { background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: bold; }
    Listing > .listing--title { color: $text-muted; }
    """

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """Enter, or a double click, on the row under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.every: list[Row] = []
        self.rows: list[Row] = []
        """Those of them that fit what is to be found."""
        self.wanted = ""
        """What is to be found; empty: every row."""
        self._empty: list[tuple[str, str]] = []
        self._chosen = ""
        self._at = 0
        self._top = 0
        self.painted = Painted(self)
        self.border_title = self.TITLE

    # What a list of its own says.

    def key_of(self, row: Row) -> str:
        raise NotImplementedError

    def cells(self, row: Row, width: int) -> Sequence[Cell]:
        raise NotImplementedError

    def words_of(self, row: Row) -> str:
        """All that is written in it, also where there is no room for it."""
        return self.key_of(row)

    def titles(self, width: int) -> Sequence[Cell]:
        """Above all rows, where there is room for it; the same rooms as those of `cells`. None: no titles."""
        return ()

    # Showing.

    def show(self, rows: Sequence[Row], empty: Sequence[tuple[str, str]] = ()) -> None:
        """These from now on, the cursor where it was. Where there are none `empty`: keys and what they do, or without a
        key a paragraph."""
        self.every, self._empty = list(rows), list(empty)
        self._list()

    def find(self, wanted: str) -> None:
        """Only rows in which that is written; the cursor on the first of them, unless it is on one already."""
        if wanted.split() == self.wanted.split():
            return
        self.wanted = wanted.strip()
        self._list()
        if self._chosen != self.key:
            self._top = 0
            self._go(0)
        self.post_message(self.Moved())  # also where there is none

    def _list(self) -> None:
        wanted = self.wanted
        self.rows = [row for row in self.every if fits(wanted, self.words_of(row))] if wanted else self.every
        keys = [self.key_of(row) for row in self.rows]
        if self._chosen in keys:
            moved = keys.index(self._chosen) - self._at
            self._at += moved
            self._top += moved  # what is in view stays, whatever came above it
        elif keys:
            self._at = min(self._at, len(keys) - 1)
        self._keep_in_view()
        self._paint()

    @property
    def key(self) -> str:
        """Of the row under the cursor; empty where there is none."""
        return self.key_of(self.rows[self._at]) if self._at < len(self.rows) else ""

    def choose(self, key: str) -> bool:
        """The cursor on that row, if there is one."""
        at = next((i for i, row in enumerate(self.rows) if self.key_of(row) == key), None)
        if at is not None:
            self._go(at)
        return at is not None

    def _go(self, at: int) -> None:
        if not self.rows:
            return
        before = self.key if self._chosen else ""
        self._at = max(0, min(at, len(self.rows) - 1))
        self._chosen = self.key
        self._keep_in_view()
        self._paint()
        if self._chosen != before:
            self.post_message(self.Moved())

    @property
    def _above(self) -> int:
        """Lines that the titles take."""
        return int(bool(self.rows) and self.size.height > min(4, len(self.rows)) and bool(self.titles(self.size.width)))

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._above)

    def _keep_in_view(self) -> None:
        self._top = max(0, min(self._top, self._at, len(self.rows) - self._room), self._at - self._room + 1)

    def on_resize(self) -> None:
        self._keep_in_view()
        self._paint()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._paint()

    # Keys and mouse.

    def action_move(self, rows: int) -> None:
        self._go(self._at + rows)

    def action_page(self, pages: int) -> None:
        self._go(self._at + pages * self._room)

    def action_end(self, last: bool) -> None:
        self._go(len(self.rows) - 1 if last else 0)

    def action_open(self) -> None:
        if self.rows:
            self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        row = -1 if offset is None else self._top + offset.y - self._above
        if offset is None or offset.y < self._above or not 0 <= row < len(self.rows):
            return
        self._go(row)
        if event.chain == 2:
            self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, -3)

    def _scroll(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        self._top = max(0, min(self._top + rows, len(self.rows) - self._room))
        self._paint()

    # Painting.

    def _paint(self) -> None:
        self.painted.show(self._draw())
        n = len(self.rows)
        title = self.TITLE
        if self.wanted:
            title += f"  {n:,} of {len(self.every):,} fit '{self.wanted}'"
        shown = Text(title, overflow="ellipsis", no_wrap=True)
        if shown.markup != (self.border_title or ""):
            self.border_title = shown
        note = f"{self._top + 1:,}-{min(n, self._top + self._room):,} of {n:,}" if n > self._room else ""
        if note != (self.border_subtitle or ""):
            self.border_subtitle = note

    def _draw(self) -> list[Text]:
        width, height = self.size
        if not self.rows:
            empty = NONE_FITS if self.every else self._empty
            return [line for key, said in empty for line in _paragraph(key, said, width)][:height]
        lines = []
        if self._above:
            lines.append(Text(" ").append_text(_line(self.titles(width), width - SIGN)))
        for at in range(self._top, min(self._top + self._room, len(self.rows))):
            line = _line(self.cells(self.rows[at], width), width - SIGN)
            chosen = at == self._at  # in one colour: it must be read on another ground
            line = Text(f"{self._pointer}{line.plain}", "bold") if chosen else Text(" ").append_text(line)
            lines.append(line)
        return lines

    @property
    def _pointer(self) -> str:
        if not self.has_focus:
            return " "
        return ">" if plot_marker() == "." else "▸"

    def render_line(self, y: int) -> Strip:
        """The styles of the theme come in here: while a style changes, those of its parts are still the old ones."""
        name = "listing--title" if self._above and y == 0 else "listing--cursor"
        if not self.rows or (name == "listing--cursor" and y != self._at - self._top + self._above):
            return self.painted.strip(y)
        if y >= len(self.painted.lines):
            return Strip.blank(self.size.width, self.rich_style)
        style = self.get_component_rich_style(name)
        strip = Strip([Segment(self.painted.lines[y].plain, style)])
        return strip.adjust_cell_length(self.size.width, style)


def _paragraph(key: str, said: str, width: int) -> list[Text]:
    """Its further lines under the first one, beside the key."""
    indent = KEY if key else 0
    lines = wrapped(Text(said), width - SIGN - indent).split("\n", allow_blank=True)
    keys = [f"{'':{SIGN}}{each:<{indent}}" for each in (key, *[""] * (len(lines) - 1))]
    return [Text().append(each, "bold").append_text(line) for each, line in zip(keys, lines, strict=True)]


def _line(cells: Sequence[Cell], width: int) -> Text:
    """The cells beside each other, all of the width."""
    rest = width - sum(cell.room for cell in cells if not cell.fills) - GAP * (len(cells) - 1)
    line = Text(no_wrap=True)
    for i, cell in enumerate(cells):
        room = max(0, rest) if cell.fills else cell.room
        text = cell.text if cell_len(cell.text) <= room else set_cell_size(cell.text, max(0, room - 1)) + "…"[:room]
        space = " " * (room - cell_len(text))
        line.append((" " * GAP if i else "") + (space if cell.right else ""))
        line.append(text, style=cell.style or None)
        line.append("" if cell.right else space)
    return line
