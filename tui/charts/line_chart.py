"""LineChart: curves over a window of steps, decimated to what the terminal can show, never hiding a spike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.canvas import Canvas, per_column
from tui.charts.curve import Curve, decimate, trace
from tui.charts.inks import Inks
from tui.charts.robust import robust_range, with_average
from tui.charts.scale import Scale
from tui.charts.ticks import log_ticks, ticks
from tui.charts.x_axis import BELOW, below
from tui.charts.y_axis import YAxis
from tui.charts.y_axis import axis as axis_of
from tui.system.terminal import plot_marker
from tui.widgets.painted import Painted
from tui.words.units import count

Floats = NDArray[np.float64]

SMALLEST = (20, 5)
"""Columns and rows below which there is no plot, only a note."""
LABELS = 7
"""Columns that the labels of the y axis take, so that plots one above the other line up and a new label moves none."""
SPIKE = 0.25
"""Of the height: what a line goes to the ends of, where many points are drawn as one."""
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
    x_ticks: int = 0
    """At most; 0: as many as fit. Plots side by side have the same."""
    legend: bool = True
    """Whether the curves are named above."""
    at_cursor: str = ""
    """In place of the values there, where they stand elsewhere."""


class LineChart(Widget):
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
        self._y_axis: tuple[object, YAxis] | None = None
        """What it was chosen for."""
        self._titled: Text | None = None
        self._beyond = ""
        """What of the values in view is not drawn to scale."""
        self.painted = Painted(self, by_cell=True)

    @property
    def picture(self) -> Picture:
        """What is drawn."""
        return self._picture

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
        curve = next((each for each in self._visible if each.band), None)
        if curve is None:
            return None
        i = int(curve.high.argmax())
        return int(curve.x[i]), int(curve.x[i] if curve.x_last is None else curve.x_last[i])

    def _retitle(self) -> None:
        picture, room = self._picture, self.size.width - 4  # what Textual leaves of a border for its titles
        shown = [curve for curve in picture.curves if len(curve.x)]
        marked = [curve for curve in shown if curve.marker is not None]
        legends = [self._legend(shown, " "), self._legend(shown, ""), self._legend(marked, " ")]
        legend = next((each for each in legends if each.cell_len <= room), legends[-1])
        if self._titled is None or (legend.plain, legend.spans) != (self._titled.plain, self._titled.spans):
            self._titled = self.border_title = legend
        note = "  ".join(each for each in (self._beyond, picture.note) if each)
        if len(note) > room:
            note = self._beyond or picture.note
        bottom = Text(note if picture.cursor is None else self._readout(picture.cursor, room))
        if bottom.markup != self.border_subtitle:
            self.border_subtitle = bottom

    def _legend(self, curves: Sequence[Curve], space: str) -> Text:
        legend = Text(f"{self._picture.title}{' (log)' if self._picture.log_y else ''}")
        inks = self._inks
        for curve in curves if self._picture.legend else ():
            legend.append(" ")
            if curve.band:
                legend.append(*(("  ", inks.band) if inks.colours else (inks.band, "")))
            else:
                legend.append(curve.marker or "━", inks.of(curve.color))
            legend.append(space + curve.name)
        return legend

    def _readout(self, cursor: float, room: int) -> str:
        """`step 1,234  batch 0.2314  test 0.31 (step 938)`: what is known at the cursor. Where there is less room,
        without the other steps; where there is little, `step 1,234 batch 0.231412 + 0.31`."""
        if self._picture.at_cursor:
            return self._picture.at_cursor
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
        self.painted.show(self._draw())

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)

    def _draw(self) -> list[Text]:
        width, height = self.size
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return [Text("too small for a plot"[:width])]
        if not self._visible:
            return [*[Text()] * (height // 2), Text(self._why_empty().center(width))]
        picture, rows = self._picture, height - BELOW
        left, right = picture.scale.to(np.array([picture.first, picture.last])).tolist()
        if not right > left:
            right = left + max(1e-9, abs(left) * 1e-9)
        canvas = Canvas(self.columns, rows, plot_marker())

        def across(steps: Floats) -> Floats:
            """0-1 over the canvas."""
            return np.asarray((picture.scale.to(steps) - left) / (right - left), dtype=np.float64)

        axis = self._axis(canvas, across, rows)
        inks = self._inks
        for curve in self._drawn:
            _put(canvas, curve, across(curve.x), axis, inks)
        if picture.cursor is not None and picture.first <= picture.cursor <= picture.last:
            canvas.upright(float(across(np.array([picture.cursor]))[0]))
        edge = "|" if inks.ascii else "│"
        lines = self._beside(canvas.text(edge), axis, inks)
        places, labels = (log_ticks if picture.scale.log else ticks)(left, right, picture.x_ticks or self.columns // 10)
        columns = canvas.columns_of((np.array(places) - left) / (right - left)).tolist()
        return [*lines, *below(columns, labels, picture.scale.label, self.columns, LABELS, inks.ascii)]

    @property
    def _drawn(self) -> list[Curve]:
        """What is in view, as places on the y axis; what stands behind the others comes first."""
        curves = [curve.log10() for curve in self._visible] if self._picture.log_y else self._visible
        return sorted(curves, key=lambda curve: not curve.band)

    def _axis(self, canvas: Canvas, across: Callable[[Floats], Floats], rows: int) -> YAxis:
        """Of the values in view, without outliers; the same as before as long as the curves still fill it well: a plot
        whose axis moves is painted anew from edge to edge."""
        parts = [per_column(canvas.columns_of(across(c.x)), c.low, c.high) for c in self._drawn]
        own = [part for part, curve in zip(parts, self._drawn, strict=True) if not curve.average] or parts
        columns, lows, highs = map(np.concatenate, zip(*own, strict=True))
        low, high = robust_range(lows, highs, columns)
        columns, lows, highs = map(np.concatenate, zip(*parts, strict=True))
        for curve in self._drawn:
            if curve.average:
                low, high = with_average(low, high, float(curve.low.min()), float(curve.high.max()))
        picture = self._picture
        chosen_for = (picture.log_y, picture.title, rows)
        if not (self._y_axis and self._y_axis[0] == chosen_for and self._y_axis[1].holds(low, high, LOOSE)):
            self._y_axis = chosen_for, axis_of(low, high, rows, log=picture.log_y, width=LABELS)
        axis = self._y_axis[1]
        self._say_beyond(float(lows.min()), float(highs.max()), axis)
        inks = self._inks
        canvas.edge(columns[highs > axis.high].tolist(), "^" if inks.ascii else "▲", inks.beyond, top=True)
        canvas.edge(columns[lows < axis.low].tolist(), "v" if inks.ascii else "▼", inks.beyond, top=False)
        return axis

    def _say_beyond(self, least: float, most: float, axis: YAxis) -> None:
        """What is not drawn to scale, so that the rest can be seen."""
        ends = ("▲", most, most > axis.high), ("▼", least, least < axis.low)
        values = [(sign, value) for sign, value, out in ends if out]
        powers = self._picture.log_y
        said = "  ".join(f"{sign} to {10.0**value if powers else value:.4g}" for sign, value in values)
        if said != self._beyond:
            self._beyond = said
            self._retitle()

    def _beside(self, plot: Sequence[Text], axis: YAxis, inks: Inks) -> list[Text]:
        """The y axis, and the plot behind it."""
        labels = {len(plot) - 1 - row: label for row, label in axis.ticks}
        edge, tick = ("|", "+") if inks.ascii else ("│", "┤")
        lines = []
        for y, cells in enumerate(plot):
            label = labels.get(y, "")
            line = Text(f"{label:>{LABELS}}", no_wrap=True)
            lines.append(line.append(tick if label else edge, "dim").append_text(cells))
        return lines

    @property
    def _inks(self) -> Inks:
        ground = self.background_colors[1].rgb
        colours = self.app.console.color_system in ("256", "truecolor")
        return Inks(ground, plot_marker() == ".", colours and not self.app.no_color, not self.app.no_color)

    def _why_empty(self) -> str:
        if not any(len(curve.x) for curve in self._picture.curves):
            return "nothing measured yet"
        positive = any(bool((curve.high > 0).any()) for curve in self._picture.curves)
        if self._picture.log_y and not positive:
            return "nothing above 0: y for a linear axis"
        return "nothing in view: 0 for the whole run"


def _put(canvas: Canvas, curve: Curve, x: Floats, axis: YAxis, inks: Inks) -> None:
    """Onto the canvas: a band, a line with signs, or a solid line."""
    style = inks.of(curve.color)
    if curve.band:
        low, high = axis.share(curve.low), axis.share(curve.high)
        if curve.around:
            canvas.band(x, low, high, inks.around(curve.color))
            return
        thin = ~canvas.band(x, low, high, inks.band)
        for part in np.split(np.arange(len(x)), np.flatnonzero(np.diff(thin.astype(int))) + 1):
            if thin[part[0]]:  # too thin for a band
                canvas.line(curve.name, *decimate(x[part], low[part], high[part], canvas.columns), style)
        return
    solid = curve.marker is None
    at, y = trace(x, axis.share(curve.low), axis.share(curve.high), canvas.places, math.inf if solid else SPIKE)
    on_top = curve.on_top
    if on_top:
        style = f"bold {style}"
    canvas.line(curve.name, at, y, style, thick=solid or on_top, dash=curve.dash, on_top=on_top)
    if curve.marker:  # on all points that are few, else here and there
        n = min(len(x), max(2, canvas.columns // curve.apart))
        some = np.linspace(0, len(x) - 1, n)
        if curve.shifted and n < len(x):
            some = some[:-1] + curve.shifted * (some[1] - some[0])
        some = np.unique(some.astype(int))
        signs = f"bold {style.removeprefix('bold ')}"
        canvas.signs(curve.name, x[some], axis.share(curve.high[some]), curve.marker, signs, on_top=on_top)


def _value(at: tuple[float, float, float, float], digits: int = 6) -> str:
    _first, _last, low, high = at
    return f"{low:.{digits}g}" if low == high else f"{low:.4g} to {high:.4g}"


def _when(curve: Curve, at: tuple[float, float, float, float], cursor: float) -> str:
    """The steps that a value is of, where they are not just the cursor's."""
    first, last, _low, _high = at
    if curve.marker is not None:
        return f" (step {count(first)})" if first != cursor else ""
    return f" (steps {count(first)}-{count(last)})" if last > first else ""
