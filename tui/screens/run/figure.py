"""FigureView: the latest figure of a run, drawn to fit; see `figure_text` for how."""

from __future__ import annotations

from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from core.figures.kinds import Figure
from tui.charts.figure_text import draw
from tui.charts.ink import note
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted

WHY_NOT = "it was made by a version that drew none"


class FigureView(Widget):
    """Show it a figure; only the rows that then differ are painted again."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._figure: Figure | None = None
        self._why_not = WHY_NOT
        self.painted = Painted(self)

    def on_resize(self) -> None:
        self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paint()

    def show(self, figure: Figure | None, why_not: str = WHY_NOT) -> None:
        """Draw it from now on; `why_not` is told where there is none."""
        if (figure, why_not) != (self._figure, self._why_not):
            self._figure, self._why_not = figure, why_not
            self._paint()

    def _paint(self) -> None:
        self.painted.show(self._draw().split(allow_blank=True))

    def _draw(self) -> Text:
        width, height = self.size
        if self._figure is None:
            return note(f"no picture of this: {self._why_not}", width, height)
        many = self.app.console.color_system in ("256", "truecolor") and not self.app.no_color
        return draw(self._figure, width, height, ascii=plot_marker() == ".", colour=many)

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)
