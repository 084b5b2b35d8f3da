"""The columns that a network learns from, and raw values as their codes. Needs no torch.

A code is a number, 0 or 1 for no or yes, or the index of a category; NaN where the value is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.errors import UserError
from core.tables.columns import NO, YES, as_texts

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "nan", "na", "n/a", "null", "none", "-nan", "<na>", "#n/a")
"""Texts that stand for no value, in small letters: those that pandas takes for it."""


@dataclass(frozen=True)
class Field:
    """One column that a network learns from."""

    name: str
    kind: Literal["number", "yes-no", "category"] = "number"
    categories: tuple[str, ...] = ()
    """In the order of their inputs; of yes-no the words for no and yes."""
    fill: float | None = None
    """The code of a missing value; None: none may be missing."""

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs it becomes."""
        if self.kind == "category":
            return [f"{self.name}={category}" for category in self.categories]
        return [self.name]


def codes_of_column(field: Field, values: pd.Series[Any], place: Callable[[int], str]) -> np.ndarray[Any, Any]:
    """One column of a table (n,) as codes (n,). Raises UserError, naming `place(row)`, for what the field does not
    know."""
    import pandas as pd

    gone = values.isna().to_numpy()
    if field.kind == "number":
        numbers = pd.to_numeric(values, errors="coerce")
        codes = numbers.to_numpy(dtype="float64", na_value=math.nan)
        bad = np.flatnonzero(np.isnan(codes) & ~gone)
        if len(bad):
            text = str(values.iloc[int(bad[0])])[:40]
            raise UserError(f"column {field.name!r}: {text!r} in {place(int(bad[0]))} is no number")
        return codes
    texts = as_texts(values)
    known = {category: i for i, category in enumerate(field.categories)}
    if field.kind == "yes-no":
        known |= dict.fromkeys(YES, 1) | dict.fromkeys(NO, 0)
        known |= {category.casefold(): i for i, category in enumerate(field.categories)}
        texts = texts.str.casefold()
    codes = texts.map(known).to_numpy(dtype="float64", na_value=math.nan)
    codes[gone] = math.nan
    bad = np.flatnonzero(np.isnan(codes) & ~gone)
    if len(bad):
        text = str(values.iloc[int(bad[0])])[:40]
        raise UserError(f"column {field.name!r}: {text!r} in {place(int(bad[0]))} is none of {_categories(field)}")
    return codes


def codes_of_row(fields: Sequence[Field], row: Sequence[str | float]) -> list[float]:
    """The typed values of one sample as codes. Raises UserError, naming the value."""
    return [_code(field, value, i) for i, (field, value) in enumerate(zip(fields, row, strict=True), start=1)]


def _code(field: Field, value: str | float, position: int) -> float:
    text = str(value).strip()
    where = f"value {position} ({field.name}) = {text[:40]}"
    if field.kind == "category" and text in field.categories:
        return float(field.categories.index(text))
    if text.casefold() in MISSING:
        if field.fill is None:
            raise UserError(f"value {position} ({field.name}) is missing, and the network was not trained to fill it")
        return math.nan
    if field.kind == "number":
        try:
            return float(text)
        except ValueError:
            raise UserError(f"{where}: must be a number") from None
    if field.kind == "yes-no":
        for code, words in ((0.0, NO), (1.0, YES)):
            if text.casefold() in (field.categories[int(code)].casefold(), *words):
                return code
    number = _as_whole(text)
    if number in field.categories:
        return float(field.categories.index(number))
    raise UserError(f"{where}: is none of {_categories(field)}")


def _as_whole(text: str) -> str:
    """`3` for `3.0`, as categories that are numbers are called."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else text


def _categories(field: Field) -> str:
    shown = ", ".join(field.categories[:8])
    return shown + (f", … ({len(field.categories)} in all)" if len(field.categories) > 8 else "")
