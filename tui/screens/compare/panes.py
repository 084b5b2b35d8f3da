"""The panes of the compare screen: a chart with the focus of a list, and a table that opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui.charts.line_chart import LineChart
from tui.keys.action import bindings
from tui.screens.compare import keys
from tui.widgets.row_table import TrialTable


class OverlayChart(LineChart, can_focus=True):
    """Its arrow keys up and down go from run to run."""

    ACTIONS = keys.CHART
    BINDINGS = bindings(keys.CHART)
    DEFAULT_CSS = """
    OverlayChart:focus { border: heavy $accent; }
    """

    @dataclass
    class Moved(Message):
        """To the run so many rows or pages further down in the table; with `end` to its first or last one."""

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


class RunsTable(TrialTable):
    """The legend of the curves."""

    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)


class SettingsTable(TrialTable, inherit_bindings=False):
    """Only what differs."""

    ACTIONS = keys.SETTINGS
    BINDINGS = bindings(keys.SETTINGS)
