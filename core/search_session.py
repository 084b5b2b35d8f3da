"""A session of a search: where `search` meets its folder. Each trial that ends becomes a run folder in `trials/`, the
results a table; a checkpoint holds those under way."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from core import export, predict, search_config
from core.errors import RunError
from core.events import (
    Checkpoint,
    CheckpointSaved,
    Event,
    RunResumed,
    Stop,
    StreamCommand,
    TrainingFailed,
    TrialEnded,
    TrialsProgressed,
    Turns,
)
from core.files import is_dir, write_atomically
from core.history import History
from core.run import Recorder
from core.run_dir import EventLog, RunDir, read_events
from core.search import Datasets, SearchState, search
from core.search_config import SearchConfig
from core.search_groups import Left, Member
from core.session import CHECKPOINT_EVERY, Session, make_session, run_started
from core.state import TrainState
from core.study import open_study
from core.trials import Trials


def start(config: SearchConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()) -> Session:
    """As `session.start`, of all trials of a search."""
    datasets = Datasets()
    data = datasets.of(config.base)
    first = config.base.fitted_to(data.facts)
    state = TrainState.new(first, data)
    study = open_study(config, Trials(), {})
    run_dir = RunDir.create(root, config.name, config.to_toml())
    try:
        started = run_started(run_dir, first, state, data, argv)
        event = dataclasses.replace(started, config=config.to_dict(), search=config.facts(study.total))
        files = Files(run_dir, config, History())
        fresh = SearchState.new(config)
        stream = search(config, study, fresh, datasets, files.keep)
        return open_session(files, stream, fresh, event, recorders, EventLog(run_dir))
    except BaseException:
        shutil.rmtree(run_dir.path, ignore_errors=True)
        raise


def resume(run_dir: RunDir, data_dir: str | None = None, recorders: Sequence[Recorder] = ()) -> Session:
    """As `session.resume`, of a search: no trial that is over is trained again, and those under way go on from the
    checkpoint."""
    log = EventLog(run_dir)  # held from here on: what is read now is still so when training begins
    try:
        return _resume(run_dir, data_dir, recorders, log)
    except BaseException:
        log.close()
        raise


def _resume(run_dir: RunDir, data_dir: str | None, recorders: Sequence[Recorder], log: EventLog) -> Session:
    history, trials = read_log(run_dir)
    assert history.run is not None
    config = search_config.load(str(run_dir.config))
    assert isinstance(config, SearchConfig)
    found = data_dir or config.base.data_dir
    if found != config.base.data_dir or (found and not is_dir(found)):
        config = config.moved_to(data_dir)
    datasets = Datasets()
    if datasets.of(config.base).sha256 != history.run.data_sha256:
        raise RunError(f"the data of {run_dir.run_id} has changed since it was started; start a new search instead")
    state = SearchState.new(config)
    files = Files(run_dir, config, history)
    saved = files.load_checkpoint()
    if saved is not None:
        state.load(config, trials, datasets, saved)
    study = open_study(config, trials, state.cells)
    first = RunResumed(step=0, session=history.session + 1, epoch=0)
    stream = search(config, study, state, datasets, files.keep)
    return open_session(files, stream, state, first, recorders, log)


def read_log(run_dir: RunDir) -> tuple[History, Trials]:
    """What the sessions of a search have told so far. Raises RunError where it cannot go on."""
    history = History.fold(read_events(run_dir.events))
    trials = history.trials
    if history.run is None or trials is None:
        raise RunError(f"{run_dir.run_id} ended before it began; start it again: nntui run {run_dir.config}")
    if history.state == "completed":
        raise RunError(f"{run_dir.run_id} is complete: {trials.done} of {trials.total} trials; nothing to resume")
    return history, trials


def open_session(
    files: Files,
    stream: Turns,
    state: SearchState,
    first: Event,
    recorders: Sequence[Recorder],
    log: EventLog,
) -> Session:
    return make_session(files.run_dir, _session(files, stream, state, first), files.history, recorders, log)


def _session(files: Files, stream: Turns, state: SearchState, first: Event) -> Turns:
    """`search` with its files; `state` is where the stream stands."""
    complete: str | None = None
    command: StreamCommand | None = yield first
    begun = False
    while True:
        if isinstance(command, Checkpoint):
            command = yield files.save_checkpoint(state)
        elif isinstance(command, Stop) and not begun:
            break
        else:
            try:
                event = stream.send(command)
            except StopIteration as end:
                complete = end.value
                break
            begun = True
            command = yield event
            if command is None and files.due and isinstance(event, TrialsProgressed | TrialEnded | None):
                command = yield files.save_checkpoint(state)
    if complete is None and files.checkpoints:
        yield files.save_checkpoint(state)
    files.write_results()
    failed = [trial for trial in files.trials if trial.state == "failed"]
    if complete is not None and failed and len(failed) == len(files.trials):
        raise TrainingFailed(f"all {len(failed)} trials failed, the first one because {failed[0].reason}")
    return complete


class Files:
    """What a search leaves in its folder."""

    def __init__(self, run_dir: RunDir, config: SearchConfig, history: History, *, checkpoints: bool = True) -> None:
        """`checkpoints`: whether one is saved now and then, and at the end, of the trials under way."""
        self.run_dir, self.config, self.checkpoints = run_dir, config, checkpoints
        self.history = history
        """Of all that was told so far: the session's summary keeps it up to date."""
        self._next = time.monotonic() + CHECKPOINT_EVERY

    @property
    def trials(self) -> Trials:
        return self.history.trials or Trials()

    @property
    def due(self) -> bool:
        return self.checkpoints and time.monotonic() >= self._next

    def keep(self, member: Member, left: Left) -> str:
        """Make a trial's folder. Nobody looks for it before the log tells of it, so what is cut off here is simply
        trained again."""
        folder = self.run_dir.trial(member.number)
        folder.path.mkdir(parents=True, exist_ok=True)
        for made_up in (folder.events, folder.summary):  # of what it was when somebody looked
            made_up.unlink(missing_ok=True)
        about = {"sizes": member.data.sizes, "sha256": member.data.sha256}
        folder.data.write_text(json.dumps(about), encoding="utf-8")
        folder.config.write_text(member.config.to_toml(), encoding="utf-8")
        folder.inputs.write_text(predict.inputs_text(member.data.inputs), encoding="utf-8")
        for path, weights in ((folder.best, left.best), (folder.model, left.state_dict)):
            if weights is not None:
                torch.save(OrderedDict((name, tensor.cpu()) for name, tensor in weights.items()), path)
        return str(folder.path)

    def save_checkpoint(self, state: SearchState) -> CheckpointSaved:
        began = time.monotonic()
        saved = state.state_dict()
        write_atomically(self.run_dir.checkpoint, lambda file: torch.save(saved, file))
        ended = time.monotonic()
        self._next = ended + max(CHECKPOINT_EVERY, 10 * (ended - began))
        return CheckpointSaved(epoch=0, step=0, path=str(self.run_dir.checkpoint))

    def load_checkpoint(self) -> dict[str, Any] | None:
        """None where the search was cut off before its first one: then only what had ended is there. Raises
        RunError."""
        path = self.run_dir.checkpoint
        try:
            saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception as error:  # torch raises whatever a damaged archive provokes
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunError(
                f"cannot read the checkpoint {path}: {reason}; without the file the trials under way begin again"
            ) from None
        return saved

    def write_results(self) -> None:
        export.write_trials(self.trials, self.run_dir.results)
