"""The filter of the trials: `test_accuracy>0.9 model.hidden=[8]`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from tui.screens.search.rows import Column, Row, is_missing

# Their filter.

_CONDITION = re.compile(r"(?P<key>[^\s=!<>]+?)(?P<sign>!=|>=|<=|==|=|>|<)(?P<value>\S*)")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Condition: TypeAlias = Callable[[Row], bool]


def parse_filter(text: str, columns: Sequence[Column]) -> list[Condition]:
    """Conditions that all have to hold: `n_layers=2 test_accuracy>=0.9`; a word alone is a part of the status.
    Accuracies are fractions, or per cent with its sign. Raises ValueError, in one line."""
    by_key = {column.key: column for column in columns}
    return [_condition(part, by_key) for part in text.split()]


def _condition(part: str, columns: dict[str, Column]) -> Condition:
    found = _CONDITION.fullmatch(part)
    if found is None:
        if any(sign in part for sign in "=<>!"):
            raise ValueError(f"{part}: write COLUMN, a comparison and a value without spaces, as n_layers=2")
        status, word = columns["status"], part.lower()
        return lambda row: word in status.value(row).lower()
    key, sign, wanted = found["key"], found["sign"], found["value"]
    column = columns.get(key)
    if column is None:
        raise ValueError(f"no column {key}; choose from {', '.join(columns)}")
    if not wanted:
        raise ValueError(f"{part}: a value is missing after {sign}")
    compare = _SIGNS[sign]
    number = _number(wanted)
    if sign not in ("=", "==", "!=") and number is None:
        raise ValueError(f"{part}: {sign} compares numbers")
    if key.endswith("_accuracy") and number is not None and 1 < abs(number) <= 100:
        raise ValueError(f"{part}: accuracies are fractions; write {key}{sign}{number / 100:g}")

    def holds(row: Row) -> bool:
        value = column.value(row)
        if is_missing(value):
            return sign == "!="
        if number is not None and isinstance(value, int | float):
            return compare(number if math.isclose(value, number) else value, number)
        if sign not in ("=", "==", "!="):
            return False
        return compare(column.text(row).lower(), wanted.lower())

    return holds


def _number(text: str) -> float | None:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    return number / 100 if text.endswith("%") else number
