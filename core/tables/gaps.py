"""Rows that lack a value: refused, left out, filled in, or a category of their own, by column where that is wished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.tables.columns import Column, some_missing
from core.tables.finding import Finding, Remedy, as_texts
from core.tables.read import TableFile, all_literally
from core.tables.wishes import Missing, Wishes, as_pairs

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.tables.wishes import Plan

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
    codes = _codes(file, table, [column for column in gone if wishes.way(column.name) != "category"])
    if refused or (without_target and of_target == "refuse"):
        problem = _refusal(file, wishes, refused, codes, by_way["refuse"], ~plan.keep, without_target)
        plan.problems.append(problem)
    for column in gone:
        _fill(plan, column, wishes)
        if wishes.way(column.name) in ("fill", "drop") and column.name in codes:
            code, n = codes[column.name]
            remedies: dict[Remedy, str] = {"fill-column": as_category(wishes, column.name)}
            plan.notes.append(Finding(f"says {code} in {_rows(n)}, which is taken for no value", column.name, remedies))
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


def _codes(file: TableFile, table: pd.DataFrame, columns: Sequence[Column]) -> dict[str, tuple[str, int]]:
    """Of columns of codes of two letters, among which NA may be one, Namibia or North America: how it is written, and
    the rows that have it. The file is read once for all of them."""
    words = {column.name: _na_among(column.categories) for column in columns if column.kind == "category"}
    words = {name: word for name, word in words.items() if word}
    if not words or file.dialect is None:
        return {}
    texts = all_literally(file, table, list(words), missing=())
    counts = {name: int((texts[name] == word).sum()) for name, word in words.items()}
    return {name: (words[name], n) for name, n in counts.items() if n}


def _na_among(names: Sequence[str]) -> str:
    """NA in the case of codes of two letters; of other texts nothing."""
    letters = all(len(name) == 2 and name.isalpha() for name in names)
    return (
        "NA" if letters and all(map(str.isupper, names)) else "na" if letters and all(map(str.islower, names)) else ""
    )


def only_value(column: Column) -> str:
    """Of a column that says the same wherever it says anything; else empty."""
    if column.kind == "category" and len(column.categories) == 1:
        return column.categories[0][:40]
    if column.kind == "number" and column.minimum == column.maximum and column.minimum is not None:
        return f"{column.minimum:g}"
    return ""


def as_category(wishes: Wishes, *names: str) -> str:
    """The value of `dataset.missing_by_column` that adds these columns."""
    return as_texts(*as_pairs({**wishes.by_column, **dict.fromkeys(names, "category")}))


def _gone(plan: Plan, table: pd.DataFrame, column: Column) -> NDArray[np.bool_]:
    texts = plan.texts.get(column.name)
    return table[column.name].isna().to_numpy() if texts is None else texts.of_row < 0


def _refusal(
    file: TableFile,
    wishes: Wishes,
    gone: Sequence[Column],
    codes: Mapping[str, tuple[str, int]],
    refused: NDArray[np.bool_],
    dropped: NDArray[np.bool_],
    without_target: int,
) -> Finding:
    """`codes`: of `_codes`. `refused`: rows that stand against training; `dropped`: those that are left out anyway."""
    rows, first = len(refused), int(refused.argmax())
    where = [(column.name, column.missing) for column in gone]
    where += [(wishes.target, without_target)] if without_target and wishes.way(wishes.target) == "refuse" else []
    only = [column.name for column in gone if only_value(column)]
    coded = [column.name for column in gone if column.name in codes]
    apart = [*only[:1], *(name for name in coded if name not in only[:1])]
    remedies: dict[Remedy, str] = {"fill-column": as_category(wishes, *apart)} if apart else {}
    remedies["drop"] = f"{rows - int((refused | dropped).sum()):,} of {rows:,} rows"
    if gone:
        remedies["fill"] = FILLED
    if gone and not apart:
        remedies["category"] = ""
    if len(where) == 1:
        name, count = where[0]
        written = "".join(f", written {text!r}" for column in gone for text, _n in column.dashes[:1])
        written += "".join(f", {_as_code(*codes[name], count)}" for name in coded)
        alone = f", and is {only_value(gone[0])} in all others" if only else ""
        return Finding(f"has no value in {_rows(count)}{written}, first in {file.place(first)}{alone}", name, remedies)
    total = sum(count for _name, count in where)
    shown = ", ".join(f"{name!r} {count:,}" for name, count in where[:5]) + (", …" if len(where) > 5 else "")
    what = f"lacks {total:,} values in {len(where):,} columns ({shown}), first in {file.place(first)}"
    if coded:
        them = " and ".join(f"{name!r} {codes[name][1]:,}" for name in coded[:2]) + (", …" if len(coded) > 2 else "")
        what += f", written {codes[coded[0]][0]!r} among codes of two letters: {them}"
    return Finding(what, remedies=remedies)


def _as_code(code: str, n: int, of: int) -> str:
    return (
        f"written {code!r} among codes of two letters"
        if n == of
        else f"{n:,} of them {code!r} among codes of two letters"
    )


def _rows(n: int) -> str:
    return f"{n:,} row" + ("" if n == 1 else "s")
