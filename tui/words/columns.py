"""The columns of a list of runs, for people and for other programs: how their values are written."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.query.values import text_of
from tui.words.metrics import metric
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.runs.entry import Entry

MISSING = "–"


def cell(entry: Entry, name: str, value: Any) -> str:
    """A value of `core.runs.columns` in a table: `93.3 %`, `3:05 min`, `2026-11-28 09:30`; an en dash where there is
    none. Text of the user's own is as it is: whoever prints it cleans it."""
    from core.runs.score import score

    if value is None or value == frozenset():
        return MISSING
    if name == "when":
        return datetime.fromtimestamp(value).strftime("%Y-%m-%d %H:%M")
    if name == "time":
        return duration(value)
    if name in ("last", "best"):
        judged = score(entry.summary)
        return metric(judged[0], value) if judged else text_of(value)
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, float):
        return metric(name, value) if _is_measured(name) else text_of(value)
    return count(value) if name in ("parameters", "epochs", "trials") else text_of(value)


def _is_measured(name: str) -> bool:
    """Whether it is a metric: keys of a config have dots, and were written by hand."""
    return "." not in name.removeprefix("best.") and name != "lr"


def plain(value: Any, name: str) -> Any:
    """For JSON: moments in ISO 8601, tags as a list; a number that is none as "nan", "inf" or "-inf"."""
    if value is None:
        return None
    if name == "when":
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def csv_cell(value: Any, name: str) -> Any:
    """For a table of another program: numbers whole, lists as `256,128`, tags with spaces between, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, frozenset | list | bool):
        return text_of(value)
    return plain(value, name)
