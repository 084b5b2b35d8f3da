"""What becomes of a table: what is predicted, from which columns, and what is done with each; or what stands against
it. The dataset is made by this plan, and people are shown it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.memory import free_memory
from core.tables.columns import Column, Texts, is_numeric, some_missing, understand, unusable
from core.tables.fields import Field
from core.tables.finding import Finding, Remedy, as_value
from core.tables.read import TableFile, literally
from core.tables.records import nfc, some
from core.tables.target import consider_classes, understand_target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Missing: TypeAlias = Literal["refuse", "drop", "fill"]
TaskWish: TypeAlias = Literal["auto", "classification", "regression"]

MOST_INPUTS = 50_000
BYTES_PER_INPUT = 24
"""Of memory while a value becomes an input, at its most: measured 14 for one of a category, 18 for a number, and what
standardising takes."""
SOME, WHOLE, FEW_FRACTIONS = 1000, 0.1, 3
"""Rows that are looked at first; the share of whole numbers beside which fractions may be thousands; and how many."""
FILLED = "mean or most frequent value"


@dataclass(frozen=True)
class Wishes:
    """What the user says of a table; see the dataset `csv`."""

    target: str
    task: TaskWish = "auto"
    features: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    missing: Missing = "refuse"

    def __post_init__(self) -> None:
        """Names as the table has them, however they were typed."""
        object.__setattr__(self, "target", nfc(self.target))
        for key in ("features", "leave_out", "categories"):
            object.__setattr__(self, key, tuple(nfc(name) for name in getattr(self, key)))


Looked: TypeAlias = dict[tuple[str, bool], tuple[Column, Texts | None]]
"""What was found of each column, as it is or as categories."""


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
    problems: list[Finding] = field(default_factory=list)
    """Why it cannot be trained on as it is; the first is the one to be told."""
    notes: list[Finding] = field(default_factory=list)
    """What one should know."""
    texts: dict[str, Texts] = field(default_factory=dict)
    """Of the columns that are no numbers."""
    classes: Texts | None = None
    """Of a target of texts, where none is missing."""
    keep: NDArray[np.bool_] | None = None
    """(rows,) those that are learned from; None where there is no target."""
    incomplete: int = 0
    """Rows in which a value is missing that is used, or the target's."""
    dropped: int = 0
    """Rows that are left out because a value is missing."""

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def planned(file: TableFile, table: pd.DataFrame, wishes: Wishes, looked: Looked | None = None) -> Plan:
    """What the table holds is never an error: all of it is in `problems`. `looked`: what was found of this table
    before; what is found now is added. Raises DataError where the file can no longer be read."""
    names = [str(name) for name in table.columns]
    looked = {} if looked is None else looked
    plan = Plan(_columns(file, table, set(wishes.categories), looked))
    as_wished = {column.name: looked[column.name, column.name in wishes.categories] for column in plan.columns}
    plan.texts = {name: texts for name, (_column, texts) in as_wished.items() if texts is not None}
    known = set(names)
    for key in ("features", "leave_out", "categories"):
        unknown = [name for name in getattr(wishes, key) if name not in known]
        if unknown:
            what = f"has no column {unknown[0]!r} (dataset.{key})"
            plan.problems.append(Finding(what, remedies={"choose": some(names, 20)}))
    if wishes.target not in known:
        help_: dict[Remedy, str] = {"choose": some(names, 20)}
        if _may_be_wide(plan.columns, file):
            help_["separator"] = ""
        if file.dialect is not None and not file.dialect.header:
            help_["header"] = ""
        plan.problems.insert(0, Finding(f"has no column {wishes.target!r}", remedies=help_))
        _choose_features(plan, file, wishes)
        return plan
    both = [name for name in wishes.features if name in wishes.leave_out]
    if both:
        plan.problems.append(Finding("is in dataset.features, and in dataset.leave_out too", both[0]))
    if wishes.target in wishes.features:
        plan.problems.append(Finding("is the target, and in dataset.features too; leave it out there", wishes.target))
    _choose_features(plan, file, wishes)
    understand_target(plan, file, table, wishes)
    _consider_missing(plan, file, table, wishes)
    consider_classes(plan, wishes.target)
    _consider_memory(plan, len(table))
    _note_unclear_numbers(plan, file, table, wishes.target)
    return plan


def _columns(file: TableFile, table: pd.DataFrame, categories: set[str], looked: Looked) -> list[Column]:
    """Each as it is or as categories: then its own text counts, 007 and 0,50."""
    for name in table.columns:
        as_category = name in categories
        if (name, as_category) not in looked:
            values = table[name]
            if as_category and is_numeric(values):
                values = literally(file, table, name)
            looked[name, as_category] = understand(values, file.marks, as_category=as_category)
    columns = [looked[name, name in categories][0] for name in table.columns]
    file.find_places(column.example_row for column in columns if column.example_row is not None)  # in one pass
    return columns


def _may_be_wide(columns: Sequence[Column], file: TableFile) -> bool:
    """Whether a wrong separator may have made one column of several."""
    return len(columns) == 1 and file.dialect is not None


def _choose_features(plan: Plan, file: TableFile, wishes: Wishes) -> None:
    wanted, left_out = set(wishes.features), set(wishes.leave_out)
    inputs = 0
    for column in plan.columns:
        if column.name == wishes.target:
            plan.doing[column.name] = "to predict"
            continue
        if column.name in left_out or (wanted and column.name not in wanted):
            how = ", as you said" if column.name in left_out else ": not among the features"
            plan.doing[column.name] = f"left out{how}"
            continue
        if column.kind in ("constant", "empty"):
            what = f"is {column.example} in every row" if column.kind == "constant" else "is empty"
            plan.doing[column.name] = f"left out: it {what}"
            plan.notes.append(Finding(f"{what}: left out", column.name))
            continue
        place = "" if column.example_row is None else file.place(column.example_row)
        problem = unusable(column, place)
        if problem is not None:
            plan.problems.append(problem)
            plan.doing[column.name] = f"✗ {problem.what}"
            continue
        if column.an_id:
            what = f"{column.an_id}: nothing that is learned from it holds for others"
            plan.notes.append(Finding(what, column.name, {"leave-out": as_value(*wishes.leave_out, column.name)}))
        made = _field(column)
        inputs += len(made.inputs)
        plan.fields.append(made)
        plan.doing[column.name] = _doing(column, made)
    _name_all_at_once(plan, wishes)
    if not plan.fields and not plan.problems:
        others = [f"{name!r} is {done}" for name, done in plan.doing.items() if done.startswith("left out")]
        what = f"no column to learn from: {', '.join(others[:3])}" if others else f"only the column {wishes.target!r}"
        remedies: dict[Remedy, str] = {"separator": ""} if _may_be_wide(plan.columns, file) else {}
        plan.problems.append(Finding(f"has {what}; columns to learn from are missing", remedies=remedies))
    if inputs > MOST_INPUTS:
        what = f"has categories that make {inputs:,} inputs, at most {MOST_INPUTS:,} can be used"
        plan.problems.append(Finding(what, remedies={"leave-some-out": ""}))


def _name_all_at_once(plan: Plan, wishes: Wishes) -> None:
    """Leaving a column out replaces what was left out before, so that is said with it, and all others that must go."""
    unfit = [problem.column for problem in plan.problems if "leave-out" in problem.remedies]
    for i, problem in enumerate(plan.problems):
        if "leave-out" in problem.remedies:
            first = dict.fromkeys([*wishes.leave_out, problem.column, *unfit])
            plan.problems[i] = replace(problem, remedies={**problem.remedies, "leave-out": as_value(*first)})


def _note_unclear_numbers(plan: Plan, file: TableFile, table: pd.DataFrame, target: str) -> None:
    """A thousand may have been read as one and a bit: nothing in the file tells."""
    dialect = file.dialect
    if dialect is None or dialect.told:
        return
    used = {made.name for made in plan.fields if made.kind == "number"} | {target}
    unclear = dict(dialect.unclear)
    for i, name in enumerate(map(str, table.columns)):
        if name not in used:
            continue
        example = unclear.get(i) or _looks_like_thousands(table[name]).replace(".", dialect.decimal)
        if example:
            other = "." if dialect.decimal == "," else ","
            what = f"has numbers such as {example}, read as fractions; they may be thousands"
            plan.notes.insert(0, Finding(what, name, {"decimal": other}))


def _looks_like_thousands(values: pd.Series[Any]) -> str:
    """A number as the file may have it, such as `1.137`, where a column of fractions has whole numbers up to 999, and
    else such as have three decimals: those of thousands, of which the first rows of a sorted table have none."""
    if values.dtype != "float64":
        return ""
    some = values.iloc[:: max(1, len(values) // SOME)]
    if not (some % 1 == 0).mean() > WHOLE:
        return ""
    whole = values % 1 == 0
    fractions = values[~whole & values.notna()].abs()
    thousandths = fractions * 1000
    exact = (thousandths - thousandths.round()).abs() < 1e-6
    last = thousandths.round() % 10 != 0
    plausible = len(fractions) >= FEW_FRACTIONS and bool(exact.all()) and last.mean() > 0.8 and fractions.min() >= 1
    if not plausible or values.abs().max() >= 1000 or (values[whole] == 0).any():
        return ""
    return f"{fractions[last].iloc[0]:.3f}"


def _field(column: Column) -> Field:
    if column.kind == "category":
        return Field(column.name, "category", column.categories)
    if column.kind == "yes-no":
        return Field(column.name, "yes-no", column.categories)
    return Field(column.name, mark=column.mark, sign=column.sign)


def _doing(column: Column, made: Field) -> str:
    if made.kind == "category":
        return f"one-hot: {len(made.categories)} inputs"
    if made.kind == "yes-no":
        return f"{made.categories[0]} 0, {made.categories[1]} 1"
    how = f"as it is, without {column.sign}" if column.sign else "as it is"
    return how + (f", though it {column.an_id}" if column.an_id else "")


def _consider_missing(plan: Plan, file: TableFile, table: pd.DataFrame, wishes: Wishes) -> None:
    assert plan.values is not None
    used = {made.name for made in plan.fields}
    gone = some_missing([column for column in plan.columns if column.name in used])
    no_target = plan.values.isna().to_numpy()
    without_target = int(no_target.sum())
    any_gone = no_target.copy()
    for column in gone:
        any_gone |= _gone(plan, table, column)
    n, rows = int(any_gone.sum()), len(table)
    plan.incomplete = n
    plan.keep = ~any_gone if wishes.missing == "drop" else ~no_target
    if wishes.missing == "drop":
        plan.dropped = n
    elif wishes.missing == "fill":
        plan.dropped = without_target
        for column in gone:
            how = "mean" if column.kind == "number" else "most frequent value"
            plan.doing[column.name] += f"; {column.missing:,} missing filled with the {how}"
        if without_target:
            plan.notes.append(Finding(f"{_rows(without_target)} without {wishes.target!r}: left out"))
    elif n:
        plan.problems.append(_refusal(file, wishes, gone, without_target, int(any_gone.argmax()), n, rows))
    if plan.dropped and wishes.missing == "drop":
        plan.notes.append(Finding(f"{plan.dropped:,} of {rows:,} rows are left out: a value is missing"))
    if rows and plan.dropped == rows:
        remedies: dict[Remedy, str] = (
            {"leave-some-out": "", "fill": FILLED} if without_target < rows else {"target": ""}
        )
        plan.problems.append(Finding("lacks a value in every row", remedies=remedies))


def _consider_memory(plan: Plan, rows: int) -> None:
    inputs = sum(len(made.inputs) for made in plan.fields)
    rows -= plan.dropped
    needed, free = rows * inputs * BYTES_PER_INPUT, free_memory()
    if needed > free:
        what = (
            f"makes {inputs:,} inputs for each of {rows:,} rows: {needed / 1e9:,.1f} GB of memory, of "
            f"{free / 1e9:,.1f} GB free; take a part of its rows"
        )
        plan.problems.append(Finding(what, remedies={"leave-some-out": ""}))


def _gone(plan: Plan, table: pd.DataFrame, column: Column) -> NDArray[np.bool_]:
    texts = plan.texts.get(column.name)
    return table[column.name].isna().to_numpy() if texts is None else texts.of_row < 0


def _refusal(
    file: TableFile, wishes: Wishes, gone: Sequence[Column], without_target: int, first: int, n: int, rows: int
) -> Finding:
    where = [(column.name, column.missing) for column in gone]
    where += [(wishes.target, without_target)] if without_target else []
    remedies: dict[Remedy, str] = {"drop": f"{rows - n:,} of {rows:,} rows"}
    if gone:
        remedies["fill"] = FILLED
    if len(where) == 1:
        name, count = where[0]
        return Finding(f"has no value in {_rows(count)}, first in {file.place(first)}", name, remedies)
    total = sum(count for _name, count in where)
    shown = ", ".join(f"{name!r} {count:,}" for name, count in where[:5]) + (", …" if len(where) > 5 else "")
    what = f"lacks {total:,} values in {len(where):,} columns ({shown}), first in {file.place(first)}"
    return Finding(what, remedies=remedies)


def _rows(n: int) -> str:
    return f"{n:,} row" + ("" if n == 1 else "s")
