"""The rows of a study: Optuna's own tables, and how many of them are read and written in one statement."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
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
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy.dialects import postgresql, sqlite

from core.experiment.axes import Axis, Cell
from core.experiment.search import SearchConfig

STUDIES = models.StudyModel.__table__
DIRECTIONS = models.StudyDirectionModel.__table__
STUDY_ATTRIBUTES = models.StudyUserAttributeModel.__table__
TRIALS = models.TrialModel.__table__
ATTRIBUTES = models.TrialUserAttributeModel.__table__
PARAMS = models.TrialParamModel.__table__
VALUES = models.TrialValueModel.__table__
HEARTBEATS = models.TrialHeartbeatModel.__table__

CHUNK = 500
"""Rows that are named in a statement, at most."""


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


DEATHS = 5
"""Workers that may die over a trial. Before the last one it is trained by itself, so that it takes no other along."""

STUDY, WORKER = "nntui", "worker "
"""Attributes of a study: what it is, and what each worker (its id follows) is doing."""
UNFINISHED = (TrialState.WAITING, TrialState.RUNNING)
