"""Runs: the list of what was trained, and of what trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.history.history import LIVE
from tui.charts.sparkline import sparkline
from tui.keys.action import bindings
from tui.screens.start import keys
from tui.screens.start.listing import Cell, Listing
from tui.widgets.states import COLORS, SYMBOLS
from tui.words.metrics import metric, metric_words
from tui.words.runs import score, share
from tui.words.units import brief

if TYPE_CHECKING:
    from core.runs.summary import Summary

WHEN = 50
"""Columns from which on it is told when a run began."""
WIDE = 74
"""And by what it is judged."""


class Runs(Listing["Summary"]):
    """Enter opens the one under the cursor."""

    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)

    def key_of(self, row: Summary) -> str:
        return row.run_id

    def cells(self, row: Summary, width: int) -> Sequence[Cell]:
        found = score(row)
        live = row.status in LIVE
        return self._beside(
            width,
            f"{SYMBOLS.get(row.status, ' ')} {row.name or row.run_id}",
            metric(*found) if found else "–",
            metric_words(found[0]) if found else "",
            sparkline(loss_curve(row), self._spark(width)),
            f"{100 * share(row):.0f} %" if live else brief(row.seconds),
            began(row),
            COLORS.get(row.status, "") if live else "",
        )

    def titles(self, width: int) -> Sequence[Cell]:
        return self._beside(width, "  run", "score", "of", "loss", "time", "began")

    @staticmethod
    def _spark(width: int) -> int:
        return 8 if width < WHEN else 10 if width < WIDE else 16

    def _beside(
        self, width: int, name: str, value: str, of: str, spark: str, time: str, when: str, style: str = ""
    ) -> Sequence[Cell]:
        cells = [Cell(name, fills=True, style=style), Cell(value, 7, right=True)]
        if width >= WIDE:
            cells.append(Cell(of, 14))
        cells += [Cell(spark, self._spark(width)), Cell(time, 6, right=True, style=style)]
        return [*cells, Cell(when, 11)] if width >= WHEN else cells


def loss_curve(run: Summary) -> Sequence[float]:
    """That of its batches, or what a search has of its best trial."""
    names = ("loss", "train_loss", "validation_loss", "test_loss")
    return next((run.curves[name] for name in names if name in run.curves), [])


def began(run: Summary) -> str:
    """`11-27 14:03`, local time."""
    at = run.run_id
    return f"{at[4:6]}-{at[6:8]} {at[9:11]}:{at[11:13]}"
