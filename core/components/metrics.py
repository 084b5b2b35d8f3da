"""The metrics. A metric is a function of predictions and targets of a whole split, both (n,), that returns a scalar.

The fact `task` says what it measures: class indices (`classification`, if not given) or values in the units of the
data (`regression`); `lower_is_better` where it is an error; `lowest` and `highest` are the values it cannot pass.
Metrics are named as columns are: `test_macro_f1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.components.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor


METRICS = Registry("metric")


@METRICS.add("accuracy", task="classification", lowest=0, highest=1)
def accuracy(predicted: Tensor, target: Tensor) -> float:
    """Accuracy: share of the samples whose class is right, 0-1."""
    return int((predicted == target).sum()) / len(target)


@METRICS.add("macro_f1", task="classification", lowest=0, highest=1)
def macro_f1(predicted: Tensor, target: Tensor) -> float:
    """Macro F1: mean over the classes of 2·hits / (predicted + true), 0-1, rare classes count as much as common ones.

    Over the classes that occur in the predictions or the targets, as scikit-learn's `f1_score(average="macro")`.
    """
    classes = int(max(predicted.max(), target.max())) + 1
    hits = target[predicted == target].bincount(minlength=classes)
    either = predicted.bincount(minlength=classes) + target.bincount(minlength=classes)
    occurs = either > 0
    return float((2 * hits[occurs] / either[occurs]).double().mean())


@METRICS.add("mae", task="regression", lower_is_better=True, lowest=0)
def mae(predicted: Tensor, target: Tensor) -> float:
    """MAE: mean absolute error, in the units of the target."""
    return float((predicted.double() - target.double()).abs().mean())


@METRICS.add("rmse", task="regression", lower_is_better=True, lowest=0)
def rmse(predicted: Tensor, target: Tensor) -> float:
    """RMSE: square root of the mean squared error, in the units of the target."""
    return float((predicted.double() - target.double()).square().mean().sqrt())


@METRICS.add("r2", task="regression", highest=1)
def r2(predicted: Tensor, target: Tensor) -> float:
    """R²: share of the target's variance that is explained; 1 is perfect, 0 as good as the mean.

    1 - Σ(target - predicted)² / Σ(target - mean)²; for a target without variance 1 where it is met, else 0.
    """
    target = target.double()
    error = float((target - predicted.double()).square().sum())
    spread = float((target - target.mean()).square().sum())
    if spread == 0:
        return 1.0 if error == 0 else 0.0
    return 1 - error / spread


_told_as_errors: set[str] = set()


def told_as_errors(metrics: Iterable[str]) -> None:
    """Runs have told that less of these is better: metrics that are not loaded, of files of the user's own."""
    _told_as_errors.update(metrics)


def lower_is_better(column: str) -> bool:
    """Whether less of a column (`test_loss`, `validation_mae`) is better."""
    metric = column.partition("_")[2] or column
    if metric in METRICS:
        return bool(METRICS[metric].facts.get("lower_is_better"))
    return metric == "loss" or metric in _told_as_errors
