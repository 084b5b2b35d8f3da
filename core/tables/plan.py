"""What becomes of a table: what is predicted, from which columns, and what is done with each; or what stands against
it. The dataset is made by this plan, and people are shown it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.tables.columns import Column, Texts, some_missing, understand, why_unusable
from core.tables.dialect import some
from core.tables.fields import Field
from core.tables.read import TableFile, literally

if TYPE_CHECKING:
    import pandas as pd

Missing: TypeAlias = Literal["refuse", "drop", "fill"]
TaskWish: TypeAlias = Literal["auto", "classification", "regression"]

MAX_CLASSES = 20
"""A target of whole numbers with at most this many different ones is taken for classes."""
MOST_CLASSES = 1000
MOST_INPUTS = 50_000


@dataclass(frozen=True)
class Wishes:
    """What the user says of a table; see the dataset `csv`."""

    target: str
    task: TaskWish = "auto"
    features: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    missing: Missing = "refuse"


@dataclass
class Plan:
    columns: list[Column]
    """All of the table, in its order."""
    values: pd.Series[Any] | None = None
    """Of the target, as they are told apart; None where there is no such column."""
    task: Literal["classification", "regression"] | None = None
    why: str = ""
    """Why it is that task."""
    fields: list[Field] = field(default_factory=list)
    """Columns to learn from."""
    doing: dict[str, str] = field(default_factory=dict)
    """What is done with each column, in words."""
    problems: list[str] = field(default_factory=list)
    """Why it cannot be trained on as it is; the first is the one to be told."""
    notes: list[str] = field(default_factory=list)
    """What one should know."""
    texts: dict[str, Texts] = field(default_factory=dict)
    """Of the columns that are no numbers."""
    dropped: int = 0
    """Rows that are left out because a value is missing."""

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def planned(file: TableFile, table: pd.DataFrame, wishes: Wishes) -> Plan:
    """Never raises for what the table holds: all of it is in `problems`."""
    names = [str(name) for name in table.columns]
    looked = [understand(table[name], as_category=name in wishes.categories) for name in names]
    plan = Plan([column for column, _texts in looked])
    plan.texts = {column.name: texts for column, texts in looked if texts is not None}
    where = str(file.path)
    for key in ("features", "leave_out", "categories"):
        unknown = [name for name in getattr(wishes, key) if name not in names]
        if unknown:
            plan.problems.append(f"{where} has no column {unknown[0]!r} (dataset.{key}); choose from {some(names)}")
    if wishes.target not in names:
        first = f"{where} has no column {wishes.target!r}; choose from {some(names)}{_hint(file, names)}"
        plan.problems.insert(0, first)
        _choose_features(plan, file, wishes)
        return plan
    if wishes.target in wishes.features:
        plan.problems.append(f"dataset.features names the target {wishes.target!r} too; leave it out")
    _choose_features(plan, file, wishes)
    _understand_target(plan, file, table, wishes)
    _consider_missing(plan, file, table, wishes)
    return plan


def _hint(file: TableFile, names: Sequence[str]) -> str:
    if len(names) > 1 or file.dialect is None:
        return ""
    return "; if it has more columns, set dataset.separator"


def _choose_features(plan: Plan, file: TableFile, wishes: Wishes) -> None:
    wanted = set(wishes.features)
    inputs = 0
    for column in plan.columns:
        if column.name == wishes.target:
            plan.doing[column.name] = "to predict"
            continue
        if column.name in wishes.leave_out or (wanted and column.name not in wanted):
            plan.doing[column.name] = "left out, as you said"
            continue
        if column.kind in ("constant", "empty"):
            what = f"is {column.example} in every row" if column.kind == "constant" else "is empty"
            plan.doing[column.name] = f"left out: it {what}"
            plan.notes.append(f"column {column.name!r} {what}: left out")
            continue
        place = "" if column.example_row is None else file.place(column.example_row)
        decimal = file.dialect.decimal if file.dialect else "."
        reason = why_unusable(column, place, decimal)
        if reason:
            plan.problems.append(f"{file.path}: {reason}")
            plan.doing[column.name] = "✗ " + reason.partition("; ")[0].partition(f"{column.name!r} ")[2]
            continue
        if column.row_number:
            plan.notes.append(
                f"column {column.name!r} counts the rows: nothing that is learned from it holds for others; to leave "
                f"it out: dataset.leave_out={column.name}"
            )
        made = _field(column)
        inputs += len(made.inputs)
        plan.fields.append(made)
        plan.doing[column.name] = _doing(column, made)
    if not plan.fields and not plan.problems:
        others = [f"{name!r} is {done}" for name, done in plan.doing.items() if done.startswith("left out")]
        what = f"no column to learn from: {', '.join(others[:3])}" if others else f"only the column {wishes.target!r}"
        plan.problems.append(f"{file.path} has {what}; columns to learn from are missing")
    if inputs > MOST_INPUTS:
        plan.problems.append(
            f"{file.path}: its categories make {inputs:,} inputs, at most {MOST_INPUTS:,} can be used; leave some out"
        )


def _field(column: Column) -> Field:
    if column.kind == "category":
        return Field(column.name, "category", column.categories)
    if column.kind == "yes-no":
        return Field(column.name, "yes-no", column.categories)
    return Field(column.name)


def _doing(column: Column, made: Field) -> str:
    if made.kind == "category":
        return f"one-hot: {len(made.categories)} inputs"
    if made.kind == "yes-no":
        return f"{made.categories[0]} 0, {made.categories[1]} 1"
    return "as it is" + (", though it counts the rows" if column.row_number else "")


def _understand_target(plan: Plan, file: TableFile, table: pd.DataFrame, wishes: Wishes) -> None:
    import pandas as pd

    values = table[wishes.target]
    column = plan.column(wishes.target)
    assert column is not None
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)
    if column.missing and (not numeric or column.kind == "empty"):
        # Classes may be called None or NA: there only an empty cell is missing.
        values = literally(file, table, wishes.target)
        numeric = numeric and bool(values.isna().all())
    if pd.api.types.is_bool_dtype(values):
        values = values.astype(str)
        numeric = False
    plan.values = values
    known = values.dropna()
    texts = plan.texts.get(wishes.target)
    distinct = len(texts.names) if texts and values is table[wishes.target] else int(known.nunique())
    whole = numeric and bool((known % 1 == 0).all())
    if wishes.task != "auto":
        plan.task, plan.why = wishes.task, "as you said"
    elif not numeric:
        plan.task, plan.why = "classification", f"its values are text, {distinct:,} different ones"
    elif whole and distinct <= MAX_CLASSES:
        plan.task, plan.why = "classification", f"its values are whole numbers, {distinct} different ones"
    else:
        shape = f"{distinct:,} different whole numbers" if whole else "numbers with fractions"
        plan.task, plan.why = "regression", f"its values are {shape}"
    target, where = repr(wishes.target), str(file.path)
    if plan.task == "classification":
        if distinct == 1:
            only = Texts.of(known).names[0]
            plan.problems.append(f"{where}: every row has {wishes.target} = {only}; there is nothing to tell apart")
        elif distinct > MOST_CLASSES:
            advice = "dataset.task=regression" if numeric else "another target"
            plan.problems.append(
                f"{where}: column {target} has {distinct:,} classes, at most {MOST_CLASSES:,} can be told apart; "
                f"use {advice}"
            )
    elif not numeric:
        plan.problems.append(f"{where}: column {target} is not numeric; use dataset.task=classification")


def _consider_missing(plan: Plan, file: TableFile, table: pd.DataFrame, wishes: Wishes) -> None:
    assert plan.values is not None
    used = {made.name for made in plan.fields}
    gone = some_missing([column for column in plan.columns if column.name in used])
    without_target = int(plan.values.isna().sum())
    any_gone = plan.values.isna()
    for column in gone:
        any_gone = any_gone | table[column.name].isna()
    n, rows = int(any_gone.sum()), len(table)
    if wishes.missing == "drop":
        plan.dropped = n
    elif wishes.missing == "fill":
        plan.dropped = without_target
        for column in gone:
            how = "mean" if column.kind == "number" else "most frequent value"
            plan.doing[column.name] += f"; {column.missing:,} missing filled with the {how}"
        if without_target:
            plan.notes.append(f"{without_target:,} row(s) without {wishes.target!r} are left out")
    elif n:
        plan.problems.append(_refusal(file, wishes, gone, without_target, int(any_gone.to_numpy().argmax()), n, rows))
    if plan.dropped and wishes.missing == "drop":
        plan.notes.append(f"{plan.dropped:,} of {rows:,} rows are left out: a value is missing")
    if rows and plan.dropped == rows:
        plan.problems.append(f"{file.path}: every row lacks a value; leave a column out, or use dataset.missing=fill")


def _refusal(
    file: TableFile, wishes: Wishes, gone: Sequence[Column], without_target: int, first: int, n: int, rows: int
) -> str:
    where = [(column.name, column.missing) for column in gone]
    where += [(wishes.target, without_target)] if without_target else []
    total = sum(count for _name, count in where)
    if len(where) == 1:
        what = f"{total:,} value(s) missing in column {where[0][0]!r}, first in {file.place(first)}"
    else:
        shown = ", ".join(f"{name!r} {count:,}" for name, count in where[:5]) + (", …" if len(where) > 5 else "")
        what = f"{total:,} values missing in {len(where)} columns ({shown}), first in {file.place(first)}"
    left = f"dataset.missing=drop leaves {rows - n:,} of {rows:,} rows"
    fill = ", dataset.missing=fill takes mean or most frequent value" if gone else ""
    return f"{file.path}: {what}; {left}{fill}"
