"""What the table screen says around its list: the title, the facts, the column under the cursor, what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from tui.screens.own_table.folder import printable
from tui.screens.own_table.rows import USED, ColumnRow
from tui.widgets.path_field import end_of
from tui.widgets.states import COLORS
from tui.widgets.wrapping import height_of, wrapped
from tui.words import own_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.tables.finding import Finding
    from core.tables.survey import Survey

FACTS = (("R", "read as"), ("t", "predict"), ("T", "task"), ("u", "missing"))
"""The key that changes each, and what it is."""


def title(path: Path, survey: Survey | None, looking: bool, width: int) -> Text:
    """The file, its size, and as much of its folder as there is room for; `…` while it is looked at."""
    text = Text("nntui  ", style="bold").append(printable(path.name), style="bold")
    if survey is not None:
        text.append(f"  {own_table.size(survey)}", style="default")
    text.append("  …" if looking else "", style="default")
    room = width - cell_len(text.plain) - 5
    if room > 12:
        text.append(f"  {end_of(printable(str(path.parent)), room)}", style="dim")
    return text


def facts(survey: Survey | None, waiting: bool, width: int, low: bool = False) -> Text:
    """Four paragraphs, wrapped, unless the screen is `low`; without a survey dots while it is waited for."""
    words = ["…" if waiting else "–"] * len(FACTS)
    refused = False
    if survey is not None:
        dialect = own_table.dialect(survey.file.dialect, survey.choices)
        words = [dialect, own_table.target(survey), own_table.task(survey), own_table.missing(survey)]
        refused = survey.choices.missing == "refuse" and survey.incomplete > 0
    lines = []
    for (key, label), said in zip(FACTS, words, strict=True):
        text = Text().append(key, style="bold").append(f" {label:9}", style="dim")
        text.append(said, style="bold" if label == "predict" or (label == "missing" and refused) else "")
        if survey is not None and label == "predict" and survey.plan.task is not None:
            text.append(f"  {own_table.classes(survey)}")
            text.truncate(width, overflow="ellipsis")
        lines.append(wrapped(text, width, indent=11) if text.cell_len > width and not low else text)
    return Text("\n").join(lines)


def columns(survey: Survey | None, wanted: str, found: int, of: int) -> Text:
    """Above the list: how many of its columns there are, or are learned from. `wanted`: a part of their names."""
    text = Text("Columns")
    if found < of:
        text.append(f"  {found:,} of {of:,} are called like {printable(wanted)}", style="dim")
    elif survey is not None:
        text.append(f"  {own_table.inputs(survey)}", style="dim")
    return text


def column(row: ColumnRow | None, width: int, low: bool = False) -> Text:
    """What a column is and what is done with it, wrapped, or cut on a `low` screen; and a line of its values."""
    if row is None:
        return Text()
    text, name = Text(), Text(printable(row.name), style="bold")
    name.truncate(width // 3, overflow="ellipsis")
    text.append(name).append(f"  {row.kind}")
    text.append(f"  {row.missing.split()[0]} missing" if row.missing else "")
    if not row.trouble:  # else that is told below, and what helps
        text.append(f"  → {row.doing}", style="bold")
    if row.kind == "number" and row.sign == USED:
        text.append("  (#: as categories)", style="dim")
    values = Text(row.values)
    values.truncate(width, overflow="ellipsis")
    if low:
        text.truncate(width, overflow="ellipsis")
    return wrapped(text, width).append("\n").append_text(values)


def refusal(reason: Finding | str, width: int) -> Text:
    """Why the file cannot be read, and what helps; wrapped."""
    if not reason:
        return Text()
    if isinstance(reason, str):
        return wrapped(_problem(reason).append("  F5 reads it once more", style="default"), width)
    text = _problem(own_table.finding(reason, "the file"))
    other = "Esc chooses another, " if "path" in reason.remedies else ""
    if "encoding" in reason.remedies or "separator" in reason.remedies:
        other = "R reads it in another way, "
    return wrapped(text.append(f"  {other}F5 reads it once more", style="default"), width)


def state(survey: Survey, name: str, width: int, room: int, on: str = "n") -> Text:
    """What stands against training, of the column `name` if there is something; else what one should know, and how to
    go on. Wrapped; of what one should know as much as `room` lines hold, and one thing at least. `on`: the
    keys that go to the next one that stands against it."""
    problems, trouble = survey.plan.problems, survey.trouble
    if not problems:
        notes = survey.plan.notes
        texts = [_notes(notes, n, width) for n in range(len(notes), 0, -1)] if notes else [_notes(notes, 0, width)]
        return next((text for text in texts if height_of(text) <= room), texts[-1])
    own = survey.problem_of(name)
    there = None if own or not trouble else survey.problem_of(survey.trouble_after(name))
    if there is None or survey.plan.task is None:
        there = problems[0]
    text = _problem(own_table.finding(own or there, "the file"))
    if survey.plan.task is None:
        text.append("; t predicts the one under the cursor", style="bold")
    elif own and len(trouble) > 1:
        text.append(f"  {on}: the next of {len(trouble):,}", style="default")
    elif trouble and not own:
        text.append(f"  {on} goes there", style="default")
    return wrapped(text, width)


def _notes(notes: Sequence[Finding], n: int, width: int) -> Text:
    """How to go on, and the first `n` of them."""
    text = Text().append("Enter goes on to the experiment", style="bold")
    text.append(f"; {len(notes)} things to know" if len(notes) > 1 else "")
    for note in notes[:n]:
        text.append(f"\n! {own_table.finding(note)}")
    if n < len(notes):
        text.append(f"\n! {len(notes) - n:,} more: nntui data show")
    return wrapped(text, width)


def _problem(words: str) -> Text:
    return Text().append("✗ ", style=COLORS["failed"]).append(words, style="bold")
