"""A session of a search that several processes share: a worker's run folder over a study in a storage, begun, joined
or gone on with."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from core.data.parts import Data
from core.errors import ConfigError, RunError
from core.events.events import Event, RunResumed
from core.experiment.axes import Cell
from core.experiment.data_folder import data_folder
from core.experiment.rules import fitted_to
from core.experiment.search import SearchConfig
from core.history.history import History
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.search.search import search
from core.search.shared import known as shared_known
from core.search.shared import storage
from core.search.shared.known import GRACE, Known, Worker
from core.search.shared.merged import Merged
from core.search.shared.storage import Storage, StorageLost
from core.search.shared.study import Stored
from core.search.state import Datasets, SearchState
from core.sessions import own_files, resuming
from core.sessions.folders import held, new_folder
from core.sessions.run import Recorder
from core.sessions.search import Files, open_session, read_log
from core.sessions.session import Session
from core.sessions.started import run_started
from core.training.state import TrainState


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
            over = [trial for trial in trials if trial.over]
            stored = Stored(opened, known, _worker(run_dir), [trial.number for trial in over])
            own = [trial.ended() for trial in over if trial.path]
            try:
                stored.settle_before(own)
            except StorageLost as error:
                raise RunError(f"cannot write to the storage {opened.url}: {error}") from None
            threads = torch.get_num_threads()
            notes = resuming.other_threads(history, threads)
            first = RunResumed(step=0, session=history.session + 1, epoch=0, notes=notes, threads=threads)
            return _open(stored, config, run_dir, datasets, data, first, history, recorders, log)


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
        plain = config.to_dict()
        event = dataclasses.replace(started, config=plain, search=about, components=own_files.keep(run_dir, plain))
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
    merged = Merged(stored, state, run_dir, fitted, lambda: files.trials)
    return open_session(files, merged.turns(stream), state, first, recorders, log)


def _worker(run_dir: RunDir) -> Worker:
    """Its id is the same in all sessions of a run, and on no other machine, should the folder be copied there."""
    host = socket.gethostname()
    return Worker(f"{host}/{run_dir.run_id}", f"{host}:{os.getpid()}")


def _clean(argv: Sequence[str], url: str, opened: Storage) -> list[str]:
    return [argument.replace(url, opened.url) for argument in argv]
