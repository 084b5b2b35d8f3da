"""What a filter is once it is parsed, and how it is written again: `parse(to_text(tree))` is that tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

SIGNS = ("!=", ">=", "<=", "=", ">", "<", "~", ":")
"""`~`: contains. `:`: has, of a set; contains, of a text; else equals."""
KEYWORDS = ("and", "or", "not")


@dataclass(frozen=True)
class Place:
    """Where in the text a part stands: its first character, from 0, and how many they are."""

    start: int = 0
    length: int = 0


NOWHERE = Place()


@dataclass(frozen=True)
class Compare:
    """A column beside a value, as they were written."""

    column: str
    sign: str
    value: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)
    value_at: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Word:
    """One of the words that mean something: `failed`."""

    name: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Text:
    """What is to be contained somewhere in a row."""

    text: str
    at: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class And:
    """Two or more parts; none is the filter that lets everything through."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Or:
    """Two or more parts."""

    parts: tuple[Node, ...]


Node: TypeAlias = Compare | Word | Text | Not | And | Or

_PLAIN_VALUE = re.compile(r'[^\s()"=<>!~:\[][^\s()"]*')
_PLAIN_WORD = re.compile(r'[^\s()"=<>!~:]+')


def to_text(tree: Node) -> str:
    """The filter as somebody would type it."""
    match tree:
        case Compare(column, sign, value):
            return f"{as_word(column)}{sign}{as_value(value)}"
        case Word(name):
            return name
        case Text(text):
            return quoted(text)
        case Not(part):
            return f"not {_within(part)}"
        case And(parts):
            return " and ".join(map(_within, parts))
        case Or(parts):
            return " or ".join(map(_within, parts))


def as_value(text: str) -> str:
    """As it is written behind a sign: in quotes only where it must be."""
    return text if _is_plain(text, _PLAIN_VALUE) else quoted(text)


def as_word(text: str) -> str:
    """As it is written by itself."""
    return text if _is_plain(text, _PLAIN_WORD) else quoted(text)


def quoted(text: str) -> str:
    """In quotes, as a filter takes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within(part: Node) -> str:
    return f"({to_text(part)})" if isinstance(part, And | Or) else to_text(part)


def _is_plain(text: str, plain: re.Pattern[str]) -> bool:
    return plain.fullmatch(text) is not None and text.lower() not in KEYWORDS
