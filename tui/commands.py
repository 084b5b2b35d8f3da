"""The commands of `nntui`. Heavy things are imported inside them: `--version` needs neither torch nor textual."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core import __version__
from core.errors import UserError
from core.text import clean
from tui.streams import json_for_stdout

if TYPE_CHECKING:
    from core.run_dir import RunDir

app = typer.Typer(
    name="nntui",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
        help="Folder of dataset files; else $NNTUI_DATA_DIR, else a cache folder.",
    ),
]
RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run-id, any unique part of one, a path, or 'last'.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run-id.")]
CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write one row per epoch to FILE when training ends."),
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
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Train neural networks in the terminal. Without a command, nntui opens its screens."""
    if version:
        print(f"nntui {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    from tui.app import open_screens

    raise typer.Exit(open_screens(models_dir, data_dir))


@app.command()
def run(
    experiment: Annotated[
        str, typer.Argument(metavar="EXPERIMENT", help="A preset name or a TOML file.", show_default=False)
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
) -> None:
    """Train an experiment and print its log. Ctrl+C stops it with a checkpoint."""
    from core import config

    options = {"epochs": epochs, "batch_size": batch_size, "optimizer.lr": lr, "seed": seed, "device": device}
    pairs = [_pair(setting) for setting in settings or []]
    pairs += [(key, value) for key, value in options.items() if value is not None]
    resolved = config.load(experiment, pairs).with_data_dir(data_dir)

    def start(recorders: Any) -> Any:
        from core import session
        from core.folders import models_root

        return session.start(resolved, models_root(models_dir), sys.argv, recorders)

    _train(start, None, csv=csv, json=json, quiet=quiet)


@app.command()
def resume(
    name: RunName,
    data_dir: DataDir = None,
    models_dir: ModelsDir = None,
    csv: CsvFile = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was stopped, exactly where it was."""
    run_dir = _find(name, models_dir)

    def start(recorders: Any) -> Any:
        from core import session

        return session.resume(run_dir, data_dir, recorders)

    _train(start, run_dir, csv=csv, json=json, quiet=quiet)


@app.command()
def presets(json: Json = False) -> None:
    """List the experiments that come with nntui."""
    from core import config
    from core.presets import preset_names

    found = [config.load(name) for name in preset_names()]
    if json:
        print(json_for_stdout([preset.to_dict() for preset in found]))
        return
    rows = [[p.name, p.dataset["name"], p.model["name"], str(p.epochs), p.summary] for p in found]
    _print_table(["PRESET", "DATA", "MODEL", "EPOCHS", "WHAT IT SHOWS"], rows)


@app.command()
def runs(models_dir: ModelsDir = None, json: Json = False) -> None:
    """List the runs, oldest first."""
    from core import summary
    from core.folders import models_root
    from core.run_dir import all_runs
    from tui.units import duration, metric

    root = models_root(models_dir)
    found = [summary.read(run_dir) for run_dir in all_runs(root)]
    if json:
        print(json_for_stdout([each.to_dict() for each in found]))
        return
    if not found:
        print(f"No runs in {clean(str(root))} yet; start one with: nntui run iris-net")
        return
    rows = [
        [
            each.run_id,
            each.status,
            f"{each.epoch}/{each.epochs}",
            *(
                metric(name, each.metrics[name]) if name in each.metrics else "–"
                for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
            ),
            duration(each.seconds),
        ]
        for each in found
    ]
    headings = ["RUN", "STATE", "EPOCHS", "TRAIN LOSS", "TRAIN ACC.", "TEST LOSS", "TEST ACC.", "TIME"]
    _print_table(headings, rows, right=range(2, 8))


@app.command()
def show(name: RunName, models_dir: ModelsDir = None, json: Json = False) -> None:
    """Show one run: what was trained, on what, and how well."""
    from core import summary
    from core.history import History
    from core.run_dir import read_events
    from tui import show as text

    run_dir = _find(name, models_dir)
    history = History.fold(read_events(run_dir.events))
    found = summary.read(run_dir)
    if json:
        started = history.run
        facts = {
            "config": started.config if started else {},
            "layers": started.layers if started else [],
            "sizes": started.sizes if started else {},
            "versions": started.versions if started else {},
            "path": str(run_dir.path),
        }
        print(json_for_stdout({**found.to_dict(), **facts}))
        return
    for line in text.describe(found, history, str(run_dir.path)):
        print(clean(line))


@app.command()
def export(
    names: Annotated[list[str], typer.Argument(metavar="RUN…", help="One run or several.", show_default=False)],
    csv: Annotated[Path, typer.Option("--csv", metavar="FILE", help="The file to write.", show_default=False)],
    what: Annotated[
        str, typer.Option("--what", metavar="epochs|steps", help="One row per epoch or per step.")
    ] = "epochs",
    models_dir: ModelsDir = None,
) -> None:
    """Write runs as CSV: metrics by epoch, or every batch loss."""
    from core import export as table

    if what not in ("epochs", "steps"):
        raise UserError(f"--what = {what}: choose from epochs, steps")
    written = table.write_csv(
        [_find(name, models_dir) for name in names], "steps" if what == "steps" else "epochs", csv
    )
    print(f"{written} rows written to {clean(str(csv))}", file=sys.stderr)


def _pair(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise UserError(f"--set {setting}: write KEY=VALUE, for example --set optimizer.lr=0.1")
    return key.strip(), value.strip()


def _find(name: str, models_dir: str | None) -> RunDir:
    from core.folders import models_root
    from core.run_dir import find

    return find(name, models_root(models_dir))


def _train(start: Any, run_dir: RunDir | None, *, csv: Path | None, json: bool, quiet: bool) -> None:
    from core import export as table
    from core.history import History
    from core.run_dir import read_events
    from tui import plain

    if csv is not None:
        table.check_target(csv)
    before = History.fold(read_events(run_dir.events)) if run_dir else History()
    code, session = plain.train(start, before, json=json, quiet=quiet)
    if csv is not None:
        table.write_csv([session.run_dir], "epochs", csv)
    raise typer.Exit(code)


def _print_table(headings: list[str], rows: list[list[str]], right: Any = ()) -> None:
    """Columns as wide as their contents, wide characters counted as two; never cut, so that it can be piped."""
    from rich.cells import cell_len

    table = [headings, *([clean(cell) for cell in row] for row in rows)]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(headings))]
    for row in table:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            padding = " " * (width - cell_len(cell))
            cells.append(padding + cell if i in right else cell + padding)
        print("  ".join(cells).rstrip())
