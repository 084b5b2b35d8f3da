"""The error of the numerical gradient by its step size h: rounding on one side, truncation on the other."""

from __future__ import annotations

import math
import textwrap

import numpy as np
from rich.text import Text

from core.gradients import Errors
from tui.gradient_study import Study
from tui.widgets.figure_text import Look, note
from tui.widgets.gradient_table import short, step
from tui.widgets.plane import SMALLEST, Axis, Plane

CURVE, DIAL, BEST = "#56b4e9", "bold #f0e442", "bold #009e73"
NEAR = 3.0
"""Times the least error: nothing to gain by another step."""


def error(study: Study, width: int, height: int, look: Look) -> Text:
    """The plot, below it what it says about the dial."""
    if width < SMALLEST[0] + 8 or height < SMALLEST[1]:
        return note("too small for this", width, height)
    words = _wrapped(sentence(study.errors, study.h), width)[: 2 if height >= 8 else 1 if height >= 6 else 0]
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
    plane.upright(dial, "|" if look.ascii else "┊", DIAL.replace("bold ", ""))
    plane.line(x, y, CURVE)
    best = math.log10(errors.best)
    plane.sign(best, float(np.interp(best, x, y)), "*" if look.ascii else "★", BEST)
    plane.sign(dial, float(np.interp(dial, x, y)), "#" if look.ascii else "◆", DIAL)
    for text, share in (("rounding 1/h", 0.0), ("truncation h²", 1.0)):
        _between(plane, text, share, look)
    return plane.text()


def _between(plane: Plane, text: str, share: float, look: Look) -> None:
    """Words below one arm of the V, where it leaves room."""
    words = text.replace("²", "^2") if look.ascii else text
    for row in (1, 0, 2, 3):
        for brief in (words, words.split()[0]):
            column = 1 if share == 0 else plane.columns - len(brief) - 1
            if plane.words(column, row, brief, "dim"):
                return


def sentence(errors: Errors, h: float) -> str:
    """What the dial's place means."""
    here, best = errors.at(h), errors.best
    found = f"h = {step(h)}: error {short(here, 2)}"
    if here <= NEAR * errors.at(best):
        return f"{found}; smaller steps are lost in rounding, larger ones truncate"
    if h < best:
        return f"{found}: lost in rounding, L(w+h) and L(w-h) hardly differ; best is {step(best)}"
    return f"{found}: truncated, the loss bends within the step; best is {step(best)}"


def _wrapped(text: str, width: int) -> list[Text]:
    return [Text(line) for line in textwrap.wrap(text, width)]


def title(study: Study) -> Text:
    """With what each sign means."""
    return Text(f"Error by step h  ◆ {step(study.h)}  ★ best {step(study.errors.best)}")


def below(study: Study, trains_by: str) -> Text:
    """The dial is the reader's, not the run's."""
    own = f"training keeps {step(study.snapshot.h)}" if trains_by == "numerical" else f"training goes by {trains_by}"
    return Text(f"+ - turn h here; {own}")
