"""`nntui runs`: the runs of a models folder, filtered, sorted, and in the columns that are asked for."""

from __future__ import annotations

import contextlib
import gc
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import UserError
from core.system.text import clean
from tui.cli.options import Json, ModelsDir
from tui.system.streams import json_for_stdout
from tui.words.aligned import fitting, print_table

if TYPE_CHECKING:
    from core.runs.entry import Entry

ALL = "all"


def runs(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILTER",
            help="Which: 'test_accuracy>0.9 and tag:paper and not failed'; all if not given.",
            show_default=False,
        ),
    ] = None,
    given: Annotated[
        str | None, typer.Option("--filter", metavar="FILTER", help="The same; with both, both have to hold.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="COLUMN", help="Lowest first; highest first: -COLUMN, or COLUMN:desc."),
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B,…", help="Metrics, keys of the config (optimizer.lr), tags, …; or all."),
    ] = None,
    models_dir: ModelsDir = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV and nothing else.")] = False,
) -> None:
    """List the runs, oldest first. Filters: optimizer.lr<0.005 and tag:slow, not failed, time>10m, when>3d."""
    from core.runs import catalogue
    from core.system.folders import models_root

    if json and csv:
        raise UserError("--json and --csv: choose one of them")
    with _without_collecting():
        root = models_root(models_dir)
        listing = catalogue.read(root)
        filters = [text for text in (" ".join(words or ()), given or "") if text.strip()]
        found = _chosen(listing.entries, filters, sort)
        columns = None if shown is None and not csv else _columns(listing.entries, shown)
        for broken in listing.broken:
            print(f"nntui: {clean(broken.why)}", file=sys.stderr)
        if csv:
            _print_csv(found, columns or [])
        elif json:
            print(json_for_stdout([_as_json(entry, columns) for entry in found]))
        elif not listing.entries:
            print(f"No runs in {clean(str(root))} yet; start one with: nntui run iris-net")
        elif not found:
            print(f"None of {len(listing.entries):,} runs in {clean(str(root))} fits the filter")
        elif columns is None:
            _print_usual(found)
        else:
            _print_columns(found, columns)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Ten thousand objects come and none goes: to look through them for garbage takes a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _chosen(entries: Sequence[Entry], filters: Sequence[str], sort: str | None) -> Sequence[Entry]:
    """Those that meet all filters, sorted. Raises UserError, also for a column that no run has."""
    if not filters and sort is None:
        return entries
    from core.query.ask import condition
    from core.query.parse import parse
    from core.runs import columns

    for text in filters:
        parse(text, columns.WORDS)
    if not entries:
        return entries
    known = columns.names(entries)
    vocabulary = columns.vocabulary(entries, known)
    conditions: list[Callable[[Entry], bool]] = [condition(text, vocabulary) for text in filters]
    found: Sequence[Entry] = [entry for entry in entries if all(met(entry) for met in conditions)]
    for key in reversed((sort or "").split(",") if sort is not None else []):
        name, descending = _direction(key.strip())
        found = columns.sorted_by(found, columns.check(name, known), descending=descending)
    return found


def _direction(key: str) -> tuple[str, bool]:
    """The column, and whether it is to be sorted from its highest down."""
    name, colon, direction = key.rpartition(":")
    if colon and direction in ("asc", "desc"):
        return name, direction == "desc"
    return key.removeprefix("-"), key.startswith("-")


def _columns(entries: Sequence[Entry], shown: str | None) -> list[str]:
    """Raises UserError. Without a choice all but the keys of the config."""
    from core.runs import columns

    if shown is None:
        return columns.names(entries, config=False)
    known = columns.names(entries)
    if shown == ALL:
        return known
    names = [name.strip() for name in shown.split(",") if name.strip()]
    if not names:
        raise UserError("--columns: write some, as run,test_accuracy,optimizer.lr")
    return names if not entries else [columns.check(name, known) for name in names]


def _as_json(entry: Entry, columns: Sequence[str] | None) -> dict[str, Any]:
    if columns is not None:
        from core.runs.columns import value
        from tui.words.columns import plain

        return {name: plain(value(entry, name), name) for name in columns}
    from core.runs import summary

    whole = summary.cached(entry.run_dir)
    labels = {"name": entry.labels.name, "tags": list(entry.labels.tags), "note": entry.labels.note}
    return {**replace(entry.summary, curves=whole.curves if whole else {}).to_dict(), "labels": labels}


def _print_csv(entries: Sequence[Entry], columns: Sequence[str]) -> None:
    from core.runs.columns import reader
    from core.tables.formulas import CsvWriter
    from tui.words.columns import csv_cell

    writer = CsvWriter(sys.stdout)
    writer.row(columns)
    writer.columns([[_safe(csv_cell(value, name)) for value in map(reader(name), entries)] for name in columns])


def _safe(value: Any) -> Any:
    """Lines of a note stay lines; other control characters would steer a terminal."""
    return "\n".join(map(clean, value.split("\n"))) if isinstance(value, str) else value


def _print_columns(entries: Sequence[Entry], columns: Sequence[str]) -> None:
    from core.runs.columns import reader
    from tui.words.columns import cell

    readers = [(name, reader(name)) for name in columns]
    values = [[read(entry) for _name, read in readers] for entry in entries]
    right = [i for i, _name in enumerate(columns) if _all_numbers([row[i] for row in values])]
    rows = [
        [cell(entry, name, value) for name, value in zip(columns, row, strict=True)]
        for entry, row in zip(entries, values, strict=True)
    ]
    print_table([name.upper() for name in columns], rows, right=right)


def _all_numbers(values: Sequence[Any]) -> bool:
    """As far as there are any."""
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, int | float) for value in there)


HEADINGS = ("RUN", "STATE", "EPOCHS", "TEST", "TRAIN LOSS", "TEST LOSS", "TIME", "BEST EPOCH", "NAME", "TAGS", "DATA")
KEPT = ("RUN", "TEST", "STATE", "TAGS", "EPOCHS", "TIME", "DATA", "TEST LOSS", "BEST EPOCH", "TRAIN LOSS")
"""On a terminal those that fit, these first; the name stands in place of the run-id there."""
TAGS = HEADINGS.index("TAGS")


def _print_usual(entries: Sequence[Entry]) -> None:
    from tui.words.metrics import metric
    from tui.words.runs import best_epoch
    from tui.words.units import duration

    rows = []
    for entry in entries:
        each = entry.summary
        if each.doubt:
            print(f"nntui: {clean(each.run_id)}: {each.doubt}", file=sys.stderr)
        losses = [each.metrics.get(name) for name in ("train_loss", "test_loss")]
        shown = ["–" if loss is None else metric("loss", loss) for loss in losses]
        measured = next((name for name in each.metrics if name.startswith("test_") and name != "test_loss"), None)
        score = f"{measured[5:]} {metric(measured, each.metrics[measured])}" if measured else "–"
        epochs = f"{each.trials_ended}/{each.trials} trials" if each.trials else f"{each.epoch}/{each.epochs}"
        labels = [entry.labels.name or "–", " ".join(entry.labels.tags) or "–"]
        first = [each.run_id, each.status, epochs, score, *shown, duration(each.seconds), best_epoch(each)]
        rows.append([*first, *labels, each.data])
    headings, right = [*HEADINGS], {2, 3, 4, 5, 6}
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    hidden = {"NAME": not any(entry.labels.name for entry in entries)}
    hidden["TAGS"] = not any(entry.labels.tags for entry in entries)
    if width is not None:
        hidden["NAME"] = True
        for row, entry in zip(rows, entries, strict=True):
            row[0], row[TAGS] = _short(entry.title, ends=not entry.labels.name), _short(row[TAGS], width // 6)
    taken = [i for i, heading in enumerate(headings) if not hidden.get(heading)]
    if width is not None:
        order = [headings.index(heading) for heading in KEPT if headings.index(heading) in taken]
        taken = fitting(headings, rows, order, width)
    table = [[row[i] for i in taken] for row in rows]
    print_table([headings[i] for i in taken], table, right=[at for at, i in enumerate(taken) if i in right])


def _short(text: str, most: int = 32, *, ends: bool = False) -> str:
    """With `ends` the last five characters stay: those of a run-id name it."""
    kept = text[-5:] if ends else ""
    return text if len(text) <= most else f"{text[: most - 1 - len(kept)]}…{kept}"
