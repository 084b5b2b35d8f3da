"""What a network takes in, in a line for each column of a table: the range of its numbers; how many categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.words.units import count

if TYPE_CHECKING:
    from core.data.preview import Column


@dataclass(frozen=True)
class Range:
    name: str
    number: Column | None = None
    """None of what is 0 or 1."""
    words: str = ""
    """`3 categories, 0 or 1`."""


def by_column(inputs: Sequence[Column]) -> list[Range]:
    """In the order of the inputs."""
    found: dict[str, list[Column]] = {}
    for each in inputs:
        found.setdefault(each.of or each.name, []).append(each)
    return [_range(name, those) for name, those in found.items()]


def _range(name: str, inputs: Sequence[Column]) -> Range:
    if not inputs[0].of:
        return Range(name, inputs[0])
    if inputs[0].name == name:
        return Range(name, words="yes/no, 0 or 1")
    gap = any(each.name == f"{name} is missing" for each in inputs)
    n = len(inputs) - gap
    return Range(name, words=f"{count(n)} categor{'y' if n == 1 else 'ies'}{' and missing' if gap else ''}, 0 or 1")
