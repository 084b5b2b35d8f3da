"""Gauge: how much of something is done, in one line. Unlike Textual's ProgressBar it paints only what has changed: that
one repaints itself every second for the time left, also while nothing happens."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget


class Gauge(Widget):
    """`━━━━━━━━────────  46 %`."""

    DEFAULT_CSS = """
    Gauge { height: 1; width: 1fr; padding: 0 1; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.done = 0.0
        self._text = ""

    def show(self, done: float) -> None:
        """A part of the whole, 0-1."""
        self.done = min(1.0, max(0.0, done))
        if self._draw() != self._text:
            self.refresh()

    def _draw(self) -> str:
        return bar(self.done, max(1, self.size.width - 6))

    def render(self) -> Text:
        self._text = self._draw()
        text = Text(self._text, no_wrap=True)
        text.stylize(self.app.theme_variables["accent"], 0, self._text.count("━"))
        return text


def bar(done: float, room: int) -> str:
    """The same as text, of `room` columns without the number."""
    filled = int(room * done)
    return f"{'━' * filled}{'─' * (room - filled)} {int(100 * done):3} %"
