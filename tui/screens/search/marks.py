"""Marks: which trials have a curve beside that of the trial under the cursor, and what stands before a row."""

from __future__ import annotations

from collections.abc import Iterator

from core.history.trials import Trial
from tui.screens.search.curves import COLORS
from tui.screens.search.rows import BEST, MARKS, SIGNS, Row
from tui.widgets import states
from tui.widgets.row_table import Signs

MOST = len(MARKS) - 1
"""The first sign is for the trial under the cursor."""


class Marks:
    """Numbers of trials, in the order in which they were marked, each with its place in MARKS."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def seen(self) -> tuple[tuple[int, int], ...]:
        """All that is painted of them."""
        return tuple(self._places.items())

    def place(self, number: int) -> int:
        """Of a trial in MARKS; 0 of one that is not marked."""
        return self._places.get(number, 0)

    def turn(self, number: int) -> bool:
        """Mark a trial, or no longer; False where there are as many as can be told apart."""
        if number in self._places:
            del self._places[number]
            return True
        free = [i for i in range(1, len(MARKS)) if i not in self._places.values()]
        if free:
            self._places[number] = free[0]
        return bool(free)

    def clear(self) -> None:
        self._places.clear()

    def signs(self, row: Row, trial: Trial, best: str) -> Signs:
        """Before a row: the mark of its `trial`, its state, and whether it is `best`, a sign too."""
        mark = self.place(trial.number)
        of_row = [row.state] if isinstance(row, Trial) else [each.state for each in row.trials]
        state = "running" if "running" in of_row else of_row[0] if len(set(of_row)) == 1 else "completed"
        return Signs(
            MARKS[mark] if mark else " ",
            SIGNS.get(state, " "),
            best,
            "bold" if best == BEST else "dim" if state in ("pruned", "failed", "stopped") else "",
            f"rgb({','.join(map(str, COLORS[mark]))})" if mark else "",
            {"running": states.COLORS["training"], "failed": states.COLORS["failed"]}.get(state, ""),
        )
