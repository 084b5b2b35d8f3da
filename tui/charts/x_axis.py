"""The x axis in columns: a line with its ticks, below it their labels and, at the right end, what they count."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

BELOW = 2
"""Rows that it takes."""


def below(columns: Sequence[int], labels: Sequence[str], unit: str, width: int, margin: int, ascii: bool) -> list[Text]:
    """Of a plot of `width` columns, on the right of the `margin` that the y axis' labels have. Labels that would touch
    another one, or the unit, are left out with their ticks."""
    corner, line, tick = ("+", "-", "+") if ascii else ("└", "─", "┬")
    edge, words = [line] * width, [" "] * (margin + 1 + width)
    end = len(words) - len(unit)
    if end >= margin + 4:
        words[end:] = unit
    taken = 0
    for column, label in zip(columns, labels, strict=True):
        start = margin + 1 + column - len(label) // 2
        if 0 <= column < width and taken <= start and start + len(label) < end:
            words[start : start + len(label)] = label
            edge[column] = tick
            taken = start + len(label) + 1
    axis = Text(" " * margin, no_wrap=True).append(corner + "".join(edge), "dim")
    return [axis, Text("".join(words), no_wrap=True)]
