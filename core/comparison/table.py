"""A comparison as rows and as plain values: for CSV, for JSON."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.comparison.comparison import Comparison, When
from core.comparison.groups import Group, Score
from core.comparison.settings import MISSING, SEED, plain
from core.components.metrics import lower_is_better
from core.runs.export import write_text
from core.tables.formulas import CsvWriter

WHENS: tuple[When, ...] = ("last", "best")


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """Plain values for JSON; a number that is none, and a key that a run does not have, are None; infinite ones are
    text."""
    labels = comparison.labels
    rows = [_row(comparison, i) for i in range(len(labels))]
    metrics = {column: _metric(comparison, column) for column in comparison.columns}
    settings = {
        key: {label: plain(value) for label, value in zip(labels, values, strict=True)}
        for key, values in comparison.differing.items()
    }
    return {"settings": settings, "rows": rows, "metrics": metrics, "notes": list(comparison.notes)}


def _row(comparison: Comparison, at: int) -> dict[str, Any]:
    row, columns = comparison.rows[at], comparison.columns
    return {
        "label": comparison.labels[at],
        "runs": [entry.run_id for entry in row.entries],
        "n": row.n,
        "states": row.states,
        "reasons": {entry.run_id: entry.reason for entry in row.entries if entry.reason},
        "seeds": [entry.seed for entry in row.entries],
        "epochs": [entry.epoch for entry in row.entries],
        "seconds": [_number(entry.seconds) for entry in row.entries],
        "settings": {key: plain(values[at]) for key, values in comparison.differing.items()},
        "last": {column: _score(row.last(column)) for column in columns},
        "best": {column: _score(row.best(column)) for column in columns},
    }


def _metric(comparison: Comparison, column: str) -> dict[str, Any]:
    """Who is best in it."""
    found: dict[str, Any] = {"lower_is_better": lower_is_better(column)}
    for when in WHENS:
        standing = comparison.standing(column, when)
        found[when] = {
            "best": [comparison.labels[i] for i in sorted(standing.first)],
            "within_noise": [comparison.labels[i] for i in sorted(standing.near)],
        }
    return found


def _score(score: Score) -> dict[str, Any]:
    return {"mean": _number(score.mean), "sd": _number(score.deviation), "n": score.n}


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)


def to_csv(comparison: Comparison) -> str:
    """One row for each row of the comparison: what it is, the settings that differ, last and best of every metric.
    Where rows stand for several networks these are means, each with its sample standard deviation and its n."""
    spread = any(row.n > 1 for row in comparison.rows)
    keys = [key for key in comparison.differing if key != SEED]
    heads = ["label", "runs", "n", "state", "seeds", *keys]
    for column in comparison.columns:
        for when in WHENS:
            heads += [f"{when}_{column}", *([f"{when}_{column}_sd", f"{when}_{column}_n"] if spread else [])]
    text = io.StringIO(newline="")
    writer = CsvWriter(text)
    writer.row(heads)
    for i, (label, row) in enumerate(zip(comparison.labels, comparison.rows, strict=True)):
        cells: list[Any] = [label, _list([entry.run_id for entry in row.entries]), row.n, _states(row)]
        cells += [_list([entry.seed for entry in row.entries])]
        cells += [_cell(comparison.differing[key][i]) for key in keys]
        for column in comparison.columns:
            for score in (row.last(column), row.best(column)):
                cells += [_blank(score.mean), *([_blank(score.deviation), score.n] if spread else [])]
        writer.row(cells)
    return text.getvalue()


def write_csv(comparison: Comparison, target: Path) -> int:
    """`to_csv` as a file; how many rows. Raises RunError."""
    write_text(target, to_csv(comparison))
    return len(comparison.rows)


def _states(row: Group) -> str:
    return ", ".join(f"{n} {state}" for state, n in row.states.items()) if row.n > 1 else row.entries[0].state


def _list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else " ".join(map(str, values))


def _cell(value: Any) -> Any:
    if value is MISSING:
        return ""
    found = plain(value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, list | dict) else found


def _blank(value: float) -> Any:
    return "" if math.isnan(value) else value
