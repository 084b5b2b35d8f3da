"""`nntui data`: what there is to train on, what it looks like, and how its files get here."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import DataError
from core.files import is_file
from core.text import clean
from tui.plan_lines import WIDE, columns_shown, describe_plan
from tui.ranges import Range, by_column
from tui.streams import json_for_stdout
from tui.tables import print_lines, print_table, table_lines

if TYPE_CHECKING:
    from core.datasets.base import RawData
    from core.preview import Preview
    from core.registry import Component

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
def list_datasets(data_dir: DataDir = None, json: Json = False) -> None:
    """List the datasets, and whether their files are here."""
    from core.datasets import DATASETS

    folder = _folder(data_dir)
    found = [_describe(DATASETS[name], folder) for name in DATASETS.names]
    if json:
        print(json_for_stdout(found))
        return
    from tui.units import count

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
    from core.fetch import download_of, missing_files

    facts = component.facts_of(_defaults(component))
    files = [folder / name for name in facts.get("files", ())]
    download = download_of(component)
    missing = missing_files(download, folder) if download else [path for path in files if not is_file(path)]
    if component.name == "csv":
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
    json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="All columns of a table, however many.")] = False,
) -> None:
    """Look at a dataset: shapes, classes and their balance, ranges, rows; points or pictures where it has any."""
    from core.config import RunConfig, SplitConfig, parse
    from core.datasets import DATASETS, Source
    from core.errors import ConfigError
    from core.files import exists
    from core.folders import user_path
    from core.tables.formats import why_no_table
    from core.tables.looks import may_be_table

    if may_be_table(name):
        name, settings = "csv", [f"path={name}", *(settings or [])]
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
        if name == "csv" and "path" in given and "target" not in given:
            given["target"] = _likely_target(given)
        arguments = component.resolve(given)
        drawn_by = parse(RunConfig, "seed", seed, "seed")
    except ValueError as error:
        raise ConfigError(str(error)) from None
    from core.preview import preview

    if component.name == "csv":
        raw = _own_table(arguments, quiet=json, most=None if everything else columns_shown())
    else:
        raw = component.build(Source(_folder(data_dir), drawn_by), **arguments)
    looked = preview(raw, None if raw.test_x is not None else SplitConfig(train_size=0.8))
    if json:
        print(json_for_stdout({"name": name, **looked.to_dict()}))
        return
    most = None if everything else columns_shown()
    print_lines(clean(line) for line in describe(component.name, component.summary, looked, most=most))


@app.command()
def fetch(name: Name, data_dir: DataDir = None) -> None:
    """Download the files of a dataset, checked by their hashes.

    NNTUI_OFFLINE=1 forbids the network. NNTUI_MIRROR=URL: the folder that holds the .gz files, asked instead of the
    dataset's own mirrors.
    """
    from core.datasets import DATASETS
    from core.errors import ConfigError
    from core.fetch import download_of, missing_files
    from core.fetch import fetch as fetch_files
    from tui.download_bar import DownloadBar
    from tui.signals import signals_exit

    try:
        component = DATASETS[name]
    except ValueError as error:
        raise ConfigError(str(error)) from None
    download = download_of(component)
    folder = _folder(data_dir)
    if download is None:
        needs = "a file of your own: --set dataset.path=FILE" if name == "csv" else "no files"
        print(f"{name} needs {needs}", file=sys.stderr)
        return
    if not missing_files(download, folder):
        print(f"{name} is complete in {clean(str(folder / download.folder))}", file=sys.stderr)
        return
    with signals_exit(), DownloadBar() as bar:
        fetch_files(name, download, folder, progress=bar.open)
    print(f"{name} is in {clean(str(folder / download.folder))}", file=sys.stderr)


def _folder(data_dir: str | None) -> Path:
    from core.folders import data_root, user_path

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
    from core.datasets.table import planned_table, raw_of
    from core.tables.choices import AS_TOLD, Choices
    from core.tables.finding import TableError
    from core.tables.read import look
    from core.tables.wishes import Wishes
    from tui import table_words

    file = look(Path(arguments["path"]), **{key: arguments[key] for key in AS_TOLD})
    wishes = {key: value for key, value in arguments.items() if key not in ("path", *AS_TOLD)}
    table, plan = planned_table(file, Wishes(**wishes))
    if not quiet:
        read_as = table_words.dialect(file.dialect, Choices.of(arguments))
        print_lines(clean(line) for line in describe_plan(plan, read_as, most))
    if plan.problems:
        raise TableError(file.path, plan.problems[0])
    if not quiet:
        print()
    return raw_of(file, table, plan, arguments["unknown"])


def describe(
    name: str, summary: str, looked: Preview, width: int | None = None, most: int | None = None
) -> Iterator[str]:
    """The lines of `nntui data show`. `most`: None tells all, however many."""
    from rich.cells import set_cell_size

    from tui import pictures
    from tui.units import count, digits_apart

    width = width or shutil.get_terminal_size((100, 24)).columns
    utf8 = (sys.stdout.encoding or "").lower().startswith("utf")
    yield f"{name}: {summary.partition(': ')[2] or summary}"
    shape = "×".join(str(n) for n in looked.shape)
    sizes = ", ".join(f"{count(n)} {split}" for split, n in looked.sizes.items())
    x_type, y_type = looked.dtypes
    yield f"  Samples {sizes}; each of shape {shape}, {x_type}; target {looked.target or 'y'}, {y_type}"
    yield ""
    if looked.balance:
        yield from _balance(looked)
        yield ""
    digits = [digits_apart((c.minimum, c.maximum, c.mean)) for c in looked.columns]
    ranges = by_column(looked.columns)
    if most is not None and len(ranges) > WIDE:
        yield f"  the ranges of {count(len(ranges))} columns are not shown: --all shows them"
    else:
        yield from _ranges(ranges)
    if looked.rows:
        yield ""
        shown = min(len(looked.columns), 6, len(looked.rows[0]))
        more = [] if shown == len(looked.rows[0]) else ["…"]
        yield from _aligned(
            [*(c.name[:16] for c in looked.columns[:shown]), *more, looked.target or "target"],
            [
                [*(f"{v:.{n}g}" for v, n in zip(row[:shown], digits, strict=False)), *more, target]
                for row, target in zip(looked.rows, looked.targets, strict=True)
            ],
        )
    if looked.pictures:
        yield ""
        shades = pictures.SHADES if utf8 else pictures.ASCII_SHADES
        drawn = []
        for rows, target in zip(looked.pictures, looked.targets, strict=True):
            lines = pictures.picture(rows, shades)
            drawn.append([set_cell_size(target, len(lines[0])), *lines])
        yield from pictures.side_by_side(drawn, width)
    if looked.points:
        yield ""
        marks = pictures.MARKS if utf8 else pictures.ASCII_MARKS
        yield from pictures.scatter(looked.points, min(width - 10, 72), 18, marks)
        yield "  " + "   ".join(f"{marks[i % len(marks)]} {label}" for i, label in enumerate(looked.classes))


def _ranges(ranges: Sequence[Range]) -> Iterator[str]:
    from rich.cells import cell_len, set_cell_size

    from tui.units import digits_apart

    width = max((cell_len(each.name) for each in ranges), default=0)
    rows = []
    for c in (each.number for each in ranges if each.number is not None):
        edges = (c.minimum, c.maximum, c.mean)
        rows.append(
            [set_cell_size(c.name, width), *(f"{v:.{digits_apart(edges)}g}" for v in edges), f"{c.deviation:.4g}"]
        )
    header, *numbers = _aligned(["range of", "min", "max", "mean", "sd"], rows)
    yield from [header] if rows else []
    width = max(width, cell_len("range of")) if rows else width
    lines = iter(numbers)
    for each in ranges:
        yield next(lines) if each.number is not None else f"  {set_cell_size(each.name, width)}  {each.words}"


def _balance(looked: Preview) -> Iterator[str]:
    total = sum(sum(counts) for counts in looked.balance.values())
    header = ["class", *looked.balance, "share", ""]
    rows = []
    for i, label in enumerate(looked.classes[:40]):
        counts = [values[i] for values in looked.balance.values()]
        share = sum(counts) / total
        rows.append([label, *(f"{n:,}" for n in counts), f"{100 * share:.1f} %", "#" * max(1, round(40 * share))])
    yield from _aligned(header, rows, last_left=True)
    if len(looked.classes) > 40:
        yield f"  … and {len(looked.classes) - 40} more classes"


def _aligned(header: list[str], rows: list[list[str]], *, last_left: bool = False) -> list[str]:
    """The first column to the left, the others to the right."""
    right = range(1, len(header) - int(last_left))
    return [f"  {line}" for line in table_lines(header, rows, right)]
