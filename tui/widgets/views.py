"""Views: which panes of a screen are seen in a window of some size; a key goes from one view to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Views:
    """Of a window of `width` columns and `height` rows, `turns` views after the first one. A screen of its own says
    which there are: each the names of its panes, the one for the focus first."""

    width: int
    height: int
    turns: int = 0

    ROOMY: ClassVar[tuple[int, int]]
    """Columns and rows from which on there is room for all panes at once."""
    ROOMY_VIEWS: ClassVar[Sequence[str]]
    SMALL_VIEWS: ClassVar[Sequence[str]]

    @property
    def _views(self) -> Sequence[str]:
        columns, rows = self.ROOMY
        return self.ROOMY_VIEWS if self.width >= columns and self.height >= rows else self.SMALL_VIEWS

    @property
    def next(self) -> int:
        """The turns of the next view."""
        return (self.turns + 1) % len(self._views)

    @property
    def shown(self) -> Sequence[str]:
        """Names of the panes, the one for the focus first."""
        return self._views[self.turns % len(self._views)].split()
