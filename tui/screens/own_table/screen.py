"""The table screen: a file as it is read, its columns, and what a network will learn from which of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, Static

from core.tables.choices import Choices
from tui.keys.action import bindings
from tui.screens.own_table import keys, texts
from tui.screens.own_table.column_list import ColumnList
from tui.screens.own_table.dialect import ask_dialect
from tui.screens.own_table.first_rows import FirstRows
from tui.screens.own_table.rows import ColumnRow, Outcome, found, next_of
from tui.screens.own_table.table import Table
from tui.widgets.find_line import FindLine
from tui.widgets.footer import Keys
from tui.widgets.row_table import TrialTable
from tui.widgets.too_small import TooSmall
from tui.widgets.wrapping import say

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
        self.table = Table(self, choices, self._show, self._settled)
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
        self.query_one(ColumnList).focus()
        self.table.look()

    def on_resize(self) -> None:
        self._show()

    def _settled(self) -> None:
        """The latest choices are looked at."""
        can = tuple(self.check_action(action.action, ()) for action in keys.OWN_TABLE)
        if can != self._could:  # the footer is slow
            self._could = can
            self.refresh_bindings()
        if self.table.awaited:
            self.table.awaited = False
            self.action_go_on()

    # Showing.

    def _show(self) -> None:
        table = self.table
        survey, waiting = table.survey, not table.refusal
        low = self.size.height < LOW
        title = texts.title(Path(table.choices.path), survey, table.looking, self.size.width)
        self.query_one("#title", Static).update(title, layout=False)
        self.query_one("#facts").styles.text_wrap = "nowrap" if low else "wrap"
        self._above = self._say("facts", texts.facts(survey, waiting, self._width, low), 4, 8)
        rows = table.rows
        wanted = self._wanted
        shown = found(rows, wanted)
        columns = self.query_one(ColumnList)
        columns.show_rows(shown, "no column is called so: Esc shows all" if rows else "reads the file …" * waiting)
        title = texts.columns(survey, wanted, len(shown), len(rows))
        columns.border_title = title.append("  v: no rows" if self._with_rows else "  v: rows", style="dim")
        self._show_column()

    @on(TrialTable.Moved)
    def _show_column(self) -> None:
        """All about the column under the cursor, and what stands against it; or against any."""
        row, survey = self.query_one(ColumnList).column, self.table.survey
        name = row.name if row is not None else ""
        detail = self._say("detail", texts.column(row, self._width, self.size.height < LOW), 2, 4)
        if survey is None:
            state = texts.refusal(self.table.refusal, self._width)
        else:
            state = texts.state(survey, name, self._width, self.size.height // 4, "Esc n" if self._wanted else "n")
        self._say("state", state, 3, max(3, self.size.height - self._above - detail - REST))
        first_rows = self.query_one(FirstRows)
        wanted = survey is not None and self._with_rows
        if first_rows.display != wanted:
            first_rows.display = wanted
        if survey is not None and wanted:
            first_rows.set_class(self.size.height >= TALL, "tall")
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
    def _found(self) -> Sequence[ColumnRow]:
        """The columns in view, by what is typed of their names."""
        return found(self.table.rows, self._wanted)

    @property
    def _wanted(self) -> str:
        """What is typed of their names."""
        return self.query_one(FindLine).value.strip()

    @property
    def _at(self) -> str | None:
        """Of the column under the cursor."""
        row = self.query_one(ColumnList).column
        return row.name if row is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.TYPING:
            return action not in {each.action for each in keys.OWN_TABLE}
        survey = self.table.survey
        if action in keys.OF_A_TABLE:
            return survey is not None
        if action == "match":
            return survey is not None and bool(self._found if self._wanted else survey.trouble)
        if action == "go_on":
            return self.table.looking or survey is not None
        if action == "dialect":
            return survey is None or survey.file.dialect is not None
        return True

    def action_target(self) -> None:
        if self._at is not None:
            self.table.choose(self.table.choices.with_target(self._at))

    def action_leave_out(self) -> None:
        if self._at == self.table.choices.target:
            self.notify("This column is predicted: t on another one predicts that instead", markup=False)
        elif self._at is not None:
            self.table.choose(self.table.choices.turned(self._at))

    def action_leave_all_out(self) -> None:
        self.table.choose(self.table.choices.turned(*(row.name for row in self._found)))

    def action_categories(self) -> None:
        row = self.query_one(ColumnList).column
        if row is None:
            return
        if row.name == self.table.choices.target:
            self.notify("This column is predicted: T takes it for classes or for a number", markup=False)
        elif row.kind == "category" and row.name not in self.table.choices.categories:
            self.notify("Its values are categories already", markup=False)
        else:
            self.table.choose(self.table.choices.as_categories(row.name))

    def action_task(self) -> None:
        self.table.choose(self.table.choices.next_task())

    def action_missing(self) -> None:
        self.table.choose(self.table.choices.next_missing())

    def action_missing_here(self) -> None:
        """Of the column under the cursor, where it lacks any value."""
        row = self.query_one(ColumnList).column
        if row is not None and row.missing:
            self.table.choose(self.table.choices.next_missing_of(row.name))
        elif row is not None:
            self.notify("This column lacks no value", markup=False)

    def action_dialect(self) -> None:
        ask_dialect(self, self.table.choices, self.table.read_otherwise)

    def action_read_again(self) -> None:
        self.table.read_again()

    # Keys: looking around.

    def action_match(self, direction: int) -> None:
        """To the next one of the columns that were found, else of those that stand against training, from the last one
        to the first; or with -1 to the one before."""
        rows = self._found if self._wanted else [row for row in self.table.rows if row.trouble]
        self._go_to(next_of(rows, self.query_one(ColumnList).number, direction))

    def _go_to(self, target: int | None) -> None:
        """The column of that number, with all others in view again where it is none of those that were found."""
        if target is None:
            return
        if target not in {row.number for row in self._found}:
            self.query_one(FindLine).action_clear()
            self._show()
        self.query_one(ColumnList).choose(target)

    def action_filter(self) -> None:
        self.query_one(FindLine).open()

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
    def _leave_line(self) -> None:
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
        survey = self.table.survey
        if self.table.looking:
            self.table.awaited = True
        elif survey is None:
            return
        elif survey.trouble:
            if self._at not in survey.trouble:
                trouble = [row for row in self.table.rows if row.trouble]
                self._go_to(next_of(trouble, self.query_one(ColumnList).number))
        elif not survey.plan.problems and survey.plan.task is not None:
            section = survey.choices.section(survey.names)
            self.dismiss(Outcome(survey.choices, section, survey.plan.task, survey.rows - survey.plan.dropped))

    def action_back(self) -> None:
        if self.query_one(FindLine).value:
            self.query_one(FindLine).action_clear()
        else:
            self.dismiss(Outcome(self.table.choices))
