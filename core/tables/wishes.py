"""What the user says of a table; see the dataset `csv`. Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from core.tables.records import nfc

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
