"""Figures of tables as text of a given size: what is taken for what, and predicted values beside the true ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from core.figures.kinds import Confusion, Predictions
from tui.charts.ink import Look, lighter, style_of
from tui.charts.palette import BLUE, DEEP_BLUE, ORANGE, VERMILION
from tui.charts.plane import Axis, Plane
from tui.charts.ticks import ticks
from tui.system.contrast import contrast
from tui.words.units import count

Counts = NDArray[np.int64]

LABEL = 14
"""Columns for the name of a row, at most."""
LEAST_LABEL = 8
WIDEST, NARROWEST = 12, 4
"""Columns of a cell, its gap included."""
SPELLED = 7
"""From so many on they are headed by names, else by numbers."""
MANY = 60
"""Points, from which on they are small."""
DARK, LIGHT = (16, 16, 20), (240, 240, 240)


def confusion(figure: Confusion, width: int, height: int, look: Look) -> list[Text]:
    """A row for each class, what it is taken for in columns; below it the most frequent mistakes. Only these where
    there are too many classes for the room."""
    table = np.zeros((len(figure.classes), len(figure.classes)), dtype=np.int64)
    for true, predicted, n in figure.counts:
        table[true, predicted] = n
    right = int(np.trace(table))
    lines = [_title(figure, right, width)]
    matrix = _matrix(table, [look.name(name) for name in figure.classes], width, height - 1, look)
    lines += matrix
    room = height - len(lines) - 1
    wrong = _mistakes(figure, table, width, look)
    if wrong and (room >= 2 or not matrix):
        lines += [Text(), *wrong[: max(1, room)]] if matrix else wrong[: height - 1]
    elif not wrong and room >= 2:
        lines += [Text(), Text("nothing is taken for anything else")]
    return lines[:height]


def _title(figure: Confusion, right: int, width: int) -> Text:
    n = count(figure.n)
    of = f"{n} of {count(figure.total)}" if figure.n < figure.total else n
    words = f" right of {of} test samples" if figure.n < figure.total else f" of {n} test samples right"
    if len(words) + len(count(right)) > width:
        words = f" of {n} right"
    title = Text().append(count(right), "bold").append(words)
    title.truncate(width)
    return title


def _matrix(table: Counts, names: Sequence[str], width: int, height: int, look: Look) -> list[Text]:
    """Empty where it does not fit."""
    n = len(names)
    if n + 1 > height:
        return []
    label = min(LABEL, max(map(cell_len, names)))
    cell = min(WIDEST, (width - label) // n)
    spelled = cell >= min(SPELLED, max(map(cell_len, names)) + 1)
    if not spelled:  # by numbers, before the names
        digits = len(str(n))
        names = [f"{i:>{digits}} {name}" for i, name in enumerate(names, 1)]
        label = max(LEAST_LABEL, min(LABEL, max(map(cell_len, names)), width - NARROWEST * n))
        cell = min(SPELLED, (width - label) // n)
    if cell < max(NARROWEST, len(str(int(table.max()))) + 1):
        return []
    heads = [look.cut(name, cell - 1) if spelled else str(i) for i, name in enumerate(names, 1)]
    tall = 3 if height >= 3 * n + 4 else 1
    place = _right if tall == 1 else _centred
    header = Text(f"{'true' if label > 4 else '':{label}}" + "".join(" " + place(head, cell - 1) for head in heads))
    rows = [Text(" " * (label + 1) + "predicted"), header] if height > n + 1 else [header]
    sums = np.maximum(table.sum(axis=1), 1)
    for i, name in enumerate(names):
        cells = [_cell(int(table[i, j]), float(table[i, j] / sums[i]), i == j, cell, look) for j in range(n)]
        for line in range(tall):
            middle = line == tall // 2
            row = Text(set_cell_size(look.cut(name, label) if middle else "", label))
            for text, style in cells:
                row.append(" ").append(place(text if middle else "", cell - 1), style)
            rows.append(row)
    return rows


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def _centred(text: str, width: int) -> str:
    spare = width - cell_len(text)
    return " " * (spare // 2) + text + " " * (spare - spare // 2)


def _cell(n: int, share: float, right: bool, width: int, look: Look) -> tuple[str, str]:
    """What stands there and how: the brighter the more of its row are there; blue on the diagonal, vermilion elsewhere,
    and there in brackets where there are no colours."""
    text = str(n) if n else ("." if look.ascii else "·")
    if not n:
        return text, ""
    if not look.colour:
        return (f"({text})" if not right and len(text) + 2 < width else text), "bold"
    ground = lighter(DARK, 0.25 + 0.75 * share, DEEP_BLUE if right else VERMILION)
    ink = max((DARK, LIGHT), key=lambda each: contrast(each, ground))
    return text, f"bold {style_of(ink)} on {style_of(ground)}"


def _mistakes(figure: Confusion, table: Counts, width: int, look: Look) -> list[Text]:
    """The most frequent first: `12 of 100  Shirt taken for T-shirt/top`."""
    wrong = sorted(((n, t, p) for t, p, n in figure.counts if t != p), key=lambda each: (-each[0], *each[1:]))
    rows = [(f"{n} of {int(table[t].sum())}", figure.classes[t], figure.classes[p]) for n, t, p in wrong]
    widest = max((len(share) for share, _true, _taken in rows), default=0)
    lines = []
    for share, true, taken in rows:
        line = Text().append(f"{share:>{widest}}  ", "bold")
        room = width - line.cell_len - len(" taken for ")
        names = look.name(true), look.name(taken)
        if sum(map(cell_len, names)) > room:
            half = max(room // 2, room - min(map(cell_len, names)))
            names = look.cut(names[0], half), look.cut(names[1], room - min(half, cell_len(names[0])))
        lines.append(line.append(f"{names[0]} taken for {names[1]}"))
    return lines


def predictions(figure: Predictions, width: int, height: int, look: Look) -> list[Text]:
    """A point for each sample; on the dotted line what is predicted is what is true."""
    true, predicted = np.array(figure.true), np.array(figure.predicted)
    n = len(true)
    some = f"{count(n)} of {count(figure.total)}" if n < figure.total else count(n)
    title = Text().append(f"{'R2' if look.ascii else 'R²'} {_r2(true, predicted)}", "bold")
    title.append(f"   {some} test samples   {'...' if look.ascii else '···'} exact")
    title.truncate(width)
    both = np.concatenate([true, predicted])
    around = Axis.around(both)
    y_labels = list(zip(*ticks(around.low, around.high, max(2, (height - 3) // 3), 8), strict=True))
    x_labels = list(zip(*ticks(around.low, around.high, max(2, width // 12), 10), strict=True))
    plane = Plane(
        width, height - 2, Axis(around.low, around.high, x_labels), Axis(around.low, around.high, y_labels), look
    )
    ends = np.array([around.low, around.high])
    plane.dots(ends, ends, "." if look.ascii else "·", style_of(ORANGE), every=1 if n > MANY else 2)
    point = "o" if look.ascii else "●" if n <= MANY else "•"
    for x, y in zip(true.tolist(), predicted.tolist(), strict=True):
        plane.sign(x, y, point, style_of(BLUE))
    name = look.name(figure.target)
    arrows = ("^ predicted", "true >") if look.ascii else ("↑ predicted", "true →")
    below = f"{arrows[0]}   {look.cut(name, max(0, width - 24))}".rstrip()
    spare = max(1, width - cell_len(below) - len(arrows[1]))
    return [title, *plane.text(), Text(below + " " * spare + arrows[1])]


def _r2(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> str:
    spread = float(((true - true.mean()) ** 2).sum())
    return f"{1 - float(((true - predicted) ** 2).sum()) / spread:.3f}" if spread else "-"
