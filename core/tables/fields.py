"""The columns that a network learns from, and raw values as their codes. Needs no torch.

A code is a number, 0 or 1 for no or yes, or the index of a category; NaN where the value is missing; OTHER of a
text that is none of the categories, where the field takes such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.tables.columns import NO, YES, Texts, is_numeric
from core.tables.formulas import plain_cell
from core.tables.missing import Spellings, says_nothing
from core.tables.numbers import MARKS
from core.tables.spelling import Spelt, canonical, fits, spelt

if TYPE_CHECKING:
    import pandas as pd


OTHER = -1.0


@dataclass(frozen=True)
class Field:
    """One column that a network learns from."""

    name: str
    kind: Literal["number", "yes-no", "category"] = "number"
    categories: tuple[str, ...] = ()
    """In the order of their inputs; of yes-no the words for no and yes."""
    fill: float | None = None
    """The code of a missing value; None: none may be missing. One behind the last category is that nothing is said."""
    mark: str = "."
    """The decimal mark of its numbers, where they are texts."""
    sign: str | None = None
    """Of percent or money, or the unit, which its numbers had; None where that is not known."""
    scaled: bool = False
    """Whether k, M or the like stood behind some of its numbers."""
    missing: Literal["refuse", "fill", "category"] = "refuse"
    """What is done where its value is missing, once it is fitted; `category` has an input of its own for that."""
    missing_values: tuple[str, ...] = ()
    """Texts that stand for no value, beside those that everybody knows."""
    shares: tuple[float, ...] = ()
    """Of each category in the train split: what stands for any other text; empty where none is taken."""

    @cached_property
    def places(self) -> dict[str, int]:
        """Of each category."""
        return {name: i for i, name in enumerate(self.categories)}

    @cached_property
    def values(self) -> dict[tuple[str, float], list[int]]:
        """Of categories that are numbers, which ones are the same number in the same unit."""
        known = [_value(name, self.mark) for name in self.categories]
        mixed = None in known
        found: dict[tuple[str, float], list[int]] = {}
        for i, (name, value) in enumerate(zip(self.categories, known, strict=True)):
            if value is not None and not (mixed and any(map(str.isalpha, name))):
                found.setdefault(value, []).append(i)  # B9 is none, so 1E2 beside it is a name, too
        return found

    @cached_property
    def unit(self) -> str | None:
        """Of categories that are numbers, where all have the same."""
        units = {unit for unit, _number in self.values}
        return units.pop() if len(units) == 1 else None

    @property
    def marks(self) -> tuple[str, ...]:
        """Decimal marks that its numbers may have, its own first."""
        return (self.mark, *(mark for mark in MARKS if mark != self.mark))

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs it becomes."""
        names = [self.name]
        if self.kind == "category":
            names = [f"{self.name}={category}" for category in self.categories]
        return [*names, f"{self.name} is missing"] if self.missing == "category" else names


def codes_of_column(
    field: Field, values: pd.Series[Any], place: Callable[[int], str], texts: Texts | None = None
) -> NDArray[np.float64]:
    """One column of a table (n,) as codes (n,). `texts`: of these values, if they are known. Raises ValueError,
    naming `place(row)`, for what the field does not know; the subject of its sentence is the column."""
    import pandas as pd

    if field.missing_values and texts is None:
        values = Spellings(field.missing_values).masked(values)
    if field.kind == "number" and is_numeric(values) and not pd.api.types.is_bool_dtype(values):
        numbers: NDArray[np.float64] = values.to_numpy(dtype="float64", na_value=math.nan)
        return numbers
    if texts is None:
        known = values.first_valid_index()
        if known is not None and not isinstance(values[known], Hashable):  # of Parquet
            raise ValueError("holds lists")
        texts = Texts.of(values)
    if field.kind == "number":
        return np.array([*_numbers(field, texts, place), math.nan])[texts.of_row]
    codes: list[float] = [index_of(field, name) for name in texts.names]
    for i, (code, name) in enumerate(zip(codes, texts.names, strict=True)):
        if code == -1 and says_nothing(name):
            codes[i] = math.nan
        elif code == -1:
            where = place(texts.row_of(i))
            raise ValueError(f"has {name[:40]!r} in {where}, which is none of {_categories(field)}")
    return np.array([*codes, math.nan])[texts.of_row]  # -1, for missing, is the last one


def _numbers(field: Field, texts: Texts, place: Callable[[int], str]) -> list[float]:
    """What each of the names stands for: all under one mark, if there is one that makes numbers of all of them."""
    best: list[Spelt | float | None] = []
    for mark in field.marks:
        found = [_number(field, name, mark) for name in texts.names]
        if not best or found.count(None) < best.count(None):
            best = found
        if None not in best:
            break
    values = []
    for i, (name, each) in enumerate(zip(texts.names, best, strict=True)):
        if each is None:
            text = f"{name[:40]!r} in {place(texts.row_of(i))}"
            raise ValueError(f"has {text}, which is no number as the others are")
        if isinstance(each, Spelt) and not fits(each, field.sign):
            what = f"has {name[:40]!r} in {place(texts.row_of(i))}, and the network was trained on numbers"
            raise ValueError(f"{what} {_in_unit(field, each)}; write them as those were")
        values.append(each.value if isinstance(each, Spelt) else each)
    return values


def _number(field: Field, text: str, mark: str) -> Spelt | float | None:
    """NaN where the text says that there is no value."""
    found = spelt(text, mark, metres=not field.scaled or canonical(field.sign or "") == "m")
    if found is None:
        return math.nan if says_nothing(text, among_numbers=True) else None
    return None if found.scale and not field.scaled and field.sign is not None else found


def _in_unit(field: Field, other: Spelt) -> str:
    return f"in {field.sign}" if field.sign else f"without {other.unit}"


def codes_of_row(fields: Sequence[Field], row: Sequence[str | float]) -> list[float]:
    """The typed values of one sample as codes. Raises UserError, naming the value."""
    return [_code(field, value, i) for i, (field, value) in enumerate(zip(fields, row, strict=True), start=1)]


def _code(field: Field, value: str | float, position: int) -> float:
    is_number = field.kind == "number" and isinstance(value, float) and math.isfinite(value)
    if is_number and value not in Spellings(field.missing_values).numbers:  # no text, under no decimal mark
        return float(value)
    text = str(value).strip()
    code = code_of(field, text, field.marks)
    if isinstance(code, str):
        raise UserError(f"value {position} ({field.name}) = {text[:40]}: {code}")
    if math.isnan(code) and field.fill is None:
        raise UserError(f"value {position} ({field.name}) is missing, and the network was not trained to fill it")
    return code


def is_missing(field: Field, text: str) -> bool:
    """Whether a text stands for no value: not where it is one of the categories."""
    if field.kind == "category" and text in field.places:
        return False
    return says_nothing(text, among_numbers=field.kind == "number") or Spellings(field.missing_values).has(text)


def code_of(field: Field, text: str, marks: Sequence[str]) -> float | str:
    """The code of a text, as a number under the first of `marks` that makes one of it; or why it has none."""
    if is_missing(field, text):
        return math.nan
    if field.kind == "number":
        found = next((number for mark in marks if (number := _number(field, text, mark)) is not None), None)
        if not isinstance(found, Spelt):
            return "must be a number, such as 1234.5"
        if not fits(found, field.sign):
            return f"the network was trained on numbers {_in_unit(field, found)}"
        return found.value
    index = index_of(field, text)
    if index < 0:
        plain = plain_cell(text)  # as predictions are written
        index = index_of(field, plain) if plain != text else -1
    if field.shares and (index < 0 or not field.shares[index]):
        return OTHER
    return f"is none of {_categories(field)}" if index < 0 else float(index)


def index_of(field: Field, text: str) -> int:
    """Of a category, or 0 or 1 for no or yes; -1 where the field does not know it. Of numbers the value counts: 3 is
    3.0, unless several are that number; 5 is 5 % where all have that sign."""
    if text in field.places:
        return field.places[text]
    if field.kind == "yes-no":
        folded = text.casefold()
        words = ((field.categories[0].casefold(), *NO), (field.categories[1].casefold(), *YES))
        return next((code for code, known in enumerate(words) if folded in known), -1)
    asked = _value(text, field.mark)
    if asked is None:
        return -1
    sign, number = asked
    same = field.values.get((field.unit if not sign and field.unit is not None else sign, number), ())
    return same[0] if len(same) == 1 else -1


def _value(text: str, mark: str) -> tuple[str, float] | None:
    """The unit and the number of a text, if it is one."""
    found = spelt(text, mark)
    return None if found is None else (canonical(found.unit), found.value)


def _categories(field: Field) -> str:
    shown = ", ".join(field.categories[:8])
    return shown + (f", … ({len(field.categories)} in all)" if len(field.categories) > 8 else "")
