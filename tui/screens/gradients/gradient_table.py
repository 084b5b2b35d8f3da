"""GradientTable: a gradient check as text: what was checked, a row for each weight, what the verdicts mean."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widgets import Static

from core.system.text import clean
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.gradients.check import Report, Row

HEADINGS = ("weight", "value", "autograd", "numerical", "rel.diff", "verdict")
DIGITS = range(8, 2, -1)
"""Of a gradient, as many as there is room for."""
GAP = 2
SHORTEST = 14
"""Cells for the name of a weight, where there are values beside it."""
FORMULA = "numerical: (L(w + h) - L(w - h)) / 2h"
MEANINGS = {
    "rounding": "rounding: it alone makes up to {rounding:.0e} at this h; try a larger h (+)",
    "kink": "kink: a corner of ReLU, max pooling or |x| within ±h; try a smaller h (-)",
    "truncation": "truncation: the loss curves too much within ±h; try a smaller h (-)",
    "differs": "differs: neither rounding, nor a kink, nor the size of h explains it",
}


class GradientTable(Static):
    """Show it a report; as many digits as its width has room for."""

    _report: Report | None = None

    def show(self, report: Report | None) -> None:
        """None: nothing."""
        self._report = report
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        self.update(Text() if self._report is None or not width else report_text(self._report, width))


def report_text(report: Report, width: int) -> Text:
    """Lines of at most `width` cells, but for sentences, which wrap."""
    text = Text(f"{summary(report)}\n\n")
    headings, *rows = _table(report, width)
    text.append(f"{headings}\n", style="bold")
    for line, row in zip(rows, report.rows, strict=True):
        text.append(f"{line}\n", style="" if row.verdict == "agrees" else "bold")
    text.append(f"\n{_times(report)}\n")
    verdicts = Counter(row.verdict for row in report.rows)
    for verdict, meaning in MEANINGS.items():
        if verdict in verdicts:
            text.append(f"{meaning.format(rounding=report.rounding)}\n")
    text.right_crop(1)
    return text


def summary(report: Report) -> str:
    """`12 weights of 6 tensors, h = 1e-06, float64, batch of 12: all agree; largest relative difference 3.1e-10`"""
    verdicts = Counter(row.verdict for row in report.rows)
    agreed = verdicts.pop("agrees", 0)
    others = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common())
    found = f"{agreed} agree, {others}" if others else "all agree"
    weights = f"{len(report.rows)} weight{'s' if len(report.rows) > 1 else ''}"
    tensors = f"{report.tensors} tensor{'s' if report.tensors > 1 else ''}"
    dropout = ", dropout off" if report.dropout else ""
    told = len(report.rows) - verdicts["rounding"]
    largest = f"; largest relative difference {report.largest:.1e}" if told else ""
    but = " but for rounding" if told and verdicts["rounding"] else ""
    return (
        f"{weights} of {tensors}, h = {report.h:.0e}, float64, batch of {count(report.batch)}{dropout}: "
        f"{found}{largest}{but}"
    )


def title(report: Report) -> str:
    """Whose gradients these are."""
    source = report.source
    where = "" if source.step is None else f" after step {count(source.step)}, epoch {source.epoch}"
    return f"Gradient check of {source.file}{where}, loss {report.loss:.4g}"


def _times(report: Report) -> str:
    n = len(report.rows)
    whole = report.numerical_seconds / max(1, n) * report.parameters
    return (
        f"autograd {_short(report.autograd_seconds)} for all {count(report.parameters)}; numerical "
        f"{_short(report.numerical_seconds)} for {n}, {_short(whole)} for all"
    )


def _short(seconds: float) -> str:
    return f"{1000 * seconds:.2g} ms" if seconds < 0.0995 else duration(seconds)


def _table(report: Report, width: int) -> list[str]:
    """Headings and a line for each row, at most `width` wide: first with fewer digits, then with shorter names, at last
    without the values."""
    for digits in DIGITS:
        cells = [HEADINGS, *(_cells(row, digits) for row in report.rows)]
        widths = [max(cell_len(row[i]) for row in cells) for i in range(len(HEADINGS))]
        if sum(widths) + GAP * (len(widths) - 1) <= width:
            break
    else:
        widths[0] = width - sum(widths[1:]) - GAP * (len(widths) - 1)
        if widths[0] < SHORTEST:
            cells = [(row[0], *row[2:]) for row in cells]
            widths = [max(1, widths[0] + widths[1] + GAP), *widths[2:]]
    last = len(widths) - 1
    return [
        (" " * GAP).join(
            _cut(cell, n) if i == 0 else cell.ljust(n) if i == last else cell.rjust(n)
            for i, (cell, n) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _cells(row: Row, digits: int) -> tuple[str, ...]:
    index = ",".join(str(n) for n in row.index)
    return (
        f"{clean(row.tensor)}[{index}]",
        f"{row.value:.3g}",
        _number(row.autograd, digits),
        _number(row.numerical, digits),
        _number(row.relative, 2),
        row.verdict,
    )


def _number(value: float, digits: int) -> str:
    return "0" if value == 0 else f"{value:.{digits - 1}e}"


def _cut(cell: str, width: int) -> str:
    """A name with its index; where there is no room for both the name is cut."""
    if cell_len(cell) > width:
        name, bracket, index = cell.rpartition("[")
        cell = set_cell_size(name, max(1, width - 1 - len(bracket + index))).rstrip() + "…" + bracket + index
    return set_cell_size(cell, width)
