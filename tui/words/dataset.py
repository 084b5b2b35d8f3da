"""A dataset in words: its samples, classes, ranges and balance; in full for a report, in few lines beside a form."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from tui.words import pictures
from tui.words.aligned import table_lines
from tui.words.plan_lines import WIDE
from tui.words.ranges import Range, by_column
from tui.words.units import count, digits_apart

if TYPE_CHECKING:
    from core.data.preview import Preview

CLASSES, CLASSES_BESIDE = 40, 12
"""Classes whose balance is shown, at most."""
RANGES_BESIDE = 12
BAR = 40
"""Columns of the longest bar."""


# In full, as `nntui data show` prints it.


def describe(
    name: str, summary: str, looked: Preview, width: int | None = None, most: int | None = None
) -> Iterator[str]:
    """The lines of `nntui data show`. `most`: None tells all, however many."""
    width = width or shutil.get_terminal_size((100, 24)).columns
    utf8 = (sys.stdout.encoding or "").lower().startswith("utf")
    yield f"{name}: {summary.partition(': ')[2] or summary}"
    x_type, y_type = looked.dtypes
    target = f"target {looked.target or 'y'}, {y_type}"
    yield f"  Samples {_sizes(looked)}; each of shape {_shape(looked)}, {x_type}; {target}"
    yield ""
    if looked.balance:
        yield from _balance_table(looked)
        yield ""
    ranges = by_column(looked.columns)
    if most is not None and len(ranges) > WIDE:
        yield f"  the ranges of {count(len(ranges))} columns are not shown: --all shows them"
    else:
        yield from _range_table(ranges)
    if looked.rows:
        yield ""
        yield from _first_rows(looked)
    if looked.pictures:
        yield ""
        yield from _pictures(looked, pictures.SHADES if utf8 else pictures.ASCII_SHADES, width)
    if looked.points:
        yield ""
        marks = pictures.MARKS if utf8 else pictures.ASCII_MARKS
        yield from pictures.scatter(looked.points, min(width - 10, 72), 18, marks)
        yield "  " + "   ".join(_legend(looked, marks))


def _balance_table(looked: Preview) -> Iterator[str]:
    """How many samples each class has in each split, and its share of all."""
    total = sum(sum(counts) for counts in looked.balance.values())
    header = ["class", *looked.balance, "share", ""]
    rows = []
    for i, label in enumerate(looked.classes[:CLASSES]):
        counts = [values[i] for values in looked.balance.values()]
        share = sum(counts) / total
        rows.append([label, *(f"{n:,}" for n in counts), f"{100 * share:.1f} %", "#" * max(1, round(40 * share))])
    yield from _aligned(header, rows, last_left=True)
    if len(looked.classes) > CLASSES:
        yield f"  … and {len(looked.classes) - CLASSES} more classes"


def _range_table(ranges: Sequence[Range]) -> Iterator[str]:
    width = max((cell_len(each.name) for each in ranges), default=0)
    rows = []
    for c in (each.number for each in ranges if each.number is not None):
        edges = (c.minimum, c.maximum, c.mean)
        rows.append(
            [set_cell_size(c.name, width), *(f"{v:.{digits_apart(edges)}g}" for v in edges), f"{c.deviation:.4g}"]
        )
    header, *numbers = _aligned(["range of", "min", "max", "mean", "sd"], rows)
    yield from [header] if rows else []
    width = max(width, cell_len("range of")) if rows else width
    lines = iter(numbers)
    for each in ranges:
        yield next(lines) if each.number is not None else f"  {set_cell_size(each.name, width)}  {each.words}"


def _first_rows(looked: Preview) -> list[str]:
    digits = [digits_apart((c.minimum, c.maximum, c.mean)) for c in looked.columns]
    shown = min(len(looked.columns), 6, len(looked.rows[0]))
    more = len(looked.rows[0]) - shown
    lines = _aligned(
        [*(c.name[:16] for c in looked.columns[:shown]), looked.target or "target"],
        [
            [*(f"{v:.{n}g}" for v, n in zip(row[:shown], digits, strict=False)), target]
            for row, target in zip(looked.rows, looked.targets, strict=True)
        ],
    )
    return [*lines, *([f"  and {count(more)} more columns before the target"] if more else [])]


def _aligned(header: list[str], rows: list[list[str]], *, last_left: bool = False) -> list[str]:
    """The first column to the left, the others to the right."""
    right = range(1, len(header) - int(last_left))
    return [f"  {line}" for line in table_lines(header, rows, right)]


# In few lines, beside the form.


def beside(looked: Preview, width: int, *, ascii_only: bool = False) -> list[str]:
    """Sizes, balance or ranges, and points, pictures or rows."""
    lines = [_sizes(looked), f"each {_shape(looked)}; target {looked.target or 'y'}", ""]
    if looked.balance:
        lines += _balance_bars(looked, width, "#" if ascii_only else "█")
    if looked.points:
        marks = pictures.ASCII_MARKS if ascii_only else pictures.MARKS
        lines += ["", *pictures.scatter(looked.points, max(10, min(width - 8, 60)), 12, marks)]
        lines.append("  ".join(_legend(looked, marks)))
    elif looked.pictures:
        lines += ["", *_pictures(looked, pictures.ASCII_SHADES if ascii_only else pictures.SHADES, width)]
    else:
        lines += _few_ranges(looked, width)
    return lines


def _balance_bars(looked: Preview, width: int, bar: str) -> list[str]:
    """A bar for the samples of each class, those of all splits."""
    totals = [sum(counts) for counts in zip(*looked.balance.values(), strict=True)]
    label = min(14, max(cell_len(name) for name in looked.classes))
    room = max(4, min(BAR, width - label - 12))
    lines = [
        f"{set_cell_size(name, label)} {count(n):>7}  {bar * max(1, round(room * n / max(totals)))}"
        for name, n in list(zip(looked.classes, totals, strict=True))[:CLASSES_BESIDE]
    ]
    more = len(totals) - CLASSES_BESIDE
    return [*lines, *([f"… and {more} more classes"] if more > 0 else [])]


def _few_ranges(looked: Preview, width: int) -> list[str]:
    ranges = by_column(looked.columns)
    shown = ranges[:RANGES_BESIDE]
    label = min(max(8, width - 24), max((cell_len(each.name) for each in shown), default=8))
    lines = [""]
    if any(each.number is not None for each in shown):
        lines.append(f"{'range of':{label}} {'min':>9} {'max':>9}")
    for each in shown:
        c = each.number
        said = each.words if c is None else f"{c.minimum:>9.4g} {c.maximum:>9.4g}"
        lines.append(f"{set_cell_size(each.name, label)} {said}")
    more = len(ranges) - len(shown)
    return [*lines, *([f"… and {more} more columns"] if more > 0 else [])]


# Both.


def _sizes(looked: Preview) -> str:
    return ", ".join(f"{count(n)} {split}" for split, n in looked.sizes.items())


def _shape(looked: Preview) -> str:
    return "×".join(str(n) for n in looked.shape)


def _pictures(looked: Preview, shades: str, width: int) -> list[str]:
    """As many side by side as there is room for, above each its class."""
    drawn = []
    for rows, target in zip(looked.pictures, looked.targets, strict=True):
        lines = pictures.picture(rows, shades)
        drawn.append([set_cell_size(target, len(lines[0])), *lines])
    return list(pictures.side_by_side(drawn, width))


def _legend(looked: Preview, marks: str) -> list[str]:
    return [f"{marks[i % len(marks)]} {label}" for i, label in enumerate(looked.classes)]
