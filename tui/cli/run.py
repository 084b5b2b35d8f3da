"""`nntui run` and `nntui resume`: training without a screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UserError
from core.system.text import clean
from tui.cli import worker
from tui.cli.options import (
    CsvFile,
    DataDir,
    Json,
    ModelsDir,
    Quiet,
    ResumeDataDir,
    RunName,
    Use,
    as_pair,
    find_run,
    load_components,
)
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_lines, table_lines

if TYPE_CHECKING:
    from core.experiment.schema import RunConfig
    from core.experiment.search import SearchConfig
    from core.runs.folder import RunDir


def run(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT", help="A preset name, a TOML file, or a table: CSV, TSV, Parquet.", show_default=False
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one key, such as optimizer.lr=0.1."),
    ] = None,
    use: Use = None,
    epochs: Annotated[str | None, typer.Option(metavar="N", help="Passes over the training data.")] = None,
    batch_size: Annotated[str | None, typer.Option(metavar="N", help="Samples per step.")] = None,
    lr: Annotated[str | None, typer.Option(metavar="X", help="Learning rate.")] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Of the initial weights and the batch order.")] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda or mps.")] = None,
    data_dir: DataDir = None,
    models_dir: ModelsDir = None,
    csv: CsvFile = None,
    json: Json = False,
    quiet: Quiet = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be trained, its layers and parameters, and stop.")
    ] = False,
    storage: worker.Storage = None,
    workers: worker.Workers = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Train a search of any size.")] = False,
) -> None:
    """Train an experiment and print its log. Ctrl+C stops it with a checkpoint.

    Where a key has several values, as --set model.n_units=8,16,32 or 8..64:8, all networks of that search are trained.
    """
    from core.experiment.open import load
    from core.experiment.search import MANY, SearchConfig

    options = {"epochs": epochs, "batch_size": batch_size, "optimizer.lr": lr, "seed": seed, "device": device}
    pairs = [as_pair(setting) for setting in settings or []]
    pairs += [(key, value) for key, value in options.items() if value is not None]
    load_components(use)
    resolved = load(experiment, pairs, by_hand=True)
    base = resolved.base if isinstance(resolved, SearchConfig) else resolved
    if use:
        from core.experiment import named

        for note in named.unused(resolved.to_dict()):
            print(f"nntui: {clean(note)}", file=sys.stderr)
    set_here = base.data_dir if any(key == "data_dir" for key, _value in pairs) else None
    resolved = resolved.with_data_dir(data_dir or set_here)

    if dry_run:
        _describe(resolved, json=json)
        return
    if isinstance(resolved, SearchConfig) and resolved.n_trials > MANY and not yes:
        raise UserError(f"{resolved.name} has {resolved.n_trials:,} trials; to train so many, add --yes, or set trials")
    if storage is not None or workers is not None:
        folders = {"models_dir": models_dir, "data_dir": data_dir}
        code = worker.run(resolved, storage, workers, **folders, csv=csv, json=json, quiet=quiet)
        raise typer.Exit(code)

    def start(recorders: Any) -> Any:
        from core.sessions import open
        from core.system.folders import models_root

        return open.start(resolved, models_root(models_dir), sys.argv, recorders)

    _train(start, None, csv=csv, json=json, quiet=quiet)


def _describe(resolved: RunConfig | SearchConfig, *, json: bool) -> None:
    from core.experiment.rules import fitted_to
    from core.experiment.search import SearchConfig
    from core.history.trials import Trials
    from core.logs.search import title
    from core.network.layers import expected_layers
    from tui.words.config import describe, layer_lines

    if isinstance(resolved, SearchConfig):
        facts = resolved.facts(resolved.n_trials)
        if json:
            print(json_for_stdout({"config": resolved.to_dict(), "search": facts}))
            return
        print(clean(title(Trials(search=facts))))
        print("The first of them:")
        resolved = resolved.base
    layers = expected_layers(resolved)
    if layers is None:  # a file of one's own: only the data tells its shape
        from core.data.prepare import load_data

        data = load_data(resolved)
        resolved = fitted_to(resolved, data.facts)
        layers = expected_layers(resolved, data.facts) or []
    parameters = sum(layer["parameters"] for layer in layers)
    if json:
        print(json_for_stdout({"config": resolved.to_dict(), "layers": layers, "parameters": parameters}))
        return
    rows = [(label, value) for label, value in describe(resolved, f"{parameters:,}")]
    lines = [*table_lines(("Experiment", resolved.name), rows), "", *layer_lines(layers)]
    print_lines(clean(line) for line in lines)


def resume(
    name: RunName,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="From here on, such as optimizer.lr=0.001."),
    ] = None,
    epochs: Annotated[
        str | None, typer.Option(metavar="N", help="In all: a run that is complete is trained longer.")
    ] = None,
    use: Use = None,
    data_dir: ResumeDataDir = None,
    models_dir: ModelsDir = None,
    csv: CsvFile = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run or a search that was stopped, exactly where it was; or with a complete run, to more epochs.

    --set changes what steers training: optimizer.lr, epochs, clip_grad_norm, stop.…, schedule.…, evaluate.…
    """
    load_components(use)
    run_dir = find_run(name, models_dir)
    pairs = [as_pair(setting) for setting in settings or []]
    if epochs is not None:
        pairs.append(("epochs", epochs))

    def start(recorders: Any) -> Any:
        from core.sessions import open

        return open.resume(run_dir, data_dir, recorders, pairs)

    _train(start, run_dir, csv=csv, json=json, quiet=quiet)


def _train(start: Any, run_dir: RunDir | None, *, csv: Path | None, json: bool, quiet: bool) -> None:
    from core.history.history import History
    from core.runs.event_log import read_events, read_started
    from core.runs.export import check_target, write_csv
    from tui.cli import plain

    if csv is not None:
        check_target(csv)
    before = History.fold(read_events(run_dir.events)) if run_dir else History()
    code, session = plain.train(start, before, json=json, quiet=quiet)
    if csv is not None:
        started = read_started(session.run_dir)
        write_csv([session.run_dir], "trials" if started is not None and started.search else "epochs", csv)
    raise typer.Exit(code)
