"""`nntui compare`: runs side by side."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import RunError, UserError
from core.system.text import clean
from tui.cli.options import Json, ModelsDir, Use, find_run, load_components
from tui.system.streams import json_for_stdout

if TYPE_CHECKING:
    from core.comparison.entries import Entry

MOST = 20
"""Rows of a table for people."""


def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…",
            help="Run-ids, unique parts of them, paths, or 'last'; RUN/7 is trial 7 of a search, a search all of them.",
            show_default=False,
        ),
    ],
    all_seeds: Annotated[
        bool, typer.Option("--all", help="A row for each run, also for those that differ in their seed alone.")
    ] = False,
    use: Use = None,
    models_dir: ModelsDir = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV and nothing else.")] = False,
) -> None:
    """Compare runs: settings that differ, last and best of every metric; those that differ in their seed alone fold."""
    from core.comparison import table
    from core.comparison.comparison import Comparison
    from tui.words.comparison import tables

    if json and csv:
        raise UserError("--json and --csv: choose one of them")
    load_components(use)
    found = Comparison(_entries(names, models_dir), folded=not all_seeds)
    if json:
        print(json_for_stdout(table.to_dict(found)))
        return
    if csv:
        print(table.to_csv(found), end="")
        return
    rows = len(found.rows)
    if rows > MOST:
        more = "" if found.folded or not found.folds else "; without --all seeds fold into one row"
        raise UserError(f"{rows} rows are more than a table tells ({MOST}): --csv or --json have all of them{more}")
    for line in tables(found, _width()):
        print(clean(line))
    for line in [*_legend(found), *found.notes]:
        print(clean(line))


def _entries(names: Sequence[str], models_dir: str | None) -> list[Entry]:
    """Of all that is named, in that order. Raises UserError."""
    from core.comparison.entries import Source

    named: dict[str, str] = {}
    entries: list[Entry] = []
    for name in names:
        run_dir = find_run(name, models_dir)
        path = str(run_dir.path.resolve())
        if path in named:
            other = f" ({named[path]} and {name})" if named[path] != name else ""
            raise UserError(f"{run_dir.run_id} is named twice{other}: give each run once")
        named[path] = name
        source = Source(run_dir)
        source.read()
        if source.problem:
            raise RunError(source.problem)
        entries += source.entries()
    whole = {entry.run_id for entry in entries}
    if len(whole) < len(entries):
        twice = next(entry.run_id for i, entry in enumerate(entries) if entry.run_id in {e.run_id for e in entries[:i]})
        raise UserError(f"{twice} is named twice, by itself and within its search: give each network once")
    if len(entries) < 2:
        only = entries[0].run_id if entries else names[0]
        raise UserError(f"there is only {only} to compare: name two runs or more, or nntui show {only} shows one")
    return entries


def _width() -> int | None:
    """Columns of the terminal; in a pipe as many as it takes, unless COLUMNS says how many there are."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return max(40, shutil.get_terminal_size().columns) if known else None


def _legend(found: object) -> list[str]:
    """What the marks say, of those that are there."""
    from core.comparison.comparison import Comparison
    from core.comparison.table import WHENS
    from tui.words.comparison import FIRST, NEAR

    assert isinstance(found, Comparison)
    standings = [found.standing(column, when) for column in found.columns for when in WHENS]
    lines = [""]
    if any(each.first for each in standings):
        ties = ", all that share it" if any(len(each.first) > 1 for each in standings) else ""
        lines.append(f"{FIRST} the best{ties}")
    if any(each.near for each in standings):
        lines.append(f"{NEAR} may be as good: at most two standard errors of the difference behind it")
    if any(row.n > 1 for row in found.rows):
        lines.append(
            "± sample standard deviation over networks that differ in their seed alone; --all has each of them"
        )
    return lines
