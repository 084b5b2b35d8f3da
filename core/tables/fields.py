"""The columns that a network learns from, and raw values as their codes. Needs no torch.

A code is a number, 0 or 1 for no or yes, or the index of a category; NaN where the value is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.tables.columns import NO, YES, Texts, is_numeric
from core.tables.looks import MISSING
from core.tables.numbers import MARKS, alike, number_of, numbers_of, sign_of

if TYPE_CHECKING:
    import pandas as pd


RATIOS = ("%", "‰")
"""Signs that a number does not mean the same without."""
_MISSING = {text.casefold() for text in MISSING}


@dataclass(frozen=True)
class Field:
    """One column that a network learns from."""

    name: str
    kind: Literal["number", "yes-no", "category"] = "number"
    categories: tuple[str, ...] = ()
    """In the order of their inputs; of yes-no the words for no and yes."""
    fill: float | None = None
    """The code of a missing value; None: none may be missing."""
    mark: str = "."
    """The decimal mark of its numbers, where they are texts."""
    sign: str | None = None
    """Of percent or money, which its numbers had; None where that is not known."""

    @property
    def marks(self) -> tuple[str, ...]:
        """Decimal marks that its numbers may have, its own first."""
        return (self.mark, *(mark for mark in MARKS if mark != self.mark))

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
    import pandas as pd

    if field.kind == "number" and is_numeric(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy(dtype="float64", na_value=math.nan)
    if texts is None:
        known = values.first_valid_index()
        if known is not None and not isinstance(values[known], Hashable):  # of Parquet
            raise ValueError("holds lists")
        texts = Texts.of(values)
    if field.kind == "number":
        found = numbers_of(texts.names, field.marks)
        if found is not None and found.sign in RATIOS and field.sign not in (found.sign, None):
            what = f"has {texts.names[0][:40]!r} in {place(texts.row_of(0))}, and the network was trained on numbers"
            raise ValueError(f"{what} without {found.sign}; write them as those were")
        if found is None:
            wrong = alike(texts.names, field.marks).index(False)
            text = f"{texts.names[wrong][:40]!r} in {place(texts.row_of(wrong))}"
            raise ValueError(f"has {text}, which is no number as the others are")
        return np.array([*found.values, math.nan])[texts.of_row]
    codes = [index_of(field, name) for name in texts.names]
    if -1 in codes:
        wrong = codes.index(-1)
        name, where = texts.names[wrong][:40], place(texts.row_of(wrong))
        raise ValueError(f"has {name!r} in {where}, which is none of {_categories(field)}")
    return np.array([*codes, math.nan])[texts.of_row]  # -1, for missing, is the last one


def codes_of_row(fields: Sequence[Field], row: Sequence[str | float]) -> list[float]:
    """The typed values of one sample as codes. Raises UserError, naming the value."""
    return [_code(field, value, i) for i, (field, value) in enumerate(zip(fields, row, strict=True), start=1)]


def _code(field: Field, value: str | float, position: int) -> float:
    if field.kind == "number" and isinstance(value, float) and math.isfinite(value):  # no text, under no decimal mark
        return value
    text = str(value).strip()
    where = f"value {position} ({field.name}) = {text[:40]}"
    if field.kind == "category" and text in field.categories:
        return float(field.categories.index(text))
    if text.casefold() in _MISSING:
        if field.fill is None:
            raise UserError(f"value {position} ({field.name}) is missing, and the network was not trained to fill it")
        return math.nan
    if field.kind == "number":
        number = next((n for mark in field.marks if (n := number_of(text, mark)) is not None), None)
        if number is None:
            raise UserError(f"{where}: must be a number, such as 1234.5")
        sign = sign_of(text)
        if sign in RATIOS and field.sign not in (sign, None):
            raise UserError(f"{where}: the network was trained on numbers without {sign}")
        return number
    index = index_of(field, text)
    if index < 0:
        raise UserError(f"{where}: is none of {_categories(field)}")
    return float(index)


def index_of(field: Field, text: str) -> int:
    """Of a category, or 0 or 1 for no or yes; -1 where the field does not know it. Of numbers the value counts: 3 is
    3.0, unless several are that number; 5 is 5 % where all have that sign."""
    if text in field.categories:
        return field.categories.index(text)
    if field.kind == "yes-no":
        folded = text.casefold()
        words = ((field.categories[0].casefold(), *NO), (field.categories[1].casefold(), *YES))
        return next((code for code, known in enumerate(words) if folded in known), -1)
    known = [_value(category, field.mark) for category in field.categories]
    if None in known:  # B9 is none, so 1E2 beside it is a name, too
        known = [
            None if any(map(str.isalpha, name)) else value for name, value in zip(field.categories, known, strict=True)
        ]
    sign, number = _value(text, field.mark) or ("", None)
    signs = {value[0] for value in known if value}
    wanted = (signs.pop() if not sign and len(signs) == 1 else sign, number)
    same = [i for i, value in enumerate(known) if value == wanted]
    return same[0] if len(same) == 1 else -1


def _value(text: str, mark: str) -> tuple[str, float] | None:
    """The sign and the number of a text, if it is one."""
    number = number_of(text, mark)
    return None if number is None else (sign_of(text), number)


def _categories(field: Field) -> str:
    shown = ", ".join(field.categories[:8])
    return shown + (f", … ({len(field.categories)} in all)" if len(field.categories) > 8 else "")
