"""One hidden unit: its weights and their gradient, as two pictures or as rows, with a cursor on the chosen weight."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from core.two_layer.net import Array
from tui.charts.ink import SIGNED, Look, note, resample
from tui.screens.gradients.gradient_numbers import short
from tui.screens.gradients.study import Study

GAP = 1
"""Columns between the pictures and what is beside them; each picture has a free one on either side, for arrows."""
LARGEST = 8
"""Times that a picture is enlarged at most."""
LABEL = 28
"""Cells that the name of an input gets at most."""
SIDE = 11
"""Columns of what is said beside a picture."""
CURSOR = "bold #ffffff"


def unit(study: Study, width: int, height: int, look: Look) -> Text:
    """The weights that belong to the chosen one, and beside them their gradient."""
    choice = study.choice
    weights = choice.beside(study.snapshot.net)
    gradient = choice.beside(study.comparison.backprop)
    if choice.name == "W1" and len(study.snapshot.shape) == 3:
        drawn = pictures(study, weights, gradient, width, height, look)
        if drawn is not None:
            return drawn
    return rows(study, weights, gradient, width, height, look)


# Pictures.


def pictures(study: Study, weights: Array, gradient: Array, width: int, height: int, look: Look) -> Text | None:
    """Both as large as they fit; None where that is too small to be one."""
    channels, n_rows, n_columns = study.snapshot.shape
    beside = _size(n_columns, n_rows, (width - GAP) // 2 - 2 - SIDE, height)
    above = _size(n_columns, n_rows, (width - GAP) // 2 - 2, height - 1)
    size = max(filter(None, (beside, above)), default=None)
    if size is None:
        return None
    channel, y, x = study.choice.pixel(study.snapshot)
    drawn, captions = [], []
    for name, values in (("weight", weights), ("gradient", gradient)):
        image = values.reshape(channels, n_rows, n_columns)[channel]
        scale = float(np.abs(image).max())
        lines = SIGNED.lines(resample(image / (scale or 1.0), *size), look)
        lines = [Text(" ").append_text(line).append(" ") for line in lines]
        _point(lines, image / (scale or 1.0), x, y, size, look)
        drawn.append(lines)
        captions.append(_caption(name, scale, look))
    left, right = drawn
    if size == beside:
        captions = [[*caption, *[Text()] * len(left)][: len(left)] for caption in captions]
        columns = [_padded(captions[0], SIDE, right=True), left, right, _padded(captions[1], SIDE)]
    else:
        tops = [_in_a_line(caption, size[0] + 2) for caption in captions]
        columns = [[*_padded([top], size[0] + 2), *lines] for top, lines in zip(tops, drawn, strict=True)]
    rows_of = [Text(" " * GAP).join(parts) for parts in zip(*columns, strict=True)]
    indent = Text(" " * max(0, (width - rows_of[0].cell_len) // 2))
    empty = [Text()] * ((height - len(rows_of)) // 2)
    return Text("\n", no_wrap=True).join([*empty, *(indent + row for row in rows_of)])


def _size(columns: int, rows: int, width: int, height: int) -> tuple[int, int] | None:
    """Columns and rows of pixels of the drawn picture: whole times the picture, else as much smaller as it has to be;
    a line holds two rows."""
    times = min(width // columns, 2 * height // rows, LARGEST)
    if times >= 1:
        return times * columns, times * rows
    share = min(width / columns, 2 * height / rows)
    smaller = int(share * columns), int(share * rows) // 2 * 2
    return smaller if min(smaller) >= 6 else None


def _caption(name: str, scale: float, look: Look) -> list[Text]:
    """Its name, and what the darkest shade of each sign stands for."""
    least, most = SIGNED.lines(np.array([[-1.0], [-1.0]]), look)[0], SIGNED.lines(np.array([[1.0], [1.0]]), look)[0]
    value = short(scale, 2)
    return [Text(name, style="bold"), least + Text(f" -{value}"), most + Text(f" +{value}")]


def _in_a_line(caption: list[Text], width: int) -> Text:
    """As much of a caption as fits above a picture."""
    lines = [Text(" ").join([Text(""), *parts]) for parts in (caption, [caption[0], caption[2]], caption[:1])]
    return next((line for line in lines if line.cell_len <= width), lines[-1])


def _padded(lines: list[Text], width: int, right: bool = False) -> list[Text]:
    """Each so many cells wide."""
    padded = []
    for line in lines:
        space = Text(" " * max(0, width - line.cell_len))
        padded.append(space + line if right else line + space)
        padded[-1].truncate(width)
    return padded


def _point(lines: list[Text], image: Array, x: int, y: int, size: tuple[int, int], look: Look) -> None:
    """Arrows on both sides of a pixel, and where it is but half a cell, that half in white."""
    columns, n_rows = size
    first, last = x * columns // image.shape[1], max(1, (x + 1) * columns // image.shape[1]) - 1
    row = int((y + 0.5) * n_rows / image.shape[0])
    line, last = row // 2, max(first, last)
    arrows = "><" if look.ascii else "▸◂"
    cells = lines[line]
    for at, arrow in ((first, arrows[0]), (last + 2, arrows[1])):  # the picture begins in column 1
        cells = _replaced(cells, at, Text(arrow, style=CURSOR if look.colour else "bold"))
    if first == last:
        here = cells[first + 1]
        if look.colour:
            other = resample(image, *size)[row ^ 1, first]
            red, green, blue = SIGNED.rgb(float(other))
            here = Text("▄" if row % 2 else "▀", style=f"{CURSOR} on rgb({red},{green},{blue})")
        else:
            here.stylize("reverse")
        cells = _replaced(cells, first + 1, here)
    lines[line] = cells


def _replaced(line: Text, at: int, cell: Text) -> Text:
    return line[:at].append_text(cell).append_text(line[at + 1 :])


# Rows.


def rows(study: Study, weights: Array, gradient: Array, width: int, height: int, look: Look) -> Text:
    """Index and name, weight, gradient and a bar of its sign, of as many as fit around the chosen one."""
    if height < 2 or width < 30:
        return note("too small for this", width, height)
    names = labels(study, look)
    label = min(LABEL, max(map(cell_len, names)), width - 24)
    at, shown = study.choice.at, height - 1
    first = min(max(0, at - shown // 2), max(0, len(names) - shown))
    bar = max(0, width - label - 24)
    largest = float(np.abs(gradient).max()) or 1.0
    lines = [Text(f"  {'':{label}} {'weight':>9} {'gradient':>9}", style="dim", no_wrap=True)]
    for i in range(first, min(first + shown, len(names))):
        chosen = i == at
        name = set_cell_size(look.cut(names[i], label), label)
        line = Text(f"{'▸' if chosen else ' '} {name} {short(float(weights[i])):>9} {short(float(gradient[i])):>9}")
        length = round(min(bar, 24) * abs(float(gradient[i])) / largest)
        line.append("  " + ("+" if gradient[i] > 0 else "-") * length, "not bold")
        if chosen:
            line.stylize("bold" if look.colour else "bold reverse", 0, len(line) - length)
        lines.append(line)
    return Text("\n", no_wrap=True).join(lines)


def labels(study: Study, look: Look) -> list[str]:
    """A name of each weight that is shown with the chosen one."""
    n, name = len(study.choice.beside(study.snapshot.net)), study.choice.name
    known = study.features if name == "W1" else study.classes if name in ("W2", "b2") else ()
    kind = {"W1": "input", "b1": "unit"}.get(name, "class")
    numbers = [str(i) for i in range(n)]
    if known and list(known) != numbers:
        return [f"{i} {look.name(each)}" for i, each in enumerate(known)]
    return [f"{kind} {i}" for i in range(n)]


def title(study: Study) -> Text:
    """`Hidden unit 7 (0-49), W1`."""
    choice, net = study.choice, study.snapshot.net
    of = {
        "W1": f"Hidden unit {choice.unit} (0-{net.hidden - 1}), W1",
        "b1": f"b1: biases of the {net.hidden} hidden units",
        "W2": f"Hidden unit {choice.unit} (0-{net.hidden - 1}), W2",
        "b2": f"b2: biases of the {len(net.b2)} classes",
    }
    return Text(of[choice.name])


def below(study: Study) -> Text:
    """`pixel (14, 14): 0.0123, gradient -0.0031`."""
    choice, snapshot = study.choice, study.snapshot
    where = f"{choice.place}"
    if choice.name == "W1" and len(snapshot.shape) == 3:
        channel, y, x = choice.pixel(snapshot)
        where = f"pixel ({y}, {x})" + (f" of channel {channel}" if snapshot.shape[0] > 1 else "")
    return Text(f"{where}: {short(study.slice.weight)}, gradient {short(study.slice.slope)}")
