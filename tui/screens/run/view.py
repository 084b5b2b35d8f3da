"""RunView: everything there is to see of one run, drawn from its Story; plots that are zoomed and searched by key."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from core.figures.kinds import Figure
from core.figures.kinds import read as read_figure
from core.history.doctor import diagnose
from core.history.held_out import Finding
from core.runs.event_log import read_losses
from core.runs.folder import RunDir
from core.system.files import is_file
from tui.charts.line_chart import LineChart
from tui.charts.of_a_run import end_of, loss_picture, memory, metric_picture, scale_of
from tui.charts.view import View
from tui.dialogs.dialogs import Note, Prompt
from tui.keys import action as keys_action
from tui.live.background import in_background
from tui.live.exact import MOST
from tui.live.story import Story
from tui.screens.run import keys
from tui.screens.run.figure import FigureView
from tui.screens.run.numbers import Numbers
from tui.widgets.run_log import RunLog
from tui.words.units import count

WIDE = 150
"""Columns from which on a figure stands beside both plots."""
EXAMINE = 2.0
"""Seconds between two looks of the doctor."""
TITLES = {"regions": "Decision regions", "samples": "Samples of the test split", "weights": "Weights"}


class RunView(Vertical):
    """Plots, log and numbers. `show` it a story as often as you like: parts are painted in turns, and only where
    something has changed."""

    BINDINGS = keys_action.bindings(keys.PLOTS + keys.PANELS + keys.LOG)
    ACTIONS = keys.PLOTS + keys.PANELS + keys.LOG
    DEFAULT_CSS = """
    RunView { height: 1fr; }
    RunView #plots { height: 3fr; }
    RunView LineChart { width: 1fr; height: 1fr; }
    RunView FigureView { width: 1fr; height: 1fr; border: round $panel; border-title-color: $text;
        border-subtitle-color: $text-muted; display: none; }
    RunView #doctor { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; display: none; }
    RunView #below { height: 2fr; min-height: 7; }
    RunView RunLog { width: 1fr; height: 1fr; }
    RunView Numbers { width: 41; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._story = Story()
        self._run_dir: RunDir | None = None
        self._view = View()
        self._turn = 0
        self._painted: dict[str, object] = {}
        self._reading: tuple[int, int] | None = None
        self._figure = ""
        """Name of the one that stands in place of the metric; empty for the metric."""
        self._names: list[str] = []
        """Of the figures that there are."""
        self._figure_of: object = None
        self._findings: list[Finding] = []
        self._examined = 0.0

    def compose(self) -> ComposeResult:
        with Horizontal(id="plots"):
            yield LineChart("Loss", id="loss")
            yield LineChart("Accuracy %", id="metric")
            yield FigureView()
        yield Static(id="doctor", markup=False)
        with Horizontal(id="below"):
            yield RunLog()
            yield Numbers()

    # Showing.

    def begin(self, story: Story, run_dir: RunDir | None) -> None:
        """Show another story from its beginning."""
        self._story, self._run_dir, self._painted, self._reading = story, run_dir, {}, None
        self.query_one(RunLog).show([], afresh=True)

    def say(self, lines: Sequence[str]) -> None:
        """Add lines of our own to the log."""
        self.query_one(RunLog).show(lines)

    def show_next(self) -> None:
        """Paint the next part that has its turn."""
        turns = (
            (self._show_loss, self._show_numbers),
            (self._show_metric, self._show_figure, self._show_log, self._show_doctor),
        )
        self._turn = (self._turn + 1) % len(turns)
        for show in turns[self._turn]:
            show()

    def show_all(self) -> None:
        self._examined = 0.0
        for _turn in range(2):
            self.show_next()

    def _changed(self, what: str, seen: object) -> bool:
        """Whether `seen`, all that a part depends on, differs from when it was last painted."""
        before = self._painted.get(what)
        self._painted[what] = seen
        return seen != before

    def _show_loss(self) -> None:
        history = self._story.history
        measured = [len(series) for series in history.metrics.values()]
        exact_of = self._story.exact.stretch  # one that was read arrives later
        seen = (history.step, history.session, history.state, measured, self._view, exact_of)
        if self._changed("loss", seen):
            first, last = self._window
            exact = None
            chart = self.query_one("#loss", LineChart)
            coarse = (last - first) / history.losses.stride < 4 * chart.columns  # buckets, against columns
            if history.losses.stride > 1 and coarse and last - first <= MOST and history.step:
                before = memory(self._view)
                exact = self._story.exact.within(first, last, history.step, before)
                if exact is None:
                    self._read_losses(first - before, last)
            chart.show(loss_picture(history, self._view, exact))

    def _show_metric(self) -> None:
        history = self._story.history
        measured = [len(series) for series in history.metrics.values()]
        seen = (history.session, history.state, measured, self._view, self._window)
        if self._figure and not self._wide:
            return
        if self._changed("metric", seen):
            self.query_one("#metric", LineChart).show(metric_picture(history, self._view))

    def _show_numbers(self) -> None:
        if self._changed("numbers", self._story.history.seq):
            self.query_one(Numbers).show(self._story.history)

    # Figures: beside the plots in a wide window, in place of the metric where it was asked for.

    @property
    def _wide(self) -> bool:
        return self.size.width >= WIDE

    def _figures(self) -> list[str]:
        """Names of those that the run has."""
        if self._run_dir is None:
            return []
        return [name for name in TITLES if is_file(self._run_dir.figures / f"{name}.json")]

    def _show_figure(self) -> None:
        names = self._figures()
        if names != self._names:
            self._names = names
            self.refresh_bindings()
        name = self._figure if self._figure in names else names[0] if self._wide and names else ""
        view, metric = self.query_one(FigureView), self.query_one("#metric", LineChart)
        view.display, metric.display = bool(name), self._wide or not name
        run_dir = self._run_dir
        if not name or run_dir is None:
            return
        try:
            written = (name, (run_dir.figures / f"{name}.json").stat().st_mtime_ns)
        except OSError:  # between two of them
            return
        if written == self._figure_of:
            return
        self._figure_of = written

        def done(figure: Figure | None) -> None:
            if self._figure_of == written:
                view.border_title = Text(TITLES[name])
                view.border_subtitle = Text(f"epoch {figure.epoch}, step {count(figure.step)}" if figure else "")
                view.show(figure, why_not="its file cannot be read")

        in_background(self, lambda: read_figure(run_dir, name), done)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._names) if action == "next_figure" else True

    def action_next_figure(self) -> None:
        figures = self._figures()
        names = figures if self._wide else ["", *figures]  # in a wide window one stands beside the metric anyway
        at = names.index(self._figure) if self._figure in names else 0
        self._figure = names[(at + 1) % len(names)]
        self._show_figure()
        self._show_metric()

    def on_resize(self) -> None:
        self._painted.pop("metric", None)
        self.call_after_refresh(self._show_figure)
        self.call_after_refresh(self._write_findings)

    # What the doctor says, in one line that is there only while something is wrong.

    def _show_doctor(self) -> None:
        history, now = self._story.history, time.monotonic()
        if now - self._examined < EXAMINE or not self._changed("doctor", (history.seq, history.state)):
            return
        self._examined = now
        self._findings = diagnose(history)
        self._write_findings()

    def _write_findings(self) -> None:
        line = self.query_one("#doctor", Static)
        line.display = bool(self._findings)
        if self._findings:
            line.update(self._doctor_line(self.size.width - 2), layout=False)

    def _doctor_line(self, width: int) -> Text:
        """The first finding, as far as there is room, and the key for all of them."""
        first, more = self._findings[0], len(self._findings) - 1
        key = f"  d: {more} more" if more else "  d: details"
        text = Text("! ", style="bold").append(f"{first.evidence}; {first.advice}", style="default")
        text.truncate(max(2, width - len(key)), overflow="ellipsis")
        return text.append(key, style="bold")

    def action_doctor(self) -> None:
        text = "\n\n".join(f"{each.kind}: {each.evidence}.\n→ {each.advice}" for each in self._findings)
        self.app.push_screen(Note("What the doctor found", text or "Nothing is wrong, as far as the losses tell."))

    def _show_log(self) -> None:
        if self._story.lines:
            self.query_one(RunLog).show(self._story.lines)
            self._story.lines = []

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
                self._show_loss()

        def failed(reason: str) -> None:
            self._reading = None
            self.notify(reason, severity="error", markup=False)

        in_background(self, lambda: read_losses(run_dir.events, *wanted), done, failed)

    # The view, and the keys that change it.

    @property
    def _window(self) -> tuple[float, float]:
        return self._view.window(self._story.history.step, end_of(self._story.history))

    def _look(self, change: Callable[[View, int, float], View]) -> None:
        """Change the view by a function of it, the newest step and the end of the x axis."""
        history = self._story.history
        before, self._view = self._view, change(self._view, history.step, end_of(history))
        if self._view != before:
            self._show_loss()
            self._show_metric()

    def action_zoom(self, factor: float) -> None:
        self._look(lambda view, newest, end: view.zoom(factor, newest, end))

    def action_whole(self) -> None:
        self._look(lambda view, _newest, _end: view.show_whole())

    def action_pan(self, share: float) -> None:
        self._look(lambda view, newest, end: view.pan(share, newest, end))

    def action_follow(self) -> None:
        self._look(lambda view, newest, end: view.follow(newest, end))

    def action_cursor(self, columns: int) -> None:
        scale, plot = scale_of(self._story.history, self._view), self.query_one("#loss", LineChart).columns
        self._look(lambda view, newest, end: view.move_cursor(columns, scale, plot, newest, end))

    def action_peak(self) -> None:
        """The cursor to the largest batch loss in view."""
        found = self.query_one("#loss", LineChart).peak()
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

    # The log.

    def action_search(self) -> None:
        def look(text: str | None) -> None:
            if text:
                self.query_one(RunLog).find(text)

        self.app.push_screen(Prompt("Find in the log", "", lambda _text: ""), look)

    def action_found(self, direction: int) -> None:
        if not self.query_one(RunLog).find_next(direction):
            self.notify("Nothing to go to: / searches the log", markup=False)

    def action_copy_log(self) -> None:
        text = self.query_one(RunLog).text
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1 if text else 0
        self.notify(f"{lines:,} lines copied, where the terminal allows it", markup=False)
