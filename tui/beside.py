"""What stands beside the form: what differs, what it costs, the network, the data. Lines of text for a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from tui import pictures, words
from tui.ranges import by_column
from tui.terminal import plot_marker
from tui.units import count, duration

if TYPE_CHECKING:
    from core.config import RunConfig
    from core.preview import Preview
    from core.trial import Cost

CLASSES = 12
"""Classes whose balance is shown."""


def changes(found: Sequence[tuple[str, str, str]], name: str) -> list[str]:
    """`optimizer.lr  0.01 → 0.05`, one a line."""
    if not found:
        return [f"none: as in {name}"]
    return [f"{key}  {before} → {after}" for key, before, after in found]


def cost(known: Cost | None, config: RunConfig, note: str) -> list[str]:
    """Steps, time and speeds. `note`: why there is no time yet."""
    if known is None:
        steps = words.steps_per_epoch(config)
        if steps:
            total = config.iterations or steps * config.epochs
            return [f"{count(total)} steps, {count(steps)} an epoch", note]
        return [f"{count(config.iterations)} steps" if config.iterations else f"{count(config.epochs)} epochs", note]
    lines = [f"{count(known.steps)} steps, {count(known.steps_per_epoch)} an epoch"]
    if known.warning:
        return [*lines, f"✗ in a short trial: {known.warning}"]
    lines.append(f"about {duration(known.seconds)}, from a short trial:")
    lines.append(f"trains {_speed(known.train_per_second)}, evaluates {_speed(known.evaluate_per_second)}")
    return lines


def _speed(per_second: float | None) -> str:
    return "–" if per_second is None else f"{count(float(f'{per_second:.2g}'))}/s"


def network(layers: Sequence[dict[str, Any]] | None, width: int) -> list[str]:
    return ["–"] if layers is None else words.layer_lines(layers, width)


def notes(found: Sequence[str], width: int) -> list[str]:
    """What one should know of the data, wrapped."""
    return [line for note in found[:3] for line in textwrap.wrap(f"! {note}", width)]


def data(looked: Preview, width: int) -> list[str]:
    """Sizes, balance or ranges, and points, pictures or rows."""
    ascii_only = plot_marker() == "."
    sizes = ", ".join(f"{count(n)} {split}" for split, n in looked.sizes.items())
    lines = [sizes, f"each {'×'.join(str(n) for n in looked.shape)}; target {looked.target or 'y'}", ""]
    if looked.balance:
        lines += _balance(looked, width)
    if looked.points:
        marks = pictures.ASCII_MARKS if ascii_only else pictures.MARKS
        lines += ["", *pictures.scatter(looked.points, max(10, min(width - 8, 60)), 12, marks)]
        lines.append("  ".join(f"{marks[i % len(marks)]} {label}" for i, label in enumerate(looked.classes)))
    elif looked.pictures:
        shades = pictures.ASCII_SHADES if ascii_only else pictures.SHADES
        drawn = []
        for rows, target in zip(looked.pictures, looked.targets, strict=True):
            drawn_rows = pictures.picture(rows, shades)
            drawn.append([set_cell_size(target, len(drawn_rows[0])), *drawn_rows])
        lines += ["", *pictures.side_by_side(drawn, width)]
    else:
        lines += _ranges(looked, width)
    return lines


def _balance(looked: Preview, width: int) -> list[str]:
    totals = [sum(counts) for counts in zip(*looked.balance.values(), strict=True)]
    label = min(14, max(cell_len(name) for name in looked.classes))
    room = max(4, width - label - 12)
    bar = "#" if plot_marker() == "." else "█"
    lines = [
        f"{set_cell_size(name, label)} {count(n):>7}  {bar * max(1, round(room * n / max(totals)))}"
        for name, n in list(zip(looked.classes, totals, strict=True))[:CLASSES]
    ]
    more = len(totals) - CLASSES
    return [*lines, *([f"… and {more} more classes"] if more > 0 else [])]


def _ranges(looked: Preview, width: int) -> list[str]:
    ranges = by_column(looked.columns)
    shown = ranges[:12]
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
