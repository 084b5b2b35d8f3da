"""From a History to the curves of the train screen's plots, over epochs."""

from __future__ import annotations

import math

from core.history import History
from tui.widgets.line_chart import Curve

# Blue and orange stay apart for every common kind of colour blindness; markers keep them apart without colour.
FAINT, BLUE, ORANGE = (110, 125, 150), (70, 150, 255), (245, 155, 40)


def loss_curves(history: History) -> list[Curve]:
    """Every batch as a ghost, the epoch means and the test loss over it."""
    batches = history.losses
    return [
        Curve("batch", batches.x / _steps_per_epoch(history), batches.low, batches.high, FAINT),
        *_by_epoch(history, "train_loss", "epoch", BLUE, "●"),
        *_by_epoch(history, "test_loss", "test", ORANGE, "+"),
    ]


def accuracy_curves(history: History) -> list[Curve]:
    return [
        *_by_epoch(history, "train_accuracy", "train", BLUE, "●"),
        *_by_epoch(history, "test_accuracy", "test", ORANGE, "+"),
    ]


def last_epoch(history: History) -> float:
    """Where the epoch axis ends: in a live run that grows by quarters, so that most of a plot can stay as it is."""
    done = history.step / _steps_per_epoch(history)
    if done <= 0 or not history.live:
        return max(done, 1e-9)
    return float(min(history.epochs, 1.25 ** math.ceil(math.log(done, 1.25))))


def _by_epoch(history: History, name: str, label: str, color: tuple[int, int, int], marker: str) -> list[Curve]:
    """The curve of a metric, if it was measured."""
    if name not in history.metrics:
        return []
    series = history.metrics[name]
    return [Curve(label, series.x / _steps_per_epoch(history), series.low, series.high, color, marker)]


def _steps_per_epoch(history: History) -> int:
    return history.run.steps_per_epoch if history.run else 1
