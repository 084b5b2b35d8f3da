"""Layout: which of table, heatmap and curves are seen in a window of some size, and how they share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROOMY, TALL = 100, 26
"""Columns and rows from which on heatmap and curves stand side by side below the table."""
WIDE = 150
"""Columns from which on both stand beside it."""
SMALL_VIEWS = ("table heatmap", "table curves", "table", "heatmap", "curves")
VIEWS = ("table heatmap curves", "table", "heatmap", "curves")


@dataclass(frozen=True)
class Layout:
    """Of a window of `width` columns and `height` rows, `turns` views after the first one."""

    width: int
    height: int
    turns: int = 0

    @property
    def _views(self) -> Sequence[str]:
        return VIEWS if self.width >= ROOMY and self.height >= TALL else SMALL_VIEWS

    @property
    def next(self) -> int:
        """The turns of the next view."""
        return (self.turns + 1) % len(self._views)

    @property
    def shown(self) -> Sequence[str]:
        """Names of the panes, the one for the focus first."""
        return self._views[self.turns % len(self._views)].split()

    @property
    def wide(self) -> bool:
        """Whether what is not the table stands beside it."""
        return self.width >= WIDE and len(self.shown) > 1

    def height_beside(self, heat_rows: int) -> str | int:
        """Of what stands with the table: a heatmap of few rows leaves the table the rest of a small window."""
        if len(self.shown) != 2 or "heatmap" not in self.shown:
            return "1fr"
        return min(max(1, heat_rows) + 3, max(7, self.height // 2))
