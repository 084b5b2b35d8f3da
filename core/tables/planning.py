"""What becomes of a table: what is predicted, from which columns, and what is done with each; or what stands against
it. The dataset is made by this plan, and people are shown it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from core.system.memory import free_memory
from core.tables.checks import note_repeated, note_totals
from core.tables.columns import Column
from core.tables.fields import Field
from core.tables.finding import Finding, Remedy, as_value
from core.tables.gaps import consider_missing
from core.tables.leaks import note_leaks
from core.tables.looking import Looked, columns_of
from core.tables.read import TableFile
from core.tables.records import some
from core.tables.remarks import remarks
from core.tables.target import consider_classes, understand_target
from core.tables.unusable import unusable
from core.tables.wishes import Plan, Wishes

if TYPE_CHECKING:
    import pandas as pd


MOST_INPUTS = 50_000
BYTES_PER_INPUT = 24
"""Of memory while a value becomes an input, at its most: measured 14 for one of a category, 18 for a number, and what
standardising takes."""
SOME, WHOLE, FEW_FRACTIONS = 1000, 0.1, 3
"""Rows that are looked at first; the share of whole numbers beside which fractions may be thousands; and how many."""


def planned(file: TableFile, table: pd.DataFrame, wishes: Wishes, looked: Looked | None = None) -> Plan:
    """What the table holds is never an error: all of it is in `problems`. `looked`: what was found of this table
    before; what is found now is added. Raises DataError where the file can no longer be read."""
    names = [str(name) for name in table.columns]
    looked = {} if looked is None else looked
    plan = Plan(columns_of(file, table, wishes, looked), notes=list(file.notes))
    as_wished = {column.name: looked[column.name, column.name in wishes.categories] for column in plan.columns}
    plan.texts = {name: texts for name, (_column, texts) in as_wished.items() if texts is not None}
    known = set(names)
    for key in ("features", "leave_out", "categories"):
        unknown = [name for name in getattr(wishes, key) if name not in known]
        if unknown:
            what = f"has no column {unknown[0]!r} (dataset.{key})"
            plan.problems.append(Finding(what, remedies={"choose": some(names, 20)}))
    unknown = [name for name in wishes.by_column if name not in known]
    if unknown:
        what = f"has no column {unknown[0]!r} (dataset.missing_by_column)"
        plan.problems.append(Finding(what, remedies={"choose": some(names, 20)}))
    if wishes.target not in known:
        help_: dict[Remedy, str] = {"choose": some(names, 20)}
        if _may_be_wide(plan.columns, file):
            help_["separator"] = ""
        if file.dialect is not None and not file.dialect.header:
            help_["header"] = ""
        if any("letters" in note.remedies for note in file.notes):
            help_["letters"] = ""
        plan.problems.insert(0, Finding(f"has no column {wishes.target!r}", remedies=help_))
        _choose_features(plan, file, wishes)
        return plan
    both = [name for name in wishes.features if name in wishes.leave_out]
    if both:
        plan.problems.append(Finding("is in dataset.features, and in dataset.leave_out too", both[0]))
    if wishes.target in wishes.features:
        plan.problems.append(Finding("is the target, and in dataset.features too; leave it out there", wishes.target))
    _choose_features(plan, file, wishes)
    understand_target(plan, file, table, wishes, looked)
    consider_missing(plan, file, table, wishes)
    note_repeated(plan, table, drop=wishes.duplicates == "drop")
    consider_classes(plan, wishes.target)
    _consider_memory(plan, len(table))
    _note_columns(plan, wishes)
    note_leaks(plan, table, wishes)
    note_totals(plan, file, table)
    _note_unclear_numbers(plan, file, table, wishes.target)
    for findings in (plan.notes, plan.problems):
        findings[:] = [_with_those_chosen(finding, wishes) for finding in findings]
    return plan


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
        made = _field(column, wishes)
        inputs += len(made.inputs)
        plan.fields.append(made)
        average = ", others as their average" if wishes.unknown == "other" and made.categories else ""
        plan.doing[column.name] = _doing(column, made) + average
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


def _with_those_chosen(finding: Finding, wishes: Wishes) -> Finding:
    """To take a column as categories replaces those that were taken so before, so they are said with it."""
    named = as_value(*dict.fromkeys([*wishes.categories, finding.column]))
    remedies = {each: named if each in ("categories", "keep-apart") else old for each, old in finding.remedies.items()}
    return replace(finding, remedies=remedies)


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


def _note_columns(plan: Plan, wishes: Wishes) -> None:
    used = {made.name for made in plan.fields} | {wishes.target}
    for column in plan.columns:
        if column.name in used:
            plan.notes.extend(remarks(column, wishes))


def _field(column: Column, wishes: Wishes) -> Field:
    way = wishes.way(column.name)
    if way == "category" and not column.missing:
        way = "fill"  # nothing would be learned of an input that is never 1
    made = Field(column.name, missing_values=wishes.missing_values, missing="refuse" if way == "drop" else way)
    if column.kind in ("category", "yes-no"):
        kind: Literal["category", "yes-no"] = "category" if column.kind == "category" else "yes-no"
        return replace(made, kind=kind, categories=column.categories)
    return replace(made, mark=column.mark, sign=column.sign, scaled=column.scaled)


def _doing(column: Column, made: Field) -> str:
    if made.kind == "category":
        return f"one-hot: {len(made.inputs)} inputs"
    if made.kind == "yes-no":
        return f"{made.categories[0]} 0, {made.categories[1]} 1"
    how = f"as it is, without {column.sign}" if column.sign else "as it is"
    return how + (f", though it {column.an_id}" if column.an_id else "")


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
