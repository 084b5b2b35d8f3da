"""SearchView: all that there is to see of a search: the table of its trials, a heatmap of two axes, curves."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from core.history.trials import Trial, Trials
from tui.dialogs.dialogs import Prompt
from tui.keys.action import bindings
from tui.screens.search import keys
from tui.screens.search.beside import Beside
from tui.screens.search.curves import Curves
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.layout import Layout
from tui.screens.search.listing import Listing, number_of
from tui.screens.search.marks import MOST, Marks
from tui.widgets.row_table import Content, TrialTable

OPTIMISTIC = "ranked on test: the best score is optimistic"


class SearchView(Container):
    """`show` it a story as often as you like: parts are painted in turns, and only where something has changed. The
    table's cursor, the heatmap's and the first curve are on the same trial."""

    ACTIONS = keys.TRIALS
    BINDINGS = bindings(keys.TRIALS)
    DEFAULT_CSS = """
    SearchView { height: 1fr; }
    SearchView #best { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SearchView #panes { layout: vertical; height: 1fr; }
    SearchView.-wide #panes { layout: horizontal; }
    SearchView.-wide Beside { layout: vertical; width: 2fr; }
    SearchView.-wide TrialTable { width: 3fr; }
    """

    @dataclass
    class Opened(Message):
        """Something is to be done with this trial."""

        trial: Trial

    def __init__(self) -> None:
        super().__init__()
        self._trials = Trials()
        self._listing = Listing()
        self._problem = ""
        self._turn = 0
        self._painted: object = None
        """All that the table depends on, as it was painted last."""
        self._marks = Marks()
        self._turns = 0
        """Views after the first one."""
        self._best, self._table = Static(id="best", markup=False), TrialTable()
        self._beside = Beside(id="beside")

    def compose(self) -> ComposeResult:
        yield self._best
        with Container(id="panes"):
            yield self._table
            yield self._beside

    # Showing.

    def begin(self, trials: Trials) -> None:
        """Show another search from its beginning."""
        self._trials = trials
        self._listing.begin(trials)
        self._painted, self._problem = None, ""
        self._beside.begin(trials)
        self._lay_out()

    def say(self, reason: str) -> None:
        """Why there is nothing to see."""
        self._problem = reason
        self.show_all()

    def show_next(self) -> None:
        """Paint the table, and the next part that has its turn."""
        self._turn += 1
        self._show_table()
        if self._turn % 2:
            self._show_heatmap()
        else:
            self._show_curves()

    def show_all(self) -> None:
        self._show_table()
        self._show_heatmap()
        self._show_curves()

    def _show_table(self) -> None:
        listing, table = self._listing, self._table
        before = self._painted
        room = self._best.content_size.width or sys.maxsize  # 0: before it is laid out
        self._painted = (self._trials.version, self._problem, listing.options, self._marks.seen, room)
        if self._painted == before:
            return
        self._best.update(listing.best_line(room), layout=False)
        columns = listing.columns
        rows = listing.rows(columns)
        title = Text(listing.title(len(rows)), overflow="ellipsis", no_wrap=True)
        averages = "  a averages" if self._trials.repeats > 1 and not listing.averaged else ""
        table.border_title = title.append(f"  > sorts  / filters  m marks a curve{averages}", style="dim")
        best = listing.sign()
        table.show(
            Content(
                columns,
                rows,
                number_of,
                lambda row: self._marks.signs(row, listing.trial_of(row), best(row)),
                listing.sort_column(columns).key,
                listing.descending,
                OPTIMISTIC if self._trials.search.get("optimistic") else "",
                self._problem or listing.why_empty(),
            )
        )

    @property
    def trial(self) -> Trial | None:
        """The one under the cursor."""
        row = self._table.row
        return None if row is None else self._listing.trial_of(row)

    # Heatmap and curves.

    def _show_heatmap(self) -> None:
        self._beside.show_heatmap(self._listing, self.trial, self._problem)

    def _show_curves(self) -> None:
        self._beside.show_curves(self.trial, self._marks)

    @on(TrialTable.Moved)
    def _moved(self) -> None:
        self._beside.place(self.trial)
        self._show_curves()

    @on(Heatmap.Chosen)
    def _chosen(self, message: Heatmap.Chosen) -> None:
        if message.number is not None:
            self._choose(message.number)

    def _choose(self, number: int) -> None:
        """The table's cursor to this trial, or its cell."""
        if number in self._trials.by_number:
            self._table.choose(self._listing.row_with(number))

    @on(Curves.Moved)
    def _move_on(self, message: Curves.Moved) -> None:
        message.move(self._table)

    @on(TrialTable.Opened)
    @on(Heatmap.Opened)
    @on(Curves.Opened)
    def _opened(self) -> None:
        if self.trial is not None:
            self.post_message(self.Opened(self.trial))

    # Which panes there are.

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay_out)

    @property
    def _layout_now(self) -> Layout:
        return Layout(*self.size, self._turns)

    def _lay_out(self) -> None:
        layout, beside = self._layout_now, self._beside
        shown = layout.shown
        panes = {"table": self._table, "heatmap": beside.heatmap, "curves": beside.curves}
        self.set_class(layout.wide, "-wide")
        for name, pane in panes.items():
            pane.display = name in shown
        beside.display = "heatmap" in shown or "curves" in shown
        beside.styles.height = layout.height_beside(beside.heat_rows)
        focused = self.screen.focused
        if focused is None or focused not in [panes[name] for name in shown]:
            panes[shown[0]].focus()
        beside.forget()
        self._show_table()
        self._show_heatmap()
        self._show_curves()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        trials = self._trials
        can = {"average": trials.repeats > 1, "heat_axis": len(trials.axes) > 1}
        can["clear"] = self._listing.narrowed or len(self._marks) > 0
        return can.get(action, True)

    def action_next_view(self) -> None:
        self._turns = self._layout_now.next
        self._lay_out()

    def action_sort(self, columns: int) -> None:
        self._listing.next_column(columns)
        self._after_a_change()

    def action_invert(self) -> None:
        self._listing.descending = not self._listing.descending
        self._after_a_change()

    @on(TrialTable.Headed)
    def _headed(self, message: TrialTable.Headed) -> None:
        self._listing.head(message.key)
        self._after_a_change()

    def action_filter(self) -> None:
        def take(text: str | None) -> None:
            if text is not None:
                self._listing.filter = " ".join(text.split())
                self._after_a_change()

        question = (
            f"Which rows? All must hold, as in: {self._listing.example()}\nA word alone is a state; none shows all."
        )
        self.app.push_screen(Prompt(question, self._listing.filter, self._listing.why_no_filter), take)

    def action_best(self) -> None:
        self._listing.best_only = not self._listing.best_only
        self._after_a_change()

    def action_average(self) -> None:
        trial = self.trial
        self._listing.switch_average()
        self._show_table()
        if trial is not None:
            self._choose(trial.number)
        self._after_a_change()

    def _after_a_change(self) -> None:
        """Of the rows: another one may be under the cursor."""
        self.refresh_bindings()
        self._show_table()
        self._beside.place(self.trial)
        self._show_curves()

    def action_mark(self) -> None:
        trial = self.trial
        if trial is None:
            return
        if self._marks.turn(trial.number):
            self._marked()
        else:
            self.notify(f"{MOST} marks are all that can be told apart; Esc unmarks them", markup=False)

    def action_clear(self) -> None:
        """One thing at a time."""
        if not self._listing.show_more():
            self._marks.clear()
        self._after_a_change()

    def _marked(self) -> None:
        self.refresh_bindings()
        self._show_table()
        self._show_curves()

    def action_metric(self) -> None:
        self._beside.next_metric()
        self._show_curves()

    def action_log_y(self) -> None:
        self._beside.turn_log_y()
        self._show_curves()

    def action_heat_axis(self, which: str) -> None:
        """The next axis from left to right, or from top to bottom; the two change places rather than be the same."""
        self._beside.turn_axis(which)
        self._lay_out()
