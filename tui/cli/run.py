"""`nntui run` and `nntui resume`: training without a screen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
    experiments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXPERIMENT",
            help="A preset name, a TOML file, or a table: CSV, TSV, Parquet; several train one after the other.",
            show_default=False,
        ),
    ] = None,
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
    start_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN[@best]",
            help="Start from the weights of a run (RUN, RUN@best, RUN@STEP; with its settings, unless an experiment is "
            "named) or of a file of PyTorch's.",
        ),
    ] = None,
    repeats: Annotated[
        str | None, typer.Option(metavar="N", help="As often, with the seeds seed, seed+1, …; of a search each cell.")
    ] = None,
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
    """Train an experiment and print its log, or several one after the other. Ctrl+C stops with a checkpoint.

    Where a key has several values, as --set model.n_units=8,16,32 or 8..64:8, all networks of that search are trained.
    """
    from core.experiment.search import MANY, SearchConfig, run_of
    from core.system.folders import models_root
    from tui.cli.planned import plan

    options = {"epochs": epochs, "batch_size": batch_size, "optimizer.lr": lr, "seed": seed, "device": device}
    pairs = [as_pair(setting) for setting in settings or []]
    pairs += [(key, value) for key, value in options.items() if value is not None]
    load_components(use)
    planned = plan(
        experiments or [],
        pairs,
        start_from=start_from,
        repeats=repeats,
        models=lambda: models_root(models_dir),
    )
    if use:
        from core.experiment import named

        tables = [config.to_dict() for config in planned]
        unused = [set(named.unused(each)) for each in tables]
        for note in [note for note in named.unused(tables[0]) if all(note in each for each in unused)]:
            print(f"nntui: {clean(note)}", file=sys.stderr)
    by_setting = any(key == "data_dir" for key, _value in pairs)
    planned = [
        config.with_data_dir(data_dir or (run_of(config).data_dir if by_setting else None)) for config in planned
    ]

    if dry_run:
        _describe_all(planned, json=json)
        return
    for config in planned:
        if isinstance(config, SearchConfig) and config.n_trials > MANY and not yes:
            raise UserError(f"{config.name} has {config.n_trials:,} trials; to train so many, add --yes, or set trials")
    if storage is not None or workers is not None:
        if len(planned) > 1:
            raise UserError("--storage and --workers are for one search; start several with a command each")
        folders = {"models_dir": models_dir, "data_dir": data_dir}
        code = worker.run(planned[0], storage, workers, **folders, csv=csv, json=json, quiet=quiet)
        raise typer.Exit(code)
    if len(planned) > 1:
        from tui.cli.one_by_one import train_all

        raise typer.Exit(train_all(planned, lambda: models_root(models_dir), csv=csv, json=json, quiet=quiet))

    def start(recorders: Any) -> Any:
        from core.sessions import open

        return open.start(planned[0], models_root(models_dir), sys.argv, recorders)

    _train(start, None, csv=csv, json=json, quiet=quiet)


def _describe_all(planned: Sequence[RunConfig | SearchConfig], *, json: bool) -> None:
    from tui.cli.one_by_one import HEADING
    from tui.cli.planned import label

    if json:
        found = [_as_json(config) for config in planned]
        print(json_for_stdout(found if len(found) > 1 else found[0]))
        return
    for i, config in enumerate(planned, start=1):
        if len(planned) > 1:
            print(f"{chr(10) if i > 1 else ''}{HEADING.format(i, len(planned), clean(label(config)))}")
        _describe(config)


def _described(config: RunConfig) -> tuple[RunConfig, list[dict[str, Any]], int]:
    """Completed by what is known of its data, its layers, and how many parameters they have."""
    from core.experiment.rules import fitted_to
    from core.network.layers import expected_layers

    layers = expected_layers(config)
    if layers is None:  # a file of one's own: only the data tells its shape
        from core.data.prepare import load_data

        data = load_data(config)
        config = fitted_to(config, data.facts)
        layers = expected_layers(config, data.facts) or []
    return config, layers, sum(layer["parameters"] for layer in layers)


def _as_json(config: RunConfig | SearchConfig) -> dict[str, Any]:
    from core.experiment.search import SearchConfig

    if isinstance(config, SearchConfig):
        return {"config": config.to_dict(), "search": config.facts(config.n_trials)}
    config, layers, parameters = _described(config)
    return {"config": config.to_dict(), "layers": layers, "parameters": parameters}


def _describe(config: RunConfig | SearchConfig) -> None:
    from core.experiment.search import SearchConfig
    from core.history.trials import Trials
    from core.logs.search import title
    from tui.words.config import describe, layer_lines

    if isinstance(config, SearchConfig):
        print(clean(title(Trials(search=config.facts(config.n_trials)))))
        print("The first of them:")
        config = config.base
    config, layers, parameters = _described(config)
    rows = list(describe(config, f"{parameters:,}"))
    lines = [*table_lines(("Experiment", config.name), rows), "", *layer_lines(layers)]
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
