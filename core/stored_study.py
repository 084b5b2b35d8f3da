"""A search that several processes share: an Optuna study in a storage, of which each is a worker.

Every trial is a row, its number one more than Optuna's. It waits, is under way at one worker, or is over, and a dead
worker's trials wait again: so each cell is trained to its end once, with the same number and therefore the same seed
whoever trains it. All that changes a study is done in transactions that begin by locking the study's own row: one
comes after the other, and nobody acts on what has changed meanwhile.
"""

from __future__ import annotations

import json
import math
import threading
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError

from core import __version__, search_config
from core.errors import ConfigError, RunError
from core.events import TrialEnded
from core.search_config import Cell, SearchConfig
from core.storage import Storage, StorageLost
from core.study import BATCH, Asked, Proposed, Told, listed_cells
from core.study_rows import (
    ATTRIBUTES,
    DIRECTIONS,
    HEARTBEATS,
    PARAMS,
    STUDIES,
    STUDY_ATTRIBUTES,
    TRIALS,
    VALUES,
    attributes_of,
    chunks,
    execute,
    insert,
    insert_trials,
    set_attributes,
)
from core.trials import Trial, Trials

FORMAT = 1
"""Of what is stored in a study."""
GRACE = 30.0
"""Seconds without a sign of life, after which a worker's trials are given to others."""
BEATS = 6
"""Signs of life in that time."""
ASK_EVERY = 0.3
"""Seconds between two looks whether there is something to train, where there was nothing."""
WORTH_IT = 4.0
"""Seconds of training that a worker takes at least, of the trials that it gets: asking costs time as well."""
DEATHS = 5
"""Workers that may die over a trial. Before the last one it is trained by itself, so that it takes no other along."""
MOST = 2048
"""Trials that a worker takes at a time."""

STUDY, WORKER = "nntui", "worker "
"""Attributes of a study: what it is, and what each worker (its id follows) is doing."""

_STATES = {"completed": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
BEST = ("best_epoch", "best_by", "best_value", "last")
"""Of TrialEnded; an attribute of their own, so that versions before can read the result."""
UNFINISHED = (TrialState.WAITING, TrialState.RUNNING)

FOREIGN: Mapping[str, Any] = {
    "status": "failed",
    "reason": "ended by another program",
    "epochs": 0,
    "seconds": 0.0,
    "metrics": {},
}
"""The result of a trial that nntui did not end: Optuna's own tools can."""


@dataclass(frozen=True)
class Worker:
    """A process that trains trials of a study."""

    id: str
    """Its own over all its sessions, and no other's."""
    name: str
    """For people: `host:pid`."""

    def written(self) -> str:
        return json.dumps({"id": self.id, "name": self.name})

    @classmethod
    def read(cls, text: str) -> Worker:
        found = json.loads(text)
        return cls(str(found["id"]), str(found["name"]))


@dataclass(frozen=True)
class Known:
    """A study as its storage describes it."""

    study_id: int
    name: str
    config: SearchConfig
    """With the data folder of no machine in particular."""
    total: int
    """Networks that it trains, at most."""
    data_sha256: str
    grace: float
    workers: int
    """That were announced when it began."""


@dataclass(frozen=True)
class Elsewhere:
    """A trial that another session trains, or has trained."""

    number: int
    cell: Cell
    worker: Worker
    ended: TrialEnded | None = None
    """How; None while it is under way."""
    begun: bool = False
    """Whether it was told of before."""


@dataclass
class Seen:
    """What a look into the storage found that had not been there before."""

    trials: list[Elsewhere] = field(default_factory=list)
    progress: list[Mapping[str, Any]] = field(default_factory=list)
    """Of other workers: `numbers`, `epochs` and `columns`, as TrialsProgressed has them."""
    lost: list[int] = field(default_factory=list)
    """Trials that were given to another while this worker was out of reach."""


def create(
    storage: Storage, config: SearchConfig, data_sha256: str, *, grace: float = GRACE, workers: int = 1
) -> Known:
    """Make the study of a search, all at once. Raises RunError where its name is taken."""
    listed = config.keys.method != "tpe"
    cells = listed_cells(config) if listed else []
    total = len(cells) * config.keys.repeats if listed else config.n_trials
    tables = {key: value for key, value in config.to_dict().items() if key != "data_dir"}
    about = {
        "format": FORMAT,
        "version": __version__,
        "config": search_config.resolve(tables).to_toml(),
        "trials": total,
        "data_sha256": data_sha256,
        "grace": grace,
        "workers": workers,
    }
    try:
        with storage.writing() as connection:
            connection.execute(sa.insert(STUDIES).values(study_name=config.name))
            study_id = connection.scalar(sa.select(STUDIES.c.study_id).where(STUDIES.c.study_name == config.name))
            assert study_id is not None
            direction = StudyDirection.MINIMIZE if config.lower_is_better else StudyDirection.MAXIMIZE
            connection.execute(sa.insert(DIRECTIONS).values(study_id=study_id, objective=0, direction=direction))
            rows = [cells[i % len(cells)] for i in range(total)] if listed else []
            insert_trials(connection, study_id, config, 1, rows, TrialState.WAITING)
            connection.execute(
                sa.insert(STUDY_ATTRIBUTES).values(study_id=study_id, key=STUDY, value_json=json.dumps(about))
            )
    except IntegrityError:
        raise RunError(
            f"there is a search named {config.name} in {storage.url} already: join it with nntui worker {config.name} "
            f"--storage {storage.url}, or give this one another name with --set name=NAME"
        ) from None
    except StorageLost as error:
        raise RunError(f"cannot write to the storage {storage.url}: {error}") from None
    return find(storage, config.name)


def find(storage: Storage, name: str) -> Known:
    """Raises RunError where there is no such study, or none that can be trained here."""
    try:
        with storage.reading() as connection:
            found = connection.execute(
                sa.select(STUDIES.c.study_id, STUDY_ATTRIBUTES.c.value_json)
                .select_from(STUDIES)
                .outerjoin(
                    STUDY_ATTRIBUTES,
                    sa.and_(STUDY_ATTRIBUTES.c.study_id == STUDIES.c.study_id, STUDY_ATTRIBUTES.c.key == STUDY),
                )
                .where(STUDIES.c.study_name == name)
            ).one_or_none()
            names = [] if found else list(connection.scalars(sa.select(STUDIES.c.study_name).limit(4)))
    except StorageLost as error:
        raise RunError(f"cannot read the storage {storage.url}: {error}") from None
    if found is None:
        there = f"; there are {', '.join(names[:3])}{', …' * (len(names) > 3)}" if names else "; it is empty"
        raise RunError(f"no search named {name!r} in {storage.url}{there}")
    if found.value_json is None:
        raise RunError(f"the study {name} in {storage.url} is none of nntui's")
    about = json.loads(found.value_json)
    if about.get("format") != FORMAT:
        raise RunError(
            f"the search {name} in {storage.url} was made by another version of nntui ({about.get('version')}, format "
            f"{about.get('format')}; this is {__version__}, format {FORMAT}): use the same one everywhere"
        )
    try:
        config = search_config.resolve(tomllib.loads(about["config"]))
    except ConfigError as error:
        raise RunError(
            f"the search {name} in {storage.url} cannot be trained by this version of nntui ({__version__}; it was "
            f"made by {about['version']}): {error}"
        ) from None
    assert isinstance(config, SearchConfig)
    return Known(
        study_id=found.study_id,
        name=name,
        config=config,
        total=int(about["trials"]),
        data_sha256=str(about["data_sha256"]),
        grace=float(about["grace"]),
        workers=int(about["workers"]),
    )


def delete(storage: Storage, known: Known) -> None:
    """Take back a study that nobody has begun with. Raises StorageLost."""
    with storage.writing() as connection:
        ids = sa.select(TRIALS.c.trial_id).where(TRIALS.c.study_id == known.study_id)
        for table in (ATTRIBUTES, PARAMS, VALUES, HEARTBEATS):
            connection.execute(sa.delete(table).where(table.c.trial_id.in_(ids)))
        for table in (TRIALS, DIRECTIONS, STUDY_ATTRIBUTES, STUDIES):
            connection.execute(sa.delete(table).where(table.c.study_id == known.study_id))


class Stored:
    """The study, as one worker sees it. `ask` is for the thread that trains; the rest for one other, or after it."""

    def __init__(self, storage: Storage, known: Known, worker: Worker, over: Iterable[int] = ()) -> None:
        """`over` are the numbers of trials that this worker's log has the end of."""
        self.total = known.total
        self.storage, self.known, self.worker = storage, known, worker
        self._mine: set[int] = set()
        """Numbers of the trials that it trains."""
        self._lock = threading.Lock()
        """For these."""
        self._ask_again = 0.0
        self._over = set(over)
        self._running: dict[int, Worker] = {}
        """Trials under way elsewhere that were told of."""
        self._turns: dict[str, int] = {}
        """Of each other worker, which of its progress was told last."""
        self._turn = 0
        self._trained, self._seconds = 0, 0.0
        """Trials that it has trained so far, and in what time."""
        self._no_more_cells = False
        """Whether there is nothing left to propose."""

    # Trials to train.

    def ask(self) -> list[Asked] | None:
        """Take some that wait: as many as leave enough for all workers to be busy to the end."""
        if time.monotonic() < self._ask_again:
            return None
        try:
            asked = self._claim()
        except StorageLost:  # whoever looks after the connection says so in time
            asked = None
        if asked is None:
            self._ask_again = time.monotonic() + ASK_EVERY
        return asked

    def tell(self, number: int, told: Told) -> None:
        """Changes nothing: `exchange` takes the whole result."""

    def _claim(self) -> list[Asked] | None:
        config = self.known.config
        with self.storage.writing() as connection:
            self._lock_study(connection)
            counts = self._counts(connection)
            if waiting := counts.get(TrialState.WAITING, 0):
                asked = self._take(connection, self._share(connection, waiting, config.keys.max_stack or MOST))
            elif config.keys.method == "tpe" and sum(counts.values()) < self.total and not self._no_more_cells:
                asked = self._propose(connection)
                self._no_more_cells = not asked
            else:
                asked = []
            if not asked and counts.get(TrialState.RUNNING, 0):
                return None  # they come back should their worker die
        with self._lock:
            self._mine |= {each.number for each in asked}
        return asked

    def _share(self, connection: sa.Connection, waiting: int, most: int) -> int:
        """Half of an equal share of what is left, so that nobody is left with much when the others have nothing; but
        enough for WORTH_IT seconds, for a stack of many trains nearly as fast as one of few."""
        worker = ATTRIBUTES.alias()
        busy = set(
            connection.scalars(
                sa.select(worker.c.value_json)
                .join(TRIALS, TRIALS.c.trial_id == worker.c.trial_id)
                .where(self._of_study, TRIALS.c.state == TrialState.RUNNING, worker.c.key == "worker")
                .distinct()
            )
        )
        workers = max(len(busy | {self.worker.written()}), self.known.workers)
        equal = math.ceil(waiting / workers)
        quick = math.ceil(WORTH_IT * self._trained / self._seconds) if self._seconds else 0
        return min(most, max(math.ceil(waiting / (2 * workers)), min(quick, equal)))

    def _take(self, connection: sa.Connection, most: int) -> list[Asked]:
        found = connection.execute(
            sa.select(TRIALS.c.trial_id, TRIALS.c.number)
            .where(self._of_study, TRIALS.c.state == TrialState.WAITING)
            .order_by(TRIALS.c.number)
            .limit(most)
        ).all()
        attributes = attributes_of(connection, [row.trial_id for row in found], ("cell", "deaths"))
        risky = [row for row in found if attributes[row.trial_id].get("deaths", 0) >= DEATHS - 1]
        taken = risky[:1] if found[0] in risky else [row for row in found if row not in risky]
        ids = [row.trial_id for row in taken]
        now = self.storage.now(connection)
        for some in chunks(ids):
            connection.execute(
                sa.update(TRIALS)
                .where(TRIALS.c.trial_id.in_(some))
                .values(state=TrialState.RUNNING, datetime_start=now)
            )
        self._own(connection, ids, now)
        return [Asked(row.number + 1, attributes[row.trial_id]["cell"]) for row in taken]

    def _propose(self, connection: sa.Connection) -> list[Asked]:
        """New cells, near the good ones of all workers."""
        config, total = self.known.config, self.total
        rows = connection.execute(sa.select(TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state).where(self._of_study))
        found = {row.trial_id: row for row in rows}
        attributes = attributes_of(connection, list(found), ("cell", "result"))
        trials, under_way = Trials(search=config.facts(total)), dict[int, Cell]()
        for trial_id, row in found.items():
            number, cell = row.number + 1, attributes[trial_id].get("cell", {})
            if row.state in UNFINISHED:
                under_way[number] = cell
                continue
            result = attributes[trial_id].get("result", FOREIGN)
            trials.by_number[number] = Trial(
                number, cell, {}, result["status"], epoch=result["epochs"], metrics=result["metrics"]
            )
        left = (total - len(found)) // config.keys.repeats
        asked = Proposed(config, trials, under_way).ask(self._share(connection, left, config.keys.max_stack or BATCH))
        now = self.storage.now(connection)
        ids = insert_trials(
            connection,
            self.known.study_id,
            config,
            len(found) + 1,
            [each.cell for each in asked],
            TrialState.RUNNING,
            now,
        )
        assert [each.number for each in asked] == [len(found) + 1 + i for i in range(len(asked))]
        self._own(connection, ids, now)
        return asked

    def _own(self, connection: sa.Connection, ids: Sequence[int], now: datetime) -> None:
        """Sign trials as this worker's, with a first sign of life."""
        written = self.worker.written()
        set_attributes(connection, [{"trial_id": i, "key": "worker", "value_json": written} for i in ids])
        statement = insert(connection, HEARTBEATS)
        execute(
            connection,
            statement.on_conflict_do_update(
                index_elements=["trial_id"], set_={"heartbeat": statement.excluded.heartbeat}
            ),
            [{"trial_id": i, "heartbeat": now} for i in ids],
        )

    # What the others have to know, and how they are.

    def exchange(
        self, ended: Sequence[TrialEnded] = (), progress: Mapping[str, Any] | None = None, *, alive: bool = False
    ) -> set[int]:
        """Store how trials ended, where those under way stand, and that this worker is alive: all in one.

        Returns the numbers of those trials that were still this worker's; the others had been given away, and what
        came of them here does not count. Raises StorageLost; asked again, what was stored after all counts once.
        """
        if not (ended or progress or alive):
            return set()
        with self.storage.writing() as connection:
            self._lock_study(connection)
            accepted = self._settle(connection, ended)
            if progress is not None:
                self._turn += 1
                value = {"name": self.worker.name, "turn": self._turn, **progress}
                self._set_study_attribute(connection, WORKER + self.worker.id, value)
            if alive:
                connection.execute(
                    sa.update(HEARTBEATS)
                    .where(HEARTBEATS.c.trial_id.in_(self._ids_of(self.worker.id)))
                    .values(heartbeat=self.storage.now(connection))
                )
        with self._lock:
            self._mine -= {each.number for each in ended}
            self._trained += len(ended)
            self._seconds += sum(each.seconds for each in ended)
        self._over |= accepted
        return accepted

    def _settle(self, connection: sa.Connection, ended: Sequence[TrialEnded]) -> set[int]:
        if not ended:
            return set()
        rows = self._rows(connection, [each.number for each in ended])
        attributes = attributes_of(connection, [row.trial_id for row in rows.values()], ("worker",))
        accepted = {}
        for each in ended:
            row = rows[each.number]
            mine = attributes[row.trial_id].get("worker", {}).get("id") == self.worker.id
            if mine and row.state != TrialState.WAITING:
                accepted[each.number] = (row, each)
        under_way = [(row, each) for row, each in accepted.values() if row.state == TrialState.RUNNING]
        self._store(connection, {row.trial_id: each for row, each in under_way})
        return set(accepted)

    def _store(self, connection: sa.Connection, ended: Mapping[int, TrialEnded]) -> None:
        """How trials ended, by id."""
        if not ended:
            return
        now = self.storage.now(connection)
        states, values, results = dict[TrialState, list[int]](), list[dict[str, Any]](), list[dict[str, Any]]()
        for trial_id, each in ended.items():
            score = each.metrics.get(self.known.config.rank, math.nan) if each.status != "failed" else math.nan
            state = _STATES[each.status]
            if state is TrialState.COMPLETE and math.isnan(score):
                state = TrialState.FAIL  # as Optuna calls a trial without a value
            states.setdefault(state, []).append(trial_id)
            if not math.isnan(score):
                value, kind = models.TrialValueModel.value_to_stored_repr(score)
                values.append({"trial_id": trial_id, "objective": 0, "value": value, "value_type": kind})
            result = {name: getattr(each, name) for name in ("status", "reason", "epochs", "seconds", "metrics")}
            results.append({"trial_id": trial_id, "key": "result", "value_json": json.dumps(result)})
            best = {name: getattr(each, name) for name in BEST}
            results.append({"trial_id": trial_id, "key": "best", "value_json": json.dumps(best)})
        for state, ids in states.items():
            for some in chunks(ids):
                changed = sa.update(TRIALS).where(TRIALS.c.trial_id.in_(some))
                connection.execute(changed.values(state=state, datetime_complete=now))
        execute(connection, sa.insert(VALUES), values)
        set_attributes(connection, results)

    def take_back(self) -> None:
        """Let the trials of workers that show no sign of life wait for another. Raises StorageLost."""
        with self.storage.reading() as connection:
            if not self._silent(connection):
                return
        with self.storage.writing() as connection:
            self._lock_study(connection)
            ids = self._silent(connection)
            attributes = attributes_of(connection, ids, ("worker", "deaths"))
            deaths = {trial_id: attributes[trial_id].get("deaths", 0) + 1 for trial_id in ids}
            self._release(connection, [trial_id for trial_id in ids if deaths[trial_id] < DEATHS])
            set_attributes(
                connection,
                [{"trial_id": i, "key": "deaths", "value_json": json.dumps(n)} for i, n in deaths.items()],
            )
            why = f"{DEATHS} workers died while they trained it"
            failed = TrialEnded(number=0, status="failed", reason=why, epochs=0, seconds=0.0, metrics={})
            self._store(connection, {trial_id: failed for trial_id in ids if deaths[trial_id] >= DEATHS})
            for gone in {
                attributes[trial_id]["worker"]["id"] for trial_id in ids if attributes[trial_id].get("worker")
            }:
                self._forget_worker(connection, gone)

    def _silent(self, connection: sa.Connection) -> list[int]:
        """The trials under way whose workers have shown no sign of life for too long."""
        long_ago = self.storage.now(connection) - timedelta(seconds=self.known.grace)
        return list(
            connection.scalars(
                sa.select(TRIALS.c.trial_id)
                .join(HEARTBEATS, HEARTBEATS.c.trial_id == TRIALS.c.trial_id)
                .where(self._of_study, TRIALS.c.state == TrialState.RUNNING, HEARTBEATS.c.heartbeat < long_ago)
            )
        )

    def give_back(self) -> None:
        """Let all trials of this worker that are not over wait for another, at once. Raises StorageLost."""
        with self.storage.writing() as connection:
            self._lock_study(connection)
            self._release(connection, list(connection.scalars(self._ids_of(self.worker.id))))
            self._forget_worker(connection, self.worker.id)
        with self._lock:
            self._mine.clear()

    def settle_before(self, ended: Sequence[TrialEnded]) -> None:
        """When a session goes on: store what an earlier one could not, and let the trials wait that it had under way.
        Raises StorageLost."""
        with self.storage.writing() as connection:
            self._lock_study(connection)
            rows = self._rows(connection, [each.number for each in ended])
            attributes = attributes_of(connection, [row.trial_id for row in rows.values()], ("worker",))
            lost = {}
            for each in ended:
                row = rows[each.number]
                mine = attributes[row.trial_id].get("worker", {}).get("id") == self.worker.id
                if row.state == TrialState.WAITING or (row.state == TrialState.RUNNING and mine):
                    lost[row.trial_id] = each
            self._store(connection, lost)
            written = self.worker.written()
            set_attributes(connection, [{"trial_id": i, "key": "worker", "value_json": written} for i in lost])
            self._release(connection, list(connection.scalars(self._ids_of(self.worker.id))))

    def look(self) -> Seen:
        """What is new since the last time. Raises StorageLost."""
        seen = Seen()
        with self._lock:
            mine = set(self._mine)
        with self.storage.reading() as connection:
            rows = connection.execute(
                sa.select(TRIALS.c.trial_id, TRIALS.c.number, ATTRIBUTES.c.value_json)
                .join(ATTRIBUTES, ATTRIBUTES.c.trial_id == TRIALS.c.trial_id)
                .where(self._of_study, TRIALS.c.state == TrialState.RUNNING, ATTRIBUTES.c.key == "worker")
            ).all()
            running = {row.number + 1: (row.trial_id, Worker.read(row.value_json)) for row in rows}
            ended = self._ended(connection)
            new = [
                (number, trial_id, worker)
                for number, (trial_id, worker) in running.items()
                if worker.id != self.worker.id and self._running.get(number) != worker
            ]
            cells = attributes_of(connection, [trial_id for _number, trial_id, _worker in new], ("cell",))
            progress = connection.execute(
                sa.select(STUDY_ATTRIBUTES.c.key, STUDY_ATTRIBUTES.c.value_json).where(
                    STUDY_ATTRIBUTES.c.study_id == self.known.study_id,
                    STUDY_ATTRIBUTES.c.key.startswith(WORKER, autoescape=True),
                )
            ).all()
        for number, trial_id, worker in new:
            seen.trials.append(Elsewhere(number, cells[trial_id]["cell"], worker))
        seen.trials += [replace(each, begun=self._running.get(each.number) == each.worker) for each in ended]
        self._running = {number: worker for number, (_id, worker) in running.items() if worker.id != self.worker.id}
        self._over |= {each.number for each in ended}
        for row in progress:
            value = json.loads(row.value_json)
            if row.key != WORKER + self.worker.id and self._turns.get(row.key) != value["turn"]:
                self._turns[row.key] = value["turn"]
                seen.progress.append(value)
        kept = {number for number, (_id, worker) in running.items() if worker.id == self.worker.id}
        seen.lost = sorted(mine - kept)
        with self._lock:
            self._mine -= set(seen.lost)
        return seen

    def _ended(self, connection: sa.Connection) -> list[Elsewhere]:
        """Trials that are over, and were not known to be."""
        counts = self._counts(connection)
        if sum(n for state, n in counts.items() if state not in UNFINISHED) == len(self._over):
            return []
        over = sa.select(TRIALS.c.trial_id, TRIALS.c.number).where(self._of_study, TRIALS.c.state.not_in(UNFINISHED))
        rows = [row for row in connection.execute(over.order_by(TRIALS.c.number)) if row.number + 1 not in self._over]
        return self._ends(connection, rows)

    def ends_of(self, numbers: Sequence[int]) -> list[Elsewhere]:
        """How these trials ended, as far as they are over. Raises StorageLost."""
        with self.storage.reading() as connection:
            rows = self._rows(connection, numbers).values()
            return self._ends(connection, [row for row in rows if row.state not in UNFINISHED])

    @staticmethod
    def _ends(connection: sa.Connection, rows: Sequence[Any]) -> list[Elsewhere]:
        attributes = attributes_of(connection, [row.trial_id for row in rows], ("cell", "worker", "result", "best"))
        found = []
        for row in rows:
            told = attributes[row.trial_id]
            worker = Worker(**told.get("worker", {"id": "", "name": ""}))
            ended = TrialEnded(number=row.number + 1, **told.get("result", FOREIGN), **told.get("best", {}))
            found.append(Elsewhere(row.number + 1, told.get("cell", {}), worker, ended))
        return found

    # Rows.

    @property
    def _of_study(self) -> sa.ColumnElement[bool]:
        condition: sa.ColumnElement[bool] = TRIALS.c.study_id == self.known.study_id
        return condition

    def _lock_study(self, connection: sa.Connection) -> None:
        """Until the end of the transaction; SQLite has locked the whole file."""
        row = sa.select(STUDIES.c.study_id).where(STUDIES.c.study_id == self.known.study_id).with_for_update()
        if connection.scalar(row) is None:
            raise StorageLost(f"the search {self.known.name} has been deleted from it")

    def _counts(self, connection: sa.Connection) -> dict[TrialState, int]:
        rows = connection.execute(
            sa.select(TRIALS.c.state, sa.func.count()).where(self._of_study).group_by(TRIALS.c.state)
        )
        return {row[0]: row[1] for row in rows}

    def _ids_of(self, worker_id: str) -> sa.Select[tuple[int]]:
        """The trials that a worker has under way."""
        prefix = json.dumps({"id": worker_id})[:-1]
        return (
            sa.select(TRIALS.c.trial_id)
            .join(ATTRIBUTES, ATTRIBUTES.c.trial_id == TRIALS.c.trial_id)
            .where(
                self._of_study,
                TRIALS.c.state == TrialState.RUNNING,
                ATTRIBUTES.c.key == "worker",
                ATTRIBUTES.c.value_json.startswith(prefix + ",", autoescape=True),
            )
        )

    def _rows(self, connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for some in chunks(numbers):
            rows = connection.execute(
                sa.select(TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state).where(
                    self._of_study, TRIALS.c.number.in_([number - 1 for number in some])
                )
            )
            found |= {row.number + 1: row for row in rows}
        return found

    @staticmethod
    def _release(connection: sa.Connection, ids: Sequence[int]) -> None:
        for some in chunks(ids):
            connection.execute(
                sa.update(TRIALS)
                .where(TRIALS.c.trial_id.in_(some))
                .values(state=TrialState.WAITING, datetime_start=None)
            )

    def _set_study_attribute(self, connection: sa.Connection, key: str, value: Mapping[str, Any]) -> None:
        statement = insert(connection, STUDY_ATTRIBUTES)
        connection.execute(
            statement.values(study_id=self.known.study_id, key=key, value_json=json.dumps(value)).on_conflict_do_update(
                index_elements=["study_id", "key"], set_={"value_json": statement.excluded.value_json}
            )
        )

    def _forget_worker(self, connection: sa.Connection, worker_id: str) -> None:
        connection.execute(
            sa.delete(STUDY_ATTRIBUTES).where(
                STUDY_ATTRIBUTES.c.study_id == self.known.study_id, STUDY_ATTRIBUTES.c.key == WORKER + worker_id
            )
        )
