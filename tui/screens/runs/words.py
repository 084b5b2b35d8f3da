"""What the runs screen says of the run under the cursor, and of several."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from core.runs.entry import Entry
from core.system.text import clean
from tui.words.units import count


def detail(entry: Entry, width: int) -> Text:
    """Two lines: its run-id, how far it came and why it ended; its note, or on what it was trained."""
    run, labels = entry.summary, entry.labels
    first = Text(clean(entry.run_id), "bold", no_wrap=True, overflow="ellipsis")
    reason = run.reason.removeprefix(f"{run.status} ") if run.reason != run.status else ""
    first.append(f"  {run.status}{f': {clean(reason)}' if reason else ''}", "not bold")
    facts = [run.data, run.model, run.optimizer]
    facts += [f"{count(run.parameters)} weights"] if run.parameters else []
    facts += [f"seed {run.seed}"] if run.started else []
    facts += [f"{count(run.trials_ended)} of {count(run.trials)} trials"] if run.trials else []
    note = " ".join(clean(labels.note).split())
    tags = " ".join(f"#{clean(tag)}" for tag in labels.tags)
    parts = [part for part in (tags, note, *(() if note else map(clean, facts))) if part]
    second = Text("  ".join(parts), no_wrap=True, overflow="ellipsis")
    first.truncate(width, overflow="ellipsis")
    second.truncate(width, overflow="ellipsis")
    return Text("\n").join([first, second])


def some(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 2 more`."""
    shown = ", ".join(map(clean, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def runs(n: int) -> str:
    return f"{count(n)} run{'s' if n != 1 else ''}"
