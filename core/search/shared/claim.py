"""Trials to train, claimed for a worker: those that wait, or new ones near the good ones of all workers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from optuna.trial import TrialState

from core.experiment.axes import Cell
from core.history.trials import Trial, Trials
from core.search.propose import BATCH, Proposed
from core.search.shared.known import FOREIGN, Known, Worker
from core.search.shared.optuna_tables import ATTRIBUTES, HEARTBEATS, TRIALS, UNFINISHED
from core.search.shared.own import Own
from core.search.shared.rows import (
    attributes_of,
    chunks,
    execute,
    insert,
    insert_trials,
    set_attributes,
)
from core.search.shared.storage import Storage
from core.search.study import Asked

WORTH_IT = 4.0
"""Seconds of training that a worker takes at least, of the trials that it gets: asking costs time as well."""
MOST = 2048
"""Trials that a worker takes at a time."""
DEATHS = 5
"""Workers that may die over a trial. Before the last one it is trained by itself, so that it takes no other along."""


class Claim:
    """Takes trials for one worker: as many as leave enough for all workers to be busy to the end."""

    def __init__(self, storage: Storage, known: Known, worker: Worker, own: Own) -> None:
        self._storage, self._known, self._worker, self._own = storage, known, worker, own
        self._rows = known.rows
        self._no_more_cells = False
        """Whether there is nothing left to propose."""

    def ask(self) -> list[Asked] | None:
        """As Study.ask. Raises StorageLost."""
        config = self._known.config
        with self._storage.writing() as connection:
            self._rows.lock(connection)
            counts = self._rows.counts(connection)
            made = sum(counts.values())
            if waiting := counts.get(TrialState.WAITING, 0):
                asked = self._take(connection, self._share(connection, waiting, config.keys.max_stack or MOST))
            elif config.keys.method == "tpe" and made < self._known.total and not self._no_more_cells:
                asked = self._propose(connection)
                self._no_more_cells = not asked
            else:
                asked = []
            if not asked and counts.get(TrialState.RUNNING, 0):
                return None  # they come back should their worker die
        self._own.begin(each.number for each in asked)
        return asked

    def _share(self, connection: sa.Connection, waiting: int, most: int) -> int:
        """Half of an equal share of what is left, so that nobody is left with much when the others have nothing; but
        enough for WORTH_IT seconds, for a stack of many trains nearly as fast as one of few."""
        worker = ATTRIBUTES.alias()
        busy = set(
            connection.scalars(
                sa.select(worker.c.value_json)
                .join(TRIALS, TRIALS.c.trial_id == worker.c.trial_id)
                .where(self._rows.trials, TRIALS.c.state == TrialState.RUNNING, worker.c.key == "worker")
                .distinct()
            )
        )
        workers = max(len(busy | {self._worker.written()}), self._known.workers)
        equal = math.ceil(waiting / workers)
        quick = math.ceil(self._own.in_seconds(WORTH_IT))
        return min(most, max(math.ceil(waiting / (2 * workers)), min(quick, equal)))

    def _take(self, connection: sa.Connection, most: int) -> list[Asked]:
        found = connection.execute(
            sa.select(TRIALS.c.trial_id, TRIALS.c.number)
            .where(self._rows.trials, TRIALS.c.state == TrialState.WAITING)
            .order_by(TRIALS.c.number)
            .limit(most)
        ).all()
        attributes = attributes_of(connection, [row.trial_id for row in found], ("cell", "deaths"))
        risky = [row for row in found if attributes[row.trial_id].get("deaths", 0) >= DEATHS - 1]
        taken = risky[:1] if found[0] in risky else [row for row in found if row not in risky]
        ids = [row.trial_id for row in taken]
        now = self._storage.now(connection)
        for some in chunks(ids):
            connection.execute(
                sa.update(TRIALS)
                .where(TRIALS.c.trial_id.in_(some))
                .values(state=TrialState.RUNNING, datetime_start=now)
            )
        self._sign(connection, ids, now)
        return [Asked(row.number + 1, attributes[row.trial_id]["cell"]) for row in taken]

    def _propose(self, connection: sa.Connection) -> list[Asked]:
        config, total = self._known.config, self._known.total
        rows = connection.execute(
            sa.select(TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state).where(self._rows.trials)
        )
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
        now = self._storage.now(connection)
        ids = insert_trials(
            connection,
            self._known.study_id,
            config,
            len(found) + 1,
            [each.cell for each in asked],
            TrialState.RUNNING,
            now,
        )
        assert [each.number for each in asked] == [len(found) + 1 + i for i in range(len(asked))]
        self._sign(connection, ids, now)
        return asked

    def _sign(self, connection: sa.Connection, ids: Sequence[int], now: datetime) -> None:
        """As this worker's, with a first sign of life."""
        written = self._worker.written()
        set_attributes(connection, [{"trial_id": i, "key": "worker", "value_json": written} for i in ids])
        statement = insert(connection, HEARTBEATS)
        execute(
            connection,
            statement.on_conflict_do_update(
                index_elements=["trial_id"], set_={"heartbeat": statement.excluded.heartbeat}
            ),
            [{"trial_id": i, "heartbeat": now} for i in ids],
        )
