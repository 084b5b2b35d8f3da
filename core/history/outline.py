"""The curves of a run in few numbers: enough for a list and a small picture, whatever its length."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.history.history import History

POINTS = 48
"""Of each curve, at most."""
LOSS = "loss"
"""The curve of the batch losses; all others have the names of their columns."""
SPLITS = ("train", "validation", "test")

Floats = NDArray[np.float64]


def outline(history: History) -> dict[str, list[float]]:
    """The loss of the batches, and on every split the loss and the first metric of the experiment; of a search those
    of its best trial. What is not finite is left out; so are curves of which nothing is left."""
    metrics = (history.run.config.get("metrics") if history.run else None) or ["accuracy"]
    columns = [f"{split}_{metric}" for metric in dict.fromkeys((LOSS, str(metrics[0]))) for split in SPLITS]
    trials = history.trials
    if trials is None:
        found = {LOSS: history.losses.mean, **{name: series.mean for name, series in history.metrics.items()}}
    else:
        best = trials.best[:1]
        found = {name: np.asarray(values) for name, values in best[0].curves.columns.items()} if best else {}
    thinned = {name: thin(found[name]) for name in (LOSS, *columns) if name in found}
    return {name: curve for name, curve in thinned.items() if curve}


def thin(values: Floats | Iterable[float], points: int = POINTS) -> list[float]:
    """At most so many, each the mean of an equal part of the values, to four digits."""
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if len(values) > points:
        starts = np.linspace(0, len(values), points, endpoint=False).astype(int)
        with np.errstate(over="ignore"):  # of values near the largest there is the sum may be none
            values = np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
    rounded = (float(f"{value:.4g}") for value in values.tolist())
    return [value for value in rounded if math.isfinite(value)]
