"""Layout: which of curves, runs and settings are seen in a window of some size, and where they stand."""

from __future__ import annotations

from tui.widgets.views import Views

WIDE = 170
"""Columns from which on runs and settings stand beside the curves, not below them."""
LEAST_CHART = 9
"""Rows."""


class Layout(Views):
    """Runs and settings are below the curves, side by side where there is room."""

    ROOMY = (100, 24)
    ROOMY_VIEWS = ("chart runs settings", "chart", "runs settings")
    SMALL_VIEWS = ("chart runs", "chart settings", "chart", "runs", "settings")

    @property
    def wide(self) -> bool:
        """Whether the tables stand beside the curves."""
        return self.width >= WIDE and len(self.shown) == 3

    def height_below(self, rows: int) -> str | int:
        """Of the tables below the curves, of which the longest has so many rows; a frame and the heads of their
        columns are added. The curves keep the larger part."""
        if "chart" not in self.shown or self.wide:
            return "1fr"
        most = max(4, min(self.height - LEAST_CHART, int(0.45 * self.height)))
        return max(4, min(rows + 3, most))
