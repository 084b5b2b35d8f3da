"""The panes of the compare screen, each with its keys."""

from __future__ import annotations

from tui.charts.row_chart import RowChart
from tui.keys.action import bindings
from tui.screens.compare import keys
from tui.widgets.row_table import TrialTable


class OverlayChart(RowChart):
    """Its arrow keys up and down go from run to run."""

    ACTIONS = keys.CHART
    BINDINGS = bindings(keys.CHART)


class RunsTable(TrialTable, inherit_bindings=False):
    """The legend of the curves."""

    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)


class SettingsTable(TrialTable, inherit_bindings=False):
    """Only what differs; it opens nothing."""

    ACTIONS = keys.SETTINGS
    BINDINGS = bindings(keys.SETTINGS)
