"""One pass over a whole file for lines that are no rows wherever they stand: of separators only, the names again,
comments; and for remarks at its end. Only where there may be such lines, records are looked at one by one."""

from __future__ import annotations

import io
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO

from core.tables.files import PIECE
from core.tables.header import is_nothing, is_number
from core.tables.lines import ALL, BLANKS, Lines, Record, spans

TAIL = 1 << 16
"""Characters at the end of a file that remarks are looked for in."""
MOST = 50
"""Records of remarks."""
SAME = 0.8
"""Share of records that have as many fields as the table has columns."""


@dataclass
class Swept:
    empty: list[int] = field(default_factory=list)
    """Lines of separators only."""
    again: list[int] = field(default_factory=list)
    """Lines that hold the names again."""
    comments: list[int] = field(default_factory=list)
    remarks: list[Record] = field(default_factory=list)
    blanks: bool = False
    """Whether any blank or tab stands in it."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for."""

    names: Record | None
    """The header, if there is one."""
    header: str
    """Its line, as it is written."""
    width: int
    """Columns; 0 where that is not known."""
    prefix: str
    """Of comments."""
    empty: bool
    remarks: bool


def sweep(opened: Callable[[], IO[str]], separator: str, lines: Lines, wanted: Wanted) -> Swept:
    """`lines`: those that are known to be none. Raises what reading the file raises."""
    found = Swept()
    mark = re.escape(separator)
    empty = re.compile(rf'\n[ \t"]*{mark}[ \t"{mark}]*(?=[\r\n])')
    may_be_empty = re.compile(rf'\n[ \t"{mark}]')  # three times as fast
    names = f"\n{wanted.header}" if wanted.names is not None and wanted.header else ""
    closer, last, but_last = False, "", ""
    with opened() as file:
        while piece := _whole_lines(file):
            text = f"\n{piece}\n" if "\n" in piece else f"\n{piece}\n".replace("\r", "\n")
            found.blanks = found.blanks or " " in piece or "\t" in piece
            closer = closer or bool(
                (
                    wanted.empty
                    and wanted.width != 1
                    and separator != BLANKS
                    and may_be_empty.search(text)
                    and empty.search(text)
                )
                or (names and text.count(names) > (not last))
                or (wanted.prefix and f"\n{wanted.prefix}" in text)
            )
            but_last, last = last, piece
    if closer:
        _look_closer(opened, separator, lines, wanted, found)
    if wanted.remarks and wanted.width > 1 and separator != BLANKS:
        tail = but_last + last
        if len(tail) <= TAIL:
            found.remarks = _remarks(tail, 1, separator, lines, wanted)
            return found
        tail = tail[_line_begins(tail, len(tail) - TAIL) :]
        if _remarks(tail, 1, separator, ALL, replace(wanted, names=None)):  # there may be some: where?
            with opened() as file:
                ends = sum(map(_line_ends, iter(partial(_whole_lines, file), "")))
            found.remarks = _remarks(tail, ends - _line_ends(tail) + 1, separator, lines, wanted)
    return found


def _whole_lines(file: IO[str]) -> str:
    return file.read(PIECE) + file.readline()


def _line_begins(text: str, at: int) -> int:
    """Where the line behind `at` begins; 0 where there is none."""
    ends = [text.find(mark, at) for mark in "\n\r" if mark in text]
    return min((end for end in ends if end >= 0), default=-1) + 1


def _line_ends(text: str) -> int:
    if "\r" not in text:
        return text.count("\n")
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _look_closer(opened: Callable[[], IO[str]], separator: str, lines: Lines, wanted: Wanted, found: Swept) -> None:
    names = _stripped(wanted.names) if wanted.names is not None else None
    with opened() as file:
        for record in spans(file, separator, lines):
            numbers = range(record.first, record.last + 1)
            if wanted.empty and wanted.width != 1 and not record.filled:
                found.empty += numbers
            elif wanted.prefix and record.fields[0].startswith(wanted.prefix):
                if len(record.fields) != wanted.width:
                    found.comments += numbers
            elif names and record != wanted.names and _stripped(record) == names:
                found.again += numbers


def _stripped(record: Record) -> list[str]:
    return [text.strip() for text in record.fields]


def _remarks(tail: str, before: int, separator: str, lines: Lines, wanted: Wanted) -> list[Record]:
    """Records at the end with few cells, where the others have all of them and begin with something else."""
    first = wanted.names.last if wanted.names is not None else 0
    found = [
        Record(record.first + before - 1, record.last + before - 1, record.fields)
        for record in spans(io.StringIO(tail, newline=""), separator)
    ]
    gone = set(lines.numbers()) if lines and before <= lines.dropped[-1].stop else set()
    found = [record for record in found if record.first > first and record.first not in gone]
    if wanted.names is not None:
        found = [record for record in found if _stripped(record) != _stripped(wanted.names)]
    remarks: list[Record] = []
    while found and len(remarks) < MOST:
        record, above = found[-1], found[:-1]
        filled = [each for each in above if each.filled]
        if record.filled:
            apart = bool(filled) and record.first - filled[-1].last > 1
            later = bool(remarks) and remarks[-1].first - record.last > 1
            if not _is_remark(record, filled[-200:], wanted.width, apart or later or bool(remarks)):
                break
            remarks.append(record)
        found.pop()
    remarks.reverse()
    return remarks if len(remarks) < max(1, len(found)) else []


def _is_remark(record: Record, above: Sequence[Record], width: int, apart: bool) -> bool:
    """`apart`: whether a line without cells stands between it and the rows, or it stands above such a remark."""
    same = [each for each in above if len(each.fields) == width]
    if len(same) < SAME * len(above) or len(same) < 2:
        return False
    filled, text = record.filled, record.filled[0].strip()
    columns = [[each.fields[i].strip() for each in same] for i in range(width)]
    numeric = [all(is_number(cell) for cell in column if not is_nothing(cell)) for column in columns]
    numeric = [known and any(map(is_number, column)) for known, column in zip(numeric, columns, strict=True)]
    if apart and any(numeric) and not any(map(is_number, filled)) and not record.fields[0].strip().isdecimal():
        said = [cell.strip() for cell, number in zip(record.fields, numeric, strict=False) if number]
        if len(record.fields) != width or (any(said) and not any(is_nothing(cell) and cell for cell in said)):
            return True
    if len(filled) > max(1, (width - 1) // 3) or is_number(text) or is_nothing(text):
        return False
    if text != record.fields[0].strip() or text in columns[0]:
        return False
    if numeric[0] or len(record.fields) < width:
        return True
    poor = any(len(each.filled) == len(filled) for each in same)
    return not poor and (apart or bool(re.search(r"[:.!?*]|\w+ \w+ \w+", text)))


def last_lines(opened: Callable[[], IO[str]], n: int) -> list[int]:
    """The numbers of the last `n` lines that are not blank."""
    with opened() as file:
        return list(deque((number for number, line in enumerate(file, start=1) if line.strip()), maxlen=n))


def lines_with(opened: Callable[[], IO[str]], prefix: str) -> list[int]:
    """The numbers of the lines that begin with `prefix`."""
    with opened() as file:
        return [number for number, line in enumerate(file, start=1) if line.lstrip().startswith(prefix)]
