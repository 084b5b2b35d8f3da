"""What people should know of single columns before anything is trained on them: how they were read, what may be no
value there, what may be no number. Needs no torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from core.tables.columns import SOME_OTHERS, Column
from core.tables.finding import Finding, Remedy, as_texts
from core.tables.looks import DOUBTFUL
from core.tables.unusable import has_digit, in_units
from core.tables.wishes import Wishes

_OF_ACCOUNTS = re.compile(r"\(|-'|,\d{3}")
SHARE, FEW = 0.1, 3
"""Rows that are numbers, and different ones, that people are asked about where the other texts are none."""


def remarks(column: Column, wishes: Wishes) -> Iterator[Finding]:
    """On a column that is used."""
    name, told = column.name, wishes.missing_values
    chosen = name in wishes.categories
    if column.readings:
        use: Remedy = "classification" if name == wishes.target else "categories"
        yield Finding(f"is read as numbers: {', '.join(column.readings)}", name, {use: ""})
    for text, n in column.dashes:
        accounts = ", or write 0 where it means that" if text in DOUBTFUL and _is_of_accounts(column) else ""
        yield Finding(f"has {text!r} in {_rows(n)}, taken for a missing value{accounts}", name)
    for number, n in column.far:
        remedy = as_texts(*told, f"{number:.12g}")
        what = f"has {number:.12g} in {_rows(n)}, far from the others: perhaps a missing value"
        yield Finding(what, name, {"missing-values": remedy})
    if column.zeros and not column.zeros.startswith("+"):
        what = f"is written with leading zeros, such as {column.zeros}, and read as numbers"
        yield Finding(what, name, {"categories": ""})
    if column.kind not in ("category", "yes-no"):
        return
    counts = dict(zip(column.categories, column.counts, strict=True))
    for text, n in counts.items():
        if text.casefold() in DOUBTFUL and not ("+" in counts and text == "-"):
            what = f"has {text!r} in {_rows(n)}, taken for a {'class' if name == wishes.target else 'category'}"
            yield Finding(what, name, {"missing-values": as_texts(*told, text)})
    yield from variants(name, column.categories, column.counts)
    if not chosen and name != wishes.target:
        yield from _numbers_among(column, told)


def _is_of_accounts(column: Column) -> bool:
    """Whether its numbers are written as accountants do, for whom a dash is 0."""
    return bool(column.sign) or any(_OF_ACCOUNTS.search(each) for each in column.readings)


def _numbers_among(column: Column, told: Sequence[str]) -> Iterator[Finding]:
    """Numbers that became categories."""
    rows = sum(column.counts)
    if len(column.units) > 1:
        what = f"holds numbers in several units, {in_units(column)}, taken for categories; write all in one unit"
        yield Finding(what, column.name)
        return
    different = len(column.categories) - len(column.others)
    if column.numbers >= SHARE * rows and different >= FEW and len(column.others) < SOME_OTHERS:
        shown = ", ".join(map(repr, column.others[:3]))
        what = f"holds {column.numbers:,} numbers, and {column.n_others:,} cells that are none, such as {shown}: taken "
        remedies: dict[Remedy, str] = {}
        if not any(map(has_digit, column.others)):
            remedies["missing-values"] = as_texts(*told, *column.others)
        yield Finding(what + "for categories", column.name, remedies)


def variants(name: str, categories: Sequence[str], counts: Sequence[int]) -> Iterator[Finding]:
    """Categories, or classes, that differ in case or blanks only."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for category, n in zip(categories, counts, strict=True):
        groups.setdefault(_bare(category), []).append((category, n))
    several = [group for group in groups.values() if len(group) > 1]
    if several:
        shown = ", ".join(f"{category!r} ({n:,})" for category, n in several[0][:4])
        more = f", and {len(several) - 1} more such group{'s' if len(several) > 2 else ''}" if len(several) > 1 else ""
        yield Finding(f"has {shown}, which differ in case or blanks only{more}; write them alike if they are", name)


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _rows(n: int) -> str:
    return f"{n:,} row" + ("" if n == 1 else "s")
