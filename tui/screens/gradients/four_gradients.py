"""The gradients of one batch as a table: what each costs, how large it is, how far it is from backpropagation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.text import Text

from core.gradients.snapshot import METHODS
from core.two_layer.net import NAMES
from tui.charts.ink import Look
from tui.screens.gradients.gradient_numbers import ratio, short, step, time_of
from tui.screens.gradients.study import Study
from tui.words.units import count

SAME = ("the same differences as numerical", "same as numerical")
ALL_COLUMNS = 78


@dataclass(frozen=True)
class Run:
    """Of the run that the batch is from."""

    steps: int
    """Updates in the whole of it."""
    trains_by: str
    """One of METHODS."""


def table(study: Study, run: Run, width: int, height: int, look: Look) -> Text:
    """A row for each of METHODS, that by which the run trains marked; the norms of the layers where they fit."""
    columns = _columns(study, run, width)
    lines = [Text(f"{'':10}", style="dim")]
    for head, least, _cells in columns:
        lines[0].append(f"{head:>{least}}")
    for method in METHODS:
        mark = "▸" if method == run.trains_by else " "
        line = Text(mark).append(f"{method:<9}", "bold" if mark == "▸" else "")
        for head, least, cells in columns:
            telling = head == "ratio" or (head, method) == ("max diff", "numerical")
            line.append(f"{cells.get(method, ''):>{least}}", "bold" if telling else "")
        if method == "literal":
            line.rstrip()
            words = next((each for each in SAME if line.cell_len + 2 + len(each) <= width), "")
            line.append(f"  {words}", "dim")
        lines.append(line)
    return Text("\n", no_wrap=True).join([*lines, *_lesson(study, width)][:height])


def _columns(study: Study, run: Run, width: int) -> list[tuple[str, int, dict[str, str]]]:
    """Head, width and cells by method of each that fits."""
    snapshot, comparison = study.snapshot, study.comparison
    took, least = snapshot.seconds, snapshot.seconds["backprop"] or math.inf
    guessed = {method: method in snapshot.estimated for method in METHODS}
    columns = [
        ("per step", 9, {m: "≈ " * guessed[m] + time_of(took[m], 2 if guessed[m] else 3) for m in METHODS}),
        ("ratio", 9, {m: ratio(took[m] / least) if m != "backprop" else "1 ×" for m in METHODS}),
        ("per run", 9, {m: "≈ " + time_of(took[m] * run.steps, 2) for m in METHODS}),
    ]
    if width >= ALL_COLUMNS:
        for name in NAMES:
            columns.append((f"|{name}|", 8, {m: short(norm) for m, norm in comparison.norms(name).items()}))
    differences = {m: short(comparison.difference(m), 2) for m in ("numerical", "autograd")}
    return [*columns, ("max diff", 9, {**differences, "backprop": "-"})]


def _lesson(study: Study, width: int) -> list[Text]:
    """What the table tells, in a line if it fits."""
    parts = [_agreement(study), f"literal computes {count(2 * study.snapshot.parameters)} losses of the batch"]
    if len("; ".join(parts)) <= width:
        parts = ["; ".join(parts)]
    return [Text(part[:width], style="italic") for part in parts]


def _agreement(study: Study) -> str:
    """Of the numerical gradient with the others, measured by its largest entry."""
    exact = max(float(abs(each).max()) for _name, each in study.comparison.backprop)
    if not exact:
        return f"h = {step(study.h)}: every gradient is 0, the units are saturated"
    apart = study.comparison.difference("numerical") / exact
    if not apart < 0.1:
        return f"h = {step(study.h)}: numerical is far off"
    digits = min(15, math.floor(-math.log10(apart))) if apart else 15
    return f"h = {step(study.h)}: all agree to {digits} digit{'s' if digits > 1 else ''}"


def title(study: Study, run: Run, held: bool) -> Text:
    """Which batch it is."""
    text = Text("Gradients of one batch", style="bold")
    text.append(f"  step {count(study.snapshot.step)} of {count(run.steps)}", "not bold")
    return text.append("  ‖ held, f follows" if held else "", "bold")


def below(study: Study, width: int) -> Text:
    """What is known of the batch, and what the columns with bars are, if they are there."""
    n, right = len(study.snapshot.x), 100 * study.accuracy
    norms = "  |W1|: norm of its gradient" if width >= ALL_COLUMNS else ""
    return Text(f"{count(n)} samples  loss {short(study.loss, 4)}  accuracy {right:.0f} %{norms}")
