"""Numbers for people."""

from __future__ import annotations

import math

import pytest

from tui.units import count, duration, metric


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.inf, "–"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (42.4, "42 s"),
        (59.7, "1:00 min"),
        (185, "3:05 min"),
        (3599.6, "1:00 h"),
        (7380, "2:03 h"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_metric_and_count() -> None:
    assert metric("test_accuracy", 0.9667) == "96.7 %"
    assert metric("test_loss", 0.05) == "0.0500"
    assert metric("test_loss", 1e-7) == "1.000e-07"
    assert metric("test_loss", math.nan) == "nan"
    assert count(1234567) == "1,234,567"
