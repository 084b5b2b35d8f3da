"""The loss along one weight: the curve, the two points of the central difference, the slope by backpropagation."""

from __future__ import annotations

import math

import numpy as np
from rich.text import Text

from core.gradients.compare import Slice
from tui.charts.ink import Look, note
from tui.charts.plane import SMALLEST, Axis, Plane, signs
from tui.screens.gradients.gradient_numbers import power, short, step
from tui.screens.gradients.study import Study
from tui.words.units import count

CURVE, TANGENT, POINTS = "#56b4e9", "#e69f00", "bold #f0e442"
WORDS = 2
"""Lines below the plot."""


def slope(study: Study, width: int, height: int, look: Look) -> Text:
    """The plot, and below it the difference in numbers."""
    if width < SMALLEST[0] + 8 or height < SMALLEST[1]:
        return note("too small for this", width, height)
    words = sentences(study, width)[: WORDS if height >= SMALLEST[1] + WORDS else 0]
    lines = [*plot(study.slice, width, height - len(words), look), *words]
    return Text("\n", no_wrap=True).join(lines)


def plot(found: Slice, width: int, height: int, look: Look) -> list[Text]:
    """Over the weight, around its value, and over the loss, both as what they differ by from the middle."""
    middle = (found.below + found.above) / 2 if found.h < 1e-6 else float(found.losses[len(found.losses) // 2])
    dx, dy = found.xs - found.weight, found.losses - middle
    far = float(dx[-1])
    in_view = np.array([*dy, found.below - middle, found.above - middle])
    y = Axis.around(in_view)
    top = float(np.abs(in_view[np.isfinite(in_view)]).max(initial=0.0))
    y = Axis(y.low, y.high, [(value, label) for value, label in _losses(top) if y.low <= value <= y.high])
    x_labels = [(-far, f"w-{step(far)}"), (0.0, "w"), (far, f"w+{step(far)}")]
    if found.h < far / 12:
        x_labels = [(-far, f"w-{step(far)}"), (0.0, "w±h"), (far, f"w+{step(far)}")]
    else:
        x_labels[1:1] = [(-found.h, "w-h")]
        x_labels[3:3] = [(found.h, "w+h")]
    plane = Plane(width, height, Axis(-far * 1.04, far * 1.04, x_labels), y, look)
    plane.line(dx, dy, CURVE)
    here = float(np.interp(0.0, dx, dy))
    sign = signs()
    plane.dots(np.array([0.0, far]), np.array([here, here + far * found.slope]), sign.slope, f"bold {TANGENT}")
    plane.sign(0.0, here, sign.here, "bold")
    plane.sign(-found.h, found.below - middle, sign.point, POINTS)
    plane.sign(found.h, found.above - middle, sign.point, POINTS)
    return plane.text()


def _losses(top: float) -> list[tuple[float, str]]:
    """Ticks of the axis of losses."""
    if not top > 0:
        return [(0.0, "L(w)")]
    label = short(top, 2)
    return [(-top, f"-{label}"), (0.0, "L(w)"), (top, f"+{label}")]


def sentences(study: Study, width: int) -> list[Text]:
    """`L(w+h) - L(w-h) = 0.35680096 - 0.35679940`, and what that makes divided by 2h, against backpropagation."""
    found = study.slice
    digits = _digits(found.above, found.below)
    losses = f"L(w+h) {found.above:.{digits}f} - L(w-h) {found.below:.{digits}f}"
    text = f"= {found.above - found.below:.2e}"
    first = losses + (f" {power(text)}" if len(losses) + len(text) < width else "")
    quotient = Text("/ 2h = ").append(_exact(found.quotient, found.slope), "bold")
    quotient.append("   backprop ").append(_exact(found.slope, found.quotient), "bold")
    why = _why_flat(study)
    second = Text(why[:width]) if why else quotient
    second.truncate(width)
    return [Text(first[:width]), second]


def _why_flat(study: Study) -> str:
    """Why the gradient of this weight is 0 whatever it is, or an empty string."""
    choice, x = study.choice, study.snapshot.x
    if choice.name == "W1" and not x[:, choice.input].any():
        return f"flat: this input is 0 in all {count(len(x))} samples of the batch"
    return ""


def _digits(one: float, other: float) -> int:
    """Decimals that show how two losses differ: two more than those that are the same, as far as float64 has them."""
    apart = abs(one - other)
    if not apart or not math.isfinite(apart):
        return 16 if apart == 0 else 4
    return min(16, max(4, 2 - math.floor(math.log10(apart))))


def _exact(value: float, other: float) -> str:
    """With as many digits as tell it from the other, at most 10."""
    apart = abs(value - other)
    if not value or not math.isfinite(value) or not math.isfinite(apart):
        return f"{value:g}"
    same = 10 if not apart else max(0, math.floor(math.log10(abs(value) / apart)))
    digits = min(10, max(3, same + 2))
    return power(f"{value:.{digits - 1}e}") if abs(value) < 1e-3 else f"{value:.{digits}g}"


def title(study: Study) -> Text:
    """With what each sign means."""
    return (
        Text("Loss along ")
        .append(str(study.choice.place), "bold")
        .append(f"  {signs().point} w±h  {signs().slope} slope")
    )


def below(study: Study) -> Text:
    """`w = 0.0123  L(w) = 2.287  z Z: zoom`."""
    return Text(f"w = {short(study.slice.weight, 4)}  L(w) = {short(study.loss, 4)}  z Z: zoom")
