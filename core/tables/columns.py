"""What the columns of a table are, and why one of them cannot be used. Needs no torch.

A column of texts is looked at through its different values (`Texts`): tables are long, and say the same things often.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.tables.finding import Finding
from core.tables.looks import is_date, is_day, names_an_id
from core.tables.numbers import MARKS, alike, numbers_of

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["number", "yes-no", "category", "date", "text", "mixed", "nested", "constant", "empty"]

MOST_CATEGORIES = 100
"""Different texts of a column that are taken for categories."""
MOSTLY = 0.5
"""Share of numbers from which on a column is one of numbers with something wrong in it."""
YES = ("true", "yes", "y", "예", "네", "참")
NO = ("false", "no", "n", "아니오", "아니요", "거짓")

FEW = 10
"""Rows below which a column that has another value in each is no id yet."""
FLOAT32 = float(np.finfo(np.float32).max)


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
    """What makes it no column of numbers: a text among them, a date, one of too many texts; a number that is infinite;
    or the only value."""
    example_row: int | None = None
    """Where that is first, from 0."""
    mark: str = "."
    """The decimal mark of its numbers."""
    sign: str = ""
    """Of percent or money, behind or before each number."""
    numbers: int = 0
    """Of a mixed one, rows that are numbers."""
    an_id: str = ""
    """Why it seems to name the rows, so that nothing can be learned from it that holds elsewhere: `counts the rows`."""


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


def understand(
    values: pd.Series[Any], marks: Sequence[str] = MARKS, *, as_category: bool = False
) -> tuple[Column, Texts | None]:
    """What a column is, and its texts unless it is one of numbers. `marks`: decimal marks that its numbers may have,
    the file's own first. `as_category`: whatever it is, its different values are categories."""
    import pandas as pd

    name = str(values.name)
    gone = values.isna().to_numpy()
    missing = int(np.count_nonzero(gone))
    first = int(gone.argmax()) if missing else None
    if missing == len(values):
        return Column(name, "empty", missing, first), None
    row = int((~gone).argmax())
    is_time = pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values)
    if is_time and not as_category:
        return Column(name, "date", missing, first, example=str(values.iloc[row]), example_row=row), None
    if not isinstance(values.iloc[row], Hashable):  # of Parquet
        example = " ".join(str(values.iloc[row]).split())[:40]
        return Column(name, "nested", missing, first, example=example, example_row=row), None
    if is_numeric(values) and not pd.api.types.is_bool_dtype(values) and not as_category:
        return replace(_numbers(name, missing, first, values), mark=marks[0]), None
    texts = Texts.of(values)
    return _texts(name, missing, first, texts, marks, as_category=as_category), texts


def is_numeric(values: pd.Series[Any]) -> bool:
    """Booleans too; complex numbers not."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)


def _numbers(name: str, missing: int, first: int | None, values: pd.Series[Any]) -> Column:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if low == high and not missing:
        return Column(name, "constant", missing, first, 1, low, high, example=f"{low:g}")
    if is_day(low) and is_day(high) and _all_days(numbers):
        known = int((~np.isnan(numbers)).argmax())
        return Column(name, "date", missing, first, example=f"{numbers[known]:.0f}", example_row=known)
    example, row = _infinite(numbers) if max(-low, high) > FLOAT32 else ("", None)
    why = "" if missing or row is not None else _why_id(name, numbers, high - low)
    return Column(
        name, "number", missing, first, minimum=low, maximum=high, example=example, example_row=row, an_id=why
    )


def _all_days(numbers: NDArray[np.float64]) -> bool:
    known = np.unique(numbers[~np.isnan(numbers)])
    return bool((known % 1 == 0).all()) and all(map(is_day, known.tolist()))


def _infinite(numbers: NDArray[np.float64]) -> tuple[str, int]:
    """The first number that float32, in which networks compute, does not hold, in words, and its row."""
    row = int((np.abs(numbers) > FLOAT32).argmax())
    value = numbers[row]
    return "an infinite value" if np.isinf(value) else f"{value:g}, which is infinite in float32,", row


def _why_id(name: str, numbers: NDArray[np.float64], spread: float) -> str:
    """Every row has a whole number of its own, and they are one after another, or the column is called so."""
    n = len(numbers)
    if n < FEW or spread < n - 1:
        return ""
    counting = spread == n - 1
    if not counting and not names_an_id(name):
        return ""
    if not (numbers % 1 == 0).all() or len(np.unique(numbers)) < n:
        return ""
    return "counts the rows" if counting else "has another number in every row, as an id has"


def _texts(
    name: str, missing: int, first: int | None, texts: Texts, marks: Sequence[str], *, as_category: bool
) -> Column:
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
        problem = _no_category(name, missing, first, texts, counts, marks)
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
        an_id="has another text in every row, as an id has" if n == sum(counts) >= FEW and not missing else "",
    )


def _no_category(
    name: str, missing: int, first: int | None, texts: Texts, counts: list[int], marks: Sequence[str]
) -> Column | None:
    """A column of numbers that are texts, of dates, of numbers with something wrong in it, or of too many texts; None
    for any other."""
    names, n, rows = texts.names, len(texts.names), sum(counts)
    found = numbers_of(names, marks)
    if found is not None:
        low, high = min(found.values), max(found.values)
        of_numbers = Column(name, "number", missing, first, n, low, high, mark=found.mark, sign=found.sign)
        if max(-low, high) <= FLOAT32:
            return of_numbers
        example, wrong = _infinite(np.array(found.values))
        return replace(of_numbers, example=example, example_row=texts.row_of(wrong))
    example, row = names[0][:40], texts.row_of(0)
    if sum(count for each, count in zip(names, counts, strict=True) if is_date(each)) > 0.9 * rows:
        return Column(name, "date", missing, first, n, example=example, example_row=row)
    good = alike(names, marks)
    numbers = sum(count for each, count in zip(good, counts, strict=True) if each)
    if numbers >= MOSTLY * rows:
        wrong = good.index(False)
        example, row = names[wrong][:40], texts.row_of(wrong)
        return Column(name, "mixed", missing, first, n, example=example, example_row=row, numbers=numbers)
    if n > MOST_CATEGORIES:
        return Column(name, "text", missing, first, n, example=example, example_row=row)
    return None


def unusable(column: Column, place: str) -> Finding | None:
    """Why a network cannot take this column in; None where it can. `place`: where `example_row` is."""
    name = column.name
    match column.kind:
        case "date":
            what = f"holds dates or times, such as {column.example} in {place}"
            return Finding(what, name, {"leave-out": "", "parts": "", "categories": ""})
        case "nested":
            return Finding(f"holds lists, such as {column.example} in {place}", name, {"leave-out": ""})
        case "text":
            what = f"has {column.distinct:,} different texts, such as {column.example!r} in {place}, at most "
            return Finding(what + f"{MOST_CATEGORIES} can be categories", name, {"leave-out": ""})
        case "mixed":
            what = f"holds {column.numbers:,} numbers, but {column.example!r} in {place} is none"
            return Finding(what, name, {"correct": "", "leave-out": "", "categories": ""})
        case "number" if column.example_row is not None:
            return Finding(f"holds {column.example} in {place}", name, {"correct": "", "leave-out": ""})
        case _:
            return None


def some_missing(columns: Sequence[Column]) -> list[Column]:
    """Those with missing values, the most of them first."""
    return sorted((column for column in columns if column.missing), key=lambda column: -column.missing)
