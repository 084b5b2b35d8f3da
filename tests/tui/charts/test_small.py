"""Curves in a line of text, and numbers in large digits."""

from __future__ import annotations

import math

import pytest

from tui.charts.digits import large
from tui.charts.sparkline import sparkline
from tui.system.terminal import plot_marker


def test_a_curve_in_a_line() -> None:
    assert sparkline([7, 6, 5, 4, 3, 2, 1, 0], 8) == "█▇▆▅▄▃▂▁"
    assert sparkline([7.0] * 3, 8) == "▁▁▁"
    assert sparkline([], 8) == ""
    assert sparkline([math.nan, 1.0, math.inf, 0.0], 8) == "█▁"
    assert len(sparkline(range(1000), 10)) == 10
    assert sparkline([1e308, -1e308], 4) == "▁▁", "more than a float holds"


def test_a_curve_without_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNTUI_MARKERS", "ascii")
    plot_marker.cache_clear()
    assert sparkline([2, 1, 0], 8).isascii()
    plot_marker.cache_clear()


@pytest.mark.parametrize(("number", "height"), [("96.7 %", 3), ("0.1123", 3), ("-1,234", 3), ("1.12e+03", 1), ("–", 1)])
def test_large_digits(number: str, height: int) -> None:
    lines = large(number, 40)
    assert len(lines) == height
    assert lines[-1].plain.endswith("%") == number.endswith("%")
    assert len(large(number, 5)) == 1, "no room"
    assert large(number, 40, ascii=True)[0].plain == number
