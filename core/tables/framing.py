"""Which lines of a text file are no rows of its table: titles and comments above the names, units below them, the names
again, lines of separators only, remarks at the end. What is left out is told, with the key that takes it in.

The beginning of a file and its end are looked at closely; between them only what is plain to see is looked for."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from core.tables.finding import Finding, Remedy
from core.tables.formulas import plain_cells
from core.tables.header import Verdict, judge
from core.tables.lines import Lines, Record, spans
from core.tables.records import nfc
from core.tables.sweep import Swept, Wanted, last_lines, lines_with, sweep
from core.tables.titles import titles, units

PREFIXES = ("#", "%", "//", "!", "--")
"""Of lines above the names that are comments."""
SAME = 0.8
"""Share of records that have as many fields as the table has columns."""
RECORDS = 200
"""Of the beginning, at most so many."""


@dataclass(frozen=True)
class Told:
    """What is known of the lines of a file, as the keys of the dataset have it; `auto` is found."""

    header: str = "auto"
    skip: str = "auto"
    comment: str = "auto"
    footer: str = "auto"
    drop_lines: str = "auto"


@dataclass(frozen=True)
class Frame:
    lines: Lines = field(default_factory=Lines)
    """Those that are no rows."""
    header: bool = True
    notes: tuple[Finding, ...] = ()
    blanks: bool = True
    """Whether a blank or a tab stands in the file."""


def beginning(head: str, told: Told) -> tuple[Lines, str]:
    """Lines at the beginning of a file that are no rows whatever its separator is: those that were told, a line for
    Excel, comments; and the prefix of these, if there is one."""
    texts = head.splitlines() if "\r" not in head else io.StringIO(head, newline=None).read().split("\n")
    above = int(told.skip) if told.skip != "auto" else 0
    gone = set(range(1, above + 1))
    if told.skip == "auto" and texts and _separator_line(texts[0]):
        gone.add(1)
    if told.comment == "no":
        return Lines.of(gone), ""
    if told.comment != "auto":
        return Lines.of([*gone, *_commented(texts, told.comment)]), told.comment
    rest = [(number, text.strip()) for number, text in enumerate(texts, start=1) if number not in gone and text.strip()]
    prefix = next((prefix for prefix in PREFIXES if rest and rest[0][1].startswith(prefix)), "")
    if not prefix:
        return Lines.of(gone), ""
    leading = []
    for number, text in rest:
        if not text.startswith(prefix):
            break
        leading.append(number)
    return (Lines.of([*gone, *leading]), prefix) if len(leading) < len(rest) else (Lines.of(gone), "")


def _separator_line(text: str) -> bool:
    return bool(re.fullmatch(r'\ufeff?"?sep=.?"?[,;\t]*', text.strip(" \r\n")))


def excel_separator(head: str) -> str:
    """What a first line such as `sep=;` says; else empty."""
    first = head.partition("\n")[0].rstrip("\r").strip('\ufeff" ')
    return first[4:5] if _separator_line(first) else ""


def _commented(texts: Sequence[str], prefix: str) -> list[int]:
    return [number for number, text in enumerate(texts, start=1) if text.lstrip().startswith(prefix)]


def frame(
    head: str,
    whole: bool,
    opened: Callable[[], IO[str]],
    separator: str,
    told: Told,
    known: tuple[Lines, str],
    named: Collection[str] = (),
) -> Frame:
    """`head`: the beginning of the file, which may be cut off, unless it is the `whole`. `known`: what `beginning` made
    of it. `opened`: the file as text. `named`: columns that somebody calls by their names: a first record that has one
    of them has the names. Raises what reading it raises."""
    lines, prefix = known
    notes: list[Finding] = []
    find = not told.drop_lines.startswith("none")
    first = _records(head, separator, lines, whole)
    if prefix and told.comment == "auto":
        lines, first = _named_by_comment(head, separator, lines, prefix, first, whole)
        if lines:
            notes.append(_note(lines, "comments above the names", {"comment": "no"}))
    elif lines:
        notes.append(_note(lines, "above the names" + ("" if told.skip == "auto" else ", as you said")))
    if told.skip == "auto" and find:
        above = titles(first)
        if above:
            gone = Lines.of(_numbers(above))
            notes.append(_note(gone, f"above the names ({_words(first[len(above)])})", {"skip": str(len(lines))}))
            lines, first = lines | gone, first[len(above) :]
    verdict = Verdict(True) if _has(first, named) else judge([record.fields for record in first])
    header = verdict.names if told.header == "auto" else told.header == "yes"
    if told.header == "auto":
        notes[:0] = _header_note(verdict, first)
    below = units(first) if find and header else []
    if below:
        notes.append(_note(Lines.of(_numbers(below)), "units or a description of the columns", {"lines": "none"}))
    lines |= Lines.of([*_numbers(below), *_told_lines(told)])
    names = first[0] if first and header else None
    wanted = Wanted(
        names if find else None,
        _line(head, names.first) if names is not None else "",
        _width(first),
        prefix if told.comment == "auto" else "",
        empty=find,
        remarks=find and told.footer == "auto",
    )
    found = sweep(opened, separator, lines, wanted)
    notes += _notes_on(found)
    others = [*found.empty, *found.again, *found.comments, *_numbers(found.remarks), *_as_told(opened, told, prefix)]
    return Frame(lines | Lines.of(others), header, tuple(notes), found.blanks)


def _has(first: Sequence[Record], named: Collection[str]) -> bool:
    return bool(first) and any(nfc(text).strip() in named for text in plain_cells(first[0].fields))


def _as_told(opened: Callable[[], IO[str]], told: Told, prefix: str) -> list[int]:
    footer = last_lines(opened, int(told.footer)) if told.footer not in ("auto", "0") else []
    return footer + (lines_with(opened, prefix) if prefix and told.comment != "auto" else [])


def _notes_on(found: Swept) -> list[Finding]:
    notes = []
    if found.again:
        notes.append(_note(Lines.of(found.again), "the names again", {"lines": "none"}))
    if found.empty:
        notes.append(_note(Lines.of(found.empty), "separators only", {"lines": "none"}))
    if found.comments:
        notes.append(_note(Lines.of(found.comments), "comments", {"comment": "no"}))
    if found.remarks:
        said = " ".join(text.strip() for text in found.remarks[0].filled)
        lines = Lines.of(_numbers(found.remarks))
        notes.append(_note(lines, f"a remark at the end ({said[:30]!r})", {"footer": "0"}))
    return notes


def _note(lines: Lines, what: str, remedies: dict[Remedy, str] | None = None) -> Finding:
    rows = "no row" if len(lines) == 1 else "no rows"
    return Finding(f"{lines.told()} left out as {rows}: {what}", remedies=remedies or {})


def _words(record: Record) -> str:
    """The first cells of a record, in short."""
    shown = ", ".join(text.strip()[:20] for text in record.fields[:3])
    return shown + (", …" if len(record.fields) > 3 else "")


def _line(head: str, number: int) -> str:
    """A line as it is written, without its end."""
    return next(islice(io.StringIO(head, newline=""), number - 1, None), "").rstrip("\r\n")


def _header_note(verdict: Verdict, first: Sequence[Record]) -> list[Finding]:
    """A choice that may be wrong."""
    if len(first) < 2 or (verdict.names and not verdict.doubt):
        return []
    line = f"line {first[0].first} ({_words(first[0])}) is taken for"
    if verdict.names:
        return [Finding(f"{line} the names of the columns, though {verdict.doubt}", remedies={"no-header": ""})]
    return [Finding(f"{line} a row, not for names: {verdict.doubt}", remedies={"header": ""})]


def _records(head: str, separator: str, lines: Lines, whole: bool) -> list[Record]:
    """The first ones; the last one in the head may be cut off, so it is left out."""
    found = list(islice(spans(io.StringIO(head, newline=""), separator, lines), RECORDS))
    return found if whole or len(found) < 2 or len(found) == RECORDS else found[:-1]


def _width(records: Sequence[Record]) -> int:
    """Fields of nearly all records; 0 where they have not the same."""
    width, n = Counter(len(record.fields) for record in records).most_common(1)[0] if records else (0, 0)
    return width if n >= SAME * len(records) else 0


def _named_by_comment(
    head: str, separator: str, lines: Lines, prefix: str, first: list[Record], whole: bool
) -> tuple[Lines, list[Record]]:
    """The last comment names the columns where it has as many fields as the rows, and they have no names."""
    last = max(lines.numbers())
    before = Lines.of(number for number in lines.numbers() if number != last)
    with_it = _records(head, separator, before, whole)
    if len(with_it) < 2 or len(with_it[0].fields) != len(with_it[1].fields) or len(with_it[0].fields) < 2:
        return lines, first
    names = judge([record.fields for record in with_it])
    without = judge([record.fields for record in first])
    return (before, with_it) if names == Verdict(True) and not without.names else (lines, first)


def _told_lines(told: Told) -> Iterator[int]:
    for part in told.drop_lines.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal():
            yield from range(int(first), int(last or first) + 1)


def _numbers(records: Sequence[Record]) -> Iterator[int]:
    for record in records:
        yield from range(record.first, record.last + 1)
