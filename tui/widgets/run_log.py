"""RunLog: the document's log, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Log

from core.text import clean

MOST_LINES = 10_000


class RunLog(Log):
    """Follows the newest line until it is scrolled away from the end."""

    DEFAULT_CSS = """
    RunLog { border: round $panel; border-title-color: $text; padding: 0 1; 
        background: transparent; scrollbar-size: 0 1; }
    RunLog:focus { border: round $accent; background-tint: transparent; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(max_lines=MOST_LINES, id=id)
        self.border_title = "Log"

    def show(self, lines: Sequence[str], *, afresh: bool = False) -> None:
        """Add lines, or begin anew with them."""
        if afresh:
            self.clear()
        if lines:
            self.write_lines([clean(line) for line in lines[-MOST_LINES:]], scroll_end=self.is_vertical_scroll_end)
