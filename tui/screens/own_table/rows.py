"""The rows of the column list: a column of a table each, as the survey found it and as it is chosen by now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.tables.choices import Choices
from tui.words import own_table
from tui.words.finding import folded

if TYPE_CHECKING:
    from core.components.outputs import Task
    from core.tables.survey import Survey

TARGET, USED, OUT, NEITHER = "▶", "✓", "–", " "
"""What becomes of a column: predicted, learned from, left out; one that cannot be learned from, and is not left out."""
SHOWN = 200
"""Letters of a text in a row; more of it is never in view."""


@dataclass(frozen=True)
class ColumnRow:
    """One column as it is shown."""

    number: int
    name: str
    kind: str
    missing: str
    values: str
    doing: str
    sign: str
    trouble: bool


@dataclass(frozen=True)
class Outcome:
    """What was chosen, and the dataset section of a config for it; None where the screen was left before."""

    choices: Choices
    section: dict[str, Any] | None = None
    task: Task = "classification"
    rows: int = 0


def rows_of(survey: Survey) -> list[ColumnRow]:
    """Slow for thousands of columns."""
    used = {field.name for field in survey.plan.fields}
    trouble = set(survey.trouble)
    rows = []
    for i, column in enumerate(survey.plan.columns):
        target = column.name == survey.choices.target
        rows.append(
            ColumnRow(
                number=i,
                name=column.name,
                kind=own_table.kind(column),
                missing=own_table.share(column.missing, survey.rows),
                values=own_table.values(column)[:SHOWN],
                doing=own_table.doing(survey.plan.doing.get(column.name, ""))[:SHOWN],
                sign=TARGET
                if target
                else USED
                if column.name in used
                else NEITHER
                if _unusable(survey, column.name)
                else OUT,
                trouble=column.name in trouble,
            )
        )
    return rows


def _unusable(survey: Survey, name: str) -> bool:
    return survey.plan.doing.get(name, "").startswith("✗")


def with_choices(rows: Sequence[ColumnRow], survey: Survey | None, choices: Choices) -> Sequence[ColumnRow]:
    """The rows of a survey; where something else was chosen since, that, at once."""
    if survey is None or choices == survey.choices:
        return rows
    before = survey.choices
    other = {before.target, choices.target} if before.target != choices.target else set[str]()
    other |= (before.out ^ choices.out) | (before.categories ^ choices.categories)
    other |= {name for name, _way in set(before.by_column) ^ set(choices.by_column)}
    signs = {"target": TARGET, "feature": USED, "out": OUT}
    return [
        replace(row, doing="…", trouble=False, sign=signs[choices.role(row.name)]) if row.name in other else row
        for row in rows
    ]


def found(rows: Sequence[ColumnRow], text: str) -> Sequence[ColumnRow]:
    """Those whose name holds `text`."""
    wanted = folded(text.strip())
    return [row for row in rows if wanted in folded(row.name)] if wanted else rows


def next_of(rows: Sequence[ColumnRow], at: int, direction: int = 1) -> int | None:
    """Number of the first of them after `at`, from the last one to the first; or with -1 of the last one before it.
    None of none."""
    numbers = [row.number for row in rows][::direction]
    return next((number for number in numbers if (number - at) * direction > 0), numbers[0]) if numbers else None
