"""The pictures of the start screen, as lines of text: a glimpse of data, the curves of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from tui.charts.ink import Look, Shader, grey, resample, style_of
from tui.charts.palette import BLUE, GREEN, ORANGE, PALETTE, PURPLE, Rgb, seen_on
from tui.charts.plane import SMALLEST, Axis, Plane
from tui.words.metrics import bare_metric, metric_words, unit
from tui.words.pictures import ASCII_MARKS, ASCII_SHADES, MARKS, SHADES, SMALL

if TYPE_CHECKING:  # with PyTorch
    from core.data.glimpse import Glimpse

Floats = NDArray[np.float64]

SIDES = {"train": (BLUE, "●"), "validation": (GREEN, "×"), "test": (ORANGE, "+")}
SIGNS_APART = 9
"""Columns from one sign on a curve to the next."""
FAR = 3.0
"""Times the range of most of a curve, beyond which the rest is not shown."""


@dataclass(frozen=True)
class Eye:
    """What the terminal can show, and on what ground."""

    look: Look
    ground: Rgb = (0, 0, 0)

    def style(self, colour: Rgb) -> str:
        """Of a mark in that colour: seen on the ground."""
        return style_of(seen_on(colour, self.ground)) if self.look.colour else ""


# Data.


def data_picture(seen: Glimpse, width: int, height: int, eye: Eye) -> list[Text]:
    """At most so many lines; none where there is too little room."""
    if seen.pictures:
        return _pictures(seen, width, height, eye.look)
    return _points(seen, width, height, eye)


def _pictures(seen: Glimpse, width: int, height: int, look: Look) -> list[Text]:
    n_rows, n_columns = len(seen.pictures[0]), len(seen.pictures[0][0])
    whole = 2 * n_columns if n_columns <= SMALL else n_columns
    columns = min(whole, max(8, (width - 4) // 3), 2 * (height - 1) * n_columns // n_rows)
    rows = 2 * max(1, round(columns * n_rows / n_columns / 2))
    if columns < 8 or rows // 2 + 1 > height:
        return []
    shades = ASCII_SHADES if look.ascii else SHADES
    shader = Shader(grey, lambda value: shades[min(len(shades) - 1, max(0, int(value * len(shades))))])
    across, down = (width + 2) // (columns + 2), height // (rows // 2 + 1)
    lines: list[Text] = []
    for first in range(0, min(len(seen.pictures), across * down), across):
        some = range(first, min(first + across, len(seen.pictures)))
        drawn = [shader.lines(resample(seen.pictures[i], columns, rows), look) for i in some]
        lines += [Text("  ", no_wrap=True).join(parts) for parts in zip(*drawn, strict=True)]
        names = (look.cut(look.name(seen.classes[seen.labels[i]]), columns) for i in some)
        lines.append(Text("".join(f"{name:<{columns + 2}}" for name in names).rstrip(), no_wrap=True))
    return lines


def _points(seen: Glimpse, width: int, height: int, eye: Eye) -> list[Text]:
    """A legend above the plane, whose axes are named at its edges."""
    look = eye.look
    if width < SMALLEST[0] or height < SMALLEST[1] + 3:
        return []
    x, y = np.array(seen.x), np.array(seen.y)
    x_axis, y_axis = _axis(x), _axis(y)
    plane = Plane(width, height - 2, x_axis, y_axis, look)
    marks = ASCII_MARKS if look.ascii else MARKS
    labels = seen.labels or [0] * len(x)
    for at_x, at_y, label in zip(x.tolist(), y.tolist(), labels, strict=True):
        plane.sign(at_x, at_y, marks[label % len(marks)], eye.style(PALETTE[label % len(PALETTE)]))
    legend = Text(no_wrap=True)
    for i, name in enumerate(seen.classes):
        legend.append(marks[i % len(marks)], eye.style(PALETTE[i % len(PALETTE)])).append(f" {look.name(name)}   ")
    legend.truncate(width, overflow="ellipsis")
    across, upwards = (look.name(name) for name in seen.axes)
    names = f"↑ {upwards}   → {across}" if not look.ascii else f"^ {upwards}   > {across}"
    return [*([legend] if seen.classes else []), *plane.text(), Text(look.cut(names, width), no_wrap=True)]


def _axis(values: Floats) -> Axis:
    low, high = float(values.min()), float(values.max())
    return Axis.around(values, ((low, f"{low:.3g}"), (high, f"{high:.3g}")))


# Curves.


def curves_picture(
    curves: Mapping[str, Sequence[float]], metric: str, ends: str, width: int, height: int, eye: Eye
) -> list[Text]:
    """The curves of a metric over the run, on every split; with `loss` also the batches. `ends`: where the x axis does.
    Nothing where there are none, or too little room."""
    shown = {name: curves[name] for side in SIDES if len(curves.get(name := f"{side}_{metric}", ())) > 1}
    if metric == "loss" and len(curves.get("loss", ())) > 1:
        shown = {"loss": curves["loss"], **shown}
    if not shown or width < SMALLEST[0] or height < SMALLEST[1] + 2:
        return []
    every = np.concatenate([np.asarray(curve, dtype=np.float64) for curve in shown.values()])
    low, high = _range(every)
    labels = tuple((value, bare_metric(metric, value)) for value in (low, high))
    margin = 0.03 * (high - low) or max(abs(high), 1e-12) * 0.1
    plane = Plane(
        width,
        height - 1,
        Axis(0.0, 1.0, ((0.0, "0"), (1.0, ends))),
        Axis(low - margin, high + margin, labels),
        eye.look,
    )
    title = Text(no_wrap=True).append(f"{metric_words(metric).capitalize()}{unit(metric)}", "bold")
    for at, (name, curve) in enumerate(shown.items()):
        side = name.partition("_")[0]
        colour, sign = SIDES.get(side, (PURPLE, "─"))
        y = np.asarray(curve, dtype=np.float64)
        x = np.linspace(0, 1, len(y))
        plane.line(x, np.clip(y, low, high), eye.style(colour))
        if side in SIDES:
            some = np.linspace(0, 1, max(2, plane.columns // SIGNS_APART))[at % 2 :]
            for place, value in zip(some, np.interp(some, x, np.clip(y, low, high)), strict=True):
                plane.sign(float(place), float(value), _plain(sign, eye), f"bold {eye.style(colour)}".strip())
        title.append("  ").append(_plain(sign, eye), eye.style(colour))
        title.append(f" {'batches' if name == 'loss' else side}")
    if high < float(every.max()):
        title.append(f"  max {bare_metric(metric, float(every.max()))}")
    title.truncate(width, overflow="ellipsis")
    return [title, *plane.text()]


def _plain(sign: str, eye: Eye) -> str:
    return {"●": "o", "×": "x", "─": "-"}.get(sign, sign) if eye.look.ascii else sign


def _range(values: Floats) -> tuple[float, float]:
    """From the least to the largest, but for the few that would flatten the rest."""
    low, high = float(values.min()), float(values.max())
    most = float(np.quantile(values, 0.97))
    return (low, most) if most > low and high - low > FAR * (most - low) else (low, high)
