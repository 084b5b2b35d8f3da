"""A trial of a search as a run of its own: its folder gets a log, made of what the search's log tells of it. Runs are
found by it without loading PyTorch."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.components.learning_rate import LearningRate
from core.components.plateau import Watched
from core.errors import RunError, UserError
from core.events.codec import encode
from core.events.events import (
    BestModelSaved,
    EpochEnded,
    Evaluated,
    Event,
    ModelSaved,
    RunEnded,
    RunStarted,
    Split,
    Status,
    StepsEnded,
)
from core.experiment import resolve
from core.history.trials import Trial, Trials
from core.runs import find as runs_find
from core.runs.event_log import read_events, read_started
from core.runs.folder import RunDir
from core.system.files import is_file, write_atomically

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def find(name: str, root: Path) -> RunDir:
    """As `run_dir.find`; `RUN/NUMBER` means a trial of a search. Raises RunError."""
    run, slash, number = name.rstrip("/").rpartition("/")
    run = run.removesuffix("/trials")
    if slash and re.fullmatch("[0-9]{1,9}", number) and run not in ("", ".", ".."):
        try:
            found = runs_find.find(run, root)
        except RunError:
            if not is_file(Path(name) / "events.jsonl"):
                raise
        else:
            return open_trial(found, int(number))
    return runs_find.find(name, root)


def open_trial(search: RunDir, number: int) -> RunDir:
    """The run folder of a trial that is over. Raises RunError."""
    started = read_started(search)
    if started is None or not started.search:
        raise RunError(f"{search.run_id} is no search: it has no trial {number}")
    found = search.trial(number)
    if is_file(found.events):
        return found
    trials = Trials.fold(read_events(search.events))
    if not search.live:
        trials.cut_off()
    trial = trials.by_number.get(number)
    if trial is None:
        raise RunError(f"{search.run_id} has no trial {number}; it has {_some(trials)}")
    if trial.state == "stopped":
        raise RunError(f"trial {number} of {search.run_id} is not over; go on with: nntui resume {search.run_id}")
    if trial.state == "running":
        raise RunError(f"trial {number} of {search.run_id} is still training; its curves are in the search")
    if not is_file(found.config):
        where = f" It was trained by {trial.worker}" if trial.worker else ""
        raise RunError(f"trial {number} of {search.run_id} has no model here: {trial.reason or trial.state}.{where}")
    lines = [encode(event) + "\n" for event in _numbered(events_of(found, started, trial))]
    try:
        write_atomically(found.events, lambda file: file.write("".join(lines).encode()), durable=False)
    except OSError as error:
        raise RunError(f"cannot write {found.events}: {error.strerror or error}") from None
    return found


def _some(trials: Trials) -> str:
    numbers = sorted(trials.by_number)
    return f"{numbers[0]} to {numbers[-1]}" if numbers else "none yet"


def events_of(folder: RunDir, search: RunStarted, trial: Trial) -> Iterator[Event]:
    """What the trial's own log would tell, as far as it is known: the metrics of the epochs that the search's log has,
    but no batch losses."""
    from core.data.saved_inputs import read_inputs
    from core.network.layers import count_parameters, layers_of
    from core.network.predict import fresh_model

    run_config = resolve.load(str(folder.config))
    inputs = read_inputs(folder)
    model = fresh_model(run_config, inputs)
    about = _about_data(folder, search)
    sizes: dict[str, int] = about["sizes"]
    per_epoch = math.ceil(sizes["train"] / run_config.batch_size)
    rate, watched, base = LearningRate.of(run_config, sizes["train"]), Watched(), float(run_config.optimizer["lr"])
    yield RunStarted(
        run_id=folder.run_id,
        config=run_config.to_dict(),
        parameters=count_parameters(model),
        layers=layers_of(run_config, model, inputs.shape),
        steps_per_epoch=per_epoch,
        sizes=sizes,
        data_sha256=about["sha256"],
        device=search.device,
        versions=search.versions,
        host=search.host,
        git_commit=search.git_commit,
        argv=search.argv,
        seed=run_config.seed,
        started=search.started,
    )
    curves, judged = trial.curves, 0
    for i, epoch in enumerate(curves.epochs):
        t = trial.seconds * epoch / max(1, trial.epoch)
        if epoch:
            yield StepsEnded(
                t=t,
                epoch=epoch,
                first_step=epoch * per_epoch + 1,
                losses=[],
                lr=rate.at(base, epoch * per_epoch - 1, watched.drops)
                if rate.monitor is None or judged == epoch - 1
                else math.nan,  # it depends on epochs that the search has not told of
                samples=0,
                seconds=0.0,
                grad_norm=math.nan,
            )
        values = {name: column[i] for name, column in curves.columns.items() if not math.isnan(column[i])}
        for split in SPLITS:
            found = {name.removeprefix(f"{split}_"): v for name, v in values.items() if name.startswith(f"{split}_")}
            if split == "train":
                found |= {name: value for name, value in values.items() if name.startswith("last_batch")}
            if found and split in sizes:
                size = run_config.evaluate.batch_size or run_config.batch_size
                batches = math.ceil(sizes[split] / size)
                yield Evaluated(
                    t=t,
                    epoch=epoch,
                    step=epoch * per_epoch,
                    split=split,
                    n=sizes[split],
                    metrics=found,
                    batch_loss_sum=found.get("loss", math.nan) * batches,
                    batches=batches,
                    seconds=0.0,
                )
        if epoch:
            rate.judge(watched, base, epoch, epoch * per_epoch, values)
            judged = epoch if judged == epoch - 1 else -1
            yield EpochEnded(t=t, epoch=epoch, step=epoch * per_epoch, seconds=trial.seconds / max(1, trial.epoch))
    step = trial.kept_epoch * per_epoch
    if is_file(folder.best) and trial.best_by:
        yield BestModelSaved(
            t=trial.seconds,
            epoch=trial.kept_epoch,
            step=step,
            metric=trial.best_by,
            value=trial.best_value,
            path=str(folder.best),
        )
    if is_file(folder.model):
        yield ModelSaved(t=trial.seconds, step=step, path=str(folder.model))
    status: Status = "completed" if trial.state == "completed" else "failed" if trial.state == "failed" else "stopped"
    reason = f"pruned: {trial.reason}" if trial.state == "pruned" else trial.reason
    yield RunEnded(t=trial.seconds, status=status, reason=reason, run_id=folder.run_id)


def _about_data(folder: RunDir, search: RunStarted) -> dict[str, Any]:
    """The sizes and the fingerprint of a trial's own data; those of the search where its folder does not tell."""
    try:
        about: dict[str, Any] = json.loads(folder.data.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"sizes": search.sizes, "sha256": search.data_sha256}
    return about


def _numbered(events: Iterator[Event]) -> Iterator[Event]:
    for seq, event in enumerate(events):
        yield dataclasses.replace(event, seq=seq)


def check_is_one(run: RunDir) -> None:
    """Raise UserError for a search, where one network is wanted; it names the best one."""
    started = read_started(run)
    if started is None or not started.search:
        return
    trials = Trials.fold(read_events(run.events))
    over = [trial for trial in trials if trial.state == "completed"] or [t for t in trials if t.state == "pruned"]
    best = [trial for trial in trials.best if trial.state in ("completed", "pruned")] or over
    example = str(best[0].number) + " (pruned)" * (best[0].state == "pruned") if best else "1"
    raise UserError(f"{run.run_id} is a search; choose one of its networks, such as {run.run_id}/{example}")
