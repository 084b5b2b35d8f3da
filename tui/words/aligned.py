"""Tables on stdout."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Container, Iterable, Sequence

from core.system.text import clean


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Container[int] = ()) -> None:
    """Columns as wide as their contents, cut at the edge of a terminal but never in a pipe. `right`: those set to the
    right."""
    print_lines(table_lines(headings, [[clean(cell) for cell in row] for row in rows], right))


def print_lines(lines: Iterable[str]) -> None:
    """Lines that a terminal must not wrap: what does not fit ends in `…`."""
    from rich.cells import cell_len, set_cell_size

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines:
        print(line if width is None or cell_len(line) <= width else set_cell_size(line, width - 1) + "…")


def fitting(headings: Sequence[str], rows: Sequence[Sequence[str]], order: Sequence[int], width: int) -> list[int]:
    """The columns that fit side by side into so many characters, chosen in `order`: at least the first one, and
    where one is too wide narrower ones behind it. They are returned as they stand."""
    taken, room = list[int](), width - 1  # a full line would wrap on some terminals
    for i in order:
        wide = max(_width(row[i]) for row in [headings, *rows])
        if wide <= room or not taken:
            taken.append(i)
            room -= wide + 2
    return sorted(taken)


def _width(text: str) -> int:
    """In cells of a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """The lines of a table with its headings; wide characters count as two."""
    table = [headings, *rows]
    wide = [[_width(cell) for cell in row] for row in table]
    widths = [max(column) for column in zip(*wide, strict=True)]
    lines = []
    for row, its in zip(table, wide, strict=True):
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - its[i])
            cells.append(padding + cell if i in right else cell + padding)
        lines.append("  ".join(cells).rstrip())
    return lines
