"""Metrics against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn import metrics as sk

from core.components.metrics import METRICS, lower_is_better

LABELS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*(npst.arrays(np.int64, n, elements=st.integers(0, 5)) for _ in range(2)))
)
VALUES = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*(npst.arrays(np.float64, n, elements=st.floats(-1e3, 1e3, width=32)) for _ in range(2)))
)


def value(name: str, predicted: np.ndarray, target: np.ndarray) -> float:
    return METRICS[name].build(torch.from_numpy(predicted), torch.from_numpy(target))


@given(LABELS)
def test_accuracy(labels: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, target = labels
    assert value("accuracy", predicted, target) == pytest.approx(sk.accuracy_score(target, predicted))


@given(LABELS)
def test_macro_f1(labels: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, target = labels
    expected = sk.f1_score(target, predicted, average="macro", zero_division=0)
    assert value("macro_f1", predicted, target) == pytest.approx(expected)


@given(VALUES)
def test_errors(values: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, target = values
    assert value("mae", predicted, target) == pytest.approx(sk.mean_absolute_error(target, predicted))
    assert value("rmse", predicted, target) == pytest.approx(sk.root_mean_squared_error(target, predicted))


@given(VALUES)
def test_r2(values: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, target = values
    assert value("r2", predicted, target) == pytest.approx(sk.r2_score(target, predicted), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("predicted", "expected"), [([2.0, 2.0], 1.0), ([2.0, 3.0], 0.0)])
def test_r2_of_a_target_without_variance_is_finite(predicted: list[float], expected: float) -> None:
    assert value("r2", np.array(predicted), np.array([2.0, 2.0])) == expected


@pytest.mark.parametrize(
    ("column", "lower"),
    [
        *(("test_loss", True), ("validation_mae", True), ("train_rmse", True)),
        *(("test_accuracy", False), ("train_r2", False), ("last_batch_accuracy", False), ("test_macro_f1", False)),
    ],
)
def test_which_way_is_better(column: str, lower: bool) -> None:
    assert lower_is_better(column) is lower
