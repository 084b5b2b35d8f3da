"""Looking at the columns of a table, each once: as it is, or as categories, where its own text counts, 007 and 0,50."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from core.tables.columns import Column, Texts, is_integer, is_numeric, understand
from core.tables.leading_zeros import leading_zeros
from core.tables.missing import Spellings
from core.tables.read import TableFile, literally
from core.tables.wishes import Wishes

if TYPE_CHECKING:
    import pandas as pd

Looked: TypeAlias = dict[tuple[str, bool], tuple[Column, Texts | None]]
"""What was found of each column, as it is or as categories."""


def columns_of(file: TableFile, table: pd.DataFrame, wishes: Wishes, looked: Looked) -> list[Column]:
    """All of a table, in its order; what is not in `looked` is looked at, and added."""
    names = [str(name) for name in table.columns]
    if not any((name, False) in looked for name in names):
        odd = leading_zeros(file, table)
        for name in names:
            if name in odd.examples or (odd.whole and not odd.examples and is_integer(table[name])):
                column, texts = look_at(file, table, name, wishes, looked)
                column = replace(column, zeros=odd.examples.get(name, ""), plain=name not in odd.examples)
                looked[name, False] = (column, texts)
    found = [look_at(file, table, name, wishes, looked, as_category=name in wishes.categories)[0] for name in names]
    file.find_places(column.example_row for column in found if column.example_row is not None)  # in one pass
    return found


def look_at(
    file: TableFile, table: pd.DataFrame, name: str, wishes: Wishes, looked: Looked, *, as_category: bool = False
) -> tuple[Column, Texts | None]:
    """One column, and its texts unless it is one of numbers. Raises DataError where the file can no longer be read."""
    if (name, as_category) not in looked:
        values = table[name]
        if as_category and is_numeric(values):
            values = Spellings(wishes.missing_values).masked(literally(file, table, name))
        looked[name, as_category] = understand(values, file.marks, as_category=as_category)
    return looked[name, as_category]
