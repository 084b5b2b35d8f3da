"""A session of a search: where `search` meets its folder. Each trial that ends becomes a run folder in `trials/`, the
results a table; a checkpoint holds those under way."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from core.data import saved_inputs
from core.errors import ConfigError, RunError
from core.events.commands import TrainingFailed, Turns
from core.events.events import CheckpointSaved, Event, RunResumed, TrialEnded, TrialsProgressed
from core.experiment import open as experiment_open
from core.experiment.data_folder import with_data_found
from core.experiment.rules import fitted_to
from core.experiment.search import SearchConfig
from core.history import numbering
from core.history.history import History
from core.history.trials import Trials
from core.network import checkpoint_files
from core.runs import export
from core.runs.event_log import EventLog, read_events
from core.runs.folder import RunDir
from core.search.groups import Left, Member
from core.search.kept import Kept
from core.search.propose import open_study
from core.search.search import search
from core.search.state import FORMAT, Datasets, SearchState
from core.search.study import told_of
from core.sessions import own_files, resuming
from core.sessions.folders import held, is_complete, new_folder, read_history
from core.sessions.pacing import Pace
from core.sessions.renamed import has_changed, renamed_in_search
from core.sessions.run import Recorder
from core.sessions.savers import CHECKPOINT_EVERY, CHECKPOINT_SHARE, checkpointed
from core.sessions.session import Session, make_session
from core.sessions.started import run_started
from core.sessions.turns import opening, ready
from core.system.files import write_atomically, writing
from core.training.finite import why_spoilt
from core.training.state import TrainState


def start(
    config: SearchConfig,
    root: Path,
    argv: Sequence[str] = (),
    recorders: Sequence[Recorder] = (),
    *,
    into: RunDir | None = None,
) -> Session:
    """As `session.start`, of all trials of a search. `into`: the folder of one that was cut off before its first
    event."""
    datasets = Datasets()
    data = datasets.of(config.base)
    first = fitted_to(config.base, data.facts)
    state = TrainState.new(first, data)
    study = open_study(config, Trials(), {})
    folder = contextlib.nullcontext(into) if into else new_folder(root, config.name, config.to_toml())
    with folder as run_dir, held(run_dir) as log:  # from here on it is a run, whatever happens to this process
        log.clear()
        started = run_started(run_dir, first, state, data, argv)
        fresh = SearchState.new(config)
        about = {**config.facts(study.total), "memory": fresh.memory}
        plain = config.to_dict()
        event = dataclasses.replace(started, config=plain, search=about, components=own_files.keep(run_dir, plain))
        files = Files(run_dir, config, History())
        stream = search(config, study, fresh, datasets, files.keep)
        return open_session(files, stream, fresh, event, recorders, log)


def resume(run_dir: RunDir, data_dir: str | None = None, recorders: Sequence[Recorder] = ()) -> Session:
    """As `session.resume`, of a search: it comes to what it would have come to without the interruption. Trials that
    are over stay as they are; the others go on from the checkpoint, or from their beginning where there is none yet."""
    if never_began(run_dir):
        config = _config_of(run_dir, data_dir)
        return start(config, run_dir.path.parent, sys.argv, recorders, into=run_dir)
    with held(run_dir) as log:
        return _resume(run_dir, data_dir, recorders, log)


def _resume(run_dir: RunDir, data_dir: str | None, recorders: Sequence[Recorder], log: EventLog) -> Session:
    history, trials = read_log(run_dir)
    assert history.run is not None
    config = experiment_open.load(str(run_dir.config))
    if isinstance(config, SearchConfig):
        resuming.check_search(run_dir, history, config.to_dict())
    config = _config_of(run_dir, data_dir)
    if doubt := numbering.doubt(trials):
        raise RunError(f"{run_dir.run_id} cannot go on: {doubt}; start it again: nntui run {run_dir.config}")
    datasets = Datasets()
    data = datasets.of(config.base)
    changed = renamed_in_search(run_dir, config.base, data.inputs)
    if changed or data.sha256 != history.run.data_sha256:
        raise RunError(has_changed(run_dir.run_id, changed, data.inputs, "search"))
    known = history.run.search.get("memory")
    state = SearchState.new(config, None if known is None or config.keys.prune == "none" else float(known))
    state.over = {trial.number: told_of(trial, trials) for trial in trials if trial.over}
    files = Files(run_dir, config, history)
    found = files.read_checkpoint()
    if found is not None:
        state.load(config, datasets, found.saved)
    if found.saved["format"] < FORMAT if found else files.was_saved:
        state.catch_up(trials)
        if config.keys.prune != "none":
            why = "its checkpoint is of an earlier version" if found else "its checkpoint is gone"
            files.notes.append(f"{why}: other trials may be pruned than without the interruption")
    study = open_study(config, trials, state.cells, state.given)
    threads = torch.get_num_threads()
    notes = [*files.notes, *resuming.other_threads(history, threads)]
    if found is not None:  # only now: it has proved good
        checkpoint_files.restore(found, run_dir.checkpoint)
    first = RunResumed(step=0, session=history.session + 1, epoch=0, notes=notes, threads=threads)
    stream = search(config, study, state, datasets, files.keep)
    return open_session(files, stream, state, first, recorders, log)


def never_began(run_dir: RunDir) -> bool:
    """Whether it is the folder of a search that was cut off before it told of anything."""
    if next(read_events(run_dir.events), None) is not None:
        return False
    try:
        return isinstance(experiment_open.load(str(run_dir.config)), SearchConfig)
    except ConfigError:
        return False


def _config_of(run_dir: RunDir, data_dir: str | None) -> SearchConfig:
    """The search of a folder, with its data where they are now."""
    config = experiment_open.load(str(run_dir.config))
    if not isinstance(config, SearchConfig):
        raise RunError(f"{run_dir.config} has been changed: it is no search any more")
    return with_data_found(config, data_dir)


def read_log(run_dir: RunDir) -> tuple[History, Trials]:
    """What the sessions of a search have told so far. Raises RunError where it cannot go on."""
    history = read_history(run_dir)
    assert history.trials is not None
    if history.state == "completed":
        raise is_complete(run_dir, history)
    return history, history.trials


def open_session(
    files: Files,
    stream: Turns,
    state: SearchState,
    first: Event,
    recorders: Sequence[Recorder],
    log: EventLog,
) -> Session:
    """A session of `stream`, which is `search` where `state` stands, with its files."""
    stream = with_results(checkpointed(ready(stream), Checkpoints(files, state)), files)
    return make_session(files.run_dir, opening([first], stream), files.history, recorders, log)


def with_results(stream: Turns, files: Files) -> Turns:
    """`stream` with the table of its trials at the end. Raises TrainingFailed where all of them failed."""
    complete = yield from stream
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
        self.notes: list[str] = []
        """What there is to say of the checkpoint that was loaded."""

    @property
    def trials(self) -> Trials:
        return self.history.trials or Trials()

    def keep(self, member: Member, left: Left, kept: Kept) -> str:
        """Make a trial's folder. Nobody looks for it before the log tells of it, so what is cut off here is simply
        trained again; until its config is there it is no trial, and no file in it is ever half of one."""
        folder = self.run_dir.trial(member.number)
        with writing(folder.path):
            folder.path.mkdir(parents=True, exist_ok=True)
        for before in (folder.config, folder.model, folder.best, folder.events, folder.summary):
            with writing(before):  # of when it was cut off, or of what it was when somebody looked
                before.unlink(missing_ok=True)
        about = {"sizes": member.data.sizes, "sha256": member.data.sha256}
        _write_text(folder.data, json.dumps(about))
        _write_text(folder.inputs, saved_inputs.inputs_text(member.data.inputs))
        best = kept.weights if left.best is not None else None  # both files: model.pt is what is asked by default
        for path, weights in ((folder.best, best), (folder.model, kept.weights)):
            if weights is not None and not why_spoilt(weights.values(), 0):
                saved = OrderedDict((name, tensor.cpu()) for name, tensor in weights.items())
                write_atomically(path, partial(torch.save, saved), durable=False)
        _write_text(folder.config, member.config.to_toml())  # last: a folder with its config is whole
        return str(folder.path)

    @property
    def was_saved(self) -> bool:
        """Whether the log tells of a checkpoint."""
        return any(isinstance(event, CheckpointSaved) for event in read_events(self.run_dir.events, wanted=_of_saving))

    def read_checkpoint(self) -> checkpoint_files.Read | None:
        """None where the search was cut off before its first one: then only what had ended is there. Raises
        RunError."""
        try:
            found = checkpoint_files.read(self.run_dir.checkpoint)
        except FileNotFoundError:
            return None
        except RunError as error:
            raise RunError(f"{error}; without the file the trials under way begin again") from None
        self.notes = [found.note] if found.note else []
        return found

    def write_results(self) -> None:
        export.write_trials(self.trials, self.run_dir.results)


class Checkpoints:
    """Of a search: the trials under way."""

    def __init__(self, files: Files, state: SearchState) -> None:
        self._files, self._state = files, state
        self._pace = Pace(CHECKPOINT_EVERY, CHECKPOINT_SHARE)

    @property
    def ready(self) -> bool:
        return self._state.whole

    def saw(self, event: Event | None) -> None:
        """Nothing that is told makes the latest one stale."""

    def due(self, event: Event | None) -> bool:
        at_rest = self.ready and isinstance(event, TrialsProgressed | TrialEnded | None)
        return at_rest and self._files.checkpoints and self._pace.due

    def left(self, complete: str | None) -> bool:
        return complete is None and self._files.checkpoints

    def save(self) -> CheckpointSaved:
        run_dir = self._files.run_dir
        with self._pace.doing():
            saved = self._state.state_dict()
            with run_dir.events.open("rb") as log:
                os.fsync(log.fileno())  # what it takes for told must not be lost where it is not
            checkpoint_files.write(run_dir.checkpoint, saved)
        return CheckpointSaved(epoch=0, step=0, path=str(run_dir.checkpoint))


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()), durable=False)


def _of_saving(line: bytes) -> bool:
    return b'"CheckpointSaved"' in line
