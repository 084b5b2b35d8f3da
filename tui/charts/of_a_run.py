"""From a History to the pictures of the train screen's plots."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.history.history import History
from core.history.series import Series
from tui.charts.curve import Curve, smooth
from tui.charts.line_chart import Picture
from tui.charts.palette import BLUE, FAINT, GREEN, ORANGE, PURPLE
from tui.charts.scale import Scale
from tui.charts.view import View
from tui.words.units import count

SPLITS = (("train", BLUE, "●"), ("validation", GREEN, "×"), ("test", ORANGE, "+"))
TITLES = {"accuracy": "Accuracy %", "mae": "MAE", "rmse": "RMSE", "r2": "R²", "macro_f1": "Macro F1"}

Floats = NDArray[np.float64]


def scale_of(history: History, view: View) -> Scale:
    """How steps become places on the x axis."""
    times = history.times
    return Scale(view.unit, view.log_x, _steps_per_epoch(history), times.x_last, times.high)


def end_of(history: History) -> float:
    """The step where the x axis ends: in a live run that grows by quarters, so that most of a plot can stay as it
    is."""
    if history.step <= 0 or not history.live:
        return max(float(history.step), 1.0)
    epochs = 1.25 ** math.ceil(math.log(history.step / _steps_per_epoch(history), 1.25))
    return float(min(history.epochs, epochs)) * _steps_per_epoch(history)


def memory(view: View) -> int:
    """Steps before a window without which its smoothed curve would be another: all but a hundredth of the weight."""
    return math.ceil(math.log(0.01) / math.log(view.smoothing)) if view.smoothing else 1


def loss_picture(history: History, view: View, exact: Series | None = None) -> Picture:
    """Every batch as a ghost, the smoothed curve over it, epoch means, validation and test loss. `exact`: the losses of
    the window one by one, where they are known."""
    curves = [*_batches(history, view, exact), *_by_epoch(history, "loss", 1.0)]
    return _picture(history, view, "Loss", curves, view.log_y)


def metric_picture(history: History, view: View) -> Picture:
    """The experiment's first metric."""
    metrics = history.run.config.get("metrics") if history.run else None
    metric = metrics[0] if metrics else "accuracy"
    curves = _by_epoch(history, metric, 100.0 if metric == "accuracy" else 1.0)
    return _picture(history, view, TITLES.get(metric, metric.replace("_", " ")), curves, False)


def _picture(history: History, view: View, title: str, curves: list[Curve], log_y: bool) -> Picture:
    first, last = view.window(history.step, end_of(history))
    parts = []
    if not view.whole:
        parts.append(f"steps {count(max(1, math.ceil(first)))}-{count(min(history.step, last))}")
        if history.live:
            parts.append("follows the newest" if view.follows else "f: to the newest")
    if any(curve.name == "smooth" for curve in curves):
        parts.append(f"smoothing {view.smoothing:g}")
    note = ", ".join(parts)
    return Picture(curves, first, last, scale_of(history, view), log_y, view.cursor, title, note)


def _batches(history: History, view: View, exact: Series | None) -> list[Curve]:
    batches = history.losses if exact is None else exact
    curves = [Curve("batch", batches.x, batches.low, batches.high, FAINT, band=True, x_last=batches.x_last)]
    if view.smoothing and len(batches):
        start = None
        if exact is not None:  # what came before the steps that are known one by one, as the buckets tell it
            before = int(np.searchsorted(history.losses.x_last, exact.x[0], side="left"))
            if before:
                start = float(_smoothed(history.losses, view.smoothing, None)[before - 1])
        smoothed = _smoothed(batches, view.smoothing, start)
        curves.append(Curve("smooth", batches.x, smoothed, smoothed, PURPLE, average=True))
    return curves


def _smoothed(series: Series, weight: float, start: float | None) -> Floats:
    return smooth(series.mean, series.points, weight, start)


def _by_epoch(history: History, metric: str, scale: float) -> list[Curve]:
    """The curves of a metric on the splits where it was measured, times `scale`."""
    curves = []
    for split, color, marker in SPLITS:
        series = history.metrics.get(f"{split}_{metric}")
        if series is not None:
            name = "valid." if split == "validation" else split
            curves.append(Curve(name, series.x, scale * series.low, scale * series.high, color, marker, series.x_last))
    return curves


def _steps_per_epoch(history: History) -> int:
    return history.run.steps_per_epoch if history.run else 1
