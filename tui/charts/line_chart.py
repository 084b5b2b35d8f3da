"""LineChart: curves over a window of steps, decimated to what the terminal can show, never hiding a spike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual_plotext import PlotextPlot

from tui.charts.curve import Curve, decimate
from tui.charts.raster import cells_of, line_cells
from tui.charts.scale import Scale
from tui.charts.ticks import log_ticks, ticks
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted
from tui.words.units import count

Floats = NDArray[np.float64]

SMALLEST = (20, 5)
"""Columns and rows below which there is no plot, only a note."""
LABELS = 7
"""Columns that the labels of the y axis take, so that plots one above the other line up and a new label moves none."""
BELOW = 3
"""Rows of the x axis, its ticks and its name."""
LOOSE = 0.6
"""Share of the y axis that the curves must fill; while they do, and stay inside, the axis stays as it is."""


@dataclass(frozen=True)
class Picture:
    """All that a chart draws. Curves are over steps; the window is `first` to `last` step, `cursor` one of them."""

    curves: Sequence[Curve]
    first: float
    last: float
    scale: Scale = field(default_factory=Scale)
    log_y: bool = False
    cursor: float | None = None
    title: str = ""
    note: str = ""
    """At the bottom, while there is no cursor."""


class LineChart(PlotextPlot):
    """Show it pictures; only the cells that then differ are painted again."""

    DEFAULT_CSS = """
    LineChart { border: round $panel; border-title-color: $text; border-subtitle-color: $text-muted; padding: 0; }
    """

    @dataclass
    class Pointed(Message):
        """The mouse pointed at a step."""

        step: float

    @dataclass
    class Wheel(Message):
        """The mouse wheel turned over a step: zoom by `factor`."""

        step: float
        factor: float

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = Picture((), 0.0, 1.0, title=title)
        self._visible: list[Curve] = []
        """In view, without what cannot be drawn."""
        self._y_axis: tuple[object, float, float] | None = None
        """What it was chosen for, and its ends."""
        self.painted = Painted(self, by_cell=True)

    def on_mount(self) -> None:
        self.border_title = self._picture.title

    def on_resize(self) -> None:
        self._y_axis = None
        self._retitle()
        self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paint()

    def show(self, picture: Picture) -> None:
        """Draw this from now on."""
        self._picture = picture
        inside = (curve.finite().within(picture.first, picture.last) for curve in picture.curves)
        if picture.log_y:
            inside = (curve.positive() for curve in inside)
        self._visible = [curve for curve in inside if len(curve.x)]
        self._retitle()
        self._paint()

    @property
    def columns(self) -> int:
        """Width of the plot itself."""
        return max(1, self.size.width - LABELS - 1)

    def peak(self) -> tuple[int, int] | None:
        """First and last step of the point with the largest value in view, of the curve that has all batches."""
        if not self._visible or self._visible[0].marker is not None:
            return None
        curve = self._visible[0]
        i = int(curve.high.argmax())
        return int(curve.x[i]), int(curve.x[i] if curve.x_last is None else curve.x_last[i])

    def _retitle(self) -> None:
        picture, room = self._picture, self.size.width - 4  # what Textual leaves of a border for its titles
        shown = [curve for curve in picture.curves if len(curve.x)]
        marked = [curve for curve in shown if curve.marker is not None]
        legends = [self._legend(shown, " "), self._legend(shown, ""), self._legend(marked, " ")]
        legend = next((each for each in legends if each.cell_len <= room), legends[-1])
        if legend.markup != self.border_title:
            self.border_title = legend
        bottom = Text(picture.note if picture.cursor is None else self._readout(picture.cursor, room))
        if bottom.markup != self.border_subtitle:
            self.border_subtitle = bottom

    def _legend(self, curves: Sequence[Curve], space: str) -> Text:
        legend = Text(f"{self._picture.title}{' (log)' if self._picture.log_y else ''}")
        for curve in curves:
            legend.append(f" {curve.marker or '─'}{space}", style=f"rgb({','.join(map(str, curve.color))})")
            legend.append(curve.name)
        return legend

    def _readout(self, cursor: float, room: int) -> str:
        """`step 1,234  batch 0.2314  test 0.31 (step 938)`: what is known at the cursor. Where there is less room,
        without the other steps; where there is little, `step 1,234 batch 0.231412 + 0.31`."""
        known = [(curve, at) for curve in self._picture.curves if (at := curve.at(cursor)) is not None]
        step = f"step {count(cursor)}"
        if not known:
            return f"{step}  nothing measured yet"
        full = [f"{curve.name} {_value(at)}{_when(curve, at, cursor)}" for curve, at in known]
        plain = [f"{curve.name} {_value(at)}" for curve, at in known]
        brief = [plain[0], *(f"{curve.marker} {_value(at, 3)}" for curve, at in known[1:] if curve.marker is not None)]
        lines = ["  ".join([step, *full]), "  ".join([step, *plain]), " ".join([step, *plain])]
        lines += [" ".join([step, *brief[:n]]) for n in range(len(brief), -1, -1)]
        return next((line for line in lines if len(line) <= room), step)

    # The mouse; the keyboard does the same through the screen.

    def on_click(self, event: events.Click) -> None:
        step = self._step_at(event.x)
        if step is not None:
            self.post_message(self.Pointed(step))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 0.5)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 2.0)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        step = self._step_at(event.x)
        if step is not None:
            event.stop()
            self.post_message(self.Wheel(step, factor))

    def _step_at(self, x: int) -> float | None:
        """The step under a column of the widget."""
        column = x - 1 - LABELS - 1  # the border, the labels, the axis
        if not 0 <= column < self.columns:
            return None
        picture = self._picture
        left, right = picture.scale.to(np.array([picture.first, picture.last])).tolist()
        return picture.scale.back(left + (column + 0.5) / self.columns * (right - left))

    # Painting.

    def _paint(self) -> None:
        self.painted.show(self._draw().split(allow_blank=True))

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)

    def _draw(self) -> Text:
        width, height = self.size
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return Text("too small for a plot"[:width], style="dim")
        picture = self._picture
        if not self._visible:
            return Text("\n" * (height // 2) + self._why_empty().center(width), style="dim")
        curves = [curve.log10() for curve in self._visible] if picture.log_y else self._visible
        low, high = self._limits(min(float(c.low.min()) for c in curves), max(float(c.high.max()) for c in curves))
        left, right = picture.scale.to(np.array([picture.first, picture.last])).tolist()
        if not right > left:
            right = left + max(1e-9, abs(left) * 1e-9)
        plot = self.plt
        plot.clear_figure()
        plot.plotsize(width, height)
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        columns, rows, marker = self.columns, max(1, height - BELOW), plot_marker()

        def across(places: Floats) -> Floats:
            """0-1 over the canvas."""
            return np.asarray((places - left) / (right - left), dtype=np.float64)

        def upwards(values: Floats) -> Floats:
            """The same upwards."""
            share = (values / 2 - low / 2) / (high / 2 - low / 2)  # 1e308 - -1e308 is more than a float holds
            return np.asarray(share, dtype=np.float64)

        def cells(x: Floats, y: Floats) -> tuple[list[float], list[float]]:
            return cells_of(across(x), upwards(y), columns, rows, marker)

        plot.xlim(0, max(1, columns - 1))  # in cells
        plot.ylim(0, max(1, rows - 1))
        places, labels = (log_ticks if picture.scale.log else ticks)(left, right, width // 10)
        plot.xticks(cells(np.array(places), np.full(len(places), low))[0], labels)
        places, labels = (log_ticks if picture.log_y else ticks)(low, high, height // 2, LABELS)
        at_rows = cells(np.full(len(places), left), np.array(places))[1]
        plot.yticks(at_rows, [label.rjust(LABELS) for label in labels])
        for curve in curves:
            x, y = decimate(picture.scale.to(curve.x), curve.low, curve.high, columns)
            at_x, at_y, chars = line_cells(across(x), upwards(y), columns, rows, marker)
            if chars:
                plot.scatter(at_x, at_y, color=curve.color, marker=chars)  # type: ignore[arg-type]  # one for each point
            if curve.marker:  # on all points that are few, else here and there
                some = np.unique(np.linspace(0, len(curve.x) - 1, min(len(curve.x), max(2, columns // 8))).astype(int))
                signs = cells(picture.scale.to(curve.x[some]), curve.high[some])
                plot.scatter(*signs, color=curve.color, marker=curve.marker)
        if picture.cursor is not None and picture.first <= picture.cursor <= picture.last:
            (here,), _row = cells(picture.scale.to(np.array([picture.cursor])), np.array([low]))
            plot.vertical_line(here, color="default")
        plot.xlabel(picture.scale.label)
        rendered = super().render()
        assert isinstance(rendered, Text)
        return rendered

    def _why_empty(self) -> str:
        if not any(len(curve.x) for curve in self._picture.curves):
            return "nothing measured yet"
        positive = any(bool((curve.high > 0).any()) for curve in self._picture.curves)
        if self._picture.log_y and not positive:
            return "nothing above 0: y for a linear axis"
        return "nothing in view: 0 for the whole run"

    def _limits(self, low: float, high: float) -> tuple[float, float]:
        """Ends of the y axis, with a margin; the same as before as long as the curves still fill it well: a plot whose
        axis moves is painted anew from edge to edge."""
        picture = self._picture
        chosen_for = (picture.log_y, picture.title)
        if self._y_axis and self._y_axis[0] == chosen_for:
            _for, bottom, top = self._y_axis
            if bottom <= low and high <= top and high - low >= LOOSE * (top - bottom):
                return bottom, top
        margin = 0.05 * (high - low) or max(abs(high), 1e-3) * 0.1  # plotext can hang on a flat line
        if not math.isfinite(margin):  # from -1e308 to 1e308
            margin = 0.0
        self._y_axis = (chosen_for, low - margin, high + margin)
        return low - margin, high + margin


def _value(at: tuple[float, float, float, float], digits: int = 6) -> str:
    _first, _last, low, high = at
    return f"{low:.{digits}g}" if low == high else f"{low:.4g} to {high:.4g}"


def _when(curve: Curve, at: tuple[float, float, float, float], cursor: float) -> str:
    """The steps that a value is of, where they are not just the cursor's."""
    first, last, _low, _high = at
    if curve.marker is not None:
        return f" (step {count(first)})" if first != cursor else ""
    return f" (steps {count(first)}-{count(last)})" if last > first else ""
