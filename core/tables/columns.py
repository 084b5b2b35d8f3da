"""What the columns of a table are. Needs no torch.

A column of texts is looked at through its different values (`Texts`): tables are long, and say the same things often.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.tables.looks import is_date, is_day, names_an_id
from core.tables.missing import says_nothing
from core.tables.numbers import MARKS, NAMES
from core.tables.sentinels import far_values
from core.tables.spelling import RATIOS, Mixture, Numbers, has_unit, is_money, mixture_of, numbers_of

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
NEARLY = 0.9
"""Share of different texts from which on they are called ids."""
SOME_OTHERS = 6
FLOAT32 = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Column:
    """One column of a table, as it is."""

    name: str
    kind: Kind
    missing: int
    """Rows that have no value."""
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
    """Of percent or money, or the unit, behind or before each number; of a mixed one, most numbers."""
    scaled: bool = False
    """Whether k, M or the like stands behind some."""
    readings: tuple[str, ...] = ()
    """What people should know of how its texts were read as numbers."""
    numbers: int = 0
    """Of a mixed one, or one of categories or texts, rows that are numbers in the same unit."""
    others: tuple[str, ...] = ()
    """Different texts of these that are none, some of them."""
    n_others: int = 0
    """Rows of all of these."""
    units: tuple[tuple[str, int], ...] = ()
    """Units of a column of numbers that do not agree, the most frequent first, and the rows of each."""
    dashes: tuple[tuple[str, int], ...] = ()
    """Texts among numbers that were taken for missing values, and the rows of each."""
    zeros: str = ""
    """One of its numbers that is written with leading zeros or a plus, and where: `00501 in line 7`."""
    plain: bool = False
    """Whether all of its numbers are known to be whole and written without these."""
    far: tuple[tuple[float, int], ...] = ()
    """Numbers far from all others that stand there again and again, and the rows of each."""
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

    def series(self, like: pd.Series[Any]) -> pd.Series[Any]:
        """As a column with the index and the name of another one."""
        import pandas as pd

        named = np.array([*self.names, None], dtype=object)[self.of_row]
        return pd.Series(named, like.index, name=like.name, dtype="str")

    def without(self, gone: Sequence[int]) -> Texts:
        """With these names missing."""
        places = np.full(len(self.names) + 1, -1, dtype=np.intp)
        kept = [i for i in range(len(self.names)) if i not in set(gone)]
        places[kept] = range(len(kept))
        return Texts([self.names[i] for i in kept], places[self.of_row])

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
    if missing == len(values):
        return Column(name, "empty", missing), None
    row = int((~gone).argmax())
    is_time = pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values)
    if is_time and not as_category:
        return Column(name, "date", missing, example=str(values.iloc[row]), example_row=row), None
    if not isinstance(values.iloc[row], Hashable):  # of Parquet
        example = " ".join(str(values.iloc[row]).split())[:40]
        return Column(name, "nested", missing, example=example, example_row=row), None
    if is_numeric(values) and not pd.api.types.is_bool_dtype(values) and not as_category:
        return replace(_numbers(name, missing, values), mark=marks[0]), None
    texts = Texts.of(values)
    dashes: tuple[tuple[str, int], ...] = ()
    if not as_category:
        texts, dashes = _without_dashes(texts, marks)
    if dashes:
        gone = texts.of_row < 0
        missing = int(np.count_nonzero(gone))
    return replace(_texts(name, missing, texts, marks, as_category=as_category), dashes=dashes), texts


def _without_dashes(texts: Texts, marks: Sequence[str]) -> tuple[Texts, tuple[tuple[str, int], ...]]:
    """Without what stands for no value among numbers, and that with the rows of each; as it is, where the others are
    no numbers."""
    found = [i for i, name in enumerate(texts.names) if says_nothing(name, among_numbers=True)]
    if not found or len(found) == len(texts.names):
        return texts, ()
    rest = texts.without(found)
    if numbers_of(rest.names, marks) is None:
        counts = rest.counts()
        alike = mixture_of(rest.names, marks, counts).alike
        if sum(count for good, count in zip(alike, counts, strict=True) if good) < MOSTLY * sum(counts):
            return texts, ()
    counts = texts.counts()
    return rest, tuple((texts.names[i], counts[i]) for i in found)


def is_numeric(values: pd.Series[Any]) -> bool:
    """Booleans too; complex numbers not."""
    import pandas as pd

    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)


def is_integer(values: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_integer_dtype(values))


def _numbers(name: str, missing: int, values: pd.Series[Any]) -> Column:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if low == high and not missing:
        return Column(name, "constant", missing, 1, low, high, example=f"{low:g}")
    if is_day(low) and is_day(high) and _all_days(numbers):
        known = int((~np.isnan(numbers)).argmax())
        return Column(name, "date", missing, example=f"{numbers[known]:.0f}", example_row=known)
    example, row = _infinite(numbers) if max(-low, high) > FLOAT32 else ("", None)
    why = "" if missing or row is not None else _why_id(name, numbers, high - low)
    column = Column(name, "number", missing, minimum=low, maximum=high, example=example, example_row=row)
    return replace(column, an_id=why, far=far_values(numbers))


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


def _texts(name: str, missing: int, texts: Texts, marks: Sequence[str], *, as_category: bool) -> Column:
    names, n = texts.names, len(texts.names)
    if n == 1 and not missing:
        return Column(name, "constant", missing, 1, example=names[0][:40])
    counts = texts.counts()
    folded = [each.casefold() for each in names]
    if not as_category and n == 2 and sorted(each in YES for each in folded) == [False, True]:
        no = 1 if folded[0] in YES else 0
        if folded[no] in NO:
            yes = 1 - no
            return Column(
                name, "yes-no", missing, 2, categories=(names[no], names[yes]), counts=(counts[no], counts[yes])
            )
    mixture = None
    if not as_category:
        other = _no_category(name, missing, texts, counts, marks)
        if isinstance(other, Column):
            return other
        mixture = other
    order = sorted(range(n), key=names.__getitem__)
    rows = sum(counts)
    nearly = "" if n == rows else "nearly "
    named = n == rows >= FEW or (n > NEARLY * rows and rows >= 2 * FEW)
    column = Column(
        name,
        "category",
        missing,
        n,
        categories=tuple(names[i] for i in order),
        counts=tuple(counts[i] for i in order),
        an_id=f"has another text in {nearly}every row, as an id has" if named and not missing else "",
    )
    return column if mixture is None else _with_numbers(column, names, counts, mixture)


def _no_category(name: str, missing: int, texts: Texts, counts: list[int], marks: Sequence[str]) -> Column | Mixture:
    """A column of dates, of numbers that are texts, of numbers with something wrong in it, or of too many texts; for
    any other, which of its texts are numbers."""
    names, n, rows = texts.names, len(texts.names), sum(counts)
    example, row = names[0][:40], texts.row_of(0)
    found = numbers_of(names, marks)
    plain = found is not None and not found.sign
    if not plain and sum(count for each, count in zip(names, counts, strict=True) if is_date(each)) > 0.9 * rows:
        return Column(name, "date", missing, n, example=example, example_row=row)
    if found is not None:
        return _of_texts(name, missing, texts, counts, found)
    mixture = mixture_of(names, marks, counts)
    numbers = sum(count for each, count in zip(mixture.alike, counts, strict=True) if each)
    plain = not mixture.sign or mixture.sign in RATIOS or is_money(mixture.sign)
    few = not plain and sum(mixture.alike) < FEW  # 2WD, 4WD, AWD
    if (few or numbers < MOSTLY * rows) and n <= MOST_CATEGORIES:
        return mixture
    kind: Kind = "mixed" if numbers >= MOSTLY * rows else "text"
    if kind == "mixed":
        wrong = mixture.alike.index(False)
        example, row = names[wrong][:40], texts.row_of(wrong)
    column = Column(name, kind, missing, n, example=example, example_row=row, sign=mixture.sign)
    return _with_numbers(column, names, counts, mixture)


def _of_texts(name: str, missing: int, texts: Texts, counts: Sequence[int], found: Numbers) -> Column:
    low, high = min(found.values), max(found.values)
    column = Column(name, "number", missing, len(texts.names), low, high, mark=found.mark, sign=found.sign)
    column = replace(column, scaled=found.scaled, readings=tuple(_readings(texts, counts, found)))
    if max(-low, high) > FLOAT32:
        example, wrong = _infinite(np.array(found.values))
        return replace(column, example=example, example_row=texts.row_of(wrong))
    return replace(column, far=far_values(np.array([*found.values, np.nan])[texts.of_row]))


def _readings(texts: Texts, counts: Sequence[int], found: Numbers) -> list[str]:
    """`'1.5 kg' is read as 1.5`, one of each kind; and how many rows have no unit."""
    examples = dict.fromkeys(i for what, i in found.odd.items() if what != "bare")
    under = {found.odd["mark"]: f" under a decimal {NAMES[found.mark]}"} if "mark" in found.odd else {}
    told = [f"{texts.names[i]!r} is read as {found.values[i]:.12g}{under.get(i, '')}" for i in examples]
    if "bare" in found.odd:
        without = [i for i, name in enumerate(texts.names) if not has_unit(name, found.mark)]
        n, example = sum(counts[i] for i in without), texts.names[found.odd["bare"]]
        told.append(f"{n:,} row{' has' if n == 1 else 's have'} no {found.sign}, such as {example!r}")
    return told


def _with_numbers(column: Column, names: Sequence[str], counts: Sequence[int], mixture: Mixture) -> Column:
    """Which of its texts are numbers, and which others there are."""
    pairs = list(zip(names, counts, mixture.alike, strict=True))
    others = tuple(each[:40] for each, _count, good in pairs if not good)
    numbers = sum(count for _name, count, good in pairs if good)
    units = tuple(mixture.units.items()) if sum(mixture.units.values()) >= 0.9 * sum(counts) else ()
    return replace(column, numbers=numbers, others=others[:SOME_OTHERS], n_others=sum(counts) - numbers, units=units)


def some_missing(columns: Sequence[Column]) -> list[Column]:
    """Those with missing values, the most of them first."""
    return sorted((column for column in columns if column.missing), key=lambda column: -column.missing)
