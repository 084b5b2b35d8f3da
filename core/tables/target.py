"""The column that is predicted: classes or a value, how its values are told apart, and what stands against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.tables.class_names import class_texts
from core.tables.columns import FEW, Column, Texts, is_numeric
from core.tables.fields import Field, codes_of_column
from core.tables.finding import Finding, Remedy
from core.tables.looking import Looked, look_at
from core.tables.looks import NO_VALUE, NOT_SAID
from core.tables.missing import Spellings
from core.tables.read import TableFile, literally
from core.tables.unusable import unusable

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.wishes import Plan, Wishes

MAX_CLASSES = 20
"""A target of whole numbers with at most this many different ones is taken for classes."""
MOST_CLASSES = 1000


def understand_target(plan: Plan, file: TableFile, table: pd.DataFrame, wishes: Wishes, looked: Looked) -> None:
    """Its values, its task, and why; or a problem. `looked`: what was found of the table's columns."""
    import pandas as pd

    column = plan.column(wishes.target)
    assert column is not None
    values = _target_values(plan, file, table, column, wishes)
    known = values.dropna()
    texts = plan.texts.get(wishes.target)
    chosen, truths = wishes.target in wishes.categories, pd.api.types.is_bool_dtype(table[wishes.target])
    if texts is not None and not column.missing and pd.api.types.is_string_dtype(values) and (chosen or not truths):
        plan.classes = texts  # looked at already
    numeric = is_numeric(values)
    distinct = int(known.nunique()) if plan.classes is None else len(plan.classes.names)
    plan.values = values
    whole = numeric and bool((known % 1 == 0).all())
    if not len(known):
        plan.task, plan.why = "classification", "nothing is known of it"
    elif wishes.task != "auto":
        plan.task, plan.why = wishes.task, "as you said"
    elif not numeric:
        plan.task, plan.why = "classification", f"its values are text, {distinct:,} different ones"
    elif whole and distinct <= MAX_CLASSES:
        plan.task, plan.why = "classification", f"its values are whole numbers, {distinct} different ones"
    else:
        shape = f"{distinct:,} different whole numbers" if whole else "numbers with fractions"
        plan.task, plan.why = "regression", f"its values are {shape}"
    if plan.task == "classification" and len(known) and not chosen and not column.plain and (numeric or truths):
        _, texts = look_at(file, table, column.name, wishes, looked, as_category=True)
        if texts is not None and file.dialect is not None:
            before, distinct = distinct, _name_classes(plan, texts)
            if distinct != before:
                plan.why = plan.why.replace(f"{before} different ones", f"written as {distinct} different ones")
    target, problem = wishes.target, _odd_target(file, column, wishes, distinct)
    if not len(known):
        problem = Finding("is empty", target, {"target": ""})
    elif problem is None and plan.task == "classification" and distinct > MOST_CLASSES:
        what = f"has {distinct:,} classes, at most {MOST_CLASSES:,} can be told apart"
        as_number: dict[Remedy, str] = {"regression": ""} if numeric else {}
        problem = Finding(what, target, {**as_number, "target": ""})
    elif problem is None and plan.task == "regression" and not numeric:
        problem = Finding("is not numeric", target, {"classification": "", "target": ""})
    elif problem is None and plan.task == "regression" and column.example_row is not None:
        what = f"holds {column.example} in {file.place(column.example_row)}"
        problem = Finding(what, target, {"correct": "", "target": ""})
    if problem is not None:
        plan.problems.append(problem)


def _target_values(plan: Plan, file: TableFile, table: pd.DataFrame, column: Column, wishes: Wishes) -> pd.Series[Any]:
    """As they are told apart: numbers, or texts without blanks around them. A class may be called NA, unless rows
    without a value are dropped."""
    import pandas as pd

    values, name = table[column.name], column.name
    if name in wishes.categories and is_numeric(values) and column.kind != "empty":
        return plan.texts[name].series(values)
    if column.kind == "nested":
        return values.map(str, na_action="ignore")
    if column.kind == "number" and not is_numeric(values):
        field = Field(name, mark=column.mark, sign=column.sign, scaled=column.scaled)
        codes = codes_of_column(field, values, file.place, plan.texts[name])
        numbers = pd.Series(codes, values.index, name=name)
        if column.sign or numbers.nunique() == values.nunique():  # else they are too large to be told apart
            return numbers
    if column.missing and (not is_numeric(values) or column.kind == "empty"):
        dropping = wishes.way(name) == "drop"
        values = literally(file, table, name, (*NO_VALUE, *NOT_SAID) if dropping else NO_VALUE)
        values = Spellings(wishes.missing_values).masked(values)
        _note_classes_of_nothing(plan, values)
    if is_numeric(values) and not pd.api.types.is_bool_dtype(values):
        return values
    if file.dialect is not None and pd.api.types.is_string_dtype(values):
        return values  # without blanks already
    return values.map(lambda value: str(value).strip(), na_action="ignore")


def _name_classes(plan: Plan, texts: Texts) -> int:
    """Give classes of numbers, or of truths, the names that they have in the file, where they are not written plainly.
    How many there are then."""
    assert plan.values is not None
    names, note = class_texts(texts.names, str(plan.values.name))
    if note is not None:
        plan.notes.insert(0, note)
    if names is None:
        return int(plan.values.nunique())
    plan.values = texts.series(plan.values)
    plan.classes = texts if (texts.of_row >= 0).all() else None
    return len(names)


def _note_classes_of_nothing(plan: Plan, values: pd.Series[Any]) -> None:
    counts = values[values.isin(NOT_SAID)].value_counts()
    if len(counts):
        name, n = str(counts.index[0]), int(counts.iloc[0])
        what = f"has {name} in {n:,} row{'' if n == 1 else 's'}, taken for a class, not for a missing value"
        rows = f"{len(values) - int(counts.sum()):,} of {len(values):,} rows"
        plan.notes.insert(0, Finding(what, str(values.name), {"drop": rows}))


def _odd_target(file: TableFile, column: Column, wishes: Wishes, distinct: int) -> Finding | None:
    """Why a column that would be unusable as a feature is no target either, unless its task was told."""
    odd = column.kind in ("date", "mixed") and distinct > MAX_CLASSES
    if column.kind != "nested" and (not odd or wishes.task != "auto"):
        return None
    problem = unusable(column, file.place(column.example_row or 0))
    assert problem is not None
    unfit: tuple[Remedy, ...] = ("leave-out", "categories", "parts")
    remedies = {remedy: detail for remedy, detail in problem.remedies.items() if remedy not in unfit}
    if column.kind != "nested":
        remedies["classification"] = ""
    return replace(problem, remedies={**remedies, "target": ""})


def consider_classes(plan: Plan, target: str) -> None:
    """Whether the rows that are kept have classes to tell apart."""
    if plan.keep is None or plan.values is None:
        return
    if plan.task != "classification":
        known = plan.values[plan.keep].dropna()
        if len(known) and is_numeric(known) and known.min() == known.max():
            what = f"is {known.iloc[0]:g} in every row: there is nothing to predict"
            plan.problems.append(Finding(what, target, {"target": ""}))
        return
    texts = plan.classes if plan.classes is not None and not plan.dropped else Texts.of(plan.values[plan.keep])
    if len(texts.names) == 1:
        left = " that is left" if plan.dropped else ""
        what = f"is {texts.names[0][:40]} in every row{left}: there is nothing to tell apart"
        plan.problems.append(Finding(what, target, {"target": ""}))
    alone = [name for name, count in zip(texts.names, texts.counts(), strict=True) if count == 1]
    if len(alone) == len(texts.names) >= FEW:
        what = f"has another class in each of {len(alone):,} rows: there is nothing to learn"
        plan.problems.append(Finding(what, target, {"target": ""}))
    elif alone and len(texts.names) > 1:
        what = f"has {len(alone):,} of {len(texts.names):,} classes in one row only, such as {alone[0][:40]!r}"
        plan.notes.append(Finding(f"{what}: what is learned of them cannot be tested", target))
