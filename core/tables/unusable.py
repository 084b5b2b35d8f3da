"""Why a column of a table cannot be learned from, and what would help. Needs no torch."""

from __future__ import annotations

from core.tables.columns import MOST_CATEGORIES, SOME_OTHERS, Column
from core.tables.finding import Finding, Remedy, as_texts

FEW = 0.2
"""Share of cells that may stand for no value: where more are no numbers, they say something."""


def unusable(column: Column, place: str) -> Finding | None:
    """Why a network cannot take this column in; None where it can. `place`: where `example_row` is."""
    name = column.name
    match column.kind:
        case "date":
            what = f"holds dates or times, such as {column.example} in {place}"
            return Finding(what, name, {"leave-out": "", "parts": "", "categories": ""})
        case "nested":
            return Finding(f"holds lists, such as {column.example} in {place}", name, {"leave-out": ""})
        case "text" if len(column.units) > 1:
            units = in_units(column)
            what = f"holds numbers in several units: {units}, such as {column.example!r} in {place}; write all in one"
            return Finding(what, name, {"leave-out": ""})
        case "text":
            what = f"has {column.distinct:,} different texts, such as {column.example!r} in {place}, at most "
            return Finding(what + f"{MOST_CATEGORIES} can be categories", name, {"leave-out": ""})
        case "mixed":
            return _mixed(column, place)
        case "number" if column.example_row is not None:
            return Finding(f"holds {column.example} in {place}", name, {"correct": "", "leave-out": ""})
        case _:
            return None


def _mixed(column: Column, place: str) -> Finding:
    """How many are numbers, what the others look like, and where the first of them is."""
    numbers = f"{column.numbers:,} numbers" + (f" in {column.sign}" if column.sign else "")
    if column.n_others == 1:
        what = f"holds {numbers}, but {column.example!r} in {place} is none"
    else:
        more = "".join(f", {other!r}" for other in column.others[1:3]) + (", …" if len(column.others) > 3 else "")
        what = f"holds {numbers}, but {column.n_others:,} cells are none, such as {column.example!r} in {place}{more}"
    remedies: dict[Remedy, str] = {"correct": "", "leave-out": "", "categories": ""}
    few = column.n_others < FEW * (column.numbers + column.n_others)
    if few and len(column.others) < SOME_OTHERS and not any(map(has_digit, column.others)):
        remedies["missing-values"] = as_texts(*column.others)
    return Finding(what, column.name, remedies)


def in_units(column: Column) -> str:
    """`kg (40 rows), g (12 rows)`."""
    shown = [f"{unit or 'none'} ({n:,} row{'' if n == 1 else 's'})" for unit, n in column.units[:4]]
    return ", ".join([*shown, "…"] if len(column.units) > 4 else shown)


def has_digit(text: str) -> bool:
    return any(map(str.isdecimal, text))
