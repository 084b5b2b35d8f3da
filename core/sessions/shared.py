"""A session of a search that several processes share: `search` over a stored study, with what the others do told among
its own events, so that each process's log, table and screen show all trials."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch

from core.data.parts import Data
from core.errors import ConfigError, RunError
from core.events.commands import StreamCommand, TrainingFailed, Turns
from core.events.events import Event, RunResumed, TrialEnded, TrialsProgressed, TrialStarted
from core.experiment.axes import Cell
from core.experiment.data_folder import data_folder
from core.experiment.rules import fitted_to
from core.experiment.search import SearchConfig
from core.history.history import History
from core.history.trials import Trial
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.search.search import search
from core.search.shared import known as shared_known
from core.search.shared import storage
from core.search.shared.courier import WAIT, Courier
from core.search.shared.known import GRACE, Elsewhere, Known, Worker
from core.search.shared.storage import Storage, StorageLost
from core.search.shared.study import Stored
from core.search.state import Datasets, SearchState
from core.sessions import resuming
from core.sessions.folders import held, new_folder
from core.sessions.run import Recorder
from core.sessions.search import Files, open_session, read_log
from core.sessions.session import Session
from core.sessions.started import run_started
from core.system.files import is_file
from core.training.state import TrainState

PATIENCE = 60.0
"""Seconds that a worker with nothing to train waits for a storage that does not answer."""

Fitted: TypeAlias = Callable[[int, Cell], dict[str, Any]]
"""The whole config of a trial, given its number and cell; empty where its values do not go together."""


def start(
    config: SearchConfig,
    root: Path,
    url: str,
    argv: Sequence[str] = (),
    recorders: Sequence[Recorder] = (),
    *,
    workers: int = 1,
    grace: float = GRACE,
) -> Session:
    """As `search_session.start`, of a search that others may join: its study is made in the storage at `url`.

    `workers` are announced to come, this one among them; `grace`: seconds without a sign of life until a worker counts
    as dead. Raises UserError before anything is written.
    """
    datasets = Datasets()
    data = datasets.of(config.base)
    with _closed_if_it_fails(storage.open_storage(url, create=True)) as opened:
        made: list[Known] = []

        def make() -> Known:
            made.append(shared_known.create(opened, config, data.sha256, grace=grace, workers=workers))
            return made[0]

        try:
            return _begin(opened, make, config, root, datasets, data, _clean(argv, url, opened), recorders)
        except BaseException:
            if made:
                with contextlib.suppress(StorageLost):  # the name stays taken; what is told is why it could not begin
                    shared_known.delete(opened, made[0])
            raise


def join(
    name: str,
    root: Path,
    url: str,
    argv: Sequence[str] = (),
    recorders: Sequence[Recorder] = (),
    *,
    data_dir: str | None = None,
) -> Session:
    """A session that helps with the search `name` in the storage at `url`, in a run folder of its own. Raises UserError
    before anything is written or trained."""
    with _closed_if_it_fails(storage.open_storage(url, create=False)) as opened:
        known = shared_known.find(opened, name)
        config = known.config.with_data_dir(data_dir)
        datasets = Datasets()
        data = _same_data(datasets, config, known, opened)
        return _begin(opened, lambda: known, config, root, datasets, data, _clean(argv, url, opened), recorders)


def resume(run_dir: RunDir, data_dir: str | None = None, recorders: Sequence[Recorder] = ()) -> Session:
    """A new session of a worker: it joins its study again. What it had under way begins anew, here or elsewhere. The
    password of the storage comes from PGPASSWORD or ~/.pgpass: none is kept in the run's folder."""
    with held(run_dir) as log:
        history, trials = read_log(run_dir)
        assert history.run is not None
        about = history.run.search
        with _closed_if_it_fails(storage.open_storage(str(about["storage"]), create=False)) as opened:
            known = shared_known.find(opened, str(about["study"]))
            config = known.config.with_data_dir(data_folder(history.run.config.get("data_dir"), data_dir))
            datasets = Datasets()
            data = _same_data(datasets, config, known, opened)
            over = [trial for trial in trials if trial.state in ("completed", "pruned", "failed")]
            stored = Stored(opened, known, _worker(run_dir), [trial.number for trial in over])
            try:
                stored.settle_before([_end_told(trial) for trial in over if trial.path])
            except StorageLost as error:
                raise RunError(f"cannot write to the storage {opened.url}: {error}") from None
            threads = torch.get_num_threads()
            notes = resuming.other_threads(history, threads)
            first = RunResumed(step=0, session=history.session + 1, epoch=0, notes=notes, threads=threads)
            return _open(stored, config, run_dir, datasets, data, first, history, recorders, log)


def _end_told(trial: Trial) -> TrialEnded:
    """The end of a trial that is over, as an earlier session of this worker has told it."""
    assert trial.state in ("completed", "pruned", "failed")
    return TrialEnded(
        number=trial.number,
        status=trial.state,
        reason=trial.reason,
        epochs=trial.epoch,
        seconds=trial.seconds,
        metrics=trial.metrics,
        best_epoch=trial.best_epoch,
        best_by=trial.best_by,
        best_value=trial.best_value,
        last=trial.last,
    )


@contextlib.contextmanager
def _closed_if_it_fails(opened: Storage) -> Iterator[Storage]:
    try:
        yield opened
    except BaseException:
        opened.close()
        raise


def _same_data(datasets: Datasets, config: SearchConfig, known: Known, opened: Storage) -> Data:
    data = datasets.of(config.base)
    if data.sha256 != known.data_sha256:
        raise RunError(
            f"the data here differs from that of the search {known.name} in {opened.url}: "
            f"{config.base.dataset['name']} has the SHA-256 {data.sha256[:12]}… here and {known.data_sha256[:12]}… "
            "there; train on the same files"
        )
    return data


def _begin(
    opened: Storage,
    make: Callable[[], Known],
    config: SearchConfig,
    root: Path,
    datasets: Datasets,
    data: Data,
    argv: Sequence[str],
    recorders: Sequence[Recorder],
) -> Session:
    """The first session of a worker. `make` finds its study, or makes it."""
    first = fitted_to(config.base, data.facts)
    state = TrainState.new(first, data)
    with new_folder(root, config.name, config.to_toml()) as run_dir:
        known = make()
        started = run_started(run_dir, first, state, data, argv)
        about = {**config.facts(known.total), "study": known.name, "storage": opened.url}
        event = dataclasses.replace(started, config=config.to_dict(), search=about)
        stored = Stored(opened, known, _worker(run_dir))
        log = EventLog(run_dir)
        return _open(stored, config, run_dir, datasets, data, event, History(), recorders, log)


def _open(
    stored: Stored,
    config: SearchConfig,
    run_dir: RunDir,
    datasets: Datasets,
    data: Data,
    first: Event,
    history: History,
    recorders: Sequence[Recorder],
    log: EventLog,
) -> Session:
    def fitted(number: int, cell: Cell) -> dict[str, Any]:
        try:
            return fitted_to(config.trial(cell, number), data.facts).to_dict()
        except ConfigError:
            return {}

    files, state = Files(run_dir, config, history, checkpoints=False), SearchState.new(config)
    stream = search(config, stored, state, datasets, files.keep)
    shared = _shared(stream, state, stored, run_dir, fitted, files)
    return open_session(files, shared, state, first, recorders, log)


def _worker(run_dir: RunDir) -> Worker:
    """Its id is the same in all sessions of a run, and on no other machine, should the folder be copied there."""
    host = socket.gethostname()
    return Worker(f"{host}/{run_dir.run_id}", f"{host}:{os.getpid()}")


def _clean(argv: Sequence[str], url: str, opened: Storage) -> list[str]:
    return [argument.replace(url, opened.url) for argument in argv]


def _shared(stream: Turns, state: SearchState, stored: Stored, run_dir: RunDir, fitted: Fitted, files: Files) -> Turns:
    """`search` with what the other workers do among its events. A trial's end is told once the storage has it; where it
    was given to another worker meanwhile it is not told at all."""
    courier = Courier(stored)
    told: deque[Event] = deque()
    waiting: dict[int, TrialEnded] = {}
    """Ended here; not stored yet."""
    command: StreamCommand | None = None
    complete: str | None = None
    failed: TrainingFailed | None = None
    courier.start()
    try:
        while True:
            try:
                event = stream.send(command)
            except StopIteration as end:
                complete = end.value
                break
            match event:
                case TrialStarted():
                    told.append(dataclasses.replace(event, worker=stored.worker.name))
                case TrialsProgressed():
                    courier.progress(event)
                    told.append(event)
                case TrialEnded():
                    waiting[event.number] = event
                    courier.end(event)
                case None:
                    pass
                case _:
                    told.append(event)
            _take(courier, told, waiting, state, stored, run_dir, fitted)
            command = yield (told.popleft() if told else None)
            while told and command is None:
                command = yield told.popleft()
            if not state.groups and courier.silent_for > PATIENCE:
                failed = TrainingFailed(
                    f"the storage {stored.storage.url} has not answered for {courier.silent_for:.0f} seconds: "
                    f"{courier.trouble}; once it does: nntui resume {run_dir.run_id}"
                )
                break
        if complete is not None:
            since = time.monotonic()
            while not courier.has_looked_since(since) and courier.silent_for <= PATIENCE:
                yield None
                time.sleep(WAIT)
        courier.close()
        courier.leave()
        _take(courier, told, waiting, state, stored, run_dir, fitted)
        told.extend(waiting.values())  # the storage is gone: they are handed in when the run is resumed
        while told:
            yield told.popleft()
        if complete is not None:
            yield from _unsettled(stored, files)
        if failed is not None:
            raise failed
        return complete
    finally:
        courier.close()
        courier.leave()
        stored.storage.close()


def _unsettled(stored: Stored, files: Files) -> Turns:
    """How trials ended that the log still has under way, though all are over: what this worker told of them was not
    what counted."""
    with contextlib.suppress(StorageLost):
        for each in stored.ends_of([trial.number for trial in files.trials if not trial.over]):
            yield _end_of(each, stored, files.run_dir)
    return None


def _end_of(each: Elsewhere, stored: Stored, run_dir: RunDir) -> TrialEnded:
    """How a trial ended, as the storage has it."""
    assert each.ended is not None
    folder = run_dir.trial(each.number)
    own = each.worker.id == stored.worker.id and is_file(folder.config)  # its log was cut off before it had this
    return dataclasses.replace(each.ended, path=str(folder.path) if own else "")


def _take(
    courier: Courier,
    told: deque[Event],
    waiting: dict[int, TrialEnded],
    state: SearchState,
    stored: Stored,
    run_dir: RunDir,
    fitted: Fitted,
) -> None:
    """Turn what the courier has brought into events."""
    courier.check()
    for number, counts in courier.settled():
        event = waiting.pop(number)
        if counts:
            told.append(event)
    for seen in courier.seen():
        for number in seen.lost:
            state.forget(number)
        for each in seen.trials:
            if not each.begun:
                config = fitted(each.number, each.cell)
                started = TrialStarted(number=each.number, cell=each.cell, config=config, worker=each.worker.name)
                told.append(started)
            if each.ended is None:
                continue
            told.append(_end_of(each, stored, run_dir))
            state.pruner.saw(
                each.number, each.ended.epochs, each.ended.metrics.get(stored.known.config.rank, float("nan"))
            )
        for progress in seen.progress:
            event_of = TrialsProgressed(
                numbers=progress["numbers"],
                epochs=progress["epochs"],
                columns=progress["columns"],
                kept=progress.get("kept", []),  # workers of versions before do not tell it
            )
            told.append(event_of)
            for i, score in enumerate(event_of.columns.get(stored.known.config.rank, [])):
                state.pruner.saw(event_of.numbers[i], event_of.epochs[i], score)
