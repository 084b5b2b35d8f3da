"""Whether the first record of a table names its columns. Told by how it differs from what stands below it: a text above
numbers is a name, a text that occurs again in its column is none, numbers count on where they are names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from string import ascii_letters
from typing import NamedTuple

from core.tables.looks import MISSING, is_date
from core.tables.numbers import MARKS, number_of

MOST_COLUMNS, MOST_CELLS = 300, 40_000
"""Of a wide table these columns at its two ends, and these cells, are looked at."""
NEARLY_ALL = 0.9
FEW, RARE = 4, 0.25
"""Values that tell something of a column; the share of those that stand there once below which a new one is none."""
YEARS = range(1800, 2201)

_SHAPES = ((re.compile(r"[^\W\d_]+"), "a"), (re.compile(r"\d+"), "9"), (re.compile(r"\s+"), " "))
_NOTHING = {text.casefold() for text in (*MISSING, "-", "--", ".", "..", "n.a.", "missing", "unknown", "\\n", "*")}


class Verdict(NamedTuple):
    names: bool
    doubt: str = ""
    """Why it might be otherwise, where it might; a part of a sentence."""


@dataclass(frozen=True)
class _Cell:
    """One cell of the first record, beside what stands below it."""

    text: str
    values: list[str]
    """Of its column, without missing ones."""

    @property
    def is_number(self) -> bool:
        return is_number(self.text)

    @property
    def again(self) -> bool:
        """Whether it is one of the values of its column."""
        return self.text in self.values

    @property
    def stands_above_others(self) -> bool:
        """A text above numbers, or above dates, or above what is all written in one way."""
        if not self.values:
            return False
        for of_kind in (is_number, is_date):
            if not of_kind(self.text) and _nearly_all([of_kind(value) for value in self.values]):
                return True
        usual = _usual_shape(self.values)
        return bool(usual) and shape(self.text) != usual

    @property
    def is_written_alike(self) -> bool:
        """As all others of its column, in a way that no name is: a date, `A-12`, `ab@c.de`."""
        if not self.values:
            return False
        if is_date(self.text) and _nearly_all([is_date(value) for value in self.values]):
            return True
        usual = _usual_shape(self.values)
        if not usual or shape(self.text) != usual:
            return False
        if re.search(r"[^a9_ ]", usual):
            return True
        beginning = _beginning(self.text)  # V7 may be a name, above A1 and A2
        return bool(beginning) and _nearly_all([_beginning(value) == beginning for value in self.values])

    @property
    def is_new(self) -> bool:
        """None of the few values that its column has."""
        once = sum(1 for n in Counter(self.values).values() if n == 1)
        return len(self.values) >= FEW and not self.again and once <= RARE * len(self.values)

    @property
    def is_within(self) -> bool:
        """Of a number: not beyond those of its column."""
        number = _value(self.text)
        known = [value for value in map(_value, self.values) if value is not None]
        return number is not None and bool(known) and min(known) <= number <= max(known)


def judge(found: Sequence[Sequence[str]]) -> Verdict:
    """`found`: the first records of a table."""
    if len(found) < 2:
        return Verdict(True)
    cells = _cells(found)
    numbers = [cell for cell in cells if cell.is_number]
    texts = [cell for cell in cells if not cell.is_number]
    if numbers:
        return _with_numbers(numbers, texts)
    names = [cell for cell in texts if cell.stands_above_others]
    again = [cell for cell in texts if cell.again]
    values = again or [cell for cell in texts if cell.is_written_alike]
    new = [cell for cell in texts if cell.is_new and not cell.stands_above_others]
    if values and not names:
        doubt = _of_values(values, texts)
        return Verdict(True, doubt) if len(new) >= len(values) else Verdict(False, doubt)
    if names or new:
        return Verdict(True, _of_values(again, texts) if again else "")
    twice = len({cell.text for cell in texts}) < len(texts)
    if twice and len(texts) > 1:
        return Verdict(False, "it holds the same text twice, as no names do")
    return Verdict(True, "all rows hold texts, it as the others" if texts and texts[0].values else "")


def _with_numbers(numbers: list[_Cell], texts: list[_Cell]) -> Verdict:
    again = [cell for cell in texts if cell.again or cell.is_written_alike]
    names = [cell for cell in texts if cell.stands_above_others]
    if again and len(again) >= len(names):
        return Verdict(False, _of_values(again, texts))
    counts = _count_on([cell.text for cell in numbers])
    if names:
        return Verdict(True, "" if counts else f"it has numbers, such as {numbers[0].text}")
    if any(cell.is_new for cell in texts) and (counts or not all(cell.is_within for cell in numbers)):
        return Verdict(True, "" if counts and len(numbers) >= FEW else f"it has numbers, such as {numbers[0].text}")
    below = [[cell.values[i] for cell in numbers if i < len(cell.values)] for i in range(3)]
    counts = counts and (len(numbers) >= FEW or all(cell.text.isdecimal() for cell in numbers))
    alike = all(len(row) == len(numbers) and _grows_as(row, [cell.text for cell in numbers]) for row in below)
    if counts and not alike:
        return Verdict(True, "it holds numbers, which count on")
    return Verdict(False, "it holds numbers, as the others do")


def _of_values(values: list[_Cell], texts: list[_Cell]) -> str:
    if values and not values[0].again:
        return f"{_short(values[0].text)} is written as the others of its column are"
    if len(values) == len(texts) > 1:
        return "each of its texts occurs again in its column"
    return f"{_short(values[0].text)} occurs again in its column" if values else ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:29] + "…")


def _cells(found: Sequence[Sequence[str]]) -> list[_Cell]:
    first = [cell.strip() for cell in found[0]]
    width = len(first)
    half = MOST_COLUMNS // 2
    places = range(width) if width <= MOST_COLUMNS else [*range(half), *range(width - half, width)]
    rows = [[cell.strip() for cell in row] for row in found[1 : 2 + MOST_CELLS // max(1, len(places))]]
    rows = [row for row in rows if row != first]  # names may stand there again, where files were put together
    return [
        _Cell(first[i], [row[i] for row in rows if i < len(row) and not is_nothing(row[i])])
        for i in places
        if not is_nothing(first[i])
    ]


def _nearly_all(good: list[bool]) -> bool:
    """Below the first two, too, which may tell the units."""
    return sum(good) >= NEARLY_ALL * len(good) or (len(good) >= FEW + 2 and all(good[2:]))


def _count_on(texts: Sequence[str]) -> bool:
    """Years, whole numbers from 0 or 1 one after another, or such as grow all the way, with fractions: of spectra."""
    values = [_value(text) for text in texts]
    known = [value for value in values if value is not None]
    steps = [after - before for before, after in pairwise(known)]
    if len(known) < len(values) or not all(step > 0 for step in steps):
        return False
    if any(value % 1 for value in known):
        return len(known) > 1
    years = all(value in YEARS and len(text) == 4 for value, text in zip(known, texts, strict=True))
    even = len(set(steps)) == 1
    return years or (even and len(known) > 2 and steps[0] == 1 and known[0] in (0, 1)) or (even and len(known) >= FEW)


def _grows_as(texts: Sequence[str], others: Sequence[str]) -> bool:
    """Whether these numbers may be such as those, which count on, are."""
    if not all(map(str.isdecimal, texts)):
        return not all(map(str.isdecimal, others)) and texts == sorted(texts, key=lambda text: _value(text) or 0.0)
    steps = {int(after) - int(before) for before, after in pairwise(texts)}
    digits = [len(text) for text in (*texts, *others)]
    return len(steps) == 1 and max(digits) - min(digits) <= 1


def _usual_shape(values: Sequence[str]) -> str:
    """How nearly all of a column are written, where that is no word; else empty."""
    if len(values) < FEW:
        return ""
    usual, n = Counter(map(shape, values)).most_common(1)[0]
    plain = not re.search(r"[^a ]", usual) or usual == "9"
    return "" if plain or n < NEARLY_ALL * len(values) else usual


def _beginning(text: str) -> str:
    """The letters that it begins with."""
    return text[: len(text) - len(text.lstrip(ascii_letters))]


@lru_cache(MOST_CELLS)
def shape(text: str) -> str:
    """Letters as `a`, digits as `9`: `a@a.a`, `9-9-9`."""
    text = text[:64]
    for pattern, letter in _SHAPES:
        text = pattern.sub(letter, text)
    return text


@lru_cache(MOST_CELLS)
def is_number(text: str) -> bool:
    return _value(text) is not None


def is_nothing(text: str) -> bool:
    """A cell that has no value, as people write it."""
    return text.strip().casefold() in _NOTHING


def _value(text: str) -> float | None:
    return next((value for mark in MARKS if (value := number_of(text, mark)) is not None), None)
