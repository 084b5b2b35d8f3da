"""What a model scores that learns nothing: the measure of every score.

It always answers the most frequent class of the train split, or the mean of its values. Needs torch for `scores` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.components.metrics import lower_is_better

if TYPE_CHECKING:
    from core.history.history import History


SPLITS = ("test", "validation", "train")
MEASURES = ("accuracy", "rmse", "mae", "macro_f1", "loss")
"""What is compared, the first that was measured. R² is left out: it compares with a mean itself."""


@dataclass(frozen=True)
class Compared:
    """A result beside the dummy's, both of `column`."""

    column: str
    value: float
    dummy: float
    answer: str
    """What the dummy always says."""

    @property
    def better(self) -> bool:
        """Whether more was learned than that."""
        return self.value < self.dummy if lower_is_better(self.column) else self.value > self.dummy


def compared(history: History) -> Compared | None:
    """The latest result of a run, or of a search the best score; None where there is none, or no dummy's (older runs
    have none)."""
    run, trials = history.run, history.trials
    if run is None or not run.dummy:
        return None
    if trials is not None:
        best = trials.best[:1]
        known = {trials.rank: trials.score(best[0])} if best else {}
    else:
        columns = (f"{split}_{name}" for split in SPLITS for name in MEASURES)
        known = {column: history.last[column] for column in columns if column in history.last}
    for column, value in known.items():
        if column in run.dummy and not math.isnan(value):
            return Compared(column, value, run.dummy[column], run.dummy_answer)
    return None
