"""A comparison in words: scores with their spread and mark, and tables that fit the room there is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from core.comparison.comparison import Comparison, Standing, When
from core.comparison.groups import Group, Score
from core.comparison.labels import brief_ids
from core.comparison.settings import MISSING, SEED, Various, value_text
from core.system.text import clean
from tui.words.aligned import table_lines
from tui.words.metrics import bare_metric, unit
from tui.words.units import count, duration

FIRST, NEAR = "*", "~"
"""Behind the best value, all that share it; and behind those that noise may have put behind it."""
GAP = 2
WIDEST = 28
"""Columns that the label of a run takes in a narrow table, at most."""
LEAST = 8
"""Of it, so that one knows which it is."""
LONG = 20
"""Characters of several values in one cell, at most."""


def score_text(column: str, score: Score, *, mark: str = "", several: bool = False) -> str:
    """`96.7 ± 1.9 %*`; `several`: not all networks of its column were measured, so it says of how many it is."""
    value = bare_metric(column, score.mean)
    spread = "" if math.isnan(score.deviation) else f" ± {bare_metric(column, score.deviation)}"
    n = f" ({score.n})" if several and score.n else ""
    return f"{value}{spread}{unit(column) if value != '–' else ''}{n}{mark}"


def mark_of(standing: Standing, row: int) -> str:
    return FIRST if row in standing.first else NEAR if row in standing.near else ""


def states_text(row: Group) -> str:
    """`completed`, of several `4 completed, 1 failed`."""
    states = row.states
    if len(states) == 1:
        return next(iter(states))
    return ", ".join(f"{n} {state}" for state, n in states.items())


def seeds_text(row: Group, most: int = 4) -> str:
    """`7`, of several `5: 0, 1, 2, …`; of long ones only how many there are."""
    seeds = [str(seed) for seed in sorted(entry.seed for entry in row.entries)]
    if len(seeds) == 1:
        return seeds[0]
    shown = f"{', '.join(seeds[:most])}{', …' if len(seeds) > most else ''}"
    return f"{len(seeds)}: {shown}" if len(shown) <= LONG else f"{len(seeds)} seeds"


def setting_text(key: str, value: object, row: Group) -> str:
    if key == SEED:
        return seeds_text(row)
    text = "–" if value is MISSING else clean(value_text(value))
    return f"{len(value.values)} values" if isinstance(value, Various) and len(text) > LONG else text


def time_text(row: Group) -> str:
    """Of training; of several their mean."""
    seconds = [entry.seconds for entry in row.entries]
    return duration(math.fsum(seconds) / len(seconds))


def epochs_text(row: Group) -> str:
    """`30`, `12/30` of one that did not come to its end, `12-30` of several."""
    done = sorted({entry.epoch for entry in row.entries})
    planned = sorted({entry.epochs for entry in row.entries})
    if len(done) > 1:
        return f"{count(done[0])}-{count(done[-1])}"
    return count(done[0]) if done == planned or planned == [0] else f"{count(done[0])}/{count(planned[-1])}"


def short(text: str, width: int, begin: int | None = None) -> str:
    """In so many cells: where it is longer the middle goes, for names often differ at either end. `begin`: cells that
    are left of its beginning."""
    if cell_len(text) <= width:
        return text
    begin = max(1, (width - 1) // 2) if begin is None else begin
    tail, end = text, max(0, width - 1 - begin)
    while cell_len(tail) > end:
        tail = tail[1:]
    return set_cell_size(text, begin).rstrip() + "…" + tail


def shortened(labels: Sequence[str], width: int) -> list[str]:
    """Each in so many cells, no two alike: without their middles, or their beginnings, else numbered."""
    for begin in (width // 4, None, 0):
        found = [short(label, width, begin) for label in labels]
        if len(set(found)) == len(found):
            return found
    room = len(str(len(labels))) + 1
    return [f"{short(label, width - room)} {i}" for i, label in enumerate(labels, 1)]


Cells = list[tuple[str, list[str]]]
"""A title, and what stands under it for each row of a comparison."""


def about(comparison: Comparison) -> Cells:
    """What each is and how far it came."""
    rows = comparison.rows
    ids = dict(zip(entries := [each.run_id for each in comparison.entries], brief_ids(entries), strict=True))
    runs = [", ".join(ids[entry.run_id] for entry in row.entries) for row in rows]
    runs = [text if len(text) <= LONG else f"{row.n} runs" for text, row in zip(runs, rows, strict=True)]
    found = [("name", [clean(comparison.name)] * len(rows))] if comparison.name and len(rows) > 1 else []
    found.append(("run", runs))
    found.append(("state", [states_text(row) for row in rows]))
    if comparison.folded and comparison.folds:
        found.append(("networks", [str(row.n) for row in rows]))
    return [*found, ("epochs", list(map(epochs_text, rows))), ("time", list(map(time_text, rows)))]


def settings(comparison: Comparison) -> Cells:
    """Only what differs."""
    rows = comparison.rows
    return [
        (clean(key), [setting_text(key, value, row) for value, row in zip(values, rows, strict=True)])
        for key, values in comparison.differing.items()
    ]


def scores(comparison: Comparison, when: When) -> Cells:
    """Every metric, the best one marked."""
    found = []
    for column in comparison.columns:
        standing = comparison.standing(column, when)
        several = any(score.n not in (row.n, 0) for score, row in zip(standing.scores, comparison.rows, strict=True))
        texts = [
            score_text(column, score, mark=mark_of(standing, i), several=several)
            for i, score in enumerate(standing.scores)
        ]
        found.append((clean(column), texts))
    return found


def tables(comparison: Comparison, width: int | None) -> list[str]:
    """All of it as lines, in tables of at most `width` columns (None: as wide as they are): a column for each run where
    those fit, else a line for each run and as many tables as it takes."""
    parts = [
        ("", about(comparison)),
        ("SETTINGS THAT DIFFER", settings(comparison)),
        ("LAST", scores(comparison, "last")),
        ("BEST", scores(comparison, "best")),
    ]
    parts = [(title, cells) for title, cells in parts if cells]
    return _upright(comparison.labels, parts, width) or _in_lines(comparison.labels, parts, width or 80)


def _upright(labels: Sequence[str], parts: Sequence[tuple[str, Cells]], width: int | None) -> list[str]:
    """A column for each run; nothing where these do not fit."""
    titles = max(cell_len(title) for _part, cells in parts for title, _texts in cells)
    titles = max(titles, *(cell_len(part) for part, _cells in parts))
    needed = [max(cell_len(texts[i]) for _part, cells in parts for _title, texts in cells) for i in range(len(labels))]
    heads = list(labels)
    if width is not None:
        room = width - titles - sum(GAP + each for each in needed)
        if room < 0:
            return []
        widths = [each + room // len(labels) for each in needed]
        heads = [short(label, each) for label, each in zip(labels, widths, strict=True)]
        legible = all(cell_len(head) >= min(LEAST, cell_len(label)) for head, label in zip(heads, labels, strict=True))
        if len(set(heads)) < len(heads) or not legible:
            return []
    rows: list[list[str]] = []
    for part, cells in parts:
        if part:
            rows += [[""] * (len(labels) + 1), [part, *[""] * len(labels)]]
        rows += [[title, *texts] for title, texts in cells]
    return table_lines(["", *heads], rows, right=())


def _in_lines(labels: Sequence[str], parts: Sequence[tuple[str, Cells]], width: int) -> list[str]:
    """A line for each run, of each part as many tables as it takes to show all of its columns."""
    heads = shortened(labels, min(WIDEST, max(8, width // 3)))
    first, lines = max(map(cell_len, heads)), list[str]()
    for part, cells in parts:
        left = list(cells)
        while left:
            taken, room = list[tuple[str, list[str]]](), width - first
            while left:
                title, texts = left[0]
                most = width - first - GAP
                texts = [short(text, most) for text in texts]
                need = GAP + max(map(cell_len, (short(title, most), *texts)))
                if need > room and taken:
                    break
                room -= need
                taken.append((short(title, most), texts))
                left.pop(0)
            if lines:
                lines.append("")
            if part:
                lines.append(part)
            rows = [[head, *(texts[i] for _title, texts in taken)] for i, head in enumerate(heads)]
            lines += table_lines(["", *(title for title, _texts in taken)], rows)
    return lines
