"""Tables on stdout."""

from __future__ import annotations

from collections.abc import Container, Sequence

from core.text import clean


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Container[int] = ()) -> None:
    """Columns as wide as their contents; never cut, so that it can be piped. `right`: those set to the right."""
    for line in table_lines(headings, [[clean(cell) for cell in row] for row in rows], right):
        print(line)


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
