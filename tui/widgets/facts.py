"""Facts: a column of labels and values."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.widgets import Static


class Facts(Static):
    """Show it (label, value) pairs; a pair without a label is a line of its own, without both an empty line."""

    def show(self, rows: Sequence[tuple[str, str]], *, heading: str = "") -> None:
        parts: list[Text | Table] = [Text(heading, style="bold"), Text()]
        for label, value in rows:
            if not label:
                parts.append(Text(value))
                continue
            table = parts[-1]
            if not isinstance(table, Table):
                table = Table.grid(padding=(0, 2, 0, 0))
                table.add_column(no_wrap=True)
                table.add_column(overflow="fold")
                parts.append(table)
            table.add_row(Text(label, style="dim"), Text(value))
        self.update(Group(*parts))
