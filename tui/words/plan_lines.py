"""What becomes of a table of one's own, in lines: every column, or of a wide table those that fit the screen, first
those with something to be told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.words import own_table
from tui.words.aligned import table_lines
from tui.words.units import count

if TYPE_CHECKING:
    from core.tables.columns import Column
    from core.tables.wishes import Plan

WIDE, OTHERS, FEWEST = 100, 20, 5
"""Columns from which on only those are told of that fit a screen, unless all are asked for; lines of all else; columns
that are told of in any case."""


def columns_shown() -> int:
    """Columns of a wide table that there is room for."""
    return max(FEWEST, shutil.get_terminal_size((100, 24)).lines - OTHERS)


def short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def describe_plan(plan: Plan, read_as: str, most: int | None = None) -> Iterator[str]:
    """Of one's own table: how it is read; its columns, and what is done with each; why it is that task; what one should
    know. `most`: so many columns at most, those with something to be told first."""
    rows = []
    shown = plan.columns if most is None or len(plan.columns) <= WIDE else _first_to_tell(plan)[:most]
    for column in shown:
        missing = count(column.missing) if column.missing else "–"
        values = short(own_table.values(column), 60)
        rows.append([column.name, own_table.kind(column), missing, values, plan.doing.get(column.name, "")])
    yield f"  read as {read_as}"
    headings = ["column", "type", "missing", "values", "what is done with it"]
    yield from (f"  {line}" for line in table_lines(headings, rows, [2]))
    if len(shown) < len(plan.columns):
        yield f"  … and {count(len(plan.columns) - len(shown))} more columns, not shown: --all shows them"
    if plan.task is not None:
        usual = own_table.majority(plan.majority)
        yield f"  {plan.task}: {plan.why}" + (f"; {usual}" if usual else "")
    notes = plan.notes if most is None or len(plan.notes) <= FEWEST else plan.notes[:FEWEST]
    yield from (f"  ! {note.told()}" for note in notes)
    if len(notes) < len(plan.notes):
        yield f"  … and {count(len(plan.notes) - len(notes))} more notes, not shown: --all shows them"


def _first_to_tell(plan: Plan) -> list[Column]:
    """Columns with problems, the target, those with notes, those that are left out or lack values, all others."""
    wrong = {problem.column for problem in plan.problems}
    noted = {note.column for note in plan.notes}

    def place(column: Column) -> int:
        doing = plan.doing.get(column.name, "")
        signs = (
            column.name in wrong or doing.startswith("✗"),
            doing == "to predict",
            column.name in noted,
            doing.startswith("left out") or column.missing > 0,
            True,
        )
        return signs.index(True)

    return sorted(plan.columns, key=place)  # stable
