"""What the columns of a table are, and why one of them cannot be used. Needs no torch.

A column of texts is looked at through its different values (`Texts`): tables are long, and say the same things often.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["number", "yes-no", "category", "date", "text", "mixed", "constant", "empty"]

MOST_CATEGORIES = 100
"""Different texts of a column that are taken for categories."""
MOSTLY = 0.5
"""Share of numbers from which on a column is one of numbers with something wrong in it."""
YES = ("true", "yes", "y", "예", "네", "참")
NO = ("false", "no", "n", "아니오", "아니요", "거짓")

_DATE = re.compile(
    r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}년\s*\d{1,2}월(\s*\d{1,2}일)?)([ T].*)?\s*"
)
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")


@dataclass(frozen=True)
class Column:
    """One column of a table, as it is."""

    name: str
    kind: Kind
    missing: int
    """Rows that have no value."""
    first_missing: int | None = None
    """The first of these rows, from 0."""
    distinct: int | None = None
    """Different values, where they were counted: of texts."""
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    """Sorted; of yes-no the words for no and yes."""
    counts: tuple[int, ...] = ()
    """Rows of each."""
    example: str = ""
    """What makes it no column of numbers: a text among them, a date, one of too many texts; or the only value."""
    example_row: int | None = None
    numbers: int = 0
    """Of a mixed one, rows that are numbers."""
    row_number: bool = False
    """Whether it counts the rows: an id, from which nothing can be learned that holds elsewhere."""


@dataclass(frozen=True)
class Texts:
    """Values of a column as what they are called."""

    names: list[str]
    """Different ones, as they come; spaces around a text are no part of it, 3 stands for 3.0."""
    of_row: NDArray[np.intp]
    """(n,) index in `names`; -1 where missing."""

    @classmethod
    def of(cls, values: pd.Series[Any]) -> Texts:
        import pandas as pd

        raw_codes, uniques = pd.factorize(values, use_na_sentinel=True)
        raw_names = [_called(value) for value in uniques]
        places = {name: i for i, name in enumerate(dict.fromkeys(raw_names))}
        if len(places) == len(raw_names):
            return cls(raw_names, raw_codes.astype(np.intp, copy=False))
        table = np.array([*(places[name] for name in raw_names), -1], dtype=np.intp)
        return cls(list(places), table[raw_codes])

    def counts(self) -> list[int]:
        """Rows of each name."""
        return [int(n) for n in np.bincount(self.of_row + 1, minlength=len(self.names) + 1)[1:]]

    def row_of(self, i: int) -> int:
        """The first row with name `i`."""
        return int((self.of_row == i).argmax())


def _called(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value).strip()


def understand(values: pd.Series[Any], *, as_category: bool = False) -> tuple[Column, Texts | None]:
    """What a column is, and its texts unless it is one of numbers. `as_category`: whatever it is, its different values
    are categories."""
    import pandas as pd

    name = str(values.name)
    gone = values.isna().to_numpy()
    missing = int(np.count_nonzero(gone))
    first = int(gone.argmax()) if missing else None
    if missing == len(values):
        return Column(name, "empty", missing, first), None
    if pd.api.types.is_datetime64_any_dtype(values):
        row = int((~gone).argmax())
        return Column(name, "date", missing, first, example=str(values.iloc[row]), example_row=row), None
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)
    if is_number and not pd.api.types.is_bool_dtype(values) and not as_category:
        return _numbers(name, missing, first, values), None
    texts = Texts.of(values)
    return _texts(name, missing, first, texts, as_category=as_category), texts


def _numbers(name: str, missing: int, first: int | None, values: pd.Series[Any]) -> Column:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if low == high and not missing:
        return Column(name, "constant", missing, first, 1, low, high, example=f"{low:g}")
    counting = len(numbers) >= 10 and not missing and high - low == len(numbers) - 1
    counting = counting and bool((np.diff(numbers) == 1).all())
    return Column(name, "number", missing, first, minimum=low, maximum=high, row_number=counting)


def _texts(name: str, missing: int, first: int | None, texts: Texts, *, as_category: bool) -> Column:
    names, n = texts.names, len(texts.names)
    if n == 1 and not missing:
        return Column(name, "constant", missing, first, 1, example=names[0][:40])
    counts = texts.counts()
    folded = [each.casefold() for each in names]
    if not as_category and n == 2 and sorted(each in YES for each in folded) == [False, True]:
        no = 1 if folded[0] in YES else 0
        if folded[no] in NO:
            yes = 1 - no
            return Column(
                name, "yes-no", missing, first, 2, categories=(names[no], names[yes]), counts=(counts[no], counts[yes])
            )
    if not as_category:
        problem = _no_category(name, missing, first, texts, counts)
        if problem:
            return problem
    order = sorted(range(n), key=names.__getitem__)
    return Column(
        name,
        "category",
        missing,
        first,
        n,
        categories=tuple(names[i] for i in order),
        counts=tuple(counts[i] for i in order),
    )


def _no_category(name: str, missing: int, first: int | None, texts: Texts, counts: list[int]) -> Column | None:
    """A column of dates, of numbers with something wrong in it, or of too many texts; None for any other."""
    names, n = texts.names, len(texts.names)
    rows = sum(counts)
    if sum(count for each, count in zip(names, counts, strict=True) if _DATE.fullmatch(each)) > 0.9 * rows:
        return Column(name, "date", missing, first, n, example=names[0][:40], example_row=texts.row_of(0))
    is_number = [bool(_NUMBER.fullmatch(each)) for each in names]
    numbers = sum(count for number, count in zip(is_number, counts, strict=True) if number)
    if numbers >= MOSTLY * rows:
        wrong = is_number.index(False) if False in is_number else 0
        example, row = names[wrong][:40], texts.row_of(wrong)
        return Column(name, "mixed", missing, first, n, example=example, example_row=row, numbers=numbers)
    if n > MOST_CATEGORIES:
        return Column(name, "text", missing, first, n, example=names[0][:40], example_row=texts.row_of(0))
    return None


def why_unusable(column: Column, place: str, decimal: str) -> str:
    """Why a network cannot take this column in, and what to do; an empty string where it can. `place`: where
    `example_row` is."""
    name = repr(column.name)
    match column.kind:
        case "date":
            return (
                f"column {name} holds dates, such as {column.example} in {place}; leave it out "
                f"(dataset.leave_out={column.name}), or make columns such as year and month of it"
            )
        case "text":
            return (
                f"column {name} has {column.distinct:,} different texts, such as {column.example!r} in {place}, at "
                f"most {MOST_CATEGORIES} can be categories; leave it out (dataset.leave_out={column.name})"
            )
        case "mixed":
            other = "," if decimal == "." else "."
            hint = f"; for a decimal {_words(other)} set dataset.decimal={other}" if other in column.example else ""
            return (
                f"column {name} holds {column.numbers:,} numbers, but {column.example!r} in {place} is none{hint}; "
                f"correct it, leave the column out (dataset.leave_out={column.name}), or take its values as categories "
                f"(dataset.categories={column.name})"
            )
        case _:
            return ""


def _words(mark: str) -> str:
    return "comma" if mark == "," else "point"


def some_missing(columns: Sequence[Column]) -> list[Column]:
    """Those with missing values, the most of them first."""
    return sorted((column for column in columns if column.missing), key=lambda column: -column.missing)
