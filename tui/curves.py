"""From a History to the curves of the train screen's plots, over epochs."""

from __future__ import annotations

import math

from core.history import History
from tui.widgets.line_chart import Curve

# Blue and orange stay apart for every common kind of colour blindness; markers keep them apart without colour.
FAINT, BLUE, ORANGE, GREEN = (110, 125, 150), (70, 150, 255), (245, 155, 40), (90, 200, 150)
SHORT = {"validation": "valid."}
SPLITS = (("train", BLUE, "●"), ("validation", GREEN, "×"), ("test", ORANGE, "+"))


def loss_curves(history: History) -> list[Curve]:
    """Every batch as a ghost, the epoch means, validation and test loss over it."""
    batches = history.losses
    return [
        Curve("batch", batches.x / _steps_per_epoch(history), batches.low, batches.high, FAINT),
        *_by_epoch(history, "loss", 1.0),
    ]


def metric_curves(history: History) -> tuple[str, list[Curve]]:
    """The curves of the experiment's first metric, and its name with its unit."""
    metrics = history.run.config.get("metrics") if history.run else None
    metric = metrics[0] if metrics else "accuracy"
    if metric == "accuracy":
        return "Accuracy %", _by_epoch(history, metric, 100.0)
    return {"mae": "MAE", "rmse": "RMSE", "r2": "R²"}.get(metric, metric.replace("_", " ")), _by_epoch(
        history, metric, 1.0
    )


def last_epoch(history: History) -> float:
    """Where the epoch axis ends: in a live run that grows by quarters, so that most of a plot can stay as it is."""
    done = history.step / _steps_per_epoch(history)
    if done <= 0 or not history.live:
        return max(done, 1e-9)
    return float(min(history.epochs, 1.25 ** math.ceil(math.log(done, 1.25))))


def _by_epoch(history: History, metric: str, scale: float) -> list[Curve]:
    """The curves of a metric on the splits where it was measured, times `scale`."""
    curves = []
    for split, color, marker in SPLITS:
        series = history.metrics.get(f"{split}_{metric}")
        if series is not None:
            x = series.x / _steps_per_epoch(history)
            curves.append(
                Curve(
                    "valid." if split == "validation" else split,
                    x,
                    scale * series.low,
                    scale * series.high,
                    color,
                    marker,
                )
            )
    return curves


def _steps_per_epoch(history: History) -> int:
    return history.run.steps_per_epoch if history.run else 1
