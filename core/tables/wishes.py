"""What the user says of a table; see the dataset `csv`. Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from core.tables.columns import Column, Texts
from core.tables.fields import Field
from core.tables.finding import Finding
from core.tables.records import nfc

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


Missing: TypeAlias = Literal["refuse", "drop", "fill", "category"]
TaskWish: TypeAlias = Literal["auto", "classification", "regression"]
Unknown: TypeAlias = Literal["refuse", "other"]
Duplicates: TypeAlias = Literal["keep", "drop"]

WAYS: tuple[Missing, ...] = get_args(Missing)


@dataclass(frozen=True)
class Wishes:
    target: str
    task: TaskWish = "auto"
    features: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    missing: Missing = "refuse"
    missing_by_column: tuple[str, ...] = ()
    """`age=fill`."""
    missing_values: tuple[str, ...] = ()
    duplicates: Duplicates = "keep"
    unknown: Unknown = "refuse"

    def __post_init__(self) -> None:
        """Names as the table has them, however they were typed."""
        object.__setattr__(self, "target", nfc(self.target))
        object.__setattr__(self, "missing_values", tuple(self.missing_values))
        for key in ("features", "leave_out", "categories", "missing_by_column"):
            object.__setattr__(self, key, tuple(nfc(name) for name in getattr(self, key)))

    @property
    def named(self) -> frozenset[str]:
        """Columns that are called by their names."""
        named = {self.target, *self.features, *self.leave_out, *self.categories, *self.by_column}
        return frozenset(named - {""})

    @property
    def by_column(self) -> dict[str, Missing]:
        return ways(self.missing_by_column)

    def way(self, column: str) -> Missing:
        """What is done where this column lacks a value."""
        return self.by_column.get(column, self.missing)


def ways(by_column: Iterable[str]) -> dict[str, Missing]:
    """Of each column what is done where it lacks a value, of `age=fill` and the like. Raises ValueError."""
    found: dict[str, Missing] = {}
    for each in by_column:
        name, equals, word = each.rpartition("=")
        way = next((way for way in WAYS if way == word.strip()), None)
        if not equals or not name.strip() or way is None:
            raise ValueError(
                f"dataset.missing_by_column = {each[:60]}: write COLUMN={'|'.join(WAYS)}, such as age=fill"
            )
        found[name.strip()] = way
    return found


def as_pairs(found: dict[str, Missing]) -> tuple[str, ...]:
    """The inverse of `ways`."""
    return tuple(f"{name}={way}" for name, way in found.items())


@dataclass
class Plan:
    columns: list[Column]
    """All of the table, in its order."""
    values: pd.Series[Any] | None = None
    """Of the target, as they are told apart; None where there is no such column."""
    task: Literal["classification", "regression"] | None = None
    why: str = ""
    """Why it is that task."""
    fields: list[Field] = field(default_factory=list)
    """Columns to learn from."""
    doing: dict[str, str] = field(default_factory=dict)
    """What is done with each column, in words."""
    problems: list[Finding] = field(default_factory=list)
    """Why it cannot be trained on as it is; the first is the one to be told."""
    notes: list[Finding] = field(default_factory=list)
    """What one should know."""
    texts: dict[str, Texts] = field(default_factory=dict)
    """Of the columns that are no numbers."""
    classes: Texts | None = None
    """Of a target of texts, where none is missing."""
    keep: NDArray[np.bool_] | None = None
    """(rows,) those that are learned from; None where there is no target."""
    incomplete: int = 0
    """Rows in which a value is missing that is used, or the target's."""
    dropped: int = 0
    """Rows that are left out because a value is missing, or because they occur before."""

    @property
    def majority(self) -> tuple[str, int, int] | None:
        """The most frequent class, its rows, and all that are learned from; None of a value."""
        if self.task != "classification" or self.values is None or self.keep is None or not self.keep.any():
            return None
        texts = self.classes or Texts.of(self.values)
        counts = np.bincount(texts.of_row[self.keep & (texts.of_row >= 0)], minlength=1)
        return texts.names[int(counts.argmax())], int(counts.max()), int(counts.sum())

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)
