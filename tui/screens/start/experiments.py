"""Experiments: the list of what there is to train, in the order of learning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.keys.action import bindings
from tui.screens.start import keys
from tui.screens.start.listing import Cell, Listing
from tui.words.units import about, brief, size

TEACHES = 20
"""Columns that what it teaches must have, else it is told beside the list only."""


@dataclass(frozen=True)
class Entry:
    """An experiment in the list."""

    name: str
    teaches: str = ""
    missing: int = 0
    """Bytes of its files that have to be fetched first; -1 where there is no way to fetch them."""
    seconds: float | None = None
    measured: bool = False
    """Whether it took that long here the last time; else that is how long it takes elsewhere."""

    @property
    def time(self) -> str:
        if self.seconds is None:
            return ""
        return brief(self.seconds) if self.measured else f"≈{about(self.seconds)}"

    @property
    def needs(self) -> str:
        """`↓ 12 MB`; nothing where all is there."""
        if self.missing < 0:
            return "no files"
        return f"↓ {size(self.missing)}" if self.missing else ""


class Experiments(Listing[Entry]):
    """Enter trains the one under the cursor."""

    ACTIONS = keys.EXPERIMENTS
    BINDINGS = bindings(keys.EXPERIMENTS)
    TITLE = "Experiments"

    def show(self, rows: Sequence[Entry], empty: Sequence[tuple[str, str]] = ()) -> None:
        """As high as they are, where there is room for it."""
        if len(rows) != len(self.every):
            self.styles.height = len(rows) + 3  # the edges, the titles
        super().show(rows, empty)

    def key_of(self, row: Entry) -> str:
        return row.name

    def words_of(self, row: Entry) -> str:
        return f"{row.name} {row.teaches} {row.needs} {row.time}"

    def cells(self, row: Entry, width: int) -> Sequence[Cell]:
        return self._beside(width, row.name, row.teaches, row.needs, row.time)

    def titles(self, width: int) -> Sequence[Cell]:
        return self._beside(width, "experiment", "what it teaches", "files", "time")

    def _beside(self, width: int, name: str, teaches: str, needs: str, time: str) -> Sequence[Cell]:
        ends = [Cell(needs, 8, right=True), Cell(time, 7, right=True)]
        names = min(24, max((len(row.name) for row in self.rows), default=0))
        if width - names - 20 < TEACHES:
            return [Cell(name, fills=True), *ends]
        return [Cell(name, names), Cell(teaches, fills=True), *ends]
