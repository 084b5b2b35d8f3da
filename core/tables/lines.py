"""Lines of a text file that are no rows of its table, by their numbers; and the text without them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

BLANKS = " "
"""The separator of columns that are aligned with blanks: any number of them are one."""


FIRST = 5
"""Lines that are named where many are told of."""


@dataclass(frozen=True)
class Lines:
    dropped: tuple[range, ...] = ()
    """Of lines from 1, one after another."""

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Lines:
        found: list[range] = []
        for number in sorted(set(numbers)):
            if found and found[-1].stop == number:
                found[-1] = range(found[-1].start, number + 1)
            else:
                found.append(range(number, number + 1))
        return cls(tuple(found))

    def __bool__(self) -> bool:
        return bool(self.dropped)

    def __len__(self) -> int:
        return sum(map(len, self.dropped))

    def numbers(self) -> Iterator[int]:
        for each in self.dropped:
            yield from each

    def __or__(self, other: Lines) -> Lines:
        return Lines.of([*self.numbers(), *other.numbers()])

    def told(self) -> str:
        """`lines 3-5, 9 and 3 more are`; of one line `line 3 is`."""
        parts = [str(each.start) if len(each) == 1 else f"{each.start}-{each.stop - 1}" for each in self.dropped]
        shown = ", ".join(parts[:FIRST])
        if len(parts) > FIRST:
            shown += f" and {sum(map(len, self.dropped[FIRST:])):,} more"
        return f"line {shown} is" if len(self) == 1 else f"{len(self):,} lines ({shown}) are"

    def kept(self, file: Iterable[str]) -> Iterator[tuple[int, str]]:
        """The other lines, with their numbers."""
        gone = iter(self.dropped)
        now = next(gone, range(0))
        for number, line in enumerate(file, start=1):
            if number >= now.stop:
                now = next(gone, range(0)) if now.stop else now
            if number not in now:
                yield number, line


ALL = Lines()
"""All lines are kept."""


class Record(NamedTuple):
    first: int
    """Its first line, from 1."""
    last: int
    fields: list[str]

    @property
    def filled(self) -> list[str]:
        return [text for text in self.fields if text.strip()]


class Kept:
    """A file without some of its lines, for whoever reads it in pieces. `column`: as `spans` has it."""

    def __init__(self, file: IO[str], lines: Lines, column: Column | None = None) -> None:
        self._file = file
        self._lines = lines.kept(file) if column is None else column.filled(lines.kept(file))

    def read(self, size: int = -1) -> str:
        pieces, length = [], 0
        while size < 0 or length < size:
            line = next(self._lines, None)
            if line is None:
                break
            pieces.append(line[1])
            length += len(line[1])
        return "".join(pieces)

    def __iter__(self) -> Iterator[str]:
        return (line for _number, line in self._lines)

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()


@dataclass(frozen=True)
class Column:
    """A table of one column: there a blank line is a row without a value, unless it stands above the names or at the
    end. Programs read it so where it is written as `""`."""

    header: bool = True
    """Whether the first record is its name."""

    def filled(self, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Lines and their numbers, with such rows written so, without blank lines that are none."""
        waiting: list[int] = []
        begun, quoted = not self.header, False
        for number, line in lines:
            if quoted:
                quoted = line.count('"') % 2 == 0
                yield number, line
            elif _is_blank(line):
                waiting += [number] if begun else []
            elif begun or line.strip() != '""':
                for each in waiting:
                    yield each, '""\n'
                waiting.clear()
                begun, quoted = True, line.lstrip().startswith('"') and line.count('"') % 2 == 1
                yield number, line


def _is_blank(line: str) -> bool:
    """As pandas takes it."""
    return not line.strip(" \t\r\n")


def records(
    file: IO[str], separator: str, lines: Lines = ALL, column: Column | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Each record: the line of the file where it begins, from 1, and its fields. Blank lines are none, unless it is a
    table of one `column`."""
    for record in spans(file, separator, lines, column):
        yield record.first, record.fields


def spans(file: Iterable[str], separator: str, lines: Lines = ALL, column: Column | None = None) -> Iterator[Record]:
    """As `records`, with the line where each ends."""
    csv.field_size_limit(2**31 - 1)
    taken: list[int] = []  # lines of the record that is being read
    numbered = lines.kept(file) if lines else enumerate(file, start=1)
    blank = False

    def read() -> Iterator[str]:
        nonlocal blank
        for number, line in numbered if column is None else column.filled(numbered):
            taken.append(number)
            blank = _is_blank(line)
            yield line if separator != BLANKS else " ".join(line.split()) + "\n"

    reader = csv.reader(read(), delimiter=separator, skipinitialspace=True)
    try:
        for fields in reader:
            if len(fields) > 1 or (fields and not (blank and len(taken) == 1)):
                yield Record(taken[0], taken[-1], fields)
            taken.clear()
    except csv.Error:  # a NUL byte, or a field without end: whoever reads the file says so
        return
