"""Survey: a table as a person sees it before anything is trained on it: its first rows, its columns, what stands
against it and where. Slow: for a thread behind the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.tables.choices import AS_TOLD, Choices
from core.tables.columns import Column, Texts
from core.tables.finding import Finding
from core.tables.looking import Looked
from core.tables.missing import mask_missing
from core.tables.planning import planned
from core.tables.read import TableFile, look, read
from core.tables.wishes import Plan, Wishes

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROWS = 12
MOST_SHOWN = 20
"""Classes of a target."""
TARGETS = (
    *("target", "label", "labels", "class", "y", "output", "outcome", "response"),
    *("정답", "라벨", "레이블", "타깃", "타겟", "목표", "목표변수", "종속변수", "클래스", "결과"),
)
"""What the column to predict is usually called."""


@dataclass(frozen=True)
class Survey:
    """What was found with these `choices`."""

    choices: Choices
    """With a target, and only of columns that there are."""
    file: TableFile
    table: pd.DataFrame
    plan: Plan
    rows: int
    incomplete: int
    """Rows in which a value is missing that is used."""
    without_target: int
    """Rows of these that have no target."""
    trouble: tuple[str, ...]
    """Columns that stand against training, in the order of the table."""
    classes: tuple[tuple[str, int], ...]
    """Of a target of classes the most frequent ones, and the rows of each."""
    first_rows: dict[str, tuple[str, ...]]
    """Of each column the first values as they were read; empty where one is missing."""
    looked: Looked
    """What was found of its columns so far."""

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.plan.columns]

    def problem_of(self, name: str) -> Finding | None:
        """What the engine has against a column; None where it has nothing."""
        if name not in self.trouble:
            return None
        return _problem_of(self.plan, name) or next((p for p in self.plan.problems if "drop" in p.remedies), None)

    def trouble_after(self, name: str) -> str:
        """The next column that stands against training, from the last one to the first; there must be one."""
        places = {each: i for i, each in enumerate(self.names)}
        here = places.get(name, -1)
        return next((each for each in self.trouble if places[each] > here), self.trouble[0])

    @property
    def inputs(self) -> int:
        """Numbers that a network takes in for each row."""
        return sum(len(field.inputs) for field in self.plan.fields)


def survey(choices: Choices, before: Survey | None = None) -> Survey:
    """Of the table that `before` has read, if it is the same, read in the same way; else the file is read. Raises
    DataError where it cannot be."""
    if before is not None and _written(before.choices) == _written(choices):
        file, table, first_rows, looked = before.file, before.table, before.first_rows, before.looked
    else:
        file = look(Path(choices.path), named=choices.named, **{key: getattr(choices, key) for key in AS_TOLD})
        table = read(file)
        first_rows, looked = _first_rows(table), {}
        mask_missing(table, choices.missing_values)
    names = [str(name) for name in table.columns]
    choices = choices.knowing(names)
    if not choices.target:
        planned(file, table, Wishes(target=""), looked)
        choices = replace(choices, target=likely_target([looked[name, False][0] for name in names]))
    plan = planned(file, table, choices.wishes(), looked)
    without_target = 0 if plan.values is None else int(plan.values.isna().sum())
    return Survey(
        choices=choices,
        file=file,
        table=table,
        plan=plan,
        rows=len(table),
        incomplete=plan.incomplete,
        without_target=without_target,
        trouble=_trouble(plan, choices),
        classes=_classes(plan),
        first_rows=first_rows,
        looked=looked,
    )


def likely_target(columns: Sequence[Column]) -> str:
    """By its name; else the last column that can be predicted, else the last one."""
    names = [column.name for column in columns]
    folded = {name.strip().casefold(): name for name in reversed(names)}
    named = next((folded[wanted] for wanted in TARGETS if wanted in folded), None)
    if named is not None:
        return named
    return next((column.name for column in reversed(columns) if _predictable(column)), names[-1])


def _predictable(column: Column) -> bool:
    return column.kind in ("number", "yes-no", "category") and not column.an_id


def _written(choices: Choices) -> tuple[str, ...]:
    """All that decides what is read from the file."""
    return (choices.path, *choices.missing_values, *(getattr(choices, key) for key in AS_TOLD))


def _first_rows(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    head = table.iloc[:FIRST_ROWS]
    gone = head.isna().to_numpy()
    found = {}
    for i, name in enumerate(head.columns):
        values: Sequence[object] = head.iloc[:, i].tolist()
        found[str(name)] = tuple("" if gone[row, i] else str(value) for row, value in enumerate(values))
    return found


def _classes(plan: Plan) -> tuple[tuple[str, int], ...]:
    if plan.values is None or plan.task != "classification":
        return ()
    texts = Texts.of(plan.values)
    pairs = sorted(zip(texts.counts(), texts.names, strict=True), key=lambda pair: -pair[0])
    return tuple((name, n) for n, name in pairs[:MOST_SHOWN])


def _trouble(plan: Plan, choices: Choices) -> tuple[str, ...]:
    used = {field.name for field in plan.fields} | {choices.target}
    found = []
    for column in plan.columns:
        unusable = plan.doing.get(column.name, "").startswith("✗")
        way = dict(choices.by_column).get(column.name, choices.missing)
        refused = way == "refuse" and column.missing > 0 and column.name in used
        if unusable or refused or (column.name == choices.target and _problem_of(plan, column.name)):
            found.append(column.name)
    return tuple(found)


def _problem_of(plan: Plan, name: str) -> Finding | None:
    return next((problem for problem in plan.problems if problem.column == name), None)
