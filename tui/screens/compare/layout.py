"""Layout: which of curves, runs and settings are seen in a window of some size, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROOMY, TALL = 100, 24
"""Columns and rows from which on runs and settings stand side by side below the curves."""
WIDE = 170
"""Columns from which on both stand beside them."""
VIEWS = ("chart runs settings", "chart", "runs settings")
SMALL_VIEWS = ("chart runs", "chart settings", "chart", "runs", "settings")
LEAST_CHART = 9
"""Rows."""


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
        """Whether the tables stand beside the curves."""
        return self.width >= WIDE and len(self.shown) == 3

    def height_below(self, rows: int) -> str | int:
        """Of the tables below the curves, of which the longest has so many rows; a frame and the heads of their
        columns are added. The curves keep the larger part."""
        if "chart" not in self.shown or self.wide:
            return "1fr"
        most = max(4, min(self.height - LEAST_CHART, int(0.45 * self.height)))
        return max(4, min(rows + 3, most))
