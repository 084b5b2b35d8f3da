"""What the other workers of a shared search do, as far as it was not told before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from optuna.trial import TrialState

from core.events.events import TrialEnded
from core.search.shared.known import FOREIGN, Elsewhere, Known, Seen, Worker
from core.search.shared.optuna_tables import ATTRIBUTES, TRIALS, UNFINISHED
from core.search.shared.own import Own
from core.search.shared.rows import attributes_of
from core.search.shared.storage import Storage


class News:
    """Looks for one worker. All methods that read raise StorageLost."""

    def __init__(self, storage: Storage, known: Known, worker: Worker, own: Own, over: Iterable[int]) -> None:
        """`over` are the numbers of trials that the worker knows the end of."""
        self._storage, self._worker, self._own = storage, worker, own
        self._rows = known.rows
        self._over = set(over)
        self._running: dict[int, Worker] = {}
        """Trials under way elsewhere that were told of."""
        self._turns: dict[str, int] = {}
        """Of each other worker, which of its progress was told last."""

    def knows(self, numbers: Iterable[int]) -> None:
        """The worker knows the end of these trials: they are no news."""
        self._over.update(numbers)

    def look(self) -> Seen:
        """What is new since the last time."""
        seen = Seen()
        mine = self._own.numbers  # before the look: what is claimed meanwhile is not lost
        with self._storage.reading() as connection:
            rows = connection.execute(
                sa.select(TRIALS.c.trial_id, TRIALS.c.number, ATTRIBUTES.c.value_json)
                .join(ATTRIBUTES, ATTRIBUTES.c.trial_id == TRIALS.c.trial_id)
                .where(self._rows.trials, TRIALS.c.state == TrialState.RUNNING, ATTRIBUTES.c.key == "worker")
            ).all()
            running = {row.number + 1: (row.trial_id, Worker.read(row.value_json)) for row in rows}
            ended = self._ended(connection)
            new = [
                (number, trial_id, worker)
                for number, (trial_id, worker) in running.items()
                if worker.id != self._worker.id and self._running.get(number) != worker
            ]
            cells = attributes_of(connection, [trial_id for _number, trial_id, _worker in new], ("cell",))
            progress = self._rows.told_by_workers(connection)
        for number, trial_id, worker in new:
            seen.trials.append(Elsewhere(number, cells[trial_id]["cell"], worker))
        seen.trials += [replace(each, begun=self._running.get(each.number) == each.worker) for each in ended]
        self._running = {number: worker for number, (_id, worker) in running.items() if worker.id != self._worker.id}
        self.knows(each.number for each in ended)
        for worker_id, told in progress.items():
            if worker_id != self._worker.id and self._turns.get(worker_id) != told["turn"]:
                self._turns[worker_id] = told["turn"]
                seen.progress.append(told)
        kept = {number for number, (_id, worker) in running.items() if worker.id == self._worker.id}
        seen.lost = sorted(mine - kept)
        self._own.lose(seen.lost)
        return seen

    def ends_of(self, numbers: Sequence[int]) -> list[Elsewhere]:
        """How these trials ended, as far as they are over."""
        with self._storage.reading() as connection:
            rows = self._rows.numbered(connection, numbers).values()
            return _ends(connection, [row for row in rows if row.state not in UNFINISHED])

    def _ended(self, connection: sa.Connection) -> list[Elsewhere]:
        """Trials that are over, and were not known to be."""
        counts = self._rows.counts(connection)
        if sum(n for state, n in counts.items() if state not in UNFINISHED) == len(self._over):
            return []
        over = sa.select(TRIALS.c.trial_id, TRIALS.c.number).where(self._rows.trials, TRIALS.c.state.not_in(UNFINISHED))
        rows = [row for row in connection.execute(over.order_by(TRIALS.c.number)) if row.number + 1 not in self._over]
        return _ends(connection, rows)


def _ends(connection: sa.Connection, rows: Sequence[Any]) -> list[Elsewhere]:
    attributes = attributes_of(connection, [row.trial_id for row in rows], ("cell", "worker", "result", "best"))
    found = []
    for row in rows:
        told = attributes[row.trial_id]
        worker = Worker(**told.get("worker", {"id": "", "name": ""}))
        ended = TrialEnded(number=row.number + 1, **told.get("result", FOREIGN), **told.get("best", {}))
        found.append(Elsewhere(row.number + 1, told.get("cell", {}), worker, ended))
    return found
