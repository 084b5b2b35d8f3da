"""Rows that lack a value: refused, left out, filled in, or a category of their own, by column where that is wished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.tables.columns import Column, some_missing
from core.tables.finding import Finding, Remedy, as_texts
from core.tables.read import TableFile, literally
from core.tables.wishes import Missing, Wishes, as_pairs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.tables.plan import Plan

FILLED = "mean or most frequent value"
MOST = 0.5
"""Share of missing values from which on what is filled in says more than what was there."""


def consider_missing(plan: Plan, file: TableFile, table: pd.DataFrame, wishes: Wishes) -> None:
    """Which rows are kept, what is done with gaps, and what stands against that."""
    assert plan.values is not None
    used = {made.name for made in plan.fields}
    gone = some_missing([column for column in plan.columns if column.name in used])
    no_target = plan.values.isna().to_numpy()
    by_way: dict[Missing, NDArray[np.bool_]] = {way: np.zeros(len(table), dtype=bool) for way in ("refuse", "drop")}
    any_gone = no_target.copy()
    for column in gone:
        rows = _gone(plan, table, column)
        any_gone |= rows
        way = wishes.way(column.name)
        if way in by_way:
            by_way[way] |= rows
    without_target, of_target = int(no_target.sum()), wishes.way(wishes.target)
    by_way["refuse" if of_target == "refuse" else "drop"] |= no_target
    plan.incomplete = int(any_gone.sum())
    plan.keep = ~(by_way["drop"] | no_target)
    plan.dropped = int(by_way["drop"].sum())
    refused = [column for column in gone if wishes.way(column.name) == "refuse"]
    if refused or (without_target and of_target == "refuse"):
        plan.problems.append(_refusal(file, wishes, refused, by_way["refuse"], ~plan.keep, without_target))
    for column in gone:
        _fill(plan, column, wishes)
        if wishes.way(column.name) in ("fill", "drop"):
            _note_code(plan, file, table, column, wishes)
    _note_dropped(plan, gone, wishes, without_target, len(table))


def _note_dropped(plan: Plan, gone: Sequence[Column], wishes: Wishes, without_target: int, rows: int) -> None:
    assert plan.values is not None
    dropping = wishes.way(wishes.target) == "drop" or any(wishes.way(column.name) == "drop" for column in gone)
    if plan.dropped and dropping:
        plan.notes.append(Finding(f"{plan.dropped:,} of {rows:,} rows are left out: a value is missing"))
    elif plan.dropped:
        plan.notes.append(Finding(f"{_rows(without_target)} without {str(plan.values.name)!r}: left out"))
    if rows and plan.dropped == rows:
        remedies: dict[Remedy, str] = (
            {"leave-some-out": "", "fill": FILLED} if without_target < rows else {"target": ""}
        )
        plan.problems.append(Finding("lacks a value in every row", remedies=remedies))


def _fill(plan: Plan, column: Column, wishes: Wishes) -> None:
    """What is done with the gaps of a column, and what that makes of it."""
    way = wishes.way(column.name)
    number, known = column.kind == "number", int(len(plan.values) - column.missing)  # type: ignore[arg-type]
    with_what = "mean" if number else "most frequent value"
    if way == "fill":
        plan.doing[column.name] += f"; {column.missing:,} missing filled with the {with_what}"
    elif way == "category" and column.kind == "category":
        plan.doing[column.name] += f", one of them for {column.missing:,} missing"
    elif way == "category":
        plan.doing[column.name] += f"; {column.missing:,} missing filled with the {with_what}, and told by an input"
    if way in ("refuse", "category"):
        return
    only = only_value(column)
    remedies: dict[Remedy, str] = {"fill-column": as_category(wishes, column.name)}
    gaps = f"has no value in {_rows(column.missing)}"
    if only:
        then = "filled in it says" if way == "fill" else "without these it says"
        what = f"{gaps}, and is {only} in all others: {then} the same in every row"
        plan.notes.append(Finding(what, column.name, remedies))
    elif way == "fill" and column.missing > MOST * (known + column.missing):
        what = f"{gaps}, more than have one: most of it would be the {with_what}"
        plan.notes.append(Finding(what, column.name, remedies))


def _note_code(plan: Plan, file: TableFile, table: pd.DataFrame, column: Column, wishes: Wishes) -> None:
    """Among codes of two letters NA may be one of them: Namibia, North America."""
    codes = column.kind == "category" and all(len(name) == 2 and name.isupper() for name in column.categories)
    if not codes or file.dialect is None:
        return
    n = int((literally(file, table, column.name, missing=()) == "NA").sum())
    if n:
        remedies: dict[Remedy, str] = {"fill-column": as_category(wishes, column.name)}
        plan.notes.append(Finding(f"says NA in {_rows(n)}, which is taken for no value", column.name, remedies))


def only_value(column: Column) -> str:
    """Of a column that says the same wherever it says anything; else empty."""
    if column.kind == "category" and len(column.categories) == 1:
        return column.categories[0][:40]
    if column.kind == "number" and column.minimum == column.maximum and column.minimum is not None:
        return f"{column.minimum:g}"
    return ""


def as_category(wishes: Wishes, name: str) -> str:
    """The value of `dataset.missing_by_column` that adds this column."""
    return as_texts(*as_pairs({**wishes.by_column, name: "category"}))


def _gone(plan: Plan, table: pd.DataFrame, column: Column) -> NDArray[np.bool_]:
    texts = plan.texts.get(column.name)
    return table[column.name].isna().to_numpy() if texts is None else texts.of_row < 0


def _refusal(
    file: TableFile,
    wishes: Wishes,
    gone: Sequence[Column],
    refused: NDArray[np.bool_],
    dropped: NDArray[np.bool_],
    without_target: int,
) -> Finding:
    """`refused`: rows that stand against training; `dropped`: those that are left out anyway."""
    rows, first = len(refused), int(refused.argmax())
    where = [(column.name, column.missing) for column in gone]
    where += [(wishes.target, without_target)] if without_target and wishes.way(wishes.target) == "refuse" else []
    only = [column.name for column in gone if only_value(column)]
    remedies: dict[Remedy, str] = {"fill-column": as_category(wishes, only[0])} if only else {}
    remedies["drop"] = f"{rows - int((refused | dropped).sum()):,} of {rows:,} rows"
    if gone:
        remedies["fill"] = FILLED
    if gone and not only:
        remedies["category"] = ""
    if len(where) == 1:
        name, count = where[0]
        written = "".join(f", written {text!r}" for column in gone for text, _n in column.dashes[:1])
        alone = f", and is {only_value(gone[0])} in all others" if only else ""
        return Finding(f"has no value in {_rows(count)}{written}, first in {file.place(first)}{alone}", name, remedies)
    total = sum(count for _name, count in where)
    shown = ", ".join(f"{name!r} {count:,}" for name, count in where[:5]) + (", …" if len(where) > 5 else "")
    what = f"lacks {total:,} values in {len(where):,} columns ({shown}), first in {file.place(first)}"
    return Finding(what, remedies=remedies)


def _rows(n: int) -> str:
    return f"{n:,} row" + ("" if n == 1 else "s")
