"""The tables of the compare screen: a row for each run, which is the legend of the curves; a row for each setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from core.comparison.comparison import Comparison, Standing
from core.comparison.entries import BATCH_LOSS
from core.components.scores import in_per_cent
from core.system.text import clean
from tui.screens.compare.looks import look_of
from tui.screens.compare.overlay import Overlay, best_first
from tui.widgets import states
from tui.widgets.row_table import Content, Signs
from tui.words.comparison import (
    epochs_text,
    mark_of,
    seeds_text,
    setting_text,
    short,
    shortened,
    states_text,
    time_text,
)
from tui.words.metrics import bare_metric

FIRST, NEAR = "★", "≈"
WIDEST_LABEL, WIDEST_VALUE = 36, 18
SHARE = 0.34
"""Of the table, that its labels take at most."""
LEAST = 12
"""Columns of a label above others."""


@dataclass(frozen=True)
class Column:
    """`text` of each row."""

    key: str
    title: str
    room: int
    text: Callable[[Any], str]
    left: bool = False


def runs_content(overlay: Overlay, width: int, ascii: bool) -> Content:
    """What each curve is and how the runs did, by the value at the cursor where there is one: the best first. `width`:
    columns of the table."""
    comparison, metric = overlay.comparison, overlay.metric
    rows, order = comparison.rows, list(range(len(comparison.rows)))
    labels = shortened(comparison.labels, max(LEAST, min(WIDEST_LABEL, int(SHARE * width))))
    columns = [_column("run", "run", labels, left=True)]
    values = overlay.values()
    if values is not None:
        order = best_first(metric, [math.nan if each is None else each[0] for each in values])
        columns.append(
            _column(
                "at",
                f"at {overlay.place.removeprefix('epoch ').removeprefix('step ')}",
                [_value(metric, each) for each in values],
            )
        )
    signs: Callable[[int], str] = lambda _row: " "  # noqa: E731
    if metric and metric != BATCH_LOSS:
        last, best = comparison.standing(metric, "last"), comparison.standing(metric, "best")
        columns += [_scores("last", metric, last), _scores("best", metric, best)]
        signs = lambda row: FIRST if row in best.first else NEAR if row in best.near else " "  # noqa: E731
    columns.append(_column("seed", "seed", list(map(_seed, rows))))
    if any(row.n > 1 for row in rows):
        columns.append(_column("n", "n", [str(row.n) for row in rows]))
    columns += [
        _column("epochs", "epochs", list(map(epochs_text, rows))),
        _column("time", "time", list(map(time_text, rows))),
        _column("state", "state", list(map(states_text, rows)), left=True),
    ]
    hidden = sum(row.key in overlay.hidden for row in rows)
    return Content(
        columns,
        order,
        number=lambda row: int(row),
        signs=lambda row: _signs(overlay, row, signs(row), ascii),
        sorted_by="at" if values is not None else "",
        descending=not _rises(metric),
        note=f"{hidden} hidden: Space" if hidden else "",
        empty="no run can be read",
    )


def settings_content(comparison: Comparison, chosen: int, ascii: bool) -> Content:
    """Only what differs, a row for each key; first of the row that is `chosen`, then of the others."""
    rows, found = comparison.rows, comparison.differing
    keys = [clean(key) for key in found]
    columns = [Column("key", "setting", max([7, *map(cell_len, keys)]), lambda at: keys[at], left=True)]
    places = [*([chosen] if chosen < len(rows) else []), *(i for i in range(len(rows)) if i != chosen)]
    texts = [[setting_text(key, values[i], rows[i]) for key, values in found.items()] for i in range(len(rows))]
    room = min(WIDEST_VALUE, max((cell_len(text) for of_row in texts for text in of_row), default=0))
    for i in places:  # known by their markers
        title = f"{look_of(i, ascii).marker} {short(comparison.labels[i], max(room, LEAST) - 2, 0)}"
        columns.append(_column(str(i), title, [short(text, WIDEST_VALUE) for text in texts[i]], left=True))
    return Content(
        columns,
        range(len(found)),
        number=lambda row: int(row),
        empty="nothing differs in their settings"
        if len(comparison.entries) > 1
        else "there is nothing to compare with",
        bare=True,
    )


def _column(key: str, title: str, texts: Sequence[str], *, left: bool = False) -> Column:
    return Column(key, title, max([cell_len(title), *map(cell_len, texts)]), lambda row: texts[row], left)


def _scores(title: str, metric: str, standing: Standing) -> Column:
    texts = []
    for i, score in enumerate(standing.scores):
        spread = "" if math.isnan(score.deviation) else f" ± {bare_metric(metric, score.deviation)}"
        mark = {"*": FIRST, "~": NEAR}.get(mark_of(standing, i), " ")
        texts.append(f"{bare_metric(metric, score.mean)}{spread}{mark}")
    return _column(title, f"{title} ", texts)


def _seed(row: Any) -> str:
    text = seeds_text(row, 3)
    return "–" if row.n > 1 and len(text) > 12 else text


def _value(metric: str, found: tuple[float, float, int] | None) -> str:
    """At the cursor, as drawn: accuracies in per cent."""
    if found is None:
        return "–"
    value, deviation, n = found
    scale = 100.0 if in_per_cent(metric) else 1.0
    spread = f" ± {bare_metric(metric, deviation / scale)}" if n > 1 else ""
    return f"{bare_metric(metric, value / scale)}{spread}"


def _rises(metric: str) -> bool:
    """Whether the best value is the smallest."""
    return best_first(metric, [1.0, 0.0])[0] == 1


def _signs(overlay: Overlay, at: int, best: str, ascii: bool) -> Signs:
    row, look = overlay.comparison.rows[at], look_of(at, ascii)
    found = row.states
    state = "training" if "training" in found else next(iter(found)) if len(found) == 1 else "completed"
    hidden = row.key in overlay.hidden
    sign = states.SYMBOLS.get(state, "–" if state == "pruned" else " ")
    return Signs(
        mark="  " if hidden else look.sign(ascii),
        state=sign,
        best=best,
        style="dim" if hidden else "",
        mark_style="" if hidden else look.style,
        state_style=states.COLORS.get(state, ""),
    )
