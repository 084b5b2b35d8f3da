"""`nntui delete` and `nntui trash`: runs go to the trash of their models folder, come back, or are removed for good."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from core.errors import UserError, WriteError
from core.system.text import clean
from tui.cli.options import Json, ModelsDir
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_table

app = typer.Typer(
    name="trash", help="Deleted runs: list them, restore one, remove all for good.", invoke_without_command=True
)
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def delete(
    names: Annotated[
        list[str],
        typer.Argument(metavar="RUN…", help="Run-ids, unique parts of one, names given by hand.", show_default=False),
    ],
    yes: Yes = False,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Move runs to the trash of their models folder. Nothing is removed: nntui trash restore RUN undoes it."""
    from core.runs import trash
    from core.system.folders import models_root
    from tui.words.units import size

    root = models_root(models_dir)
    found = list(dict.fromkeys(trash.to_delete(name, root) for name in names))
    for run_dir in found:
        trash.check(run_dir, root)
    total = sum(trash.size(run_dir.path) for run_dir in found)
    what = _runs(len(found)) if len(found) > 1 else found[0].run_id
    _ask(f"Delete {what} ({size(total)})? Restore with: nntui trash restore", yes=yes)
    deleted, failed = [], []
    for run_dir in found:
        try:
            deleted.append(trash.delete(run_dir, root))
        except (UserError, WriteError) as error:
            failed.append(str(error))
    if json:
        print(json_for_stdout([{"run_id": each.run_id, "bytes": each.size} for each in deleted]))
    elif deleted:
        ids = " ".join(each.run_id for each in deleted[:3]) + (" …" if len(deleted) > 3 else "")
        size_text = size(sum(each.size for each in deleted))
        print(clean(f"Deleted {_runs(len(deleted))} ({size_text}); undo with: nntui trash restore {ids}"))
    _tell(failed)


@app.callback()
def trash_(context: typer.Context, models_dir: ModelsDir = None, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        list_trash(models_dir, json)
    elif models_dir is not None or json:
        raise UserError(f"write the options behind {context.invoked_subcommand}, not before it")


@app.command("list")
def list_trash(models_dir: ModelsDir = None, json: Json = False) -> None:
    """List the runs in the trash, what was deleted last first."""
    from datetime import UTC, datetime

    from core.runs import trash
    from core.system.folders import models_root
    from tui.words.units import size

    root = models_root(models_dir)
    found = trash.listed(root)
    if json:
        rows = [
            {
                "run_id": each.run_id,
                "name": each.labels.name,
                "tags": list(each.labels.tags),
                "deleted": datetime.fromtimestamp(each.deleted, UTC).isoformat(timespec="seconds"),
                "bytes": each.size,
            }
            for each in found
        ]
        print(json_for_stdout(rows))
    elif not found:
        print(f"The trash of {clean(str(root))} is empty")
    else:
        table = [
            [
                each.run_id,
                each.labels.name or "–",
                datetime.fromtimestamp(each.deleted).strftime("%Y-%m-%d %H:%M"),
                size(each.size),
            ]
            for each in found
        ]
        print_table(["RUN", "NAME", "DELETED", "SIZE"], table, right=(3,))


@app.command("restore")
def restore(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…", help="Run-ids, unique parts of one, names; last: what was deleted last.", show_default=False
        ),
    ],
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Move runs back to where they were."""
    from core.runs import trash
    from core.system.folders import models_root

    root = models_root(models_dir)
    found = dict.fromkeys(trash.find(name, root).run_id for name in names)
    restored, failed = [], []
    for run_id in found:
        try:
            restored.append(trash.restore(root, run_id).run_id)
        except (UserError, WriteError) as error:
            failed.append(str(error))
    if json:
        print(json_for_stdout(restored))
    else:
        for run_id in restored:
            print(clean(f"Restored {run_id}"))
    _tell(failed)


@app.command("empty")
def empty(yes: Yes = False, models_dir: ModelsDir = None, json: Json = False) -> None:
    """Remove all that is in the trash for good."""
    from core.runs import trash
    from core.system.folders import models_root
    from tui.words.units import size

    root = models_root(models_dir)
    found = trash.listed(root)
    if found:
        total = size(sum(each.size for each in found))
        _ask(f"Remove {_runs(len(found))} ({total}) for good? This cannot be undone", yes=yes)
    emptied = trash.empty(root)
    if json:
        print(json_for_stdout({"runs": emptied.runs, "bytes": emptied.size, "failed": list(emptied.failed)}))
    elif emptied.runs or not emptied.failed:
        print(f"Removed {_runs(emptied.runs)} ({size(emptied.size)})")
    _tell(emptied.failed)


def somebody_is_there() -> bool:
    """To answer a question."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _ask(question: str, *, yes: bool) -> None:
    """Raise UserError where there is nobody to ask, and Exit for any answer but yes."""
    if yes:
        return
    if not somebody_is_there():
        raise UserError(f"{question.partition('?')[0]}: nobody can be asked here; add --yes")
    print(f"{clean(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print("Nothing was done", file=sys.stderr)
        raise typer.Exit


def _tell(failed: list[str] | tuple[str, ...]) -> None:
    for line in failed:
        print(f"nntui: {clean(' '.join(line.split()))}", file=sys.stderr)
    if failed:
        raise typer.Exit(2)


def _runs(n: int) -> str:
    return f"{n:,} run{'s' * (n != 1)}"
