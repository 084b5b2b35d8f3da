"""A tree becomes a condition on rows, once; then it is asked of thousands.

A value that a row does not have (None) meets no comparison, not even `!=`; `not` before it does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from core.query import values
from core.query.error import FilterError, unknown_column
from core.query.parse import parse
from core.query.tree import And, Compare, Node, Not, Or, Place, Text, Word
from core.query.values import NUMBERS, Kind, Span

Row = TypeVar("Row")
Value: TypeAlias = Any
"""A number, a text, a yes or no, a list, a frozenset of texts; None: missing."""

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Vocabulary(Generic[Row]):
    """What the filters of some rows may speak of."""

    columns: Collection[str]
    """All that any of them has."""
    read: Callable[[str], Callable[[Row], Value]]
    """How the value of a column is read from a row."""
    kind: Callable[[str], Kind]
    text: Callable[[Row], str]
    """Where texts are looked for, casefolded."""
    words: Mapping[str, Callable[[Row], bool]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names of columns."""


def condition(text: str, vocabulary: Vocabulary[Row], now: datetime | None = None) -> Callable[[Row], bool]:
    """What a filter asks of a row. `now` is for dates: with its time zone, else now, here. Raises FilterError."""
    compiler = _Compiler(text, vocabulary, now or datetime.now().astimezone())
    return compiler.of(parse(text, vocabulary.words))


def used(tree: Node) -> set[str]:
    """The columns that a filter compares."""
    match tree:
        case Compare():
            return {tree.column}
        case Not():
            return used(tree.part)
        case And() | Or():
            return set().union(*map(used, tree.parts))
        case _:
            return set()


class _Compiler(Generic[Row]):
    def __init__(self, text: str, vocabulary: Vocabulary[Row], now: datetime) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._now = now

    def of(self, tree: Node) -> Callable[[Row], bool]:
        match tree:
            case And(parts):
                return _all([self.of(part) for part in parts])
            case Or(parts):
                return _any([self.of(part) for part in parts])
            case Not(part):
                inside = self.of(part)
                return lambda row: not inside(row)
            case Word(name):
                return self._vocabulary.words[name]
            case Text(text, at):
                return self._contains(text, at)
            case Compare():
                return self._compare(tree)

    def _contains(self, text: str, at: Place) -> Callable[[Row], bool]:
        bare = not self._text.startswith('"', at.start)
        if bare and self._name(text) in self._vocabulary.columns:
            what = f'{text} is a column: compare it, as {text}=…, or look for the text with "{text}"'
            raise FilterError(self._text, at, what)
        wanted, read = text.casefold(), self._vocabulary.text
        return lambda row: wanted in read(row)

    def _name(self, column: str) -> str:
        return self._vocabulary.aliases.get(column.lower(), column)

    def _compare(self, tree: Compare) -> Callable[[Row], bool]:
        name, vocabulary = self._name(tree.column), self._vocabulary
        if name not in vocabulary.columns:
            known = [*vocabulary.aliases, *vocabulary.columns]
            raise FilterError(self._text, Place(tree.at.start, len(tree.column)), unknown_column(tree.column, known))
        kind, read = vocabulary.kind(name), vocabulary.read(name)
        if why := why_not(kind, tree.sign, tree.value, tree.column, self._now):
            raise FilterError(self._text, tree.value_at, why)
        met = test_of(kind, tree.sign, tree.value, self._now)
        return lambda row: (value := read(row)) is not None and met(value)


def _all(parts: Sequence[Callable[[Row], bool]]) -> Callable[[Row], bool]:
    if len(parts) not in (2, 3):
        return lambda row: all(part(row) for part in parts)
    first, rest = parts[0], parts[1] if len(parts) == 2 else _all(parts[1:])
    return lambda row: first(row) and rest(row)  # several times as fast as `all`


def _any(parts: Sequence[Callable[[Row], bool]]) -> Callable[[Row], bool]:
    if len(parts) not in (2, 3):
        return lambda row: any(part(row) for part in parts)
    first, rest = parts[0], parts[1] if len(parts) == 2 else _any(parts[1:])
    return lambda row: first(row) or rest(row)


def why_not(kind: Kind, sign: str, text: str, column: str, now: datetime) -> str:
    """Why a column of this kind cannot be compared so; empty where it can."""
    if sign in _ORDER and kind in ("list", "set"):
        return f"{column} is a {kind} of values: compare it with = != ~ or :"
    if kind not in NUMBERS or sign == "~":
        return ""
    found = _number(kind, text, now)
    if found is None:
        return f"{column} is {_EXPECTED[kind]}; {text!r} is none"
    if kind == "share" and isinstance(found, int | float) and 1 < found <= 100 and "%" not in text:
        return f"{column} is a fraction from 0 to 1: write {column}{sign}{found:g}%"
    return ""


_EXPECTED: dict[Kind, str] = {
    "number": "a number",
    "share": "a fraction, as 0.9 or 90%",
    "duration": "a time, as 30s, 10m, 2h or 1h30m",
    "moment": "a moment, as 2026-11-01, today, or 3d for three days ago",
}


def _number(kind: Kind, text: str, now: datetime) -> float | int | Span | None:
    if kind == "moment":
        return values.moment(text, now)
    return values.duration(text) if kind == "duration" else values.number(text)


def test_of(kind: Kind, sign: str, text: str, now: datetime) -> Callable[[Value], bool]:
    """Whether a value that is not missing meets `sign text`."""
    if kind == "moment" and sign != "~" and (span := values.moment(text, now)) is not None:
        return _in_span(sign, span)
    wanted, number, items = text.casefold(), _plain_number(kind, text, now), values.items(text)
    order = _ORDER.get(sign)
    unequal = sign == "!="

    of_number = _of_number(sign, number, wanted)

    def of_text(value: str) -> bool:
        folded = value.casefold()
        if order is not None:
            return order(folded, wanted)
        if sign in ("~", ":"):
            return wanted in folded
        return (folded == wanted) is not unequal

    def of_list(value: Any) -> bool:
        if order is not None:
            return False
        if sign in ("~", ":"):
            return wanted in values.text_of(value).casefold()
        return (values.canonical(value) == items) is not unequal

    def of_set(value: frozenset[str]) -> bool:
        if order is not None:
            return False
        if sign == "~":
            return any(wanted in each.casefold() for each in value)
        return (wanted in {each.casefold() for each in value}) is not unequal

    def met(value: Value) -> bool:
        if type(value) is float or type(value) is int:  # as most are
            return of_number(value)
        if isinstance(value, bool):
            return of_text("true" if value else "false")
        if isinstance(value, int | float):
            return of_number(value)
        if isinstance(value, str):
            return of_text(value)
        return of_set(value) if isinstance(value, frozenset) else of_list(value)

    return met


def _of_number(sign: str, number: float | int | None, wanted: str) -> Callable[[float], bool]:
    """Of a value that is a number, beside one, or beside a text that is none."""
    if sign == "~":
        return lambda value: wanted in values.text_of(value)
    if number is None:
        return lambda _value: sign == "!="
    if (order := _ORDER.get(sign)) is not None:
        return lambda value: order(value, number)
    unequal = sign == "!="
    return lambda value: (value == number or (value != value and number != number)) is not unequal


def _plain_number(kind: Kind, text: str, now: datetime) -> float | int | None:
    found = _number(kind if kind in NUMBERS and kind != "moment" else "number", text, now)
    return None if isinstance(found, Span) else found


def _in_span(sign: str, span: Span) -> Callable[[Value], bool]:
    """A day is from its first moment to its last: `>` is after it, `>=` is in it or after."""
    low, high = span.low, span.high
    instant = low == high

    def inside(value: float) -> bool:
        return value == low if instant else low <= value < high

    tests: dict[str, Callable[[float], bool]] = {
        "=": inside,
        ":": inside,
        "!=": lambda value: not inside(value),
        "<": lambda value: value < low,
        ">=": lambda value: value >= low,
        ">": lambda value: value > low if instant else value >= high,
        "<=": lambda value: value <= low if instant else value < high,
    }
    return tests[sign]
