"""SearchView: all that there is to see of a search: the table of its trials, a heatmap of two axes, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from core.trials import Group, Trial
from tui import actions
from tui.heat import heat
from tui.screens.dialogs import Prompt
from tui.search_story import SearchStory
from tui.trial_curves import COLORS, curves_picture
from tui.trial_rows import (
    BEST,
    MARKS,
    SIGNS,
    TIE,
    Column,
    Row,
    cell_text,
    group_columns,
    in_order,
    metric_text,
    metric_words,
    metrics_of,
    parse_filter,
    trial_columns,
    unit,
)
from tui.units import count
from tui.widgets.heatmap import Heatmap
from tui.widgets.line_chart import LineChart
from tui.widgets.status import COLORS as STATES
from tui.widgets.trial_table import Content, Signs, TrialTable

ROOMY, TALL = 100, 26
"""Columns and rows from which on heatmap and curves stand side by side below the table."""
WIDE = 150
"""Columns from which on both stand beside it."""
SMALL_VIEWS = ("table heatmap", "table curves", "table", "heatmap", "curves")
VIEWS = ("table heatmap curves", "table", "heatmap", "curves")
OPTIMISTIC = "ranked on test: the best score is optimistic"


class Curves(LineChart, can_focus=True):
    """A chart whose arrow keys go from trial to trial."""

    ACTIONS = actions.CURVES
    BINDINGS = actions.bindings(actions.CURVES)
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

    ACTIONS = actions.TRIALS
    BINDINGS = actions.bindings(actions.TRIALS)
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
        self._story = SearchStory()
        self._problem = ""
        self._turn = 0
        self._painted: dict[str, object] = {}
        self._sorted_by = ""
        """Key of a column; empty: as the axes have it."""
        self._descending = False
        self._filter = ""
        self._best_only = False
        self._averaged = False
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

    def begin(self, story: SearchStory) -> None:
        """Show another story from its beginning."""
        self._story, self._painted, self._problem = story, {}, ""
        keys = [key for key, _name in story.trials.axes]
        if self._x_key not in keys:
            self._x_key = keys[min(1, len(keys) - 1)] if keys else ""
            self._y_key = keys[0] if len(keys) > 1 else None

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
        now = (self._story.trials.version, self._problem, *seen)
        before, self._painted[what] = self._painted.get(what), now
        return now != before

    def _groups(self) -> list[Group]:
        """One for each cell; made once for all that is painted of them."""
        if self._changed("groups"):
            self._known_groups = self._story.trials.groups()
        return self._known_groups

    def _show_table(self) -> None:
        trials, table = self._story.trials, self.query_one(TrialTable)
        options = (self._sorted_by, self._descending, self._filter, self._best_only, self._averaged)
        if not self._changed("table", options, tuple(self._marks)):
            return
        self._show_best()
        columns, rows = self._columns(), self._rows()
        table.border_title = self._table_title(len(rows))
        best = {trial.number for trial in trials.best}
        top, ties = trials.ties(self._groups()) if self._averaged else (None, [])
        tied = {group.trials[0].number for group in ties}

        def signs(row: Row) -> Signs:
            number = _number(row)
            if isinstance(row, Group):
                sign = BEST if top is not None and number == top.trials[0].number else TIE if number in tied else " "
                states = [trial.state for trial in row.trials]
                state = "running" if "running" in states else states[0] if len(set(states)) == 1 else "completed"
            else:
                sign, state = BEST if number in best else " ", row.state
            return self._signs(self._trial_of(row).number, sign, state)

        self.query_one(TrialTable).show(
            Content(
                columns,
                rows,
                _number,
                signs,
                self._sort_column(columns).key if columns else "",
                self._descending,
                OPTIMISTIC if trials.search.get("optimistic") else "",
                self._why_empty(),
            )
        )

    def _signs(self, number: int, best: str, state: str) -> Signs:
        mark = self._marks.get(number)
        return Signs(
            " " if mark is None else MARKS[mark],
            SIGNS.get(state, " "),
            best,
            "bold" if best == BEST else "dim" if state in ("pruned", "failed", "stopped") else "",
            "" if mark is None else f"rgb({','.join(map(str, COLORS[mark]))})",
            {"running": STATES["training"], "failed": STATES["failed"]}.get(state, ""),
        )

    def _show_best(self) -> None:
        """The best so far, in a line."""
        trials = self._story.trials
        best = trials.best
        text = Text("★ ", style="bold")
        score = metric_words(trials.rank)
        if not best:
            text = Text("no score yet: it comes with the first evaluation" if len(trials) else "", style="dim")
        elif trials.repeats > 1:
            top, ties = trials.ties(self._groups())
            assert top is not None  # there is a best trial
            spread = f" ± {metric_text(trials.rank, top.deviation)}" if len(top.values) > 1 else ""
            text.append(f"best: {cell_text(trials, top.cell)}, ", style="default")
            text.append(f"{score} {metric_text(trials.rank, top.mean)}{spread}{unit(trials.rank)}")
            text.append(f" (n {len(top.values)})", style="default")
            if len(ties) > 1:
                text.append(f"; ≈ {_things(len(ties) - 1, 'cell')} within noise", style="default")
        elif len(best) == 1:
            text.append(f"best: trial {best[0].number}, {cell_text(trials, best[0].cell)}, ", style="default")
            text.append(f"{score} {metric_text(trials.rank, trials.score(best[0]))}{unit(trials.rank)}")
        else:
            text.append(f"best: {len(best)} of {count(len(trials))} trials share ", style="default")
            text.append(f"{score} {metric_text(trials.rank, trials.score(best[0]))}{unit(trials.rank)}")
            text.append("" if self._best_only else "; b lists them", style="default")
        self.query_one("#best", Static).update(text, layout=False)

    def _table_title(self, shown: int) -> Text:
        all_of_them = len(self._groups()) if self._averaged else len(self._story.trials)
        what = "Cells" if self._averaged else "Trials"
        title = f"{what} {count(shown)} of {count(all_of_them)}" if self._only else what
        return Text(f"{title}{self._only}", overflow="ellipsis", no_wrap=True)

    @property
    def _only(self) -> str:
        parts = ["only the best"] if self._best_only else []
        return "".join(f"  {part}" for part in [*parts, *([self._filter] if self._filter else [])])

    def _why_empty(self) -> str:
        if self._problem or not len(self._story.trials):
            return self._problem or "no trial has begun yet"
        if self._best_only and not self._story.trials.best:
            return "no trial has a score yet"
        return "no row fits: / changes the filter, b shows more than the best"

    def _columns(self) -> list[Column]:
        trials = self._story.trials
        return group_columns(trials) if self._averaged else trial_columns(trials)

    def _sort_column(self, columns: Sequence[Column]) -> Column:
        """As the axes have it, until one is chosen."""
        first = columns[0] if self._averaged or len(columns) < 2 else columns[1]
        return next((column for column in columns if column.key == self._sorted_by), first)

    def _rows(self) -> list[Row]:
        trials, columns = self._story.trials, self._columns()
        rows: list[Row] = [*self._groups()] if self._averaged else [*trials.in_order()]
        if self._best_only:
            top, ties = trials.ties(self._groups()) if self._averaged else (None, [])
            best = {id(each) for each in (ties if top else trials.best)}
            rows = [row for row in rows if id(row) in best]
        if self._filter:
            holds = parse_filter(self._filter, columns)
            rows = [row for row in rows if all(condition(row) for condition in holds)]
        return in_order(rows, self._sort_column(columns), self._descending) if columns else rows

    def _trial_of(self, row: Row) -> Trial:
        """Of a cell, the one with the best score."""
        if isinstance(row, Trial):
            return row
        trials = self._story.trials
        found = row.trials[0]
        for trial in row.trials:
            if trials.better(trials.score(trial), trials.score(found)):
                found = trial
        return found

    @property
    def trial(self) -> Trial | None:
        """The one under the cursor."""
        row = self.query_one(TrialTable).row
        return None if row is None else self._trial_of(row)

    # Heatmap and curves.

    def _show_heatmap(self) -> None:
        heatmap, trials = self.query_one(Heatmap), self._story.trials
        if not heatmap.display or not self._x_key:
            heatmap.show(None, self._why_empty())
            return
        if self._changed("heatmap", self._x_key, self._y_key):
            heatmap.show(heat(trials, self._groups(), self._x_key, self._y_key))
            self._place()

    def _place(self) -> None:
        trial = self.trial
        if trial is not None:
            self.query_one(Heatmap).place(trial.number)

    def _show_curves(self) -> None:
        chart, trials, chosen = self.query_one(Curves), self._story.trials, self.trial
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
        trials, table = self._story.trials, self.query_one(TrialTable)
        if self._averaged:
            group = next((g for g in self._groups() if any(t.number == number for t in g.trials)), None)
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
        self.query_one("#beside").display = "heatmap" in shown or "curves" in shown
        focused = self.screen.focused
        if focused is None or focused not in [panes[name] for name in shown]:
            panes[shown[0]].focus()
        for part in ("heatmap", "curves"):
            self._painted.pop(part, None)
        self._show_heatmap()
        self._show_curves()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        trials = self._story.trials
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
        found = self._columns()
        keys = [column.key for column in found]
        at = keys.index(self._sort_column(found).key)
        self._sort_by(found[(at + columns) % len(found)])

    def _sort_by(self, column: Column) -> None:
        self._sorted_by, self._descending = column.key, column.best_first
        self._show_table()
        self._after_the_table()

    def action_invert(self) -> None:
        self._descending = not self._descending
        self._show_table()
        self._after_the_table()

    @on(TrialTable.Headed)
    def _headed(self, message: TrialTable.Headed) -> None:
        column = next(column for column in self._columns() if column.key == message.key)
        if column == self._sort_column(self._columns()):
            self.action_invert()
        else:
            self._sort_by(column)

    def action_filter(self) -> None:
        def why_not(text: str) -> str:
            try:
                parse_filter(text, self._columns())
            except ValueError as error:
                return str(error)
            return ""

        def take(text: str | None) -> None:
            if text is not None:
                self._filter = " ".join(text.split())
                self._show_table()
                self._after_the_table()

        example = "n_layers=2 test_accuracy>=0.9" if self._filter else self._example()
        question = f"Rows to show; all must hold, as in: {example}\nA word is a part of the status. Nothing shows all."
        self.app.push_screen(Prompt(question, self._filter, why_not), take)

    def _example(self) -> str:
        """In the words of this search."""
        trials = self._story.trials
        axis = next((column for column in self._columns() if column.key in [name for _key, name in trials.axes]), None)
        value = trials.in_order()[0].cell if len(trials) else {}
        shown = f"{axis.key}={next(iter(value.values()), 2)} " if axis else ""
        sign = "<=0.1" if trials.lower_is_better else ">=0.9"
        return f"{shown}{trials.rank}{sign}"

    def action_best(self) -> None:
        self._best_only = not self._best_only
        self._show_table()
        self._after_the_table()

    def action_average(self) -> None:
        self._averaged = not self._averaged
        if self._filter:
            try:
                parse_filter(self._filter, self._columns())
            except ValueError:  # of a column that is not there
                self._filter = ""
        trial = self.trial
        self._sorted_by, self._descending = "", False
        self._show_table()
        if trial is not None:
            self._choose(trial.number)
        self._after_the_table()

    def _after_the_table(self) -> None:
        """Another row may be under the cursor."""
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
        names = metrics_of(self._story.trials)
        if names:
            metric = self._metric or self._story.trials.rank
            at = names.index(metric) if metric in names else -1
            self._metric = names[(at + 1) % len(names)]
            self._show_curves()

    def action_log_y(self) -> None:
        self._log_y = not self._log_y
        self._show_curves()

    def action_heat_axis(self, which: str) -> None:
        """The next axis from left to right, or from top to bottom; the two change places rather than be the same."""
        keys = [key for key, _name in self._story.trials.axes]
        x, y = self._x_key, self._y_key or self._x_key
        mine, other = (x, y) if which == "x" else (y, x)
        new = keys[(keys.index(mine) + 1) % len(keys)]
        other = mine if new == other else other
        self._x_key, self._y_key = (new, other) if which == "x" else (other, new)
        self._show_heatmap()


def _number(row: Any) -> int:
    """What a row of the table is known by."""
    return row.trials[0].number if isinstance(row, Group) else row.number


def _things(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
