"""How a text file of a table is written: encoding, separator, decimal mark, header, lines that are no rows. Found from
the file, or told."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from core.tables.encoded import found_encoding, is_sure, reading, told_encoding
from core.tables.files import opened
from core.tables.finding import Finding
from core.tables.framing import Told, beginning, excel_separator, frame
from core.tables.lines import ALL, BLANKS, Column, Kept, Lines, records
from core.tables.numbers import MARKS, decimal_mark, may_be_thousands

SEPARATORS = (",", ";", "\t", "|")
SPELT = {"tab": "\t", "space": BLANKS}
"""Separators that are hard to write, in a config."""
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}
HEAD = 1 << 18
"""Characters that separator, decimal mark and header are found from; more where they hold only a few records."""
RECORDS = 200
"""Of these, at most so many."""
FEW = 5
MOSTLY = 0.6
"""Share of records that a separator divides into the same number of fields, where the first ones are no rows."""


class Workbook(NamedTuple):
    """A sheet of one, and what it holds as CSV."""

    name: str
    text: str


@dataclass(frozen=True)
class Dialect:
    encoding: str
    """As Python names it; `utf-8-sig` where a mark begins the file."""
    separator: str
    decimal: str
    """`.` or `,`."""
    header: bool = True
    """Whether the first record names the columns."""
    lines: Lines = ALL
    """Those that are no rows of the table, nor its names."""
    notes: tuple[Finding, ...] = ()
    """What was found and may be otherwise."""
    blanks: bool = True
    """Whether a blank or a tab may stand in it."""
    sheet: str = ""
    """Of a workbook, the one that was read."""
    text: str | None = field(default=None, repr=False, compare=False)
    """Of a workbook, the sheet as CSV, a line for each of its rows."""
    told: bool = False
    """Whether the decimal mark was told: then no column has the other one."""
    column: Column | None = None
    """Where the table has no other one."""
    unclear: tuple[tuple[int, str], ...] = ()
    """Columns, from 0, whose decimal mark may as well stand between thousands, with one of their numbers."""

    @property
    def marks(self) -> tuple[str, ...]:
        """Decimal marks that numbers may have, the file's own first."""
        return (self.decimal,) if self.told else (self.decimal, *(mark for mark in MARKS if mark != self.decimal))

    @property
    def whole(self) -> bool:
        """Whether the file is nothing but names and rows, so that any program reads it."""
        return not self.lines and self.text is None and self.column is None

    def opened(self, path: Path) -> IO[str]:
        """The whole text, for whoever closes it."""
        return io.StringIO(self.text, newline="") if self.text is not None else opened(path, self.encoding)

    def rows_of(self, path: Path) -> IO[str] | Kept:
        """The text without lines that are no rows."""
        file = self.opened(path)
        return Kept(file, self.lines, self.column) if self.lines or self.column is not None else file


def find(
    path: Path,
    sheet: Workbook | None = None,
    /,
    *,
    encoding: str = "auto",
    separator: str = "auto",
    decimal: str = "auto",
    prefer: str = "",
    named: Collection[str] = (),
    **told: str,
) -> Dialect:
    """What is not told is found. `told`: of the header and of lines that are no rows, as `Told` has it. `prefer`: the
    decimal mark where the file leaves it open. `named`: columns that somebody calls by their names. `sheet`: where it
    is a workbook. Raises DataError where the file cannot be read as text."""
    lines_told = Told(**told)
    notes: list[Finding] = []
    text = None
    if sheet is not None:
        encoding, separator, text = "utf-8", ",", sheet.text
    elif encoding == "auto":
        encoding = found_encoding(path)
        notes += [] if is_sure(encoding) else [guessed(encoding)]
    else:
        encoding = told_encoding(path, encoding)
    head, whole = _head(path, encoding) if text is None else (text[:HEAD], len(text) <= HEAD)
    known = beginning(head, lines_told)
    excel = excel_separator(head) if lines_told.skip == "auto" else ""
    separator = (excel or _separator(head, whole, known[0])) if separator == "auto" else SPELT.get(separator, separator)
    made = Dialect(encoding, separator, ".", text=text, sheet=sheet.name if sheet else "")
    with reading(path, encoding):
        framed = frame(head, whole, lambda: made.opened(path), separator, lines_told, known, named)
    found = _probe(head, whole, separator, framed.lines)
    cells = [cell for fields in found[1:] for cell in fields]
    if separator == prefer == "," and not any("," in cell for cell in cells):
        prefer = ""  # the other way to write a table
    mark = decimal_mark(cells, separator == ",", prefer) if decimal == "auto" else decimal
    unclear: list[tuple[int, str]] = []
    if decimal == "auto" and not prefer:
        for i in range(len(found[0]) if found else 0):
            example = may_be_thousands([fields[i] for fields in found[1:] if i < len(fields)], mark)
            unclear += [(i, example)] if example else []
    return replace(
        made,
        decimal=mark,
        header=framed.header,
        told=decimal != "auto",
        column=Column(framed.header) if found and all(len(fields) == 1 for fields in found) else None,
        unclear=tuple(unclear),
        lines=framed.lines,
        notes=(*notes, *framed.notes),
        blanks=framed.blanks or separator == BLANKS,
    )


def guessed(encoding: str) -> Finding:
    return Finding(f"read as {encoding}, which was guessed", remedies={"letters": ""})


def _head(path: Path, encoding: str) -> tuple[str, bool]:
    """The beginning of a file, and whether that is all of it. Wide tables have few records in it, so more is read."""
    with reading(path, encoding), opened(path, encoding) as file:
        head: str = file.read(HEAD)
        while head.count("\n") + head.count("\r") < FEW and len(head) < 64 * HEAD and (more := file.read(HEAD)):
            head += more
        return head, not file.read(1)


def _probe(head: str, whole: bool, separator: str, lines: Lines = ALL) -> list[list[str]]:
    """The first records; the last one in the head may be cut off, so it is left out."""
    found = [fields for _line, fields in islice(records(io.StringIO(head, newline=""), separator, lines), RECORDS)]
    return found if whole or len(found) < 2 or len(found) == RECORDS else found[:-1]


def _separator(head: str, whole: bool, lines: Lines) -> str:
    """The one that divides most records into the same number of fields, more than one: as many as the first one has,
    or, where that may be a title, as most have."""
    widths = {each: [len(fields) for fields in _probe(head, whole, each, lines)] for each in SEPARATORS}
    best, most = _best(widths, {each: found[0] for each, found in widths.items() if found})
    if most < 0.5:
        found = [len(fields) for fields in _probe(head, whole, BLANKS, lines)]
        if found and found[0] > 1 and len(set(found)) == 1:
            return BLANKS
    if most < MOSTLY:
        usual = {each: Counter(found).most_common(1)[0][0] for each, found in widths.items() if found}
        other, share = _best(widths, usual)
        return other if share > MOSTLY else best
    return best


def _best(widths: dict[str, list[int]], wanted: dict[str, int]) -> tuple[str, float]:
    best, most = ",", 0.0
    for separator, width in wanted.items():
        if width < 2:
            continue
        share = sum(each == width for each in widths[separator]) / len(widths[separator])
        score = share + min(width, 50) / 1000  # of two that divide all alike, the one with more fields
        if score > most:
            best, most = separator, score
    return best, most
