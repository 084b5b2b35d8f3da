"""Scores for people: which are told in per cent, and how they are written. Lists of runs need no more of metrics."""

from __future__ import annotations

from collections.abc import Callable

from core.system.text import number


def in_per_cent(name: str) -> bool:
    """Whether people are told a metric, or a column of it, in per cent."""
    return name.endswith("accuracy")


def metric_text(
    name: str, value: float, *, form: str = ".1f", sign: str = " %", other: Callable[[float], str] = number
) -> str:
    """A score for people: an accuracy in per cent, in `form` and with `sign`; all else as `other` writes it."""
    return f"{100 * value:{form}}{sign}" if in_per_cent(name) else other(value)
