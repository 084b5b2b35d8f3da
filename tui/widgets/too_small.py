"""TooSmall: what a screen shows instead of itself in a window that cannot hold it."""

from __future__ import annotations

from textual.widget import Widget

SMALLEST = (60, 18)
"""Columns and rows that every screen fits into."""


class TooSmall(Widget):
    """Put it into a screen whose breakpoints are these; the screen's other widgets give way to it."""

    HORIZONTAL = [(0, "-narrow"), (SMALLEST[0], "-wide-enough")]
    VERTICAL = [(0, "-short"), (SMALLEST[1], "-tall-enough")]
    SCOPED_CSS = False  # it is about the screen that it is in
    DEFAULT_CSS = """
    TooSmall { display: none; width: 1fr; height: 1fr; content-align: center middle; }
    Screen.-narrow > * { display: none; }
    Screen.-short > * { display: none; }
    Screen.-narrow > TooSmall { display: block; }
    Screen.-short > TooSmall { display: block; }
    """

    def on_hide(self) -> None:
        """The window has grown: what had the focus lost it when it was hidden."""
        if self.screen.focused is None:
            self.screen.focus_next()

    def render(self) -> str:
        return f"{SMALLEST[0]}×{SMALLEST[1]} needed"[: max(1, self.size.width)]
