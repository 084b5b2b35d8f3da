"""Plots: loss and metric over one view of a run, and a figure beside them or in place of the metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from core.runs.event_log import read_losses
from core.runs.folder import RunDir
from tui.charts.line_chart import LineChart
from tui.charts.of_a_run import end_of, loss_picture, memory, metric_picture, scale_of
from tui.charts.view import View
from tui.live.background import in_background
from tui.live.exact import MOST
from tui.live.story import Story
from tui.screens.run.figure_pane import FigurePane

WIDE = 150
"""Columns from which on a figure stands beside both plots."""
BESIDE = 100, 22
"""Columns and rows from which on it stands beside them, one above the other."""
BELOW = 30
"""Rows from which on it stands below them."""


class Plots(Container):
    """Each part is painted where it is said to, and only if something has changed. Its actions are asked for by keys of
    whatever lies around it: plots never have the focus."""

    DEFAULT_CSS = """
    Plots { height: 1fr; layout: horizontal; }
    Plots #curves { width: 1fr; height: 1fr; layout: horizontal; }
    Plots LineChart { width: 1fr; height: 1fr; }
    Plots.-wide #curves { width: 2fr; }
    Plots.-beside #curves { layout: vertical; }
    Plots.-beside FigurePane { width: 54; }
    Plots.-below { layout: vertical; }
    """

    class Figures(Message):
        """Other figures are there, or another one is seen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = View()
        self._story = Story()
        self._run_dir: RunDir | None = None
        self._painted: dict[str, object] = {}
        self._reading: tuple[int, int] | None = None
        self._loss = LineChart("Loss", id="loss")
        self._metric = LineChart("Accuracy %", id="metric")
        self._figure = FigurePane()
        self._chosen = ""
        """Name of the figure that stands in place of the metric; empty for the metric."""

    def compose(self) -> ComposeResult:
        with Container(id="curves"):
            yield self._loss
            yield self._metric
        yield self._figure

    # Showing.

    def begin(self, story: Story, run_dir: RunDir | None) -> None:
        """Show another story from its beginning."""
        self._story, self._run_dir, self._painted, self._reading = story, run_dir, {}, None
        self._figure.begin(run_dir)

    def _changed(self, what: str, seen: object) -> bool:
        """Whether `seen`, all that a part depends on, differs from when it was last painted."""
        before = self._painted.get(what)
        self._painted[what] = seen
        return seen != before

    def show_loss(self) -> None:
        self._together()
        history = self._story.history
        measured = [len(series) for series in history.metrics.values()]
        exact_of = self._story.exact.stretch  # one that was read arrives later
        seen = (history.step, history.session, history.state, measured, self.view, exact_of, self._x_ticks)
        if self._changed("loss", seen):
            first, last = self.window
            exact = None
            coarse = (last - first) / history.losses.stride < 4 * self._loss.columns  # buckets, against columns
            if history.losses.stride > 1 and coarse and last - first <= MOST and history.step:
                before = memory(self.view)
                exact = self._story.exact.within(first, last, history.step, before)
                if exact is None:
                    self._read_losses(first - before, last)
            self._loss.show(replace(loss_picture(history, self.view, exact), x_ticks=self._x_ticks))

    def _together(self) -> None:
        """Both plots at once where they get another window, or other axes: they are read side by side."""
        if self._changed("window", (self.view, self.window, self._x_ticks)):
            self.show_loss()
            self.show_metric()

    def show_metric(self) -> None:
        self._together()
        history = self._story.history
        measured = [len(series) for series in history.metrics.values()]
        seen = (history.session, history.state, measured, self.view, self.window, self._x_ticks)
        if self._chosen and not self._has_room:
            return
        if self._changed("metric", seen):
            self._metric.show(replace(metric_picture(history, self.view), x_ticks=self._x_ticks))

    @property
    def _x_ticks(self) -> int:
        """The same in both plots: they show the same steps."""
        return max(3, self._loss.columns // 10)

    def _read_losses(self, first: float, last: float) -> None:
        """Fetch the losses of a narrow window, and some around it, from the log."""
        if self._reading is not None or self._run_dir is None:
            return
        run_dir, story, span = self._run_dir, self._story, last - first
        wanted = max(1, int(first - span)), math.ceil(last + span)
        self._reading = wanted

        def done(found: tuple[int, list[float]]) -> None:
            self._reading = None
            if story is self._story:
                story.exact.remember(*found)
                self.show_loss()

        def failed(reason: str) -> None:
            self._reading = None
            self.notify(reason, severity="error", markup=False)

        in_background(self, lambda: read_losses(run_dir.events, *wanted), done, failed)

    # The figure: beside the plots where there is room, in place of the metric where it was asked for.

    @property
    def _place(self) -> str:
        """Where a figure stands; empty: only in place of the metric."""
        width, height = self.size
        if width >= WIDE:
            return "-wide"
        if width >= BESIDE[0] and height >= BESIDE[1]:
            return "-beside"
        return "-below" if height >= BELOW else ""

    @property
    def _has_room(self) -> bool:
        return bool(self._place)

    @property
    def has_other_view(self) -> bool:
        """Whether something else can be shown than what is: another figure, or the metric."""
        return len(self._figure.names) > (1 if self._has_room else 0)

    @property
    def has_hidden_figures(self) -> bool:
        """Whether there is one more than is seen."""
        return len(self._figure.names) > (1 if self._figure.display else 0)

    def show_figure(self) -> None:
        self._figure.look()
        names = self._figure.names
        place = self._place
        name = self._chosen if self._chosen in names else names[0] if place and names else ""
        self._figure.display, self._metric.display = bool(name), bool(place) or not name
        for each in ("-wide", "-beside", "-below"):
            self.set_class(each == place and bool(name), each)
        self.call_after_refresh(self._paint_both)
        if name:
            self._figure.show_one(name)
        if self._changed("figures", (list(names), name, bool(place))):
            self.refresh_bindings()
            self.post_message(self.Figures())

    def _paint_both(self) -> None:
        """Plots of another width than before."""
        self.show_loss()
        self.show_metric()

    def action_next_figure(self) -> None:
        self._figure.look()
        figures = self._figure.names
        names = figures if self._has_room else ["", *figures]  # where there is room one stands beside the metric anyway
        if names:
            at = names.index(self._chosen) if self._chosen in names else 0
            self._chosen = names[(at + 1) % len(names)]
        self.show_figure()
        self.show_metric()

    def on_resize(self) -> None:
        self._painted.pop("metric", None)
        self.call_after_refresh(self.show_figure)

    # The view, and what changes it.

    @property
    def window(self) -> tuple[float, float]:
        """First and last step in view."""
        return self.view.window(self._story.history.step, end_of(self._story.history))

    def _look(self, change: Callable[[View, int, float], View]) -> None:
        """Change the view by a function of it, the newest step and the end of the x axis."""
        history = self._story.history
        before, self.view = self.view, change(self.view, history.step, end_of(history))
        if self.view != before:
            self.show_loss()
            self.show_metric()

    def action_zoom(self, factor: float) -> None:
        self._look(lambda view, newest, end: view.zoom(factor, newest, end))

    def action_whole(self) -> None:
        self._look(lambda view, _newest, _end: view.show_whole())

    def action_pan(self, share: float) -> None:
        self._look(lambda view, newest, end: view.pan(share, newest, end))

    def action_follow(self) -> None:
        self._look(lambda view, newest, end: view.follow(newest, end))

    def action_cursor(self, columns: int) -> None:
        scale, plot = scale_of(self._story.history, self.view), self._loss.columns
        self._look(lambda view, newest, end: view.move_cursor(columns, scale, plot, newest, end))

    def action_peak(self) -> None:
        """The cursor to the largest batch loss in view."""
        found = self._loss.peak()
        if found is None:
            return
        first, last = found
        run_dir = self._run_dir
        if first == last or run_dir is None:
            self._put_cursor(first)
            return

        def done(read: tuple[int, list[float]]) -> None:
            start, losses = read
            finite = [(loss, step) for step, loss in enumerate(losses, start) if math.isfinite(loss)]
            if finite:
                self._put_cursor(max(finite)[1])

        in_background(self, lambda: read_losses(run_dir.events, first, last), done)

    def _put_cursor(self, step: int) -> None:
        self._look(lambda view, newest, end: view.put_cursor(step, newest, end))

    def action_no_cursor(self) -> None:
        self._look(lambda view, _newest, _end: view.without_cursor())

    def action_x_unit(self) -> None:
        self._look(lambda view, _newest, _end: view.next_unit())

    def action_log_x(self) -> None:
        self._look(lambda view, _newest, _end: view.toggle("log_x"))

    def action_log_y(self) -> None:
        self._look(lambda view, _newest, _end: view.toggle("log_y"))

    def action_smoothing(self) -> None:
        self._look(lambda view, _newest, _end: view.next_smoothing())

    @on(LineChart.Pointed)
    def _pointed(self, message: LineChart.Pointed) -> None:
        self._put_cursor(round(message.step))

    @on(LineChart.Wheel)
    def _wheel(self, message: LineChart.Wheel) -> None:
        self._look(lambda view, newest, end: view.zoom_at(message.step, message.factor, newest, end))
