"""The folder of a session: made anew, and taken away where the session cannot begin; or held, with what the sessions
before have told."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.errors import RunError
from core.history.history import History
from core.runs import leftovers
from core.runs.event_log import EventLog, read_events
from core.runs.folder import RunDir


@contextlib.contextmanager
def new_folder(root: Path, name: str, config: str) -> Iterator[RunDir]:
    """A run folder with `config` as its config.toml; it is gone again where what is done with it fails."""
    run_dir = RunDir.create(root, name, config)
    try:
        yield run_dir
    except BaseException:
        shutil.rmtree(run_dir.path, ignore_errors=True)
        raise


@contextlib.contextmanager
def held(run_dir: RunDir) -> Iterator[EventLog]:
    """The log of a run that is opened again, closed where that fails. It is held from here on: what is read now is
    still so when training begins. Raises RunError where another process holds it."""
    log = EventLog(run_dir)
    try:
        leftovers.remove(run_dir)
        yield log
    except BaseException:
        log.close()
        raise


def read_history(run_dir: RunDir, *, anew: bool = False) -> History:
    """What the sessions so far have told. Raises RunError where not even the beginning is there, unless the run may
    begin `anew`."""
    history = History.fold(read_events(run_dir.events))
    if history.run is None and not anew:
        raise RunError(f"{run_dir.run_id} ended before it began; start it again: nntui run {run_dir.config}")
    return history


def is_complete(run_dir: RunDir, history: History) -> RunError:
    """That it is, with how much was to be done, and how it is made longer."""
    run_id = run_dir.run_id
    if (trials := history.trials) is not None:
        return RunError(f"{run_id} is complete: {trials.done} of {trials.total} trials; nothing to resume")
    done = f"{run_id} is complete: {history.epoch} of {history.epochs} epochs"
    if history.reason:
        key = ended_by(history)
        return RunError(
            f"{done} ({history.reason}); nothing to resume. To go on past that: nntui resume {run_id} --set {key}=none"
        )
    config = history.run.config if history.run else {}
    if config.get("iterations"):
        more = f"--set iterations={2 * int(config['iterations'])}"
    else:
        more = f"--epochs {2 * history.epochs}"
    return RunError(f"{done}; nothing to resume. To train it longer: nntui resume {run_id} {more}")


def ended_by(history: History) -> str:
    """The key of the condition that ended a complete run before its last epoch; empty where none did."""
    if history.state != "completed" or not history.reason:
        return ""
    return "stop.target" if " reached in epoch " in history.reason else "stop.patience"
