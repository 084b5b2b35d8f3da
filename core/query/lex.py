"""The parts of a filter's text: words, signs, values, parentheses. What stands behind a sign is one value, up to a
space, a parenthesis or a quote; quotes and lists may have spaces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.query.tree import KEYWORDS, Place

Kind: TypeAlias = Literal["word", "keyword", "text", "sign", "value", "open", "close", "wrong"]

_SPACE = re.compile(r"\s*")
_SIGN = re.compile(r"!=|>=|<=|<>|==|=|>|<|~|:")
_WORD = re.compile(r'[^\s()"=<>!~:]+')
_VALUE = re.compile(r'[^\s()"=<>!~][^\s()"]*')
_SAME = {"==": "=", "<>": "!="}


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    """What it means: without quotes, `=` for `==`; of one that is wrong, why."""
    start: int
    end: int

    @property
    def at(self) -> Place:
        return Place(self.start, self.end - self.start)


def tokens(text: str) -> list[Token]:
    """All of them; what is wrong is a token, too, and always takes in a character."""
    found: list[Token] = []
    position = _skip(text, 0)
    while position < len(text):
        behind_sign = bool(found) and found[-1].kind == "sign"
        token = _next(text, position, behind_sign=behind_sign)
        found.append(token)
        position = _skip(text, token.end)
    return found


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _next(text: str, start: int, *, behind_sign: bool) -> Token:
    char = text[start]
    if char == '"':
        return _quoted(text, start, "value" if behind_sign else "text")
    if char in "()":
        return Token("open" if char == "(" else "close", char, start, start + 1)
    if behind_sign:
        if char == "[":
            return _list(text, start)
        if found := _VALUE.match(text, start):
            is_keyword = found[0].lower() in KEYWORDS
            return Token("keyword" if is_keyword else "value", _keyword(found[0]), start, found.end())
    if found := _SIGN.match(text, start):
        return Token("sign", _SAME.get(found[0], found[0]), start, found.end())
    if found := _WORD.match(text, start):
        is_keyword = found[0].lower() in KEYWORDS
        return Token("keyword" if is_keyword else "word", _keyword(found[0]), start, found.end())
    return Token("wrong", "write not in words, or != between a column and a value", start, start + 1)


def _keyword(text: str) -> str:
    return text.lower() if text.lower() in KEYWORDS else text


def _quoted(text: str, start: int, kind: Kind) -> Token:
    taken, position = list[str](), start + 1
    while position < len(text):
        char = text[position]
        if char == '"':
            return Token(kind, "".join(taken), start, position + 1)
        if char == "\\" and text[position + 1 : position + 2] in ("\\", '"'):
            position += 1
            char = text[position]
        taken.append(char)
        position += 1
    return Token("wrong", "a quote is missing at the end", start, len(text))


def _list(text: str, start: int) -> Token:
    """`[[256, 128], [64]]`: up to its own bracket; brackets within quotes do not count."""
    depth, position = 0, start
    while position < len(text):
        char = text[position]
        if char == '"':
            position = _quoted(text, position, "text").end
            continue
        depth += (char == "[") - (char == "]")
        position += 1
        if depth == 0:
            return Token("value", text[start:position], start, position)
    return Token("wrong", "a ] is missing at the end", start, len(text))
