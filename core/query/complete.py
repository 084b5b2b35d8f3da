"""What may come next in a filter that is being typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.query.lex import Token, tokens
from core.query.tree import KEYWORDS, as_value

MOST = 50
USUAL = ("=", ">", ">=", "<", "<=", "!=", "~")
"""Signs in the order in which they are offered."""


@dataclass(frozen=True)
class Completions:
    """What may take the place of the characters from `start` up to, but not with, `end`."""

    start: int
    end: int
    options: tuple[str, ...] = ()


def complete(
    text: str,
    cursor: int,
    columns: Iterable[str],
    values: Callable[[str], Iterable[str]],
    words: Iterable[str] = (),
) -> Completions:
    """`columns` and `words` that may be written, `values` of a column that rows have. What begins with what stands
    before the cursor comes first, then what has it within."""
    cursor = max(0, min(cursor, len(text)))
    before = [token for token in tokens(text) if token.start < cursor]
    last = before[-1] if before else None
    touching = last if last is not None and last.end >= cursor else None
    if touching is not None and touching.kind in ("value", "wrong") and _sign_before(before, 2):
        return _values(text, cursor, before[-3], touching.start, touching.end, values)
    if last is not None and last.kind == "sign" and len(before) > 1:
        following = next((token for token in tokens(text) if token.start >= cursor), None)
        end = following.end if following is not None and following.start == cursor else cursor
        return _values(text, cursor, before[-2], cursor, end, values)
    names = [*columns]
    if touching is not None and touching.kind in ("word", "keyword"):
        written = text[touching.start : cursor]
        options = _matching(written, [*names, *words, *KEYWORDS])
        if written in names:
            options = [f"{written}{sign}" for sign in USUAL] + options
        return Completions(touching.start, touching.end, tuple(options[:MOST]))
    if touching is not None and touching.kind not in ("open", "close"):
        return Completions(cursor, cursor)
    needed = last is None or last.kind in ("keyword", "open")
    options = [*names, *words, "not"] if needed else ["and", "or", *names, *words, "not"]
    return Completions(cursor, cursor, tuple(options[:MOST]))


def _sign_before(before: list[Token], i: int) -> bool:
    return len(before) > i and before[-i].kind == "sign"


def _values(
    text: str, cursor: int, column: Token, start: int, end: int, values: Callable[[str], Iterable[str]]
) -> Completions:
    written = text[start:cursor].lstrip('"')
    return Completions(start, end, tuple(as_value(each) for each in _matching(written, values(column.text))[:MOST]))


def _matching(written: str, among: Iterable[str]) -> list[str]:
    folded = written.casefold()
    options = list(dict.fromkeys(among))
    first = [each for each in options if each.casefold().startswith(folded)]
    return first + [each for each in options if folded in each.casefold() and each not in first]
