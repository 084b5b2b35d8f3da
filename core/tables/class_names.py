"""What classes are called: as their cells are written. `1E2`, `100` and `00` are three classes. Needs no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from core.tables.finding import Finding
from core.tables.numbers import plain_number

_WHOLE = re.compile(r"-?\d+\.0*", re.ASCII)


def named(value: object) -> str:
    """A class by its value: `3` for 3.0. Different values have different names."""
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value) if exact else value)  # type: ignore[call-overload]


def class_texts(texts: Sequence[str], target: str) -> tuple[list[str] | None, Finding | None]:
    """Of the different texts of a target that are numbers, or true and false, the names of their classes; None where
    their values are, as they are written as such. And what should be said of it."""
    folded = {text.casefold() for text in texts}
    if folded <= {"true", "false"}:
        if len(folded) == len(texts):
            return list(texts), None
        shown = ", ".join(map(repr, texts))
        return None, Finding(f"has {shown}, taken for {len(folded)} classes; write them alike", target)
    values = [_value(text) for text in texts]
    if not all(map(_is_plain, texts, values)):
        return list(texts), _same_numbers(texts, values, target)
    return None, _same_numbers(texts, values, target, merged=True)


def _is_plain(text: str, value: float) -> bool:
    """Whether a number is written as it is called: 3, and 3.0 as programs write it; not 03, +3 or 3E0."""
    whole = text.partition(".")[0] if _WHOLE.fullmatch(text) else text
    return not math.isnan(value) and whole == named(value)


def _value(text: str) -> float:
    number = plain_number(text)
    return math.nan if number is None else number


def _same_numbers(
    texts: Sequence[str], values: Sequence[float], target: str, *, merged: bool = False
) -> Finding | None:
    """On texts that are the same number."""
    by_value: dict[float, list[str]] = {}
    for text, value in zip(texts, values, strict=True):
        by_value.setdefault(value, []).append(text)
    several = [group for value, group in by_value.items() if len(group) > 1 and not math.isnan(value)]
    if not several:
        return None
    shown = " and ".join(map(repr, several[0][:3]))
    if merged:
        return Finding(f"has {shown}, taken for one class", target, {"keep-apart": ""})
    what = f"has {shown}, the same number, taken for {len(several[0])} classes; write them alike if they are one"
    return Finding(what, target)
