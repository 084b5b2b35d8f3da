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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from optuna.storages._rdb import models
from optuna.trial import TrialState

from core.events.events import TrialEnded
from core.experiment.axes import Cell
from core.history.trials import Trial, Trials
from core.search.propose import BATCH, Proposed
from core.search.shared.exchange import STATES
from core.search.shared.known import FOREIGN, Elsewhere, Known, Seen, Worker
from core.search.shared.rows import (
    ATTRIBUTES,
    DEATHS,
    HEARTBEATS,
    STUDIES,
    STUDY_ATTRIBUTES,
    TRIALS,
    UNFINISHED,
    VALUES,
    WORKER,
    attributes_of,
    chunks,
    execute,
    insert,
    insert_trials,
    set_attributes,
)
from core.search.shared.storage import Storage, StorageLost
from core.search.study import Asked, Told

ASK_EVERY = 0.3
"""Seconds between two looks whether there is something to train, where there was nothing."""
WORTH_IT = 4.0
"""Seconds of training that a worker takes at least, of the trials that it gets: asking costs time as well."""
MOST = 2048
"""Trials that a worker takes at a time."""
BEST = ("best_epoch", "best_by", "best_value", "last")
"""Of TrialEnded; an attribute of their own, so that versions before can read the result."""


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
            state = STATES[each.status]
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
