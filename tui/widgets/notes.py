"""Notes: where those of the app lie. In one row over the title, else at the lower edge, to the left of the numbers that
a screen has there."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual.screen import Screen
from textual.widgets._toast import ToastRack

LONG = "long-note"
"""The app's class while its note takes more than a row: the style sheet puts it elsewhere then."""
FRAME = 3
"""Columns of a note that are not its text: an edge, a blank on both sides."""


def is_long(text: str, width: int) -> bool:
    """Whether it takes more than a row of a terminal of this width."""
    return "\n" in text or cell_len(text) > width - FRAME


def keep_clear(screen: Screen[Any]) -> None:
    """As wide as there is room for: a screen says so by its `note_room`, in columns."""
    room = getattr(screen, "note_room", None) if screen.app.has_class(LONG) else None
    for rack in screen.query_children(ToastRack):
        is_kept = rack.styles.max_width
        if (None if is_kept is None else int(is_kept.value)) != room:  # else all would be laid out and sent again
            rack.styles.max_width = room
