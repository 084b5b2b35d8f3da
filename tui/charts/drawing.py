"""Drawing: a pane whose text is drawn to fit by a function, and of which only the rows that then differ are painted."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.ink import Look, note
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted

Draw = Callable[[int, int, Look], Text]
"""From columns, rows and what the terminal can show to at most so many lines."""


class Drawing(Widget):
    """`show` it a function, with a title above it and words below."""

    DEFAULT_CSS = """
    Drawing { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted; }
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._heading = Text(title)
        self.border_title = self._heading
        self._draw_it: Draw = lambda width, height, _look: note("", width, height)
        self._titles = self._heading, Text()
        self.painted = Painted(self)

    def on_resize(self) -> None:
        self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paint()

    def show(self, draw: Draw, title: Text, below: Text) -> None:
        """Draw this from now on."""
        self._draw_it = draw
        if (title, below) != self._titles:
            self._titles = title, below
            self.border_title, self.border_subtitle = title, below
        self._paint()

    def say(self, words: str) -> None:
        """Only this, in its middle."""
        self.show(lambda width, height, _look: _in_the_middle(words, width, height), self._heading, Text())

    def _paint(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        colours = self.app.console.color_system in ("256", "truecolor") and not self.app.no_color
        plain = plot_marker() == "."
        drawn = self._draw_it(width, height, Look(plain, colours and not plain))
        self.painted.show(drawn.split(allow_blank=True)[:height])

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)


def _in_the_middle(words: str, width: int, height: int) -> Text:
    lines = textwrap.wrap(words, max(1, width - 4))
    above = "\n" * max(0, (height - len(lines)) // 2)
    return Text(above + "\n".join(line.center(width).rstrip() for line in lines), no_wrap=True)
