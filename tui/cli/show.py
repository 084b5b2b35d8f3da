"""`nntui show` and `nntui export`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UserError
from core.system.text import clean
from tui.cli.options import Best, Json, ModelsDir, RunName, Use, find_run, load_components
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_table

if TYPE_CHECKING:
    from core.runs.folder import RunDir


def show(
    name: RunName,
    state_dict: Annotated[bool, typer.Option("--state-dict", help="Print the saved weights instead.")] = False,
    best: Best = False,
    use: Use = None,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Show one run: what was trained, on what, and how well; or its weights."""
    from core.history.history import History
    from core.runs import labels, summary
    from core.runs.event_log import read_events
    from core.runs.export import trial_rows
    from tui.words import run as text
    from tui.words.runs import label_lines

    load_components(use)
    run_dir = find_run(name, models_dir)
    _components_of(run_dir)
    if best and not state_dict:
        raise UserError("--best chooses weights to print: write it with --state-dict")
    if state_dict:
        _show_weights(run_dir, best=best, json=json)
        return
    history = History.fold(read_events(run_dir.events))
    found = summary.read(run_dir)
    trials, given = history.trials, labels.read(run_dir)
    if json:
        started = history.run
        facts: dict[str, Any] = {
            "config": started.config if started else {},
            "layers": started.layers if started else [],
            "sizes": started.sizes if started else {},
            "versions": started.versions if started else {},
            "dummy": started.dummy if started else {},
            "started_from": started.parent if started else {},
            "path": str(run_dir.path),
        }
        if trials is not None:
            facts |= {"search": trials.search, "results": trial_rows(trials)}
        print(json_for_stdout({**found.to_dict(), **facts, "labels": asdict(given)}))
        return
    for line in label_lines(given):
        print(clean(line))
    for line in text.describe(found, history, str(run_dir.path)):
        print(clean(line))


def _components_of(run_dir: RunDir) -> None:
    """Have its own components loaded, where they may be: without them less is shown."""
    from core.experiment import named

    with contextlib.suppress(UserError):
        named.check(run_dir)


def _show_weights(run_dir: RunDir, *, best: bool, json: bool) -> None:
    from core.network.weights import read_weights
    from core.search.trial_runs import check_is_one

    check_is_one(run_dir)
    weights = read_weights(run_dir.best if best else run_dir.model)
    shapes = {key: "×".join(str(n) for n in tensor.shape) or "scalar" for key, tensor in weights.items()}
    if json:
        values = {key: {"shape": list(tensor.shape), "values": tensor.tolist()} for key, tensor in weights.items()}
        print(json_for_stdout(values))
        return
    dtypes = {key: str(tensor.dtype).removeprefix("torch.") for key, tensor in weights.items()}
    print_table(["NAME", "SHAPE", "TYPE"], [[key, shapes[key], dtypes[key]] for key in weights])
    print()
    for line in f"state_dict format of the model: {weights}".splitlines():
        print(clean(line))


def export(
    names: Annotated[list[str], typer.Argument(metavar="RUN…", help="One run or several.", show_default=False)],
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="The file to write.", show_default=False)
    ] = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(
            "--tensorboard",
            metavar="DIR",
            help="Write event files of TensorBoard below DIR: epochs, steps, and the trials of searches with HParams.",
            show_default=False,
        ),
    ] = None,
    what: Annotated[
        str | None,
        typer.Option(
            "--what",
            metavar="epochs|steps|trials",
            help="One row per epoch, per step, or per trial of a search; trials if there are any, else epochs.",
        ),
    ] = None,
    use: Use = None,
    models_dir: ModelsDir = None,
) -> None:
    """Write runs as CSV: metrics by epoch, every batch loss, or the trials of a search; or all of it for
    TensorBoard."""
    from core.runs import export as table
    from core.runs import summary
    from core.runs.event_log import read_started

    if csv is None and tensorboard is None:
        raise UserError("say where to: --csv FILE, or --tensorboard DIR")
    if csv is None and what is not None:
        raise UserError("--what is for --csv; --tensorboard writes all there is")
    load_components(use)
    found = [find_run(name, models_dir) for name in names]
    if tensorboard is not None:
        from core.runs import tensorboard as board

        n = board.write(found, tensorboard)
        shown = shlex.quote(clean(str(tensorboard)))
        print(f"{n} values written; look at them with: tensorboard --logdir {shown}", file=sys.stderr)
    if csv is None:
        return
    if what is None:
        searches = [started is not None and bool(started.search) for started in map(read_started, found)]
        what = "trials" if all(searches) else "epochs"
    whats: dict[str, table.What] = {"epochs": "epochs", "steps": "steps", "trials": "trials"}
    if what not in whats:
        raise UserError(f"--what = {what}: choose from {', '.join(whats)}")
    written = table.write_csv(found, whats[what], csv)
    for run_dir in found:
        if doubt := summary.read(run_dir).doubt:
            print(f"nntui: {clean(run_dir.run_id)}: {doubt}", file=sys.stderr)
    print(f"{written} rows written to {clean(str(csv))}", file=sys.stderr)
