"""FileList: the files and folders of a folder, each with its size and when it was changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.widget import Widget

from tui.keys.action import Action
from tui.screens.own_table.folder import Entry
from tui.widgets.row_table import GAP, SIGNS, Content, Signs, TrialTable

SIZE, CHANGED = 8, 16
"""Columns of the terminal."""
NARROW = 44
"""Columns of the terminal below which the date gives way."""


@dataclass(frozen=True)
class FileColumn:
    key: str
    title: str
    room: int
    left: bool
    text: Callable[[Entry], str]


class FileList(TrialTable, can_focus=False, inherit_bindings=False):
    """Show it entries. The cursor is moved from outside: the keys are typed elsewhere."""

    ACTIONS: tuple[Action, ...] = ()
    DEFAULT_CSS = """
    FileList > .trial-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Entry] = ()
        self._empty = ""

    def show_entries(self, entries: Sequence[Entry], at: int, empty: str = "") -> None:
        """`at`: where the cursor is; `empty`: why there are none."""
        self._entries, self._empty = entries, empty
        self._fill_in()
        self.to_top()
        self._go(at)

    @property
    def entry(self) -> Entry | None:
        """The one under the cursor."""
        row = self.row
        return row if isinstance(row, Entry) else None

    def on_resize(self) -> None:
        self._fill_in()

    def on_click(self, event: events.Click) -> None:
        if event.chain > 1:
            self.action_open()

    def _fill_in(self) -> None:
        self.show(
            Content(
                columns=_columns(self),
                rows=self._entries,
                number=id,
                signs=_signs,
                empty=self._empty,
            )
        )


def _columns(widget: Widget) -> list[FileColumn]:
    width = widget.size.width
    dated = width >= NARROW
    rest = SIGNS - 1 + SIZE + 2 * GAP + (CHANGED + GAP if dated else 0)
    name = FileColumn("name", "name", max(10, width - rest), True, lambda entry: entry.shown + "/" * entry.folder)
    size = FileColumn("size", "size", SIZE, False, lambda entry: size_text(entry.size))
    changed = FileColumn("changed", "changed", CHANGED, False, lambda entry: when(entry.modified))
    return [name, size, *([changed] if dated else [])]


def _signs(entry: Entry) -> Signs:
    """Folders by their slash, tables bold, all else dim."""
    return Signs(style="" if entry.folder else "bold" if entry.table else "dim")


def size_text(size: int | None) -> str:
    """`812 B`, `4.5 kB`, `1.2 GB`; nothing of what has no size."""
    if size is None:
        return ""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 99.5 else f"{value:.1f} {units[0]}"


def when(modified: float | None) -> str:
    """Local time, to the minute."""
    if modified is None:
        return ""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(modified))
    except (OverflowError, ValueError, OSError):  # a date that no calendar has
        return ""
