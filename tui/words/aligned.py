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


def table_lines(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """The lines of a table with its headings; wide characters count as two."""
    from rich.cells import cell_len

    table = [headings, *rows]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(headings))]
    lines = []
    for row in table:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - cell_len(cell))
            cells.append(padding + cell if i in right else cell + padding)
        lines.append("  ".join(cells).rstrip())
    return lines
