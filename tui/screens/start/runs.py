"""Runs: the list of what was trained, and of what trains."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from core.runs.score import score
from core.system.text import clean
from tui.charts.sparkline import sparkline
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.live.run_list import RunList, Tell
from tui.screens.start import keys
from tui.screens.start.listing import Cell, Listing
from tui.widgets.states import COLORS, SYMBOLS
from tui.words.metrics import metric, metric_words
from tui.words.runs import share
from tui.words.units import brief

if TYPE_CHECKING:
    from core.runs.summary import Summary

WHEN = 50
"""Columns from which on it is told when a run began."""
WIDE = 74
"""And by what it is judged."""


class Runs(Listing["Summary"]):
    """Enter opens the one under the cursor. `read` and `look_again` go on behind the screen and post what they find."""

    ACTIONS = keys.RUNS
    BINDINGS = bindings(keys.RUNS)
    TITLE = "Runs"

    @dataclass
    class Found(Message):
        """All runs that are known by now."""

        runs: list[Summary]

    @dataclass
    class Unreadable(Message):
        """The folder of the runs."""

        reason: str

    class Listed(Message):
        """All of them are in the list, as far as they can be seen at a glance."""

    def __init__(self, run_list: RunList, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run_list = run_list
        self._reading = False
        self._again = False

    def read(self) -> None:
        """All that have changed."""
        if self._reading:  # thousands of logs, maybe
            self._again = True
        else:
            self._in_turn(self._run_list.read, self._run_list.read_whole)

    def look_again(self) -> None:
        """Those that train, and what came or went."""
        if not self._reading:
            self._in_turn(self._run_list.look_again, self._run_list.read_whole)

    def _in_turn(self, *steps: Callable[[Tell], None]) -> None:
        """One after the other, behind the screen."""
        self._reading = bool(steps)
        if not steps:
            if self._again:
                self._again = False
                self.read()
            return

        def tell(found: list[Summary]) -> None:
            self.post_message(self.Found(found))

        def over(_result: None) -> None:
            if len(steps) > 1:
                self.post_message(self.Listed())
            self._in_turn(*steps[1:])

        def failed(reason: str) -> None:
            self.post_message(self.Unreadable(reason))
            self._in_turn()

        in_background(self, lambda: steps[0](tell), over, failed)

    def key_of(self, row: Summary) -> str:
        return row.run_id

    def words_of(self, row: Summary) -> str:
        found = score(row)
        scored = f"{metric(*found)} {metric_words(found[0])}" if found else ""
        labels = self._run_list.labels.get(row.run_id)
        given = f"{labels.name} {' '.join(labels.tags)} " if labels else ""
        when = f"{row.run_id[:4]}-{began(row)}"
        return f"{given}{row.name or row.run_id} {when} {row.status} {scored} {brief(row.seconds)}"

    def name_of(self, row: Summary) -> str:
        """That it was given by hand, or its experiment's."""
        labels = self._run_list.labels.get(row.run_id)
        return clean(labels.name) if labels and labels.name else row.name or row.run_id

    def cells(self, row: Summary, width: int) -> Sequence[Cell]:
        from core.history.states import LIVE

        found = score(row)
        live = row.status in LIVE
        return self._beside(
            width,
            SYMBOLS.get(row.status, " "),
            f"{row.trials_ended}/{row.trials} {self.name_of(row)}" if row.trials else self.name_of(row),
            metric(*found) if found else "–",
            metric_words(found[0]) if found else "",
            sparkline(loss_curve(row), self._spark(width)),
            f"{100 * share(row):.0f} %" if live else brief(row.seconds),
            began(row),
            COLORS.get(row.status, ""),
        )

    def titles(self, width: int) -> Sequence[Cell]:
        return self._beside(width, "", "run", "score", "of", "loss", "time", "began")

    @staticmethod
    def _spark(width: int) -> int:
        return 8 if width < WHEN else 10 if width < WIDE else 16

    def _beside(
        self, width: int, sign: str, name: str, value: str, of: str, spark: str, time: str, when: str, style: str = ""
    ) -> Sequence[Cell]:
        cells = [Cell(sign, 1, style=style), Cell(name, fills=True), Cell(value, 7, right=True)]
        if width >= WIDE:
            cells.append(Cell(of, 14))
        cells += [Cell(spark, self._spark(width)), Cell(time, 6, right=True)]
        return [*cells, Cell(when, 11)] if width >= WHEN else cells


def loss_curve(run: Summary) -> Sequence[float]:
    """That of its batches, or what a search has of its best trial; where it is above 0 its logarithm, or all but the
    first steps would look alike."""
    names = ("loss", "train_loss", "validation_loss", "test_loss")
    curve = next((run.curves[name] for name in names if name in run.curves), [])
    return [math.log(value) for value in curve] if curve and min(curve) > 0 else curve


def began(run: Summary) -> str:
    """`11-27 14:03`, local time."""
    at = run.run_id
    return f"{at[4:6]}-{at[6:8]} {at[9:11]}:{at[11:13]}"
