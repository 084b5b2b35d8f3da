"""A run as CSV: one row per epoch or per step; a search: one row per trial."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

from core.errors import RunError
from core.events.events import EpochEnded, Evaluated, Event, StepsEnded
from core.history.history import column
from core.history.trials import TRIAL_METRICS, Trial, Trials
from core.runs.event_log import read_events, read_started
from core.runs.folder import RunDir
from core.runs.step_rates import StepRates
from core.system.files import write_atomically
from core.tables.formulas import CsvWriter

What: TypeAlias = Literal["epochs", "steps", "trials"]

EPOCH_METRICS = (
    *("train_loss", "train_accuracy", "last_batch_accuracy", "validation_loss", "validation_accuracy"),
    *("test_loss", "test_accuracy"),
)
"""The order of the columns that most runs have; others follow as they come."""


STEP_COLUMNS = ("epoch", "step", "loss", "lr")


def rows(events: Iterable[Event], what: What) -> Iterator[dict[str, Any]]:
    """One dict per epoch (step, metrics, learning rate of its last step, seconds of training) or per step (loss,
    learning rate)."""
    rates = StepRates()
    if what == "steps":
        for event in events:
            rates.apply(event)
            if isinstance(event, StepsEnded):
                steps = enumerate(zip(event.losses, rates.of(event), strict=True), start=event.first_step)
                for step, (loss, rate) in steps:
                    yield {"epoch": event.epoch, "step": step, "loss": loss, "lr": rate}
        return
    metrics: dict[str, float] = {}
    epoch, measured, lr = 0, 0, float("nan")
    for event in events:
        rates.apply(event)
        match event:
            case StepsEnded():
                if epoch == 0 and metrics:  # measured before training
                    yield {"epoch": 0, "step": 0, **metrics}
                    metrics = {}
                epoch, lr = event.epoch, (rates.of(event) or [event.lr])[-1]
            case Evaluated():
                metrics.update({column(event.split, name): value for name, value in event.metrics.items()})
                measured = event.step
            case EpochEnded():
                yield {
                    "epoch": event.epoch,
                    "step": measured if metrics else event.step,  # two-layer is measured as an epoch begins
                    **metrics,
                    "lr": lr,
                    "seconds": event.seconds,
                }
                metrics = {}
            case _:
                pass


def trial_rows(trials: Trials) -> list[dict[str, Any]]:
    """One dict per trial of a search, sorted by its axes."""
    found = list(dict.fromkeys(name for trial in trials for name in trial.metrics))
    names = [name for name in TRIAL_METRICS if name in found]
    names += [name for name in found if name not in names]
    compared = list(dict.fromkeys(trial.best_by for trial in trials if trial.best_by))
    earlier = list(dict.fromkeys([*compared, trials.rank])) if any(trial.last for trial in trials) else []
    return [
        {
            "trial": trial.number,
            **{name: _cell(trial.cell.get(key)) for key, name in trials.axes},
            **{name: trial.metrics.get(name, "") for name in names},
            "seed": trial.config.get("seed", ""),
            "epochs": trial.epoch,
            **_best_epoch(trial, compared, earlier),
            "seconds": trial.seconds,
            "status": trial.state,
        }
        for trial in trials.in_order()
    ]


def _best_epoch(trial: Trial, compared: Sequence[str], earlier: Sequence[str]) -> dict[str, Any]:
    """Which epoch was best, and its value in what it is `compared` by; and of the columns `earlier`, where networks of
    earlier epochs than the last are kept, what the last one came to. No columns where no log tells."""
    if not compared:
        return {}
    last = trial.last or trial.metrics
    return {
        "best_epoch": trial.best_epoch if trial.best_by else "",
        **{f"best_{name}": trial.best_value if name == trial.best_by else "" for name in compared},
        **{f"last_{name}": last.get(name, "") for name in earlier},
    }


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list) else value


def write_trials(trials: Trials, target: Path) -> int:
    """Write the rows of one search, and return how many. Raises RunError."""
    rows = trial_rows(trials)
    columns = ["trial", *(name for _key, name in trials.axes), "seed", "epochs", "seconds", "status"]
    return write_table(target, list(rows[0]) if rows else columns, rows)


def write_csv(run_dirs: Sequence[RunDir], what: What, target: Path, *, named: bool = False) -> int:
    """Write the rows of all runs to `target` and return how many; several runs, or where they are `named`, get a `run`
    column. Raises RunError.

    Steps, of which there may be millions, go through one by one.
    """
    several = named or len(run_dirs) > 1
    if what == "trials":
        return _write_searches(run_dirs, target, named=several)
    for run_dir in run_dirs:
        if (started := read_started(run_dir)) and started.search:
            raise RunError(f"{run_dir.run_id} is a search: write its trials with --what trials, or name one of them")
    table: Iterable[dict[str, Any]] = (
        {**({"run": run_dir.run_id} if several else {}), **row}
        for run_dir in run_dirs
        for row in rows(read_events(run_dir.events), what)
    )
    if what == "steps":
        columns = [*(["run"] if several else []), *STEP_COLUMNS]
    else:
        table = list(table)
        found = list(dict.fromkeys(name for row in table for name in row))
        order = ["run", "epoch", "step", *EPOCH_METRICS]
        columns = [name for name in order if name in found] or ["epoch", "step"]
        columns += [name for name in found if name not in columns]
    return write_table(target, columns, table)


def _write_searches(run_dirs: Sequence[RunDir], target: Path, *, named: bool) -> int:
    tables = []
    for run_dir in run_dirs:
        trials = Trials.fold(read_events(run_dir.events))
        if not run_dir.live:
            trials.cut_off()
        if not trials.search:
            raise RunError(f"{run_dir.run_id} is no search: it has no trials")
        tables.append((run_dir.run_id, trials))
    if not named:
        return write_trials(tables[0][1], target)
    rows = [{"run": run_id, **row} for run_id, trials in tables for row in trial_rows(trials)]
    return write_table(target, list(dict.fromkeys(name for row in rows for name in row)), rows)


def write_table(target: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows one by one, in these columns, and return how many. Raises RunError."""
    n = 0

    def write(file: BinaryIO) -> None:
        nonlocal n
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = CsvWriter(text)
        writer.row(columns)
        for row in rows:
            writer.row([row.get(name, "") for name in columns])
            n += 1
        text.detach()  # flushed; the file is its owner's

    _write(target, write)
    return n


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
    _write(target, lambda file: file.write(text.encode()))


def _write(target: Path, write: Callable[[BinaryIO], object]) -> None:
    check_target(target)
    try:
        in_place = str(target.absolute()).startswith(("/dev/", "/proc/"))  # where links lead to what is open
        if in_place or (target.exists() and not target.is_file()):  # /dev/stdout, a pipe: nothing to replace
            with target.open("wb") as file:
                write(file)
        else:
            write_atomically(target.resolve(), write)
    except OSError as error:
        raise RunError(f"cannot write {target}: {error.strerror or error}") from None
