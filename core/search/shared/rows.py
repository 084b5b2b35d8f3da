"""The rows of a study, read and written within a transaction of the caller's; many of them in one statement."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import TrialState
from sqlalchemy.dialects import postgresql, sqlite

from core.experiment.axes import Axis, Cell
from core.experiment.search import SearchConfig
from core.search.shared.optuna_tables import ATTRIBUTES, PARAMS, STUDIES, STUDY_ATTRIBUTES, TRIALS
from core.search.shared.storage import StorageLost

CHUNK = 500
"""Rows that are named in a statement, at most."""
STUDY, WORKER = "nntui", "worker "
"""Attributes of a study: what it is, and what each worker (its id follows) is doing."""


class StudyRows:
    """The rows of one study."""

    def __init__(self, study_id: int, name: str) -> None:
        self.study_id, self.name = study_id, name

    @property
    def trials(self) -> sa.ColumnElement[bool]:
        """The condition that a row of TRIALS is one of the study's."""
        condition: sa.ColumnElement[bool] = TRIALS.c.study_id == self.study_id
        return condition

    def lock(self, connection: sa.Connection) -> None:
        """Until the end of the transaction; SQLite has locked the whole file. Raises StorageLost."""
        row = sa.select(STUDIES.c.study_id).where(STUDIES.c.study_id == self.study_id).with_for_update()
        if connection.scalar(row) is None:
            raise StorageLost(f"the search {self.name} has been deleted from it")

    def counts(self, connection: sa.Connection) -> dict[TrialState, int]:
        """How many trials are in each state."""
        rows = connection.execute(
            sa.select(TRIALS.c.state, sa.func.count()).where(self.trials).group_by(TRIALS.c.state)
        )
        return {row[0]: row[1] for row in rows}

    def numbered(self, connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Any]:
        """`trial_id`, `number` (Optuna's) and `state`, by our number."""
        found: dict[int, Any] = {}
        for some in chunks(numbers):
            rows = connection.execute(
                sa.select(TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state).where(
                    self.trials, TRIALS.c.number.in_([number - 1 for number in some])
                )
            )
            found |= {row.number + 1: row for row in rows}
        return found

    def under_way_at(self, worker_id: str) -> sa.Select[tuple[int]]:
        """The ids of the trials that a worker has under way."""
        prefix = json.dumps({"id": worker_id})[:-1]
        return (
            sa.select(TRIALS.c.trial_id)
            .join(ATTRIBUTES, ATTRIBUTES.c.trial_id == TRIALS.c.trial_id)
            .where(
                self.trials,
                TRIALS.c.state == TrialState.RUNNING,
                ATTRIBUTES.c.key == "worker",
                ATTRIBUTES.c.value_json.startswith(prefix + ",", autoescape=True),
            )
        )

    def told_by_workers(self, connection: sa.Connection) -> dict[str, Any]:
        """What each worker told last of what it does, by its id."""
        rows = connection.execute(
            sa.select(STUDY_ATTRIBUTES.c.key, STUDY_ATTRIBUTES.c.value_json).where(
                STUDY_ATTRIBUTES.c.study_id == self.study_id,
                STUDY_ATTRIBUTES.c.key.startswith(WORKER, autoescape=True),
            )
        )
        return {row.key.removeprefix(WORKER): json.loads(row.value_json) for row in rows}

    def tell_of_worker(self, connection: sa.Connection, worker_id: str, value: Mapping[str, Any]) -> None:
        statement = insert(connection, STUDY_ATTRIBUTES)
        connection.execute(
            statement.values(
                study_id=self.study_id, key=WORKER + worker_id, value_json=json.dumps(value)
            ).on_conflict_do_update(
                index_elements=["study_id", "key"], set_={"value_json": statement.excluded.value_json}
            )
        )

    def forget_worker(self, connection: sa.Connection, worker_id: str) -> None:
        connection.execute(
            sa.delete(STUDY_ATTRIBUTES).where(
                STUDY_ATTRIBUTES.c.study_id == self.study_id, STUDY_ATTRIBUTES.c.key == WORKER + worker_id
            )
        )


def release(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Let trials wait for any worker."""
    for some in chunks(ids):
        connection.execute(
            sa.update(TRIALS).where(TRIALS.c.trial_id.in_(some)).values(state=TrialState.WAITING, datetime_start=None)
        )


def insert_trials(
    connection: sa.Connection,
    study_id: int,
    config: SearchConfig,
    first: int,
    cells: Sequence[Cell],
    state: TrialState,
    start: datetime | None = None,
) -> list[int]:
    """Rows for cells whose trials have the numbers from `first` on; returns their ids in this order."""
    if not cells:
        return []
    execute(
        connection,
        sa.insert(TRIALS),
        [
            {"study_id": study_id, "number": first - 1 + i, "state": state, "datetime_start": start}
            for i in range(len(cells))
        ],
    )
    ids = list(
        connection.scalars(
            sa.select(TRIALS.c.trial_id)
            .where(TRIALS.c.study_id == study_id, TRIALS.c.number >= first - 1)
            .order_by(TRIALS.c.number)
        )
    )
    set_attributes(
        connection,
        [{"trial_id": i, "key": "cell", "value_json": json.dumps(cell)} for i, cell in zip(ids, cells, strict=True)],
    )
    distributions = {axis.key: distribution_of(axis) for axis in config.axes}
    written = {key: distribution_to_json(each) for key, each in distributions.items()}
    execute(
        connection,
        sa.insert(PARAMS),
        [
            {
                "trial_id": i,
                "param_name": key,
                "param_value": distributions[key].to_internal_repr(_parameter(value)),
                "distribution_json": written[key],
            }
            for i, cell in zip(ids, cells, strict=True)
            for key, value in cell.items()
        ],
    )
    return ids


def distribution_of(axis: Axis) -> BaseDistribution:
    """An axis as Optuna's own tools show it."""
    if not axis.values:
        return FloatDistribution(axis.low, axis.high, log=axis.log)
    if all(isinstance(value, int) and not isinstance(value, bool) for value in axis.values) and len(axis.values) > 1:
        values = sorted(axis.values)
        steps = {after - before for before, after in itertools.pairwise(values)}
        if len(steps) == 1:
            return IntDistribution(values[0], values[-1], step=steps.pop())
    return CategoricalDistribution([_parameter(value) for value in axis.values])


def _parameter(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def attributes_of(connection: sa.Connection, ids: Sequence[int], keys: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Some attributes of trials, by id."""
    found: dict[int, dict[str, Any]] = {trial_id: {} for trial_id in ids}
    for some in chunks(ids):
        rows = connection.execute(
            sa.select(ATTRIBUTES.c.trial_id, ATTRIBUTES.c.key, ATTRIBUTES.c.value_json).where(
                ATTRIBUTES.c.trial_id.in_(some), ATTRIBUTES.c.key.in_(keys)
            )
        )
        for row in rows:
            found[row.trial_id][row.key] = json.loads(row.value_json)
    return found


def set_attributes(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    statement = insert(connection, ATTRIBUTES)
    execute(
        connection,
        statement.on_conflict_do_update(
            index_elements=["trial_id", "key"], set_={"value_json": statement.excluded.value_json}
        ),
        rows,
    )


def insert(connection: sa.Connection, table: Any) -> Any:
    """An insert that can replace what is there: each database has its own."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def execute(connection: sa.Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)


def chunks(items: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(items), CHUNK):
        yield items[first : first + CHUNK]
