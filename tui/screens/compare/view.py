"""CompareView: all that there is to see of a comparison: curves over each other, how each did, what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from core.comparison.comparison import Comparison
from core.comparison.groups import Group
from tui.charts.line_chart import LineChart
from tui.charts.view import View
from tui.keys.action import bindings
from tui.screens.compare import keys
from tui.screens.compare.layout import Layout
from tui.screens.compare.overlay import Overlay
from tui.screens.compare.panes import OverlayChart, RunsTable, SettingsTable
from tui.screens.compare.rows import runs_content, settings_content
from tui.system.terminal import plot_marker


class CompareView(Container):
    """`show` it comparisons as often as you like. The curve of the run under the cursor of the table lies on top."""

    ACTIONS = keys.PANES
    BINDINGS = bindings(keys.PANES)
    DEFAULT_CSS = """
    CompareView { height: 1fr; layout: vertical; }
    CompareView OverlayChart { width: 1fr; height: 1fr; }
    CompareView #tables { layout: horizontal; width: 1fr; }
    CompareView RunsTable { width: 3fr; }
    CompareView SettingsTable { width: 2fr; }
    CompareView.-wide { layout: horizontal; }
    CompareView.-wide OverlayChart { width: 3fr; }
    CompareView.-wide #tables { layout: vertical; width: 2fr; }
    CompareView.-wide RunsTable { width: 1fr; }
    CompareView.-wide SettingsTable { width: 1fr; }
    """

    @dataclass
    class Opened(Message):
        """Show a run of this row."""

        row: Group

    @dataclass
    class Folded(Message):
        """Runs that differ in their seed alone as one from now on, or each by itself."""

        folded: bool

    def __init__(self) -> None:
        super().__init__()
        self.overlay = Overlay()
        self._turns = 0
        self._painted: dict[str, object] = {}
        self._chart, self._runs, self._settings = OverlayChart("Curves"), RunsTable(), SettingsTable()

    def compose(self) -> ComposeResult:
        yield self._chart
        with Container(id="tables"):
            yield self._runs
            yield self._settings

    # Showing.

    def show(self, comparison: Comparison) -> None:
        """Another one from now on, or the same with more of its curves."""
        before = self._longest
        self.overlay.show(comparison)
        self._painted = {}
        if self._longest != before:
            self._lay_out()
        else:
            self.paint()

    def paint(self) -> None:
        """Whatever is in view and has changed."""
        self._show_runs()
        self._show_settings()
        self._show_chart()

    def _changed(self, what: str, *seen: object) -> bool:
        before, self._painted[what] = self._painted.get(what), seen
        return seen != before

    @property
    def _ascii(self) -> bool:
        return plot_marker() == "."

    @property
    def chosen(self) -> Group | None:
        """The row under the cursor."""
        at, rows = self._runs.row, self.overlay.comparison.rows
        return rows[at] if at is not None and at < len(rows) else None

    def _show_chart(self) -> None:
        overlay, chosen = self.overlay, self.chosen.key if self.chosen else ""
        seen = (overlay.view, overlay.smoothing, overlay.metric, frozenset(overlay.hidden), chosen)
        if self._chart.display and self._changed("chart", *seen):
            self._chart.show(overlay.picture(chosen, self._ascii))

    def _show_runs(self) -> None:
        overlay = self.overlay
        seen = (overlay.view.cursor, overlay.view.unit, overlay.weight, overlay.metric, frozenset(overlay.hidden))
        if not self._changed("runs", *seen, self._runs.size.width):
            return
        self._runs.show(runs_content(overlay, self._runs.size.width, self._ascii))
        comparison = overlay.comparison
        n, entries = len(comparison.rows), len(comparison.entries)
        title = Text(f"Runs {n} of {entries} networks" if n < entries else "Runs", overflow="ellipsis", no_wrap=True)
        fold = "  S each seed" if comparison.folded else "  S seeds as one"
        hint = f"  Space hides{fold if comparison.folds else ''}"
        self._runs.border_title = title.append(hint, style="dim")

    def _show_settings(self) -> None:
        rows = self.overlay.comparison.rows
        at = self._runs.row if rows else None
        if self._settings.display and self._changed("settings", at):
            self._settings.show(settings_content(self.overlay.comparison, at or 0, self._ascii))
            title = Text("Settings", overflow="ellipsis", no_wrap=True)
            self._settings.border_title = title.append("  only what differs", style="dim")

    @on(RunsTable.Moved)
    def _moved(self) -> None:
        self._show_chart()
        self._show_settings()

    @on(OverlayChart.Moved)
    def _move_on(self, message: OverlayChart.Moved) -> None:
        message.move(self._runs)

    @on(RunsTable.Opened)
    @on(OverlayChart.Opened)
    def _opened(self) -> None:
        if self.chosen is not None:
            self.post_message(self.Opened(self.chosen))

    # Which panes there are.

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    @property
    def _layout_now(self) -> Layout:
        return Layout(*self.size, self._turns)

    @property
    def _longest(self) -> Sequence[tuple[str, int]]:
        """How many rows the panes would like to show."""
        comparison = self.overlay.comparison
        return ("chart", 0), ("runs", len(comparison.rows)), ("settings", len(comparison.differing))

    def _lay_out(self) -> None:
        layout = self._layout_now
        shown = layout.shown
        panes = {"chart": self._chart, "runs": self._runs, "settings": self._settings}
        self.set_class(layout.wide, "-wide")
        for name, pane in panes.items():
            pane.display = name in shown
        tables = self.query_one("#tables")
        tables.display = "runs" in shown or "settings" in shown
        tables.styles.height = layout.height_below(max(longest for name, longest in self._longest if name in shown))
        focused = self.screen.focused
        if focused is None or focused not in [panes[name] for name in shown]:
            panes[shown[0]].focus()
        self._painted = {}
        self.call_after_refresh(self.paint)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        can = {
            "clear": self.overlay.view.cursor is not None,
            "fold": self.overlay.comparison.folds,
            "metric": len(self.overlay.comparison.curves) > 1,
        }
        return can.get(action, True)

    def action_next_view(self) -> None:
        self._turns = self._layout_now.next
        self._lay_out()

    def action_metric(self) -> None:
        self.overlay.turn_metric()
        self.overlay.look(lambda view, newest, _end: _cursor_within(view, newest))
        self.paint()

    def action_fold(self) -> None:
        self.post_message(self.Folded(not self.overlay.comparison.folded))

    def action_hide(self) -> None:
        row = self.chosen
        if row is not None:
            self.overlay.hidden ^= {row.key}
            self.paint()

    async def action_plots(self, action: str, *parameters: object) -> None:
        """What the keys of the plots do."""
        had_cursor = self.overlay.view.cursor is not None
        await self.app.run_action(("", f"plot_{action}", parameters), self)
        self.paint()
        if had_cursor != (self.overlay.view.cursor is not None):
            self.refresh_bindings()

    def action_clear(self) -> None:
        self.action_plot_no_cursor()
        self.paint()
        self.refresh_bindings()

    def _look(self, change: Callable[[View, int, float], View]) -> None:
        if self.overlay.look(change):
            self.paint()

    def action_plot_zoom(self, factor: float) -> None:
        self._look(lambda view, newest, end: view.zoom(factor, newest, end))

    def action_plot_whole(self) -> None:
        self._look(lambda view, _newest, _end: view.show_whole())

    def action_plot_pan(self, share: float) -> None:
        self._look(lambda view, newest, end: view.pan(share, newest, end))

    def action_plot_follow(self) -> None:
        self._look(lambda view, newest, end: view.follow(newest, end))

    def action_plot_cursor(self, columns: int) -> None:
        scale, plot = self.overlay.scale, self._chart.columns
        self._look(lambda view, newest, end: view.move_cursor(columns, scale, plot, newest, end))

    def action_plot_no_cursor(self) -> None:
        self._look(lambda view, _newest, _end: view.without_cursor())

    def action_plot_x_unit(self) -> None:
        self.overlay.turn_unit()

    def action_plot_log_x(self) -> None:
        self._look(lambda view, _newest, _end: view.toggle("log_x"))

    def action_plot_log_y(self) -> None:
        self._look(lambda view, _newest, _end: view.toggle("log_y"))

    def action_plot_smoothing(self) -> None:
        self.overlay.turn_smoothing()

    @on(LineChart.Pointed)
    def _pointed(self, message: LineChart.Pointed) -> None:
        self._look(lambda view, newest, end: view.put_cursor(round(message.step), newest, end))
        self.refresh_bindings()

    @on(LineChart.Wheel)
    def _wheel(self, message: LineChart.Wheel) -> None:
        self._look(lambda view, newest, end: view.zoom_at(message.step, message.factor, newest, end))


def _cursor_within(view: View, newest: int) -> View:
    """Curves of another metric may end sooner."""
    if view.cursor is None or view.cursor <= newest:
        return view
    return view.without_cursor()
