"""Facts: a column of labels and values."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.widgets import Static


class Facts(Static):
    """Show it (label, value) pairs; a pair without a label is a line of its own, without both an empty line. Below
    them the lines of a table, if there is one."""

    def show(self, rows: Sequence[tuple[str, str]], *, heading: str = "", table: Sequence[str] = ()) -> None:
        parts: list[Text | Table] = [Text(heading, style="bold"), Text()]
        for label, value in rows:
            if not label:
                parts.append(Text(value))
                continue
            grid = parts[-1]
            if not isinstance(grid, Table):
                grid = Table.grid(padding=(0, 2, 0, 0))
                grid.add_column(no_wrap=True)
                grid.add_column(overflow="fold")
                parts.append(grid)
            grid.add_row(Text(label, style="dim"), Text(value))
        if table:
            parts += [Text(), *(Text(line, no_wrap=True, overflow="ellipsis") for line in table)]
        self.update(Group(*parts))
