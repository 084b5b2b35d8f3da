"""How a table spells that it has no value: what everybody knows, and what the user adds (`dataset.missing_values`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.tables.looks import AMONG_NUMBERS, MISSING
from core.tables.numbers import MARKS, plain_number

if TYPE_CHECKING:
    import pandas as pd

_KNOWN = {text.casefold() for text in MISSING}


@dataclass(frozen=True)
class Spellings:
    """Those that the user adds. Numbers are compared as numbers: -999 is -999.0."""

    added: tuple[str, ...] = ()

    @cached_property
    def numbers(self) -> frozenset[float]:
        found = (plain_number(text, mark) for text in self.added for mark in MARKS)
        return frozenset(number for number in found if number is not None)

    def has(self, text: str) -> bool:
        """Whether a text is one of them."""
        if text in self.added:
            return True
        return bool(self.numbers) and any(plain_number(text, mark) in self.numbers for mark in MARKS)

    def masked(self, values: pd.Series[Any]) -> pd.Series[Any]:
        """The values of a column, without those that are none."""
        import pandas as pd

        if not self.added or pd.api.types.is_bool_dtype(values):
            return values
        if pd.api.types.is_numeric_dtype(values):
            return values.mask(values.isin(list(self.numbers))) if self.numbers else values
        if not (values.dtype == object or pd.api.types.is_string_dtype(values)):
            return values
        if pd.api.types.infer_dtype(values, skipna=True) not in ("string", "mixed", "mixed-integer", "decimal"):
            return values
        gone = [value for value in _different(values) if self.has(str(value).strip())]
        return values.mask(values.isin(gone)) if gone else values


def _different(values: pd.Series[Any]) -> Sequence[Any]:
    try:
        return list(values.dropna().unique())
    except TypeError:  # lists, of Parquet
        return []


def mask_missing(table: pd.DataFrame, added: Sequence[str]) -> None:
    """Take the user's spellings out of all columns of a table, in place."""
    spellings = Spellings(tuple(added))
    if not added:
        return
    for name in table.columns:
        column = table[name]
        masked = spellings.masked(column)
        if masked is not column:
            table[name] = masked


def says_nothing(text: str, *, among_numbers: bool = False) -> bool:
    """Whether everybody takes a text for no value."""
    folded = text.strip().casefold()
    return folded in _KNOWN or (among_numbers and folded in AMONG_NUMBERS)
