"""A run as CSV: one row per epoch, or one row per step."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from core.errors import RunError
from core.events import EpochEnded, Evaluated, Event, StepsEnded
from core.files import write_atomically
from core.history import column
from core.run_dir import RunDir, read_events

What: TypeAlias = Literal["epochs", "steps"]

EPOCH_METRICS = (
    *("train_loss", "train_accuracy", "last_batch_accuracy", "validation_loss", "validation_accuracy"),
    *("test_loss", "test_accuracy"),
)
"""The order of the columns that most runs have; others follow as they come."""


def rows(events: Iterable[Event], what: What) -> Iterator[dict[str, Any]]:
    """One dict per epoch (step, metrics, learning rate, seconds of training) or per step (loss, learning rate)."""
    if what == "steps":
        for event in events:
            if isinstance(event, StepsEnded):
                for step, loss in enumerate(event.losses, start=event.first_step):
                    yield {"epoch": event.epoch, "step": step, "loss": loss, "lr": event.lr}
        return
    metrics: dict[str, float] = {}
    epoch, lr = 0, float("nan")
    for event in events:
        match event:
            case StepsEnded():
                if epoch == 0 and metrics:  # measured before training
                    yield {"epoch": 0, "step": 0, **metrics}
                    metrics = {}
                epoch, lr = event.epoch, event.lr
            case Evaluated():
                metrics.update({column(event.split, name): value for name, value in event.metrics.items()})
            case EpochEnded():
                yield {
                    "epoch": event.epoch,
                    "step": event.step,
                    **metrics,
                    "lr": lr,
                    "seconds": event.seconds,
                }
                metrics = {}
            case _:
                pass


def write_csv(run_dirs: Sequence[RunDir], what: What, target: Path) -> int:
    """Write the rows of all runs to `target` and return how many; several runs get a `run` column. Raises RunError."""
    several = len(run_dirs) > 1
    table = [
        {**({"run": run_dir.run_id} if several else {}), **row}
        for run_dir in run_dirs
        for row in rows(read_events(run_dir.events), what)
    ]
    found = list(dict.fromkeys(name for row in table for name in row))
    order = ["run", "epoch", "step", *EPOCH_METRICS]
    columns = [name for name in order if name in found]
    columns += [name for name in found if name not in columns]
    if not table:
        columns = ["epoch", "step"]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in table)
    write_text(target, text.getvalue())
    return len(table)


def safe_cell(value: Any) -> Any:
    """A spreadsheet runs text that begins like a formula: put `'` before it. Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def check_target(target: Path) -> None:
    """Raise RunError when `target` cannot become a file: before training, rather than after."""
    folder = target.parent
    try:
        is_folder = target.is_dir()
    except OSError as error:
        raise RunError(f"cannot write {target}: {error.strerror or error}") from None
    if is_folder:
        raise RunError(f"cannot write {target}: it is a folder")
    if not folder.is_dir():
        raise RunError(f"cannot write {target}: there is no folder {folder}")


def write_text(target: Path, text: str) -> None:
    """Raises RunError."""
    check_target(target)
    try:
        if target.exists() and not target.is_file():  # /dev/stdout, a pipe: nothing to replace
            target.write_text(text, encoding="utf-8")
        else:
            write_atomically(target, lambda file: file.write(text.encode()))
    except OSError as error:
        raise RunError(f"cannot write {target}: {error.strerror or error}") from None
