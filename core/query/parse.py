"""A filter's text becomes a tree, by recursive descent:

    filter := both ("or" both)*      both := one (["and"] one)*      one := "not" one | "(" filter ")" | term
    term   := COLUMN SIGN VALUE | WORD | "text in quotes"

Our own parser of a hundred lines rather than one of a library: an error has to name its place in words for people, and
half a filter has to be completed while it is typed.
"""

from __future__ import annotations

from collections.abc import Collection

from core.query.error import FilterError
from core.query.lex import Token, tokens
from core.query.tree import And, Compare, Node, Not, Or, Place, Text, Word

DEEPEST = 50
"""Parentheses and `not` within each other."""


def parse(text: str, words: Collection[str] = ()) -> Node:
    """`words` are those that mean something by themselves; others are looked for. Raises FilterError, and nothing
    else."""
    return _Parser(text, words).whole()


class _Parser:
    def __init__(self, text: str, words: Collection[str]) -> None:
        self._text = text
        self._words = words
        self._tokens = tokens(text)
        self._i = 0
        self._depth = 0

    def whole(self) -> Node:
        if not self._tokens:
            return And()
        tree = self._either()
        if (token := self._peek()) is not None:
            raise self._error(token, "this ) closes nothing")
        return tree

    def _either(self) -> Node:
        parts = [self._both()]
        while self._take_keyword("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Node:
        parts = [self._one()]
        while self._take_keyword("and") or self._goes_on():
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        token = self._peek()
        if token is None:
            raise self._at_the_end("a condition is missing at the end")
        if token.kind == "wrong":
            raise self._error(token, token.text)
        self._i += 1
        if token.kind == "keyword" and token.text == "not":
            self._deeper(token)
            part = self._one()
            self._depth -= 1
            return Not(part)
        if token.kind == "keyword":
            raise self._error(token, f"a condition is missing before {token.text}")
        if token.kind == "open":
            return self._in_parentheses(token)
        if token.kind == "close":
            raise self._error(token, "a condition is missing before )")
        if token.kind == "sign":
            raise self._error(token, f"a column is missing before {token.text}")
        return self._term(token)

    def _in_parentheses(self, opened: Token) -> Node:
        self._deeper(opened)
        inside = self._either()
        self._depth -= 1
        closing = self._peek()
        if closing is None or closing.kind != "close":
            raise self._error(opened, "this ( is never closed")
        self._i += 1
        return inside

    def _term(self, token: Token) -> Node:
        sign = self._peek()
        if sign is None or sign.kind != "sign":
            known = token.kind == "word" and token.text.lower() in self._words
            return Word(token.text.lower(), token.at) if known else Text(token.text, token.at)
        self._i += 1
        value = self._peek()
        if value is not None and value.kind == "wrong":
            raise self._error(value, value.text)
        if value is None or value.kind != "value":
            raise self._error(sign, f"a value is missing after {sign.text}")
        self._i += 1
        place = Place(token.start, value.end - token.start)
        return Compare(token.text, sign.text, value.text, place, value.at)

    def _goes_on(self) -> bool:
        """Without a word between them, conditions all have to hold."""
        token = self._peek()
        return token is not None and token.kind != "close" and (token.kind, token.text) != ("keyword", "or")

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(token, f"more than {DEEPEST} parentheses and not within each other")

    def _peek(self) -> Token | None:
        return self._tokens[self._i] if self._i < len(self._tokens) else None

    def _take_keyword(self, keyword: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "keyword" or token.text != keyword:
            return False
        self._i += 1
        return True

    def _error(self, token: Token, what: str) -> FilterError:
        return FilterError(self._text, token.at, what)

    def _at_the_end(self, what: str) -> FilterError:
        return FilterError(self._text, Place(len(self._text), 0), what)
