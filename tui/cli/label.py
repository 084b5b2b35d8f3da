"""`nntui tag`, `nntui note` and `nntui rename`: what a run is given by hand, afterwards or while it trains."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.system.text import clean
from tui.cli.options import Json, ModelsDir, RunName, find_run
from tui.system.streams import json_for_stdout

if TYPE_CHECKING:
    from core.runs.folder import RunDir
    from core.runs.labels import Labels


def tag(
    run: RunName,
    tags: Annotated[
        list[str], typer.Argument(metavar="TAG…", help="Words without spaces and commas.", show_default=False)
    ],
    remove: Annotated[bool, typer.Option("--remove", help="Take these tags away.")] = False,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Give a run tags, or take them away: lists show them, filters find them (tag:paper)."""
    from core.runs import labels

    run_dir = find_run(run, models_dir)
    if remove:
        has = {each.casefold() for each in labels.read(run_dir).tags}
        for missing in [each for each in tags if each.strip().casefold() not in has]:
            print(f"nntui: {clean(run_dir.run_id)} has no tag {clean(missing)}", file=sys.stderr)
    after = labels.change(run_dir, remove=tags) if remove else labels.change(run_dir, add=tags)
    _tell(run_dir, after, f"tags: {', '.join(after.tags) or 'none'}", json=json)


def note(
    run: RunName,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The note; '' takes it away.", show_default=False)],
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Write a note on a run, in place of the one that it has."""
    from core.runs import labels

    run_dir = find_run(run, models_dir)
    after = labels.change(run_dir, note=text)
    _tell(run_dir, after, f"note: {' '.join(after.note.split()) or 'none'}", json=json)


def rename(
    run: RunName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name; '' takes it away.", show_default=False)],
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Give a run a name: lists show it, and commands find the run by it. Its run-id and its folder stay the same."""
    from core.runs import labels
    from core.runs.find import named

    run_dir = find_run(run, models_dir)
    after = labels.change(run_dir, name=name)
    if after.name and (others := [each for each in named(after.name, run_dir.path.parent) if each != run_dir]):
        ids = ", ".join(each.run_id for each in others[:3])
        print(f"nntui: {clean(ids)} has this name, too: a command needs the run-id then", file=sys.stderr)
    _tell(run_dir, after, f"name: {after.name or 'none'}", json=json)


def _tell(run_dir: RunDir, after: Labels, what: str, *, json: bool) -> None:
    if json:
        found = {"run_id": run_dir.run_id, "name": after.name, "tags": list(after.tags), "note": after.note}
        print(json_for_stdout(found))
    else:
        print(clean(f"{run_dir.run_id}  {what}"))
