"""The table screen: a file as it is read, its columns, and what a network will learn from which of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from core.tables.choices import Choices
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.own_table import keys, texts
from tui.screens.own_table import rows as own_table_rows
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.dialect import ask_dialect
from tui.screens.own_table.find_line import FindLine
from tui.screens.own_table.first_rows import FirstRows
from tui.screens.own_table.rows import ColumnRow, Outcome
from tui.widgets.footer import Keys
from tui.widgets.row_table import TrialTable
from tui.widgets.too_small import TooSmall
from tui.widgets.wrapping import say

if TYPE_CHECKING:
    from core.tables.finding import Finding
    from core.tables.survey import Survey

LOW = 22
"""Rows of the terminal below which only the columns are in view."""
REST = 8
"""Rows that title, footer and a few columns take."""
TALL = 32
"""Rows of the terminal from which on the first rows of the table are in view from the beginning."""


class TableScreen(Screen[Outcome]):
    """Ends with an outcome. The file is read, and looked at again after every choice, behind the screen."""

    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    ACTIONS = keys.OWN_TABLE
    BINDINGS = bindings(keys.OWN_TABLE)

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self._choices = choices
        self._survey: Survey | None = None
        self._rows: list[ColumnRow] = []
        """Of the survey, all columns."""
        self._looking = False
        self._guessed = ""
        """The target, where nobody has chosen it."""
        self._afresh = False
        """Whether the file is to be read again."""
        self._refusal: Finding | str = ""
        """Why the file cannot be read as it is to be read."""
        self._going = False
        """Whether it is to go on once the columns are looked at."""
        self._could: tuple[bool | None, ...] = ()
        """Which of its actions the footer shows."""
        self._above = len(texts.FACTS)
        """Lines of what is told of the file."""
        self._rows_shown: bool | None = None
        """None: where there is room for them."""

    @property
    def TYPING(self) -> bool:
        """Whether a letter is a letter."""
        return isinstance(self.focused, Input)

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="facts", markup=False)
        yield FirstRows(id="first-rows")
        yield ColumnList()
        yield FindLine(placeholder="a part of a name", compact=True, id="find")
        yield Static(id="detail", markup=False)
        yield Static(id="state", markup=False)
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one("#first-rows").border_title = "First rows"
        self.query_one("#find").display = False
        self.query_one(ColumnList).focus()
        self._look()

    def on_resize(self) -> None:
        self._show()

    # Looking at the table.

    def _look(self) -> None:
        """With the choices as they are; once more when they have changed meanwhile."""
        if self._looking:
            return
        self._looking = True
        wanted, before = self._choices, None if self._afresh else self._survey
        self._afresh = False

        def work() -> tuple[Survey, list[ColumnRow]] | Finding:
            from core.tables.finding import TableError
            from core.tables.survey import survey

            try:
                found = survey(wanted, before)
            except TableError as error:
                return error.finding
            return found, own_table_rows.rows_of(found)

        def done(answer: tuple[Survey, list[ColumnRow]] | Finding) -> None:
            if not isinstance(answer, tuple):
                failed(answer)
                return
            self._looking, self._refusal = False, ""
            self._survey, self._rows = answer
            if not wanted.target:
                self._guessed = self._survey.choices.target
            if self._choices == wanted:
                self._choices = self._survey.choices
            self._after_a_look(wanted)

        def failed(reason: Finding | str) -> None:
            self._looking, self._refusal = False, reason
            self._survey, self._rows = None, []
            self._after_a_look(wanted)

        self._show()
        in_background(self, work, done, failed)

    def _after_a_look(self, wanted: Choices) -> None:
        known = self._survey.choices if self._survey is not None else wanted
        if self._afresh or self._choices not in (wanted, known):
            self._look()
            return
        self._show()
        can = tuple(self.check_action(action.action, ()) for action in keys.OWN_TABLE)
        if can != self._could:  # the footer is slow
            self._could = can
            self.refresh_bindings()
        if self._going:
            self._going = False
            self.action_go_on()

    def _choose(self, choices: Choices) -> None:
        self._choices, self._going = choices, False
        if self._looking:
            self._show()  # at once; it is looked at as soon as the look under way is over
        self._look()

    # Showing.

    def _show(self) -> None:
        survey, path, waiting = self._survey, Path(self._choices.path), not self._refusal
        low = self.size.height < LOW
        title = texts.title(path, survey, self._looking, self.size.width)
        self.query_one("#title", Static).update(title, layout=False)
        self.query_one("#facts").styles.text_wrap = "nowrap" if low else "wrap"
        self._above = self._say("facts", texts.facts(survey, waiting, self._width, low), 4, 8)
        rows = own_table_rows.with_choices(self._rows, survey, self._choices)
        wanted = self.query_one(FindLine).value.strip()
        found = own_table_rows.found(rows, wanted)
        columns = self.query_one(ColumnList)
        columns.show_rows(found, "no column is called so: Esc shows all" if rows else "reads the file …" * waiting)
        title = texts.columns(survey, wanted, len(found), len(rows))
        columns.border_title = title.append("  v: no rows" if self._with_rows else "  v: rows", style="dim")
        self._show_column()

    @on(TrialTable.Moved)
    def _show_column(self) -> None:
        """All about the column under the cursor, and what stands against it; or against any."""
        row, survey = self.query_one(ColumnList).column, self._survey
        name = row.name if row is not None else ""
        tall = self.size.height >= TALL
        detail = self._say("detail", texts.column(row, self._width, self.size.height < LOW), 2, 4)
        room = self.size.height // 4
        if survey is None:
            state = texts.refusal(self._refusal, self._width)
        else:
            state = texts.state(survey, name, self._width, room)
        self._say("state", state, 3, max(3, self.size.height - self._above - detail - REST))
        first_rows = self.query_one(FirstRows)
        wanted = survey is not None and self._with_rows
        if first_rows.display != wanted:
            first_rows.display = wanted
        if survey is not None and wanted:
            first_rows.set_class(tall, "tall")
            first_rows.show(survey.first_rows, name)

    @property
    def _width(self) -> int:
        """Of messages."""
        return max(20, self.size.width - 2)

    def _say(self, where: str, text: Text, least: int, most: int) -> int:
        return say(self.query_one(f"#{where}", Static), text, least, most)

    @property
    def _with_rows(self) -> bool:
        if self.size.height < LOW:
            return False
        return self.size.height >= TALL if self._rows_shown is None else self._rows_shown

    # Keys: choosing.

    @property
    def _at(self) -> str | None:
        """Of the column under the cursor."""
        row = self.query_one(ColumnList).column
        return row.name if row is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.TYPING:
            return action not in {each.action for each in keys.OWN_TABLE}
        if action in (
            "target",
            "leave_out",
            "categories",
            "missing",
            "missing_here",
            "task",
            "filter",
            "leave_all_out",
            "first_rows",
        ):
            return self._survey is not None
        if action == "problem":
            return self._survey is not None and bool(self._survey.trouble)
        if action == "go_on":
            return self._looking or self._survey is not None
        if action == "dialect":
            return self._survey is None or self._survey.file.dialect is not None
        return True

    def action_target(self) -> None:
        if self._at is not None:
            self._choose(self._choices.with_target(self._at))

    def action_leave_out(self) -> None:
        if self._at == self._choices.target:
            self.notify("This column is predicted: t on another one predicts that instead", markup=False)
        elif self._at is not None:
            self._choose(self._choices.turned(self._at))

    def action_leave_all_out(self) -> None:
        columns = own_table_rows.found(self._rows, self.query_one(FindLine).value)
        self._choose(self._choices.turned(*(row.name for row in columns)))

    def action_categories(self) -> None:
        row = self.query_one(ColumnList).column
        if row is None:
            return
        if row.name == self._choices.target:
            self.notify("This column is predicted: k takes it for classes or for a number", markup=False)
        elif row.kind == "category" and row.name not in self._choices.categories:
            self.notify("Its values are categories already", markup=False)
        else:
            self._choose(self._choices.as_categories(row.name))

    def action_task(self) -> None:
        self._choose(self._choices.next_task())

    def action_missing(self) -> None:
        self._choose(self._choices.next_missing())

    def action_missing_here(self) -> None:
        """Of the column under the cursor, where it lacks any value."""
        row = self.query_one(ColumnList).column
        if row is not None and row.missing:
            self._choose(self._choices.next_missing_of(row.name))
        elif row is not None:
            self.notify("This column lacks no value", markup=False)

    def action_dialect(self) -> None:
        ask_dialect(self, self._choices, self._read_otherwise)

    def _read_otherwise(self, choices: Choices) -> None:
        """Columns may be called otherwise then: what was guessed is guessed anew."""
        self._choose(replace(choices, target="") if choices.target == self._guessed else choices)

    def action_read_again(self) -> None:
        self._going, self._afresh = False, True
        if self._choices.target == self._guessed:
            self._choices = replace(self._choices, target="")
        self._look()

    # Keys: looking around.

    def action_problem(self) -> None:
        """To the next column that stands against training, from the last one to the first."""
        survey = self._survey
        if survey is None or not survey.trouble:
            return
        rows = own_table_rows.with_choices(self._rows, survey, self._choices)
        numbers = [row.number for row in rows if row.trouble]
        if not numbers:
            return
        here = self.query_one(ColumnList).column
        at = here.number if here is not None else -1
        target = next((number for number in numbers if number > at), numbers[0])
        if target not in {row.number for row in own_table_rows.found(self._rows, self.query_one(FindLine).value)}:
            self.query_one(FindLine).action_clear()
            self._show()
        self.query_one(ColumnList).choose(target)

    def action_filter(self) -> None:
        line = self.query_one(FindLine)
        line.display = True
        line.focus()

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        columns, here = self.query_one(ColumnList), self.query_one(ColumnList).column
        if event.value.strip() or here is None:
            columns.to_top()
            self._show()
        else:  # all columns again
            self._show()
            columns.choose(here.number)

    @on(FindLine.Done)
    def _found(self) -> None:
        line = self.query_one(FindLine)
        line.display = bool(line.value)
        self.query_one(ColumnList).focus()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def action_first_rows(self) -> None:
        if not self._with_rows and self.size.height < LOW:
            self.notify(f"There is no room for them in fewer than {LOW} lines", markup=False)
            return
        self._rows_shown = not self._with_rows
        self._show()

    # Leaving.

    def action_go_on(self) -> None:
        survey = self._survey
        if self._looking:
            self._going = True
        elif survey is None:
            return
        elif survey.trouble:
            if self._at not in survey.trouble:
                self.action_problem()
        elif not survey.plan.problems and survey.plan.task is not None:
            section = survey.choices.section(survey.names)
            self.dismiss(Outcome(survey.choices, section, survey.plan.task, survey.rows - survey.plan.dropped))

    def action_back(self) -> None:
        if self.query_one(FindLine).value:
            self.query_one(FindLine).action_clear()
        else:
            self.dismiss(Outcome(self._choices))
