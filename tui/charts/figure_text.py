"""Figures as text of a given size, in colours or without: `draw` for any of them.

Nothing that is said is said by colour alone. Names come from data: they are cut by the width of their characters, and
what does not print is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from core.figures.kinds import Confusion, Figure, Predictions, Regions, Rows, Samples, Weights
from tui.charts.figure_tables import confusion, predictions
from tui.charts.ink import (
    SIGNED,
    Look,
    Shader,
    diverging,
    grey,
    lighter,
    note,
    resample,
    runs_of,
    style_of,
)
from tui.charts.palette import ORANGE, PALETTE, Rgb
from tui.words.pictures import ASCII_SHADES, SHADES, SMALL

SMALLEST = (20, 5)
"""Columns and rows below which nothing is drawn but a note."""
WRONG = ORANGE
POINTS = ("●○", "■□", "▲△", "◆◇", "★☆", "▼▽", "▶▷", "◀◁", "Xx", "Zz")
ASCII_POINTS = ("Oo", "Xx", "Aa", "Vv", "Ss", "Tt", "Hh", "Zz", "Kk", "Ww")
"""Of each class a mark for the points it was trained on, and one for those it is tested on."""
GROUNDS = "·:-'~,\"_;^"
ASCII_GROUNDS = ".:-'~,\"_;^"
"""Of each class the mark of its region."""
SURE = 0.5
"""Between a guess (0) and certainty (1): regions that are less sure are drawn with half as many marks."""
LEAST_PICTURES = 6
"""Rather smaller pictures than fewer."""
LEAST_NAME = 4
"""Columns of a class' name, dots included, for which a probability stands beside it."""
GAP = 2


TITLES = {
    "regions": "Decision regions",
    "samples": "Samples of the test split",
    "confusion": "What it gets wrong",
    "predictions": "Predicted and true",
    "weights": "Weights",
}
"""Of each figure by the name of its file, the first that there is before the others."""


def draw(figure: Figure, width: int, height: int, *, ascii: bool = False, colour: bool = True) -> Text:
    """At most `height` lines of at most `width` cells; a note where that is too small."""
    look = Look(ascii, colour and not ascii)
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return note("too small for this", width, height)
    match figure:
        case Regions():
            lines = regions(figure, width, height, look)
        case Samples():
            lines = samples(figure, width, height, look)
        case Confusion():
            lines = confusion(figure, width, height, look)
        case Predictions():
            lines = predictions(figure, width, height, look)
        case Weights():
            lines = weights(figure, width, height, look)
        case _:
            raise TypeError(f"no way to draw {type(figure).__name__}")
    return Text("\n", no_wrap=True).join(lines)


# Decision regions.


def regions(figure: Regions, width: int, height: int, look: Look) -> list[Text]:
    """A legend, the plane with the ranges of its axes at the edges, the points on top of it."""
    (left, right), (low, high) = figure.x_range, figure.y_range
    line, corner, dash = ("|", "+", "-") if look.ascii else ("│", "└", "─")
    top, bottom = _ends(high, low)
    margin = max(len(top), len(bottom)) + 1
    if margin > width // 3:
        top, bottom, margin = "", "", 0
    axis = height >= 10
    n_columns, n_rows = width - margin - 1, height - 2 - axis
    plane = _plane(figure, n_columns, n_rows, look)
    lines = [_legend(figure, width, look)]
    for label, cells in zip([top, *[""] * (n_rows - 2), bottom], plane, strict=True):
        edge = f"{label:>{margin - 1}} {line}" if margin else line
        lines.append(Text().append(edge, "dim").append_text(cells))
    if axis:
        lines.append(Text(" " * margin + corner + dash * n_columns, style="dim"))
    first, last = _ends(left, right)
    name = look.cut(look.name(figure.features[0]), max(0, n_columns - len(first) - len(last) - 4))
    space = n_columns - len(first) - len(last)
    if space >= 1:
        middle = _centred(name, space)
        lines.append(Text(" " * (margin + 1)).append(first, "dim").append(middle, "bold").append(last, "dim"))
    else:
        lines.append(Text(" " * (margin + 1) + look.cut(first, n_columns), style="dim"))
    return lines


def _ends(one: float, other: float) -> tuple[str, str]:
    """Both as short as they differ."""
    for digits in range(3, 17):
        labels = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if labels[0] != labels[1]:
            break
    return labels


def _centred(text: str, width: int) -> str:
    spare = width - cell_len(text)
    return " " * (spare // 2) + text + " " * (spare - spare // 2)


def _legend(figure: Regions, width: int, look: Look) -> Text:
    """`x2   ●· setosa   ■: virginica   hollow: test           epoch 3`; names are cut where they are too long."""
    points, grounds = _marks(look)
    y_name = look.cut(look.name(figure.features[1]), max(3, width // 5))
    names = [look.name(name) for name in figure.classes]
    room = max(3, (width - cell_len(y_name)) // len(names) - 6)
    legend = Text(y_name, style="bold")
    for i, name in enumerate(names):
        style = style_of(lighter(_colour(i), 0.45)) if look.colour else ""
        legend.append("   ").append(points[i % len(points)][0] + grounds[i % len(grounds)], f"bold {style}".strip())
        legend.append(f" {look.cut(name, room)}")
    kinds = "   small: test" if look.ascii else "   hollow: test"
    return _header(legend, kinds, f"epoch {figure.epoch}", width)


def _marks(look: Look) -> tuple[Sequence[str], str]:
    return (ASCII_POINTS, ASCII_GROUNDS) if look.ascii else (POINTS, GROUNDS)


def _colour(index: int) -> Rgb:
    return PALETTE[index % len(PALETTE)]


def _plane(figure: Regions, width: int, height: int, look: Look) -> list[Text]:
    """Rows of `width` cells, each cell with the mark of its class; points in theirs."""
    points, grounds = _marks(look)
    n_rows, n_columns = len(figure.cells), len(figure.cells[0])
    from_row = [(2 * y + 1) * n_rows // (2 * height) for y in range(height)]
    from_column = [(2 * x + 1) * n_columns // (2 * width) for x in range(width)]
    guess = 1 / max(2, len(figure.classes))
    cells: list[list[tuple[str, str]]] = []
    on: list[list[Rgb]] = []
    """The background of each cell."""
    for y, row in enumerate(from_row):
        cells.append([])
        on.append([])
        for x, column in enumerate(from_column):
            label = figure.cells[row][column]
            sure = (figure.probability[row][column] - guess) / (1 - guess)
            mark = grounds[label % len(grounds)] if sure >= SURE or (x + y) % 2 else " "
            ground = lighter((16, 16, 20), 0.2 + 0.1 * round(4 * min(max(sure, 0.0), 1.0)), _colour(label))
            on[-1].append(ground)
            style = f"{style_of(lighter(ground, 0.3))} on {style_of(ground)}" if look.colour else "dim"
            cells[-1].append((mark, style))
    (left, right), (low, high) = figure.x_range, figure.y_range
    for x_value, y_value, label, split in figure.points:
        x = min(width - 1, max(0, int((x_value - left) / (right - left) * width)))
        y = min(height - 1, max(0, int((high - y_value) / (high - low) * height)))
        style = f"bold {style_of(lighter(_colour(label), 0.6))} on {style_of(on[y][x])}" if look.colour else "bold"
        cells[y][x] = (points[label % len(points)][split == "test"], style)
    return [runs_of(row) for row in cells]


def samples(figure: Samples, width: int, height: int, look: Look) -> list[Text]:
    """Pictures of the test split, below each what it is taken for; only that where there is no room for pictures."""
    shades = ASCII_SHADES if look.ascii else SHADES
    shader = Shader(grey, lambda value: shades[min(len(shades) - 1, max(0, int(value * len(shades))))])

    def caption(i: int, cells: int) -> Text:
        return _verdict(figure, i, cells, look)

    natural = [cell_len(caption(i, 1000).plain) for i in range(len(figure.pictures))]
    shown, tiles = _tiles(figure.pictures, LEAST_PICTURES, max(natural), width, height - 1, shader, look, caption)
    if not shown:
        tile = min(width, max(natural))
        across = (width + GAP) // (tile + GAP)
        shown = min(across * (height - 1), len(figure.pictures))
        words = [caption(i, tile) for i in range(shown)]
        tiles = [_side_by_side(words[start : start + across], tile) for start in range(0, len(words), across)]
    answers = list(zip(figure.predicted, figure.true, strict=True))[:shown]
    right = sum(guess == true for guess, true in answers)
    title = Text(f"{right} of {shown} right")
    return [_header(title, ", the first of the test split", f"epoch {figure.epoch}", width), *tiles]


def _verdict(figure: Samples, i: int, width: int, look: Look) -> Text:
    """`Bag (0.93) ✓` or `Bag ✗ Coat`, which it is; a long name is cut, the probability goes only where three letters of
    it would not be left."""
    predicted, true = (look.name(figure.classes[k]) for k in (figure.predicted[i], figure.true[i]))
    if figure.predicted[i] == figure.true[i]:
        yes = "ok" if look.ascii else "✓"
        probability = f" ({figure.probability[i]:.2f})"
        if min(cell_len(predicted), LEAST_NAME) + cell_len(probability + yes) + 1 > width:
            probability = ""
        return Text(f"{look.cut(predicted, width - len(probability) - len(yes) - 1)}{probability} {yes}")
    no = " not " if look.ascii else " ✗ "
    room = width - len(no)
    if cell_len(predicted) + cell_len(true) > room:
        half = max(room // 2, room - cell_len(true))
        predicted = look.cut(predicted, half)
        true = look.cut(true, room - cell_len(predicted))
    return Text(f"{predicted}{no}{true}", style=f"bold {style_of(WRONG)}" if look.colour else "bold")


def weights(figure: Weights, width: int, height: int, look: Look) -> list[Text]:
    """The first layer's weights as pictures of one scale, which the header shows from its least to its largest."""
    scale = SIGNED.lines(np.linspace(-1, 1, 9)[None, :], look)[0]
    if look.colour:
        scale = runs_of([(" ", f"on {style_of(diverging(value))}") for value in np.linspace(-1, 1, 9).tolist()])
    title = Text(f"-{figure.scale:.2g} ") + scale + Text(f" {figure.scale:.2g}")

    def caption(i: int, cells: int) -> Text:
        name = look.name(figure.classes[i]) if figure.classes else str(i + 1)
        return Text(look.cut(name, cells), style="dim")

    natural = max(cell_len(caption(i, 1000).plain) for i in range(len(figure.maps)))
    wanted = len(figure.maps) if figure.classes else LEAST_PICTURES
    shown, tiles = _tiles(figure.maps, wanted, natural, width, height - 1, SIGNED, look, caption)
    few = f"{shown} of " if shown < figure.total else ""
    which = f"   {few}{figure.total} {figure.kind} of {look.cut(look.name(figure.layer), 16)}"
    header = _header(title, which, f"epoch {figure.epoch}", width)
    return [header, *(tiles or list(note("too small for this", width, height - 1).split("\n")))]


def _tiles(
    pictures: Sequence[Rows],
    wanted: int,
    widest_caption: int,
    width: int,
    height: int,
    shader: Shader,
    look: Look,
    caption: Callable[[int, int], Text],
) -> tuple[int, list[Text]]:
    """How many pictures there is room for, and these with captions, in rows.

    They are as large as they can be with `wanted` of them shown.
    """
    n_rows, n_columns = len(pictures[0]), len(pictures[0][0])
    best: tuple[int, int, int, int, int] | None = None
    for columns in _sizes(n_columns):
        rows = max(1, round(columns * n_rows / n_columns))
        tile = max(columns, min(widest_caption, columns + 4))
        across, down = (width + GAP) // (tile + GAP), height // (math.ceil(rows / 2) + 1)
        shown = min(across * down, len(pictures))
        if shown and (best is None or shown > best[0]):
            best = (shown, columns, rows, tile, across)
        if shown >= min(wanted, len(pictures)):
            break
    if best is None:
        return 0, []
    shown, columns, rows, tile, across = best
    lines: list[Text] = []
    for start in range(0, shown, across):
        chosen = range(start, min(start + across, shown))
        drawn = [shader.lines(resample(pictures[i], columns, rows), look) for i in chosen]
        drawn = [[*picture, caption(i, tile)] for i, picture in zip(chosen, drawn, strict=True)]
        lines += [_side_by_side(parts, tile) for parts in zip(*drawn, strict=True)]
    return shown, lines


def _sizes(n: int) -> list[int]:
    """Widths in which a picture of n columns may be drawn, the largest first: a small one enlarged by what keeps its
    pixels apart, a large one also smaller than it is."""
    if n <= SMALL:
        return [n * times // 2 for times in (8, 6, 4, 3, 2) if n * times <= max(40, 2 * n) and n * times % 2 == 0]
    return list(range(min(n, 32), 9, -1))


def _side_by_side(parts: Sequence[Text], tile: int) -> Text:
    line = Text()
    for part in parts:
        line.append_text(part).append(" " * (tile + GAP - cell_len(part.plain)))
    line.rstrip()
    return line


# Both.


def _header(left: Text, middle: str, right: str, width: int) -> Text:
    """`right` at the right edge, what is in the middle and on the right only where it fits."""
    line = left.copy()
    if cell_len(line.plain) > width:
        line.truncate(width)
        return line
    for more in (middle, "   " + right):
        if cell_len(line.plain) + cell_len(more) <= width:
            fill = width - cell_len(line.plain) - cell_len(more) if more.endswith(right) else 0
            line.append(" " * fill + more, style="dim")
    return line
