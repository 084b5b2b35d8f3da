"""The commands of `nntui`. Heavy things are imported inside them: `--version` needs neither torch nor textual."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core import __version__
from core.errors import UserError
from core.text import clean
from tui import data_commands, worker_commands
from tui.streams import json_for_stdout
from tui.tables import print_lines, print_table, table_lines

if TYPE_CHECKING:
    from core.config import RunConfig
    from core.run_dir import RunDir
    from core.search_config import SearchConfig

app = typer.Typer(
    name="nntui",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(data_commands.app)
app.add_typer(worker_commands.app)

ModelsDir = Annotated[
    str | None,
    typer.Option(
        "--models-dir", metavar="DIR", help="Folder of the runs; else $NNTUI_MODELS_DIR, else ./saved_models."
    ),
]
DataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of dataset files; else $NNTUI_DATA_DIR, else the experiment's data_dir, else a cache folder.",
    ),
]
ResumeDataDir = Annotated[
    str | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of dataset files; else the run's own, or if that is gone $NNTUI_DATA_DIR or a cache folder.",
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run-id, any unique part of one, a path, or 'last'; RUN/7 is trial 7 of a search.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run-id.")]
Best = Annotated[bool, typer.Option("--best", help="The weights of the best epoch: stop.keep_best.")]
CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write one row per epoch, or per trial, to FILE when training ends."),
]


def execute() -> int:
    """Carry out `sys.argv` and return the exit code. Raises UserError, also for what Typer finds wrong."""
    try:
        code: int | None = app(standalone_mode=False)
    except typer.TyperException as error:
        raise UserError(f"{error.format_message().rstrip('.')}; see: nntui --help") from None
    return code or 0


@app.callback(invoke_without_command=True)
def screens(
    context: typer.Context,
    models_dir: ModelsDir = None,
    data_dir: DataDir = None,
    low_bandwidth: Annotated[
        bool, typer.Option("--low-bandwidth", help="Paint the screens rarely: for a slow link, at most 3 KB/s.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Train neural networks in the terminal. Without a command, nntui opens its screens."""
    if version:
        print(f"nntui {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    from tui.app import open_screens

    raise typer.Exit(open_screens(models_dir, data_dir, low_bandwidth=low_bandwidth))


@app.command()
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
    storage: worker_commands.Storage = None,
    workers: worker_commands.Workers = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Train a search of any size.")] = False,
) -> None:
    """Train an experiment and print its log. Ctrl+C stops it with a checkpoint.

    Where a key has several values, as --set model.n_units=8,16,32 or 8..64:8, all networks of that search are trained.
    """
    from core import search_config

    options = {"epochs": epochs, "batch_size": batch_size, "optimizer.lr": lr, "seed": seed, "device": device}
    pairs = [_pair(setting) for setting in settings or []]
    pairs += [(key, value) for key, value in options.items() if value is not None]
    resolved = search_config.load(experiment, pairs)
    base = resolved.base if isinstance(resolved, search_config.SearchConfig) else resolved
    set_here = base.data_dir if any(key == "data_dir" for key, _value in pairs) else None
    resolved = resolved.with_data_dir(data_dir or set_here)

    if dry_run:
        _describe(resolved, json=json)
        return
    if isinstance(resolved, search_config.SearchConfig) and resolved.n_trials > search_config.MANY and not yes:
        raise UserError(f"{resolved.name} has {resolved.n_trials:,} trials; to train so many, add --yes, or set trials")
    if storage is not None or workers is not None:
        folders = {"models_dir": models_dir, "data_dir": data_dir}
        code = worker_commands.run(resolved, storage, workers, **folders, csv=csv, json=json, quiet=quiet)
        raise typer.Exit(code)

    def start(recorders: Any) -> Any:
        from core import experiment as experiments
        from core.folders import models_root

        return experiments.start(resolved, models_root(models_dir), sys.argv, recorders)

    _train(start, None, csv=csv, json=json, quiet=quiet)


def _describe(resolved: RunConfig | SearchConfig, *, json: bool) -> None:
    from core.layers import expected_layers
    from core.search_config import SearchConfig
    from core.search_log import title
    from core.trials import Trials
    from tui import words

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
        from core.data import load_data

        data = load_data(resolved)
        resolved = resolved.fitted_to(data.facts)
        layers = expected_layers(resolved, data.facts) or []
    parameters = sum(layer["parameters"] for layer in layers)
    if json:
        print(json_for_stdout({"config": resolved.to_dict(), "layers": layers, "parameters": parameters}))
        return
    rows = [(label, value) for label, value in words.describe(resolved, f"{parameters:,}")]
    lines = [*table_lines(("Experiment", resolved.name), rows), "", *words.layer_lines(layers)]
    print_lines(clean(line) for line in lines)


@app.command()
def resume(
    name: RunName,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="From here on, such as optimizer.lr=0.001 or epochs=300."),
    ] = None,
    data_dir: ResumeDataDir = None,
    models_dir: ModelsDir = None,
    csv: CsvFile = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run or a search that was stopped, exactly where it was.

    --set changes what steers training: optimizer.lr, epochs, clip_grad_norm, stop.…, schedule.…, evaluate.…
    """
    run_dir = _find(name, models_dir)
    pairs = [_pair(setting) for setting in settings or []]

    def start(recorders: Any) -> Any:
        from core import experiment

        return experiment.resume(run_dir, data_dir, recorders, pairs)

    _train(start, run_dir, csv=csv, json=json, quiet=quiet)


@app.command()
def presets(json: Json = False) -> None:
    """List the experiments that come with nntui."""
    from core import search_config
    from core.presets import preset_names

    found = [search_config.load(name) for name in preset_names()]
    if json:
        print(json_for_stdout([preset.to_dict() for preset in found]))
        return
    rows = []
    for preset in found:
        base = preset.base if isinstance(preset, search_config.SearchConfig) else preset
        networks = str(preset.n_trials) if isinstance(preset, search_config.SearchConfig) else "1"
        row = [preset.name, base.dataset["name"], base.model["name"], networks, str(base.epochs), preset.summary]
        rows.append(row)
    headings = ["PRESET", "DATA", "MODEL", "NETWORKS", "EPOCHS", "WHAT IT SHOWS"]
    print_table(headings, rows, right=(3, 4))


@app.command()
def runs(models_dir: ModelsDir = None, json: Json = False) -> None:
    """List the runs, oldest first."""
    from core import summary
    from core.folders import models_root
    from core.run_dir import all_runs
    from tui import run_words
    from tui.units import duration, metric

    root = models_root(models_dir)
    found = []
    for run_dir in all_runs(root):
        try:
            found.append(summary.read(run_dir))
        except (UserError, OSError) as error:  # one that cannot be read must not hide the others
            print(f"nntui: {clean(str(error))}", file=sys.stderr)
    found = summary.oldest_first(found)
    if json:
        print(json_for_stdout([each.to_dict() for each in found]))
        return
    if not found:
        print(f"No runs in {clean(str(root))} yet; start one with: nntui run iris-net")
        return
    rows = []
    for each in found:
        if each.doubt:
            print(f"nntui: {clean(each.run_id)}: {each.doubt}", file=sys.stderr)
        losses = [each.metrics.get(name) for name in ("train_loss", "test_loss")]
        shown = ["–" if loss is None else metric("loss", loss) for loss in losses]
        measured = next((name for name in each.metrics if name.startswith("test_") and name != "test_loss"), None)
        score = f"{measured[5:]} {metric(measured, each.metrics[measured])}" if measured else "–"
        epochs = f"{each.trials_ended}/{each.trials} trials" if each.trials else f"{each.epoch}/{each.epochs}"
        best = run_words.best_epoch(each)
        rows.append([each.run_id, each.status, epochs, score, *shown, duration(each.seconds), best, each.data])
    headings = ["RUN", "STATE", "EPOCHS", "TEST", "TRAIN LOSS", "TEST LOSS", "TIME", "BEST EPOCH", "DATA"]
    print_table(headings, rows, right=range(2, 7))


@app.command()
def show(
    name: RunName,
    state_dict: Annotated[bool, typer.Option("--state-dict", help="Print the saved weights instead.")] = False,
    best: Best = False,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Show one run: what was trained, on what, and how well; or its weights."""
    from core import summary
    from core.export import trial_rows
    from core.history import History
    from core.run_dir import read_events
    from tui import show as text

    run_dir = _find(name, models_dir)
    if best and not state_dict:
        raise UserError("--best chooses weights to print: write it with --state-dict")
    if state_dict:
        _show_weights(run_dir, best=best, json=json)
        return
    history = History.fold(read_events(run_dir.events))
    found = summary.read(run_dir)
    trials = history.trials
    if json:
        started = history.run
        facts: dict[str, Any] = {
            "config": started.config if started else {},
            "layers": started.layers if started else [],
            "sizes": started.sizes if started else {},
            "versions": started.versions if started else {},
            "dummy": started.dummy if started else {},
            "path": str(run_dir.path),
        }
        if trials is not None:
            facts |= {"search": trials.search, "results": trial_rows(trials)}
        print(json_for_stdout({**found.to_dict(), **facts}))
        return
    for line in text.describe(found, history, str(run_dir.path)):
        print(clean(line))


def _show_weights(run_dir: RunDir, *, best: bool, json: bool) -> None:
    from core.predict import read_weights
    from core.trial_runs import check_is_one

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


@app.command(context_settings={"ignore_unknown_options": True})
def predict(
    name: RunName,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VALUE…", help="Raw values of one sample, in order; or a pasted row.", show_default=False
        ),
    ] = None,
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE", help="A table instead: its columns by name, a prediction for each row."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="How FILE is written: separator, encoding, decimal or header."),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="COLUMN", help="A column of FILE to carry along, as it stands there; or several."),
    ] = None,
    best: Best = False,
    models_dir: ModelsDir = None,
    json: Json = False,
) -> None:
    """Ask a saved model: raw values in, class and probabilities or value out. Of a table, CSV comes out; a row without
    an answer has the reason beside it, and makes the exit code 2."""
    if bool(values) == (csv is not None):
        raise UserError("give a VALUE for each column of one sample, or --csv FILE with a row for each")
    if ids and csv is None:
        raise UserError("--id carries a column of a file along: write it with --csv FILE")
    from core.folders import user_path
    from core.predict import Predictor
    from core.trial_runs import check_is_one
    from tui import answers

    run_dir = _find(name, models_dir)
    check_is_one(run_dir)
    predictor = Predictor.load(run_dir, best=best)
    about = {"run_id": run_dir.run_id, "target": predictor.inputs.target}
    if csv is None:
        row = answers.row_of(values or [], predictor)
        (found,), notes = predictor.predict([row]), predictor.notes(row)
        if json:
            print(json_for_stdout({**about, **answers.facts(found, predictor, notes)}))
        else:
            answers.show(found, predictor, notes)
        return
    asked = predictor.ask(user_path(csv), answers.written_of(settings or []), ids or [])
    if json:
        answers.write_json(about, asked, predictor)
    else:
        answers.write_table(asked, predictor)
    answers.conclude(asked, csv, json=json)


@app.command()
def components(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="dataset, model, loss, …", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """List every key of `--set`: its default, range and meaning; and what can be chosen by name."""
    from core.config import PARTS, REGISTRIES, SECTIONS, RunConfig
    from core.keys import keys_of, table_of
    from core.search_config import SearchKeys

    kinds = ["run", "search", *PARTS, *REGISTRIES]
    if kind is not None and kind not in kinds:
        raise UserError(f"no kind named {kind!r}; choose from {', '.join(kinds)}")
    found: list[dict[str, Any]] = []
    if kind in (None, "run"):
        hidden = {*SECTIONS, *PARTS, "name", "summary"}
        keys = table_of([key for key in keys_of(RunConfig) if key.name not in hidden])
        found.append({"kind": "run", "name": "", "summary": "the run as a whole.", "keys": keys})
    if kind in (None, "search"):
        summary = "search: where another key has several values, as 8,16,32 or 8..64:8."
        found.append({"kind": "search", "name": "", "summary": summary, "keys": table_of(keys_of(SearchKeys))})
    for part, schema in PARTS.items():
        if kind in (None, part):
            summary = (schema.__doc__ or "").partition("\n")[0]
            found.append({"kind": part, "name": "", "summary": summary, "keys": table_of(keys_of(schema))})
    for each, registry in REGISTRIES.items():
        if kind in (None, each):
            components = [registry[name] for name in registry.names]
            found += [
                {"kind": each, "name": c.name, "summary": c.summary, "keys": table_of(keys_of(c.schema))}
                for c in components
            ]
    if json:
        print(json_for_stdout(found))
        return
    for entry in found:
        title = f"{entry['kind']} {entry['name']}".rstrip()
        print(clean(f"{title}: {entry['summary'].partition(': ')[2] or entry['summary']}"))
        prefix = "" if entry["kind"] in ("run", "search") else f"{entry['kind']}."
        rows = [[f"  {prefix}{key['key']}", key["default"], key["range"], key["help"]] for key in entry["keys"]]
        print_lines(clean(line) for line in table_lines([""] * 4, rows)[1:])


@app.command()
def export(
    names: Annotated[list[str], typer.Argument(metavar="RUN…", help="One run or several.", show_default=False)],
    csv: Annotated[Path, typer.Option("--csv", metavar="FILE", help="The file to write.", show_default=False)],
    what: Annotated[
        str | None,
        typer.Option(
            "--what",
            metavar="epochs|steps|trials",
            help="One row per epoch, per step, or per trial of a search; trials if there are any, else epochs.",
        ),
    ] = None,
    models_dir: ModelsDir = None,
) -> None:
    """Write runs as CSV: metrics by epoch, every batch loss, or the trials of a search."""
    from core import export as table
    from core import summary
    from core.run_dir import read_started

    found = [_find(name, models_dir) for name in names]
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


def _pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {setting}: write KEY=VALUE, for example --set optimizer.lr=0.1")
    return key.strip(), value.strip()


def _find(name: str, models_dir: str | None) -> RunDir:
    from core.folders import models_root
    from core.trial_runs import find

    return find(name, models_root(models_dir))


def _train(start: Any, run_dir: RunDir | None, *, csv: Path | None, json: bool, quiet: bool) -> None:
    from core import export as table
    from core.history import History
    from core.run_dir import read_events, read_started
    from tui import plain

    if csv is not None:
        table.check_target(csv)
    before = History.fold(read_events(run_dir.events)) if run_dir else History()
    code, session = plain.train(start, before, json=json, quiet=quiet)
    if csv is not None:
        started = read_started(session.run_dir)
        table.write_csv([session.run_dir], "trials" if started is not None and started.search else "epochs", csv)
    raise typer.Exit(code)
