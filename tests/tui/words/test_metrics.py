"""Metrics in words: the same value wherever it stands, in as much room as there is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.words.metrics import bare_metric, metric, metric_in_cell, metric_title


def test_in_a_sentence() -> None:
    assert metric("test_accuracy", 0.9667) == "96.7 %"
    assert metric("test_loss", 0.05) == "0.0500"
    assert metric("test_loss", 1e-7) == "1.000e-07"
    assert metric("test_loss", math.nan) == "nan"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("test_accuracy", 0.96666, "96.7"),
        ("test_accuracy", 1.0, "100.0"),
        ("test_loss", 0.123456, "0.1235"),
        ("test_loss", 1e-7, "1.00e-07"),
        ("test_loss", math.nan, "–"),
        ("test_loss", math.inf, "inf"),
    ],
)
def test_metrics_fit_their_columns(name: str, value: float, text: str) -> None:
    assert bare_metric(name, value) == text


def test_the_last_batch_is_no_split() -> None:
    assert metric_title("last_batch_accuracy") == "last batch %"


@given(st.floats(0, 1))
def test_an_accuracy_is_told_alike_everywhere(value: float) -> None:
    assert metric("test_accuracy", value) == f"{bare_metric('accuracy', value)} %"
    assert float(metric_in_cell("accuracy", value)) == float(bare_metric("accuracy", value))


@given(st.floats(1e-300, 1e300))
def test_a_cell_is_narrow(value: float) -> None:
    text = metric_in_cell("test_loss", value)
    assert float(text) == pytest.approx(value, rel=0.005)
    assert len(text) <= 9
    assert len(metric_in_cell("test_accuracy", min(value, 1.0))) <= 4
