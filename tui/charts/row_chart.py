"""RowChart: a chart that stands beside a table; its keys up and down go from row to row of that, Enter opens one."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui.charts.line_chart import LineChart
from tui.widgets.row_table import TrialTable


class RowChart(LineChart, can_focus=True):
    """What is made of it has the keys."""

    DEFAULT_CSS = """
    RowChart:focus { border: heavy $accent; }
    """

    @dataclass
    class Moved(Message):
        """So many rows or pages further down in the table; with `end` to its first or last row."""

        rows: int = 0
        pages: int = 0
        end: bool | None = None

        def move(self, table: TrialTable) -> None:
            """Its cursor."""
            if self.end is not None:
                table.action_end(self.end)
            elif self.pages:
                table.action_page(self.pages)
            else:
                table.action_move(self.rows)

    class Opened(Message):
        """Enter."""

    def action_move(self, rows: int) -> None:
        self.post_message(self.Moved(rows=rows))

    def action_page(self, pages: int) -> None:
        self.post_message(self.Moved(pages=pages))

    def action_end(self, last: bool) -> None:
        self.post_message(self.Moved(end=last))

    def action_open(self) -> None:
        self.post_message(self.Opened())
