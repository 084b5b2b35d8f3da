"""The error of the numerical gradient by its step size h: rounding on one side, truncation on the other."""

from __future__ import annotations

import math
import textwrap

import numpy as np
from rich.text import Text

from core.gradients.compare import Errors
from tui.charts.ink import Look, note
from tui.charts.plane import SMALLEST, Axis, Plane, signs
from tui.screens.gradients.gradient_numbers import short, step
from tui.screens.gradients.study import Study

CURVE, DIAL, BEST = "#56b4e9", "bold #f0e442", "bold #009e73"
NEAR = 30.0
"""Times the least error: nothing to gain by another step."""


def error(study: Study, width: int, height: int, look: Look) -> Text:
    """The plot, below it what it says about the dial."""
    if width < SMALLEST[0] + 8 or height < SMALLEST[1]:
        return note("too small for this", width, height)
    words = _in_lines(sentence(study.errors, study.h), width)[: 2 if height >= 8 else 1 if height >= 6 else 0]
    lines = [*plot(study.errors, study.h, width, height - len(words), look), *words]
    return Text("\n", no_wrap=True).join(lines)


def plot(errors: Errors, h: float, width: int, height: int, look: Look) -> list[Text]:
    """Both axes logarithmic."""
    known = np.isfinite(errors.errors) & (errors.errors > 0)
    if not known.any():
        return list(note("no error that could be drawn", width, height).split("\n", allow_blank=True))
    x, y = np.log10(errors.steps[known]), np.log10(errors.errors[known])
    low, high = math.floor(y.min()), max(math.ceil(y.max()), math.floor(y.min()) + 1)
    apart = max(1, math.ceil((high - low) / max(1, (height - 1) // 2)))
    across = 2 if width >= 50 else 4
    plane = Plane(
        width,
        height,
        Axis(x.min(), x.max(), [(p, step(10.0**p)) for p in range(math.ceil(x.min()), 1) if p % across == 0]),
        Axis(low - 0.2, high + 0.2, [(p, f"1e{p}") for p in range(high, low - 1, -apart)]),
        look,
    )
    dial = math.log10(h)
    plane.upright(dial, signs().upright, DIAL.replace("bold ", ""))
    plane.line(x, y, CURVE)
    best = math.log10(errors.best)
    plane.sign(best, float(np.interp(best, x, y)), signs().best, BEST)
    plane.sign(dial, float(np.interp(dial, x, y)), signs().here, DIAL)
    _under(plane, "rounding 1/h", left=True)
    _under(plane, "truncation h^2" if look.ascii else "truncation h²", left=False)
    return plane.text()


def _under(plane: Plane, words: str, left: bool) -> None:
    """Words below one arm of the V, where it leaves room."""
    for brief in (words, words.split()[0]):
        for row in (1, 0):
            for aside in range(plane.columns // 4):  # past the line at the dial
                column = 1 + aside if left else plane.columns - len(brief) - 1 - aside
                if plane.words(column, row, brief, "dim"):
                    return


def sentence(errors: Errors, h: float) -> tuple[str, str]:
    """What the dial's place means, in two parts."""
    here = errors.at(h)
    found = f"h = {step(h)}: relative error {short(here, 2)}"
    if not np.any(errors.errors > 0):
        return found, "every gradient of this unit is 0, whatever the step"
    if here <= NEAR * errors.at(errors.best):
        return found, "good: smaller is lost in rounding, larger truncates"
    if h < errors.best:
        return found, "lost in rounding: L(w+h), L(w-h) hardly differ"
    return found, "truncated: the loss bends within the step"


def _in_lines(parts: tuple[str, str], width: int) -> list[Text]:
    """In one if that fits."""
    whole = "; ".join(parts)
    lines = [whole] if len(whole) <= width else [line for part in parts for line in textwrap.wrap(part, width)]
    return [Text(line) for line in lines]


def title(study: Study) -> Text:
    """With what each sign means."""
    return Text(f"Error by h  {signs().here} {step(study.h)}  {signs().best} best {step(study.errors.best)}")


def below(study: Study, trains_by: str) -> Text:
    """The dial is the reader's, not the run's."""
    own = f"training keeps {step(study.snapshot.h)}" if trains_by == "numerical" else f"training goes by {trains_by}"
    return Text(f"+ - turn it; {own}")
