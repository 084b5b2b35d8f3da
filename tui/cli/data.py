"""`nntui data`: what there is to train on, what it looks like, and how its files get here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import DataError
from core.system.files import is_file
from core.system.text import clean
from tui.cli.options import Use, load_components
from tui.system.streams import json_for_stdout
from tui.words.aligned import print_lines, print_table

if TYPE_CHECKING:
    from core.components.registry import Component
    from core.datasets.base import RawData


app = typer.Typer(
    name="data", help="The datasets: list them, look at one, fetch its files.", invoke_without_command=True
)

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="DIR", help="Folder of dataset files; else $NNTUI_DATA_DIR, else a cache."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A dataset; `nntui data` lists them.", show_default=False)]


@app.callback()
def data(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_datasets()


@app.command("list")
def list_datasets(data_dir: DataDir = None, use: Use = None, json: Json = False) -> None:
    """List the datasets, and whether their files are here."""
    from core.datasets import DATASETS

    load_components(use)
    folder = _folder(data_dir)
    found = [_describe(DATASETS[name], folder) for name in DATASETS.names]
    if json:
        print(json_for_stdout(found))
        return
    from tui.words.units import count

    rows = [
        [
            each["name"],
            each["task"] or "–",
            "–" if each["samples"] is None else count(each["samples"]),
            _size(each),
            str(each["outputs"] or "–"),
            each["where"],
            each["summary"],
        ]
        for each in found
    ]
    print_table(["DATASET", "TASK", "SAMPLES", "SHAPE", "CLASSES", "FILES", "WHAT IT IS"], rows, right=[2])


def _describe(component: Component, folder: Path) -> dict[str, Any]:
    from core.datasets.fetch import download_of, missing_files

    facts = component.facts_of(_defaults(component))
    files = [folder / name for name in facts.get("files", ())]
    download = download_of(component)
    missing = missing_files(download, folder) if download else [path for path in files if not is_file(path)]
    if "paths" in component.facts:
        where = "your own"
    elif not files:
        where = "none needed"
    else:
        absent = "missing" if not all(is_file(path) for path in files) else "not whole"
        where = f"{absent}: nntui data fetch {component.name}" if missing else f"in {folder}"
    task = facts.get("task", None if "task" in component.facts else "classification")
    return {
        "name": component.name,
        "task": task,
        "shape": list(facts["shape"]) if "shape" in facts else None,
        "samples": facts.get("samples"),
        "outputs": facts.get("outputs") if task == "classification" else None,
        "files": [str(path) for path in files],
        "complete": not missing,
        "where": where,
        "summary": component.summary.partition(": ")[2] or component.summary,
    }


def _defaults(component: Component) -> dict[str, Any]:
    """What its facts are a function of, where every hyperparameter has a default; else nothing is known of them."""
    fields = component.schema.model_fields
    return {name: None if info.is_required() else info.get_default() for name, info in fields.items()}


def _size(each: dict[str, Any]) -> str:
    return "×".join(str(n) for n in each["shape"]) if each["shape"] else "–"


@app.command()
def show(
    name: Name,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A key of the dataset, such as samples=1000 or path=my.csv."),
    ] = None,
    seed: Annotated[str, typer.Option(metavar="N", help="Of a dataset that is drawn at random.")] = "0",
    data_dir: DataDir = None,
    use: Use = None,
    json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="All columns of a table, however many.")] = False,
) -> None:
    """Look at a dataset: shapes, classes and their balance, ranges, rows; points or pictures where it has any."""
    from core.data import own_raw
    from core.datasets import DATASETS, Source, reader_of
    from core.errors import ConfigError
    from core.experiment.schema import RunConfig, SplitConfig
    from core.experiment.settings import parse
    from core.system.files import exists
    from core.system.folders import user_path
    from core.tables.formats import why_no_table
    from tui.words.dataset import describe
    from tui.words.plan_lines import columns_shown

    load_components(use)
    if own := reader_of(name):
        name, settings = own.name, [f"path={name}", *(settings or [])]
    elif name not in DATASETS.names and exists(path := user_path(name)):
        raise why_no_table(path)
    try:
        component = DATASETS[name]
        given: dict[str, Any] = {}
        for setting in settings or []:
            key, equals, value = setting.partition("=")
            key = key.strip().removeprefix("dataset.")
            if not equals or key not in component.schema.model_fields:
                has = ", ".join(component.parameters) or "no keys"
                raise ValueError(f"--set {setting}: write KEY=VALUE; {name} has {has}")
            given[key] = parse(component.schema, key, value.strip(), f"dataset.{key}")
        if "table" in component.facts and "path" in given and "target" not in given:
            given["target"] = _likely_target(given)
        arguments = component.resolve(given)
        drawn_by = parse(RunConfig, "seed", seed, "seed")
    except ValueError as error:
        raise ConfigError(str(error)) from None
    from core.data.preview import preview

    if "table" in component.facts:
        raw = _own_table(arguments, quiet=json, most=None if everything else columns_shown())
    else:
        raw = component.build(Source(_folder(data_dir), drawn_by), **arguments)
        if component.origin is not None:
            own_raw.check(raw, component, arguments)
    looked = preview(raw, None if raw.test_x is not None else SplitConfig(train_size=0.8))
    if json:
        print(json_for_stdout({"name": name, **looked.to_dict()}))
        return
    most = None if everything else columns_shown()
    print_lines(clean(line) for line in describe(component.name, component.summary, looked, most=most))


@app.command()
def fetch(name: Name, data_dir: DataDir = None, use: Use = None) -> None:
    """Download the files of a dataset, checked by their hashes.

    NNTUI_OFFLINE=1 forbids the network. NNTUI_MIRROR=URL: the folder that holds the .gz files, asked instead of the
    dataset's own mirrors.
    """
    from core.datasets import DATASETS
    from core.datasets.fetch import download_of, missing_files
    from core.datasets.fetch import fetch as fetch_files
    from core.errors import ConfigError
    from tui.cli.bars import DownloadBar
    from tui.system.signals import signals_exit

    load_components(use)
    try:
        component = DATASETS[name]
    except ValueError as error:
        raise ConfigError(str(error)) from None
    download = download_of(component)
    folder = _folder(data_dir)
    if download is None:
        own = [f"--set dataset.{key}=FILE" for key in component.facts.get("paths", ())]
        needs = f"a file of your own: {' '.join(own)}" if own else "no files"
        print(f"{name} needs {needs}", file=sys.stderr)
        return
    if not missing_files(download, folder):
        print(f"{name} is complete in {clean(str(folder / download.folder))}", file=sys.stderr)
        return
    with signals_exit(), DownloadBar() as bar:
        fetch_files(name, download, folder, progress=bar.open)
    print(f"{name} is in {clean(str(folder / download.folder))}", file=sys.stderr)


def _folder(data_dir: str | None) -> Path:
    from core.system.folders import data_root, user_path

    folder = user_path(data_dir) if data_dir else data_root()
    if is_file(folder):
        raise DataError(f"{folder} is not a folder; choose another with --data-dir")
    return folder


def _likely_target(given: dict[str, Any]) -> str:
    from core.tables.choices import Choices
    from core.tables.survey import survey

    name = survey(Choices.of(given)).choices.target
    print(clean(f"predicts {name}; another column: --set target=NAME"), file=sys.stderr)
    return name


def _own_table(arguments: dict[str, Any], *, quiet: bool, most: int | None) -> RawData:
    """Tell of its columns, and load it. Raises DataError."""
    from core.datasets.own_table import planned_table, raw_of
    from core.tables.choices import AS_TOLD, Choices
    from core.tables.finding import TableError
    from core.tables.read import look
    from core.tables.wishes import Wishes
    from tui.words import own_table
    from tui.words.plan_lines import describe_plan

    wishes = Wishes(**{key: value for key, value in arguments.items() if key not in ("path", *AS_TOLD)})
    file = look(Path(arguments["path"]), named=wishes.named, **{key: arguments[key] for key in AS_TOLD})
    table, plan = planned_table(file, wishes)
    if not quiet:
        read_as = own_table.dialect(file.dialect, Choices.of(arguments))
        print_lines(clean(line) for line in describe_plan(plan, read_as, most))
    if plan.problems:
        raise TableError(file.path, plan.problems[0])
    if not quiet:
        print()
    return raw_of(file, table, plan, arguments["unknown"])
