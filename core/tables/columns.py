"""What the columns of a table are, and what will be done with each; or why one of them cannot be used.

Needs no torch. `understand` looks at every column; `Columns` of the same file are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Kind: TypeAlias = Literal["number", "yes-no", "category", "date", "text", "mixed", "constant", "empty"]

MOST_CATEGORIES = 100
"""Different texts of a column that are taken for categories."""
MOSTLY = 0.5
"""Share of numbers from which on a column is one of numbers with something wrong in it."""
EXAMPLES = 3
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
    first_missing: int | None
    """The first of these rows, from 0."""
    distinct: int
    """Different values; of texts, and of whole numbers."""
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    """Sorted; of a category or yes-no (no before yes)."""
    counts: tuple[int, ...] = ()
    """Rows of each."""
    example: str = ""
    """Of what makes it no number: a text among numbers, a date, one of too many texts."""
    example_row: int | None = None
    numbers: int = 0
    """Of a mixed one, rows that are numbers."""
    row_number: bool = False
    """Whether it counts the rows: an id, from which nothing can be learned that holds elsewhere."""


def understand(values: pd.Series[Any], as_category: bool = False) -> Column:
    """`as_category`: whatever it is, its different values are categories."""
    import pandas as pd

    name = str(values.name)
    gone = values.isna()
    missing = int(gone.sum())
    first = int(gone.to_numpy().argmax()) if missing else None
    known = values[~gone] if missing else values
    if known.empty:
        return Column(name, "empty", missing, first, 0)
    if as_category:
        return _category(name, missing, first, known, most=None)
    if pd.api.types.is_bool_dtype(known):
        counts = (int((~known.astype(bool)).sum()), int(known.astype(bool).sum()))
        if 0 in counts:
            return Column(name, "constant", missing, first, 1, example=str(known.iloc[0]))
        return Column(name, "yes-no", missing, first, 2, categories=("False", "True"), counts=counts)
    if pd.api.types.is_datetime64_any_dtype(known):
        return Column(name, "date", missing, first, known.nunique(), example=str(known.iloc[0]), example_row=0)
    if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_complex_dtype(known):
        low, high = float(known.min()), float(known.max())
        if low == high and not missing:
            return Column(name, "constant", missing, first, 1, low, high, example=f"{low:g}")
        whole = bool(pd.api.types.is_integer_dtype(known)) or bool((known % 1 == 0).all())
        distinct = int(known.nunique()) if whole else len(known)
        counts_rows = whole and not missing and len(known) >= 10 and bool((known.diff().iloc[1:] == 1).all())
        return Column(name, "number", missing, first, distinct, low, high, row_number=counts_rows)
    return _text(name, missing, first, known)


def _text(name: str, missing: int, first: int | None, known: pd.Series[Any]) -> Column:
    texts = known.astype(str)
    unique = texts.unique()
    folded = {str(text).strip().casefold() for text in unique}
    if folded <= {*YES, *NO} and folded & set(YES) and folded & set(NO) and len(unique) == 2:
        no, yes = sorted(unique, key=lambda text: str(text).strip().casefold() in YES)
        counts = (int((texts == no).sum()), int((texts == yes).sum()))
        return Column(name, "yes-no", missing, first, 2, categories=(str(no), str(yes)), counts=counts)
    sample = texts.iloc[:2000]
    dates = sample.map(lambda text: bool(_DATE.fullmatch(text)))
    if dates.mean() > 0.9:
        return Column(
            name, "date", missing, first, len(unique), example=str(texts.iloc[0]), example_row=int(texts.index[0])
        )
    is_number = texts.map(lambda text: bool(_NUMBER.fullmatch(text)))
    n = int(is_number.sum())
    if n >= MOSTLY * len(texts):
        wrong = texts[~is_number] if n < len(texts) else texts
        return Column(
            name,
            "mixed",
            missing,
            first,
            len(unique),
            example=str(wrong.iloc[0])[:40],
            example_row=int(wrong.index[0]),
            numbers=n,
        )
    return _category(name, missing, first, texts, most=MOST_CATEGORIES)


def _category(name: str, missing: int, first: int | None, known: pd.Series[Any], most: int | None) -> Column:
    texts = as_texts(known)
    counts = texts.value_counts()
    if len(counts) == 1 and not missing:
        return Column(name, "constant", missing, first, 1, example=str(texts.iloc[0])[:40])
    if most is not None and len(counts) > most:
        return Column(
            name, "text", missing, first, len(counts), example=str(texts.iloc[0])[:40], example_row=int(texts.index[0])
        )
    categories = tuple(sorted(str(category) for category in counts.index))
    return Column(
        name,
        "category",
        missing,
        first,
        len(categories),
        categories=categories,
        counts=tuple(int(counts[category]) for category in categories),
    )


def as_texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as the names of categories: 3 for 3.0, and spaces around a text are no part of it."""
    import pandas as pd

    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    texts: pd.Series[Any] = values.astype(str).str.strip()
    return texts


def why_unusable(column: Column, place: str, decimal: str) -> str:
    """Why a network cannot take this column in, and what to do; an empty string where it can. `place`: where
    `example_row` is."""
    name = repr(column.name)
    match column.kind:
        case "date":
            return (
                f"column {name} holds dates ({column.example}); leave it out (dataset.leave_out={column.name}), or "
                "make columns such as year and month of it"
            )
        case "text":
            return (
                f"column {name} has {column.distinct:,} different texts, such as {column.example!r} in {place}, at "
                f"most {MOST_CATEGORIES} can be categories; leave it out (dataset.leave_out={column.name})"
            )
        case "mixed":
            other = "," if decimal == "." else "."
            hint = f"; for a decimal {_words(other)} set dataset.decimal={other!r}" if other in column.example else ""
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
