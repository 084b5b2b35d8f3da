"""Curves: those of some trials of a search, one over the other, and the chart that they are drawn in."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.components.scores import in_per_cent
from core.history.trials import Trial, Trials
from tui.charts.curve import Curve
from tui.charts.line_chart import Picture
from tui.charts.palette import BLUE, DEEP_BLUE, GREEN, ORANGE, PURPLE, VERMILION, YELLOW
from tui.charts.row_chart import RowChart
from tui.charts.scale import Scale
from tui.keys.action import bindings
from tui.screens.search import keys
from tui.screens.search.rows import MARKS, cell_text
from tui.words.metrics import metric_words, unit

COLORS = (ORANGE, BLUE, GREEN, PURPLE, YELLOW, VERMILION, (150, 160, 175), DEEP_BLUE)
"""One for each of `MARKS`; the first for the trial under the cursor."""


class Curves(RowChart):
    """A chart whose arrow keys go from trial to trial."""

    ACTIONS = keys.CURVES
    BINDINGS = bindings(keys.CURVES)


def curves_picture(trials: Trials, drawn: Sequence[Trial], signs: Sequence[int], metric: str, log_y: bool) -> Picture:
    """`metric` of the trials `drawn`, each with its sign of MARKS; what the first of them is, below."""
    scale = 100.0 if in_per_cent(metric) else 1.0
    curves, last = [], 1
    for trial, sign in zip(drawn, signs, strict=True):
        x = np.array(trial.curves.epochs, dtype=np.float64)
        y = scale * np.array(trial.curves.columns.get(metric, [math.nan] * len(x)), dtype=np.float64)
        measured = np.isfinite(y)
        curves.append(Curve(f"{trial.number}", x[measured], y[measured], y[measured], COLORS[sign], MARKS[sign]))
        last = max(last, trial.epoch, min(trial.epochs, _round_up(trial.epoch)))
    note = f"trial {drawn[0].number}: {cell_text(trials, drawn[0].cell)}" if drawn else ""
    title = f"{metric_words(metric).capitalize()}{unit(metric)}  trials" if metric else "Curves"
    return Picture(curves, 0.0, float(last), Scale("epoch"), log_y, None, title, note)


def _round_up(epoch: int) -> int:
    """Where the x axis ends while it grows: by quarters, so that most of a plot can stay as it is."""
    return math.ceil(1.25 ** math.ceil(math.log(max(1, epoch), 1.25)))
