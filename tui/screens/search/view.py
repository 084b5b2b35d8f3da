"""SearchView: all that there is to see of a search: the table of its trials, a heatmap of two axes, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from core.history.trials import Trial, Trials
from tui.charts.line_chart import LineChart
from tui.dialogs.dialogs import Prompt
from tui.keys.action import bindings
from tui.screens.search import keys
from tui.screens.search.curves import COLORS, curves_picture
from tui.screens.search.heat import BINS, heat
from tui.screens.search.heatmap import Heatmap
from tui.screens.search.listing import Listing, number_of
from tui.screens.search.rows import BEST, MARKS, SIGNS, Row, metrics_of
from tui.widgets.row_table import Content, Signs, TrialTable
from tui.widgets.states import COLORS as STATES

ROOMY, TALL = 100, 26
"""Columns and rows from which on heatmap and curves stand side by side below the table."""
WIDE = 150
"""Columns from which on both stand beside it."""
SMALL_VIEWS = ("table heatmap", "table curves", "table", "heatmap", "curves")
VIEWS = ("table heatmap curves", "table", "heatmap", "curves")
OPTIMISTIC = "ranked on test: the best score is optimistic"


class Curves(LineChart, can_focus=True):
    """A chart whose arrow keys go from trial to trial."""

    ACTIONS = keys.CURVES
    BINDINGS = bindings(keys.CURVES)
    DEFAULT_CSS = """
    Curves:focus { border: heavy $accent; }
    """

    @dataclass
    class Moved(Message):
        """To the trial so many rows further down in the table."""

        rows: int

    class Opened(Message):
        """Enter."""

    def action_move(self, rows: int) -> None:
        self.post_message(self.Moved(rows))

    def action_open(self) -> None:
        self.post_message(self.Opened())


class SearchView(Container):
    """`show` it a story as often as you like: parts are painted in turns, and only where something has changed. The
    table's cursor, the heatmap's and the first curve are on the same trial."""

    ACTIONS = keys.TRIALS
    BINDINGS = bindings(keys.TRIALS)
    DEFAULT_CSS = """
    SearchView { height: 1fr; }
    SearchView #best { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    SearchView #panes { layout: vertical; height: 1fr; }
    SearchView #beside { layout: horizontal; height: 1fr; }
    SearchView.-wide #panes { layout: horizontal; }
    SearchView.-wide #beside { layout: vertical; width: 2fr; }
    SearchView.-wide TrialTable { width: 3fr; }
    SearchView Curves { width: 1fr; height: 1fr; }
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
        self._painted: dict[str, object] = {}
        self._marks: dict[int, int] = {}
        """By number of the trial, its place in MARKS; 0 is for the one under the cursor."""
        self._view = 0
        self._metric = ""
        self._log_y = False
        self._x_key = ""
        self._y_key: str | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="best", markup=False)
        with Container(id="panes"):
            yield TrialTable()
            with Container(id="beside"):
                yield Heatmap()
                yield Curves("Curves", id="curves")

    # Showing.

    def begin(self, trials: Trials) -> None:
        """Show another search from its beginning."""
        self._trials = trials
        self._listing.begin(trials)
        self._painted, self._problem = {}, ""
        keys = [key for key, _name in trials.axes]
        if self._x_key not in keys:
            self._x_key = keys[min(1, len(keys) - 1)] if keys else ""
            self._y_key = keys[0] if len(keys) > 1 else None
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

    def _changed(self, what: str, *seen: object) -> bool:
        """Whether `seen`, all that a part depends on, differs from when it was last painted."""
        now = (self._trials.version, self._problem, *seen)
        before, self._painted[what] = self._painted.get(what), now
        return now != before

    def _show_table(self) -> None:
        listing, table = self._listing, self.query_one(TrialTable)
        if not self._changed("table", listing.options, tuple(self._marks.items())):
            return
        self.query_one("#best", Static).update(listing.best_line(), layout=False)
        columns = listing.columns
        rows = listing.rows(columns)
        title = Text(listing.title(len(rows)), overflow="ellipsis", no_wrap=True)
        averages = "  a averages" if self._trials.repeats > 1 and not listing.averaged else ""
        table.border_title = title.append(f"  o sorts  / filters  x marks a curve{averages}", style="dim")
        best = listing.sign()
        table.show(
            Content(
                columns,
                rows,
                number_of,
                lambda row: self._signs(row, best(row)),
                listing.sort_column(columns).key,
                listing.descending,
                OPTIMISTIC if self._trials.search.get("optimistic") else "",
                self._why_empty(),
            )
        )

    def _signs(self, row: Row, best: str) -> Signs:
        mark = self._marks.get(self._listing.trial_of(row).number)
        states = [row.state] if isinstance(row, Trial) else [trial.state for trial in row.trials]
        state = "running" if "running" in states else states[0] if len(set(states)) == 1 else "completed"
        return Signs(
            " " if mark is None else MARKS[mark],
            SIGNS.get(state, " "),
            best,
            "bold" if best == BEST else "dim" if state in ("pruned", "failed", "stopped") else "",
            "" if mark is None else f"rgb({','.join(map(str, COLORS[mark]))})",
            {"running": STATES["training"], "failed": STATES["failed"]}.get(state, ""),
        )

    def _why_empty(self) -> str:
        return self._problem or self._listing.why_empty()

    @property
    def trial(self) -> Trial | None:
        """The one under the cursor."""
        row = self.query_one(TrialTable).row
        return None if row is None else self._listing.trial_of(row)

    # Heatmap and curves.

    def _show_heatmap(self) -> None:
        heatmap, trials = self.query_one(Heatmap), self._trials
        if not heatmap.display or not self._x_key:
            heatmap.show(None, self._why_empty())
            return
        if self._changed("heatmap", self._x_key, self._y_key):
            heatmap.show(heat(trials, self._listing.groups, self._x_key, self._y_key))
            self._place()

    def _place(self) -> None:
        trial = self.trial
        if trial is not None:
            self.query_one(Heatmap).place(trial.number)

    def _show_curves(self) -> None:
        chart, trials, chosen = self.query_one(Curves), self._trials, self.trial
        drawn = [] if chosen is None else [chosen]
        drawn += [trials.by_number[number] for number in self._marks if number in trials.by_number]
        drawn = list({trial.number: trial for trial in drawn}.values())
        signs = [self._marks.get(trial.number, 0) for trial in drawn]
        metric = self._metric or trials.rank
        if chart.display and self._changed("curves", tuple(signs), metric, self._log_y, chosen and chosen.number):
            chart.show(curves_picture(trials, drawn, signs, metric, self._log_y))

    @on(TrialTable.Moved)
    def _moved(self) -> None:
        self._place()
        self._show_curves()

    @on(Heatmap.Chosen)
    def _chosen(self, message: Heatmap.Chosen) -> None:
        if message.number is not None:
            self._choose(message.number)

    def _choose(self, number: int) -> None:
        """The table's cursor to this trial, or its cell."""
        trials, table = self._trials, self.query_one(TrialTable)
        if self._listing.averaged:
            group = next((g for g in self._listing.groups if any(t.number == number for t in g.trials)), None)
            number = group.trials[0].number if group else number
        if number in trials.by_number:
            table.choose(number)

    @on(Curves.Moved)
    def _move_on(self, message: Curves.Moved) -> None:
        self.query_one(TrialTable).action_move(message.rows)

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
    def _views(self) -> Sequence[str]:
        return VIEWS if self.size.width >= ROOMY and self.size.height >= TALL else SMALL_VIEWS

    def _lay_out(self) -> None:
        shown = self._views[self._view % len(self._views)].split()
        table, heatmap, curves = self.query_one(TrialTable), self.query_one(Heatmap), self.query_one(Curves)
        panes = {"table": table, "heatmap": heatmap, "curves": curves}
        self.set_class(self.size.width >= WIDE and len(shown) > 1, "-wide")
        for name, pane in panes.items():
            pane.display = name in shown
        beside = self.query_one("#beside")
        beside.display = "heatmap" in shown or "curves" in shown
        beside.styles.height = self._height_beside(shown)
        focused = self.screen.focused
        if focused is None or focused not in [panes[name] for name in shown]:
            panes[shown[0]].focus()
        for part in ("heatmap", "curves"):
            self._painted.pop(part, None)
        self._show_heatmap()
        self._show_curves()

    def _height_beside(self, shown: Sequence[str]) -> str | int:
        """A heatmap of few rows leaves the table the rest of a small window."""
        if len(shown) != 2 or "heatmap" not in shown:
            return "1fr"
        rows = max(1, len(self._heat_values(self._y_key)))
        return min(rows + 3, max(7, self.size.height // 2))

    def _heat_values(self, key: str | None) -> Sequence[object]:
        axes = self._trials.search.get("axes", [])
        return next((axis["values"] for axis in axes if axis["key"] == key), ()) or range(BINS if key else 1)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        trials = self._trials
        match action:
            case "average":
                return trials.repeats > 1
            case "heat_axis":
                return len(trials.axes) > 1
            case "unmark":
                return bool(self._marks)
            case _:
                return True

    def action_next_view(self) -> None:
        self._view = (self._view + 1) % len(self._views)
        self._lay_out()

    def action_sort(self, columns: int) -> None:
        self._listing.next_column(columns)
        self._after_a_change()

    def action_invert(self) -> None:
        self._listing.descending = not self._listing.descending
        self._after_a_change()

    @on(TrialTable.Headed)
    def _headed(self, message: TrialTable.Headed) -> None:
        columns = self._listing.columns
        if message.key == self._listing.sort_column(columns).key:
            self.action_invert()
        else:
            self._listing.sort_by(next(column for column in columns if column.key == message.key))
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
        self._show_table()
        self._place()
        self._show_curves()

    def action_mark(self) -> None:
        trial = self.trial
        if trial is None:
            return
        if trial.number in self._marks:
            del self._marks[trial.number]
        else:
            free = [i for i in range(1, len(MARKS)) if i not in self._marks.values()]
            if not free:
                self.notify(f"{len(MARKS) - 1} marks are all that can be told apart; u unmarks them", markup=False)
                return
            self._marks[trial.number] = free[0]
        self._marked()

    def action_unmark(self) -> None:
        self._marks.clear()
        self._marked()

    def _marked(self) -> None:
        self.refresh_bindings()
        self._show_table()
        self._show_curves()

    def action_metric(self) -> None:
        names = metrics_of(self._trials)
        if names:
            metric = self._metric or self._trials.rank
            at = names.index(metric) if metric in names else -1
            self._metric = names[(at + 1) % len(names)]
            self._show_curves()

    def action_log_y(self) -> None:
        self._log_y = not self._log_y
        self._show_curves()

    def action_heat_axis(self, which: str) -> None:
        """The next axis from left to right, or from top to bottom; the two change places rather than be the same."""
        keys = [key for key, _name in self._trials.axes]
        x, y = self._x_key, self._y_key or self._x_key
        mine, other = (x, y) if which == "x" else (y, x)
        new = keys[(keys.index(mine) + 1) % len(keys)]
        other = mine if new == other else other
        self._x_key, self._y_key = (new, other) if which == "x" else (other, new)
        self._lay_out()
