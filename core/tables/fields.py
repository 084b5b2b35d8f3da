"""The columns that a network learns from, and raw values as their codes. Needs no torch.

A code is a number, 0 or 1 for no or yes, or the index of a category; NaN where the value is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.tables.columns import NO, YES, Texts, is_numeric
from core.tables.looks import number_of

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "nan", "na", "n/a", "null", "none", "-nan", "<na>", "#n/a", "?")
"""Texts that stand for no value, in small letters: those that are taken for it in a file."""


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


def codes_of_column(
    field: Field, values: pd.Series[Any], place: Callable[[int], str], texts: Texts | None = None
) -> NDArray[np.float64]:
    """One column of a table (n,) as codes (n,). `texts`: of these values, if they are known. Raises ValueError,
    naming `place(row)`, for what the field does not know; the subject of its sentence is the column."""
    if field.kind == "number" and is_numeric(values):
        return values.to_numpy(dtype="float64", na_value=math.nan)
    texts = texts or Texts.of(values)
    if field.kind == "number":
        numbers = [number_of(name) for name in texts.names]
        if None in numbers:
            wrong = numbers.index(None)
            text = f"{texts.names[wrong][:40]!r} in {place(texts.row_of(wrong))}"
            raise ValueError(f"has {text}, which is no number")
        return np.array([*numbers, math.nan], dtype=np.float64)[texts.of_row]
    known = {category: i for i, category in enumerate(field.categories)}
    words = dict.fromkeys(YES, 1) | dict.fromkeys(NO, 0) if field.kind == "yes-no" else {}
    codes = [known.get(name, known.get(_as_whole(name), words.get(name.casefold(), -1))) for name in texts.names]
    if -1 in codes:
        wrong = codes.index(-1)
        name, where = texts.names[wrong][:40], place(texts.row_of(wrong))
        raise ValueError(f"has {name!r} in {where}, which is none of {_categories(field)}")
    return np.array([*codes, math.nan])[texts.of_row]  # -1, for missing, is the last one


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
        number = number_of(text)
        if number is None:
            raise UserError(f"{where}: must be a number, such as 1234.5")
        return number
    if field.kind == "yes-no":
        for code, words in ((0.0, NO), (1.0, YES)):
            if text.casefold() in (field.categories[int(code)].casefold(), *words):
                return code
    whole = _as_whole(text)
    if whole in field.categories:
        return float(field.categories.index(whole))
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
