"""Layout: which of table, heatmap and curves are seen in a window of some size, and how they share it."""

from __future__ import annotations

from tui.widgets.views import Views

WIDE = 150
"""Columns from which on heatmap and curves stand beside the table, not below it."""


class Layout(Views):
    """Heatmap and curves are below the table, side by side where there is room."""

    ROOMY = (100, 26)
    ROOMY_VIEWS = ("table heatmap curves", "table", "heatmap", "curves")
    SMALL_VIEWS = ("table heatmap", "table curves", "table", "heatmap", "curves")

    @property
    def wide(self) -> bool:
        """Whether what is not the table stands beside it."""
        return self.width >= WIDE and len(self.shown) > 1

    def height_beside(self, heat_rows: int) -> str | int:
        """Of what stands with the table: a heatmap of few rows leaves the table the rest of a small window."""
        if len(self.shown) != 2 or "heatmap" not in self.shown:
            return "1fr"
        return min(max(1, heat_rows) + 3, max(7, self.height // 2))
