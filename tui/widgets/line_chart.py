"""LineChart: curves over a common x, decimated to what the terminal can show, never hiding a spike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual_plotext import PlotextPlot

from tui.terminal import can_draw_braille

Floats = NDArray[np.float64]

SMALLEST = (20, 5)
"""Columns and rows below which there is no plot, only a note."""


@dataclass(frozen=True)
class Curve:
    """One line. `low` and `high` (n,) are equal where a point is one value; `marker` is a plotext marker or None."""

    name: str
    x: Floats
    low: Floats
    high: Floats
    color: tuple[int, int, int]
    marker: str | None = None
    """None: only a line; a character: set on the line here and there, so that curves differ without colour too."""

    def log10(self) -> Curve:
        """Its positive part, as powers of ten."""
        keep = self.high > 0
        high = np.log10(self.high[keep])
        low = np.log10(np.maximum(self.low[keep], np.finfo(np.float64).tiny))
        low = np.where(self.low[keep] > 0, low, high)
        return Curve(self.name, self.x[keep], low, high, self.color, self.marker)

    def finite(self) -> Curve:
        keep = np.isfinite(self.low) & np.isfinite(self.high) & np.isfinite(self.x)
        return Curve(self.name, self.x[keep], self.low[keep], self.high[keep], self.color, self.marker)


def decimate(x: Floats, low: Floats, high: Floats, columns: int) -> tuple[Floats, Floats]:
    """At most two points per column, its smallest and its largest value, in the order of x."""
    if len(x) <= columns and np.array_equal(low, high):
        return x, low
    if len(x) > columns:
        edges = np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], columns + 1)[:-1]))
        x, low, high = x[edges], np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
    return np.repeat(x, 2), np.column_stack([low, high]).ravel()


def ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """At most `most` round numbers (1, 2 or 5 times a power of ten apart) from low to high, and their labels."""
    if not high > low:
        return [low], [f"{low:g}"]
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    values = [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    largest = max(abs(low), abs(high))
    if decimals <= 4 and largest < 1e5:
        return values, [f"{value:.{decimals}f}" for value in values]
    digits = max(1, math.floor(math.log10(largest)) - math.floor(math.log10(step) + 1e-9))  # so that labels differ
    return values, [f"{value:.{digits}e}" for value in values]


def log_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """At most `most` ticks from 10^low to 10^high, their places as powers of ten: whole powers if there are enough,
    else their multiples by 1, 2 and 5, else round numbers."""
    for factors in ((1,), (1, 2, 5), (1, 2, 3, 5, 7)):
        powers = range(math.floor(low), math.ceil(high) + 1)
        values = [10.0**power * factor for power in powers for factor in factors]
        values = [value for value in values if low <= math.log10(value) <= high]
        if len(values) >= 3 or len(factors) == 5:
            break
    if len(values) < 2:
        values = [value for value in ticks(10**low, 10**high, most)[0] if value > 0]
    values = values[:: max(1, math.ceil(len(values) / max(1, most)))]
    return [math.log10(value) for value in values], [f"{value:g}" for value in values]


class LineChart(PlotextPlot):
    """Show it curves; only the rows that then differ are painted again."""

    DEFAULT_CSS = """
    LineChart { border: round $panel; border-title-color: $text; padding: 0; }
    """

    log_axis: reactive[bool] = reactive(False)
    """Whether y is logarithmic: equal ratios are equally far apart. Values that are not positive are left out."""

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._curves: list[Curve] = []
        self._x_label = ""
        self._x_limit = 1.0
        self._rows: list[Text] = []

    def on_mount(self) -> None:
        self.border_title = self._title

    def on_resize(self) -> None:
        self._paint()

    def watch_log_axis(self) -> None:
        if self._x_label:  # it has been shown something
            self._retitle()
            self._paint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._paint()

    def show(self, curves: Sequence[Curve], x_label: str, x_limit: float, title: str = "") -> None:
        """Draw `curves` from now on, over x from 0 to `x_limit`, under a new title if one is given."""
        self._title = title or self._title
        self._curves = [curve for curve in (each.finite() for each in curves) if len(curve.x)]
        self._x_label = x_label
        self._x_limit = x_limit
        self._retitle()
        self._paint()

    def _retitle(self) -> None:
        legend = Text(f"{self._title}{' (log)' if self.log_axis else ''} ")
        for curve in self._curves:
            legend.append(f" {curve.marker or '─'} ", style=f"rgb({','.join(map(str, curve.color))})")
            legend.append(curve.name)
        if legend.markup != self.border_title:
            self.border_title = legend

    def _paint(self) -> None:
        before, self._rows = self._rows, list(self._draw().split(allow_blank=True))
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip_longest(before, self._rows))
            if old is None or new is None or old.plain != new.plain or old.spans != new.spans
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, style)
        segments = self._rows[y].render(self.app.console, end="")
        return Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)

    def _draw(self) -> Text:
        width, height = self.size
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return Text("too small for a plot"[:width], style="dim")
        curves = [each for each in map(Curve.log10, self._curves) if len(each.x)] if self.log_axis else self._curves
        if not curves:
            note = "nothing above 0" if self._curves else "nothing measured yet"
            return Text("\n" * (height // 2) + note.center(width), style="dim")
        low = min(float(curve.low.min()) for curve in curves)
        high = max(float(curve.high.max()) for curve in curves)
        margin = 0.05 * (high - low) or max(abs(high), 1e-3) * 0.1  # plotext can hang on a flat line
        low, high = low - margin, high + margin
        plot = self.plt
        plot.clear_figure()
        plot.plotsize(width, height)
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        plot.xlim(0, self._x_limit)
        plot.ylim(low, high)
        plot.xticks(*ticks(0, self._x_limit, width // 10))
        plot.yticks(*(log_ticks if self.log_axis else ticks)(low, high, height // 2))
        line = "braille" if can_draw_braille() else "."
        for curve in curves:
            x, y = decimate(curve.x, curve.low, curve.high, width)
            plot.plot(x.tolist(), y.tolist(), color=curve.color, marker=line)
            if curve.marker:
                some = np.linspace(0, len(curve.x) - 1, min(len(curve.x), max(2, width // 8))).astype(int)
                points = curve.x[some].tolist(), curve.high[some].tolist()
                plot.scatter(*points, color=curve.color, marker=curve.marker)
        plot.xlabel(self._x_label)
        rendered = super().render()
        assert isinstance(rendered, Text)
        return rendered
