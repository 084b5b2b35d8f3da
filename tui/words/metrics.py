"""Metrics in words: their names, their values, and whether they are told in per cent."""

from __future__ import annotations

import math

from core.components.scores import in_per_cent, metric_text


def metric(name: str, value: float) -> str:
    """`93.3 %`, `0.1123`: accuracies in per cent, all else with four significant digits."""
    return metric_text(name, value)


def bare_metric(name: str, value: float) -> str:
    """The same below a title that has the unit, and in less room: `93.3`, `0.1123`, `1.12e+03`; an en dash where
    nothing was measured."""
    if math.isnan(value):
        return "–"
    if in_per_cent(name):
        return per_cent(value)
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e3 or value == 0 else f"{value:.2e}"


def metric_in_cell(name: str, value: float) -> str:
    """In four characters where that is possible: `93.3`, `100`, `0.112`; a dot where nothing was measured."""
    if math.isnan(value):
        return "·"
    if in_per_cent(name):
        return "100" if value >= 0.9995 else per_cent(value)
    return f"{value:.3g}"


def per_cent(value: float) -> str:
    return f"{100 * value:.1f}"


def unit(name: str) -> str:
    """What follows a value that is told without it."""
    return " %" if in_per_cent(name) else ""


def metric_words(name: str) -> str:
    """`test accuracy`, for a sentence."""
    return name.replace("_", " ")


def metric_title(name: str) -> str:
    """`test %`, `valid. loss`."""
    if name == "last_batch_accuracy":
        return "last batch %"
    split, _, measure = name.partition("_")
    split = "valid." if split == "validation" else split
    return f"{split} %" if measure == "accuracy" else f"{split} {metric_words(measure)}"
