"""What a worker hands in: how trials ended, where those under way stand, that it is alive; and trials given back, by
itself or by the others once it shows no sign of life."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from optuna.trial import TrialState

from core.events.events import TrialEnded
from core.search.shared.claim import DEATHS
from core.search.shared.known import Known, Worker
from core.search.shared.optuna_tables import HEARTBEATS, STATES, TRIALS, VALUES, stored_value
from core.search.shared.own import Own
from core.search.shared.rows import attributes_of, chunks, execute, release, set_attributes
from core.search.shared.storage import Storage

BEST = ("best_epoch", "best_by", "best_value", "last")
"""Of TrialEnded; an attribute of their own, so that versions before can read the result."""


class Exchange:
    """Hands in for one worker. All methods raise StorageLost."""

    def __init__(self, storage: Storage, known: Known, worker: Worker, own: Own) -> None:
        self._storage, self._known, self._worker, self._own = storage, known, worker, own
        self._rows = known.rows
        self._turn = 0

    def hand_in(self, ended: Sequence[TrialEnded], progress: Mapping[str, Any] | None, *, alive: bool) -> set[int]:
        """As Stored.exchange."""
        if not (ended or progress or alive):
            return set()
        with self._storage.writing() as connection:
            self._rows.lock(connection)
            accepted = self._settle(connection, ended)
            if progress is not None:
                self._turn += 1
                value = {"name": self._worker.name, "turn": self._turn, **progress}
                self._rows.tell_of_worker(connection, self._worker.id, value)
            if alive:
                connection.execute(
                    sa.update(HEARTBEATS)
                    .where(HEARTBEATS.c.trial_id.in_(self._rows.under_way_at(self._worker.id)))
                    .values(heartbeat=self._storage.now(connection))
                )
        self._own.end(ended)
        return accepted

    def take_back(self) -> None:
        """Let the trials of workers that show no sign of life wait for another."""
        with self._storage.reading() as connection:
            if not self._silent(connection):
                return
        with self._storage.writing() as connection:
            self._rows.lock(connection)
            ids = self._silent(connection)
            attributes = attributes_of(connection, ids, ("worker", "deaths"))
            deaths = {trial_id: attributes[trial_id].get("deaths", 0) + 1 for trial_id in ids}
            release(connection, [trial_id for trial_id in ids if deaths[trial_id] < DEATHS])
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
                self._rows.forget_worker(connection, gone)

    def give_back(self) -> None:
        """Let all trials of this worker that are not over wait for another, at once."""
        with self._storage.writing() as connection:
            self._rows.lock(connection)
            self._release_own(connection)
            self._rows.forget_worker(connection, self._worker.id)
        self._own.lose(self._own.numbers)

    def settle_before(self, ended: Sequence[TrialEnded]) -> None:
        """When a session goes on: store what an earlier one could not, and let the trials wait that it had under
        way."""
        with self._storage.writing() as connection:
            self._rows.lock(connection)
            lost = {}
            for row, worker_id, each in self._with_rows(connection, ended):
                mine = worker_id == self._worker.id
                if row.state == TrialState.WAITING or (row.state == TrialState.RUNNING and mine):
                    lost[row.trial_id] = each
            self._store(connection, lost)
            written = self._worker.written()
            set_attributes(connection, [{"trial_id": i, "key": "worker", "value_json": written} for i in lost])
            self._release_own(connection)

    def _settle(self, connection: sa.Connection, ended: Sequence[TrialEnded]) -> set[int]:
        """Store what counts of it; returns the numbers of what does, or did when it was told before."""
        accepted, under_way = set(), {}
        for row, worker_id, each in self._with_rows(connection, ended):
            if worker_id == self._worker.id and row.state != TrialState.WAITING:
                accepted.add(each.number)
                if row.state == TrialState.RUNNING:
                    under_way[row.trial_id] = each
        self._store(connection, under_way)
        return accepted

    def _with_rows(
        self, connection: sa.Connection, ended: Sequence[TrialEnded]
    ) -> list[tuple[Any, str | None, TrialEnded]]:
        """Each with its row, and the id of the worker that signed it last."""
        rows = self._rows.numbered(connection, [each.number for each in ended])
        attributes = attributes_of(connection, [row.trial_id for row in rows.values()], ("worker",))
        workers = {number: attributes[row.trial_id].get("worker", {}).get("id") for number, row in rows.items()}
        return [(rows[each.number], workers[each.number], each) for each in ended]

    def _store(self, connection: sa.Connection, ended: Mapping[int, TrialEnded]) -> None:
        """How trials ended, by id."""
        if not ended:
            return
        now = self._storage.now(connection)
        states, values, results = dict[TrialState, list[int]](), list[dict[str, Any]](), list[dict[str, Any]]()
        for trial_id, each in ended.items():
            score = each.metrics.get(self._known.config.rank, math.nan) if each.status != "failed" else math.nan
            state = STATES[each.status]
            if state is TrialState.COMPLETE and math.isnan(score):
                state = TrialState.FAIL  # as Optuna calls a trial without a value
            states.setdefault(state, []).append(trial_id)
            if not math.isnan(score):
                value, kind = stored_value(score)
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

    def _silent(self, connection: sa.Connection) -> list[int]:
        """The trials under way whose workers have shown no sign of life for too long."""
        long_ago = self._storage.now(connection) - timedelta(seconds=self._known.grace)
        return list(
            connection.scalars(
                sa.select(TRIALS.c.trial_id)
                .join(HEARTBEATS, HEARTBEATS.c.trial_id == TRIALS.c.trial_id)
                .where(self._rows.trials, TRIALS.c.state == TrialState.RUNNING, HEARTBEATS.c.heartbeat < long_ago)
            )
        )

    def _release_own(self, connection: sa.Connection) -> None:
        release(connection, list(connection.scalars(self._rows.under_way_at(self._worker.id))))
