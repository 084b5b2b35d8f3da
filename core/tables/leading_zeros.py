"""Numbers that are written as names are, 007 and +1: pandas reads them as 7 and 1, so the file is asked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from core.tables.encoded import reading
from core.tables.files import PIECE, opened
from core.tables.lines import BLANKS, records

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.read import TableFile

MOST_LINES, MOST_LOOKS = 50, 20_000
"""Lines with such a number in them that are looked at, and places where one could begin."""
LONGEST = 1 << 16
"""Characters of a line that is looked at."""
_ZERO, _PLUS = re.compile(rb"s0[0d]+(?=s)"), re.compile(rb"sp[0d]+(?=s)")
"""Of a line whose bytes are replaced by what they are: a separator, 0, another digit, a plus."""
_ODD = re.compile(r"[-+]?0\d+|\+\d+", re.ASCII)


@dataclass
class Odd:
    """What was found in a file."""

    examples: dict[str, str] = field(default_factory=dict)
    """Of columns of whole numbers one that is written so, and where: `00501 in line 7`."""
    whole: bool = True
    """Whether all of the file was looked through."""


def leading_zeros(file: TableFile, table: pd.DataFrame) -> Odd:
    """Raises DataError where the file can no longer be read."""
    dialect, found = file.dialect, Odd()
    names = [str(name) for name in table.columns]
    wanted = {i for i, name in enumerate(names) if _may_be_whole(table[name])}
    unread = dialect is not None and (
        dialect.sheet or dialect.encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))
    )
    if dialect is None or not wanted or unread:
        found.whole = dialect is None or not wanted
        return found
    lines = looks = 0
    with reading(file.path, dialect.encoding):
        for line, number in _lines(file, dialect.separator, dialect.encoding):
            looks += 1
            if lines >= MOST_LINES or looks >= MOST_LOOKS or len(found.examples) == len(wanted):
                found.whole = len(found.examples) == len(wanted)
                break
            lines += _take(line, number, dialect.separator, names, wanted, found.examples)
    return found


def _lines(file: TableFile, separator: str, encoding: str) -> Iterator[tuple[str, int]]:
    """Lines, and their numbers from 1, with a cell in them that begins as such a number."""
    kinds = bytearray(b"x" * 256)
    for char in '\n\r"' + (" \t" if separator == BLANKS else separator):
        kinds[ord(char)] = ord("s")
    kinds[48:58] = b"0ddddddddd"
    kinds[ord("+")] = ord("p")
    seen = 1
    with opened(file.path) as binary:
        for text in _whole_lines(binary):
            kind = (text + b"\n").translate(kinds)
            places = [match.start() for match in _ZERO.finditer(kind)]
            if b"+" in text:
                places += [match.start() for match in _PLUS.finditer(kind)]
            if places:
                ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
                for line in np.unique(np.searchsorted(ends, places, side="right") - 1).tolist():
                    begin = int(ends[line]) + 1
                    end = int(ends[line + 1]) if line + 1 < len(ends) else len(text)
                    yield text[begin : min(end, begin + LONGEST)].decode(encoding, "replace"), seen + line
            seen += text.count(b"\n") - 1


def _whole_lines(binary: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces that end with a line, unless that is longer than a piece; a newline before each."""
    rest = b""
    while piece := binary.read(PIECE):
        text = b"\n" + rest + piece
        end = text.rfind(b"\n")
        text, rest = (text[: end + 1], text[end + 1 :]) if end else (text, b"")
        yield text
    if rest:
        yield b"\n" + rest


def _take(line: str, number: int, separator: str, names: list[str], wanted: set[int], found: dict[str, str]) -> bool:
    """Whether there is such a number in the line; each column's first one is kept."""
    any_here = False
    for _line, cells in records(io.StringIO(line, newline=""), separator):
        for i, cell in enumerate(cells[: len(names)]):
            if i in wanted and _ODD.fullmatch(cell.strip()):
                any_here = True
                found.setdefault(names[i], f"{cell.strip()[:20]} in line {number}")
    return any_here


def _may_be_whole(values: pd.Series[Any]) -> bool:
    import pandas as pd

    if pd.api.types.is_integer_dtype(values):
        return True
    return values.dtype == "float64" and bool(values.isna().any())
