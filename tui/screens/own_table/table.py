"""Table: a file that is read behind a screen, and looked at again after every choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.tables.choices import Choices
from core.tables.finding import Finding, TableError
from tui.live.background import in_background
from tui.screens.own_table.rows import ColumnRow, rows_of, with_choices

if TYPE_CHECKING:
    from core.tables.survey import Survey


class Table:
    """What is chosen, and what was found with it; `looking` while that is not known yet. `changed` is called after
    every change, `settled` once the latest choices are looked at."""

    def __init__(
        self, widget: Widget, choices: Choices, changed: Callable[[], None], settled: Callable[[], None]
    ) -> None:
        self._widget, self._changed, self._settled = widget, changed, settled
        self.choices = choices
        self.survey: Survey | None = None
        self.refusal: Finding | str = ""
        """Why the file cannot be read as it is to be read."""
        self.looking = False
        self.awaited = False
        """Whether somebody waits to go on with these choices, as soon as they are looked at."""
        self._rows: list[ColumnRow] = []
        """Of the survey, all columns."""
        self._guessed = ""
        """The target, where nobody has chosen it."""
        self._afresh = False
        """Whether the file is to be read again."""

    @property
    def rows(self) -> Sequence[ColumnRow]:
        """All columns, as they are chosen by now."""
        return with_choices(self._rows, self.survey, self.choices)

    def choose(self, choices: Choices) -> None:
        """These from now on."""
        self.choices, self.awaited = choices, False
        if self.looking:
            self._changed()  # at once; it is looked at as soon as the look under way is over
        self.look()

    def read_otherwise(self, choices: Choices) -> None:
        """Columns may be called otherwise then: what was guessed is guessed anew."""
        self.choose(replace(choices, target="") if choices.target == self._guessed else choices)

    def read_again(self) -> None:
        """The file itself may have changed."""
        self._afresh, self.awaited = True, False
        if self.choices.target == self._guessed:
            self.choices = replace(self.choices, target="")
        self.look()

    def look(self) -> None:
        """With the choices as they are; once more when they have changed meanwhile."""
        if self.looking:
            return
        self.looking = True
        wanted, before = self.choices, None if self._afresh else self.survey
        self._afresh = False

        def work() -> tuple[Survey, list[ColumnRow]] | Finding:
            from core.tables.survey import survey  # with pandas

            try:
                found = survey(wanted, before)
            except TableError as error:
                return error.finding
            return found, rows_of(found)

        def done(answer: tuple[Survey, list[ColumnRow]] | Finding) -> None:
            if not isinstance(answer, tuple):
                failed(answer)
                return
            self.looking, self.refusal = False, ""
            self.survey, self._rows = answer
            if not wanted.target:
                self._guessed = self.survey.choices.target
            if self.choices == wanted:
                self.choices = self.survey.choices
            self._after_a_look(wanted)

        def failed(reason: Finding | str) -> None:
            self.looking, self.refusal = False, reason
            self.survey, self._rows = None, []
            self._after_a_look(wanted)

        self._changed()
        in_background(self._widget, work, done, failed)

    def _after_a_look(self, wanted: Choices) -> None:
        known = self.survey.choices if self.survey is not None else wanted
        if self._afresh or self.choices not in (wanted, known):
            self.look()
        else:
            self._changed()
            self._settled()
