"""ColumnList: the columns of a table, each with its type, what is missing, its values, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from core.system.text import clean
from tui.keys.action import bindings
from tui.screens.own_table import keys
from tui.screens.own_table.rows import OUT, TARGET, ColumnRow
from tui.widgets.row_table import GAP, SIGNS, Content, Signs, TrialTable
from tui.widgets.states import COLORS

NARROW = 78
"""Columns of the terminal below which the values stand last."""


@dataclass(frozen=True)
class TableColumn:
    key: str
    title: str
    room: int
    left: bool
    text: Callable[[ColumnRow], str]


class ColumnList(TrialTable, inherit_bindings=False):
    """Show it rows; thousands of them cost no more than those in view."""

    ACTIONS = keys.COLUMNS
    BINDINGS = bindings(keys.COLUMNS)

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ColumnRow] = ()
        self._empty = ""

    def show_rows(self, rows: Sequence[ColumnRow], empty: str = "") -> None:
        """`empty`: why there are none."""
        self._rows, self._empty = rows, empty
        self._lay_out()

    @property
    def column(self) -> ColumnRow | None:
        """The one under the cursor."""
        row = self.row
        return row if isinstance(row, ColumnRow) else None

    @property
    def number(self) -> int:
        """Of that one; -1 where there is none."""
        return self.column.number if self.column is not None else -1

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        rows = self._rows
        self.show(
            Content(
                columns=_columns(rows, self.size.width),
                rows=rows,
                number=lambda row: int(row.number),
                signs=_signs,
                empty=self._empty,
            )
        )


def _columns(rows: Sequence[ColumnRow], width: int) -> list[TableColumn]:
    """As wide as there is room for; the name as wide as the longest of the first ones."""
    room = max(40, width - SIGNS + 1)
    longest = max((cell_len(row.name) for row in rows[:1000]), default=0)
    name = max(6, min(longest, room // 4))
    gone = max(7, *(cell_len(row.missing) for row in rows[:1000]), 0) if rows else 7
    rest = room - (name + GAP) - (8 + GAP) - (gone + GAP)
    fixed = [
        TableColumn("name", "column", name, True, lambda row: clean(row.name)),
        TableColumn("kind", "type", 8, True, lambda row: row.kind),
        TableColumn("missing", "missing", gone, False, lambda row: row.missing),
    ]

    def doing(room: int) -> TableColumn:
        return TableColumn("doing", "what is done", max(12, room), True, lambda row: row.doing)

    def values(room: int) -> TableColumn:
        return TableColumn("values", "values", max(10, room), True, lambda row: row.values)

    if width < NARROW - 4:
        return [*fixed, doing(rest - GAP), values(rest - GAP)]
    first = min(max(16, rest * 2 // 5), 60)
    return [*fixed, values(first), doing(rest - first - 2 * GAP)]


def _signs(row: ColumnRow) -> Signs:
    style = "bold" if row.sign == TARGET else "dim" if row.sign == OUT and not row.trouble else ""
    return Signs(mark="✗" if row.trouble else " ", state=row.sign, style=style, mark_style=f"bold {COLORS['failed']}")
