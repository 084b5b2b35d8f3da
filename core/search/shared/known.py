"""What is known of a shared search in a storage: its config, its workers, its trials; made, found and deleted."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError

from core import __version__
from core.errors import ConfigError, RunError
from core.events.events import TrialEnded
from core.experiment import search
from core.experiment.axes import Cell
from core.experiment.search import SearchConfig
from core.search.cells import listed_cells
from core.search.shared.optuna_tables import (
    ATTRIBUTES,
    DIRECTIONS,
    HEARTBEATS,
    PARAMS,
    STUDIES,
    STUDY_ATTRIBUTES,
    TRIALS,
    VALUES,
)
from core.search.shared.rows import STUDY, StudyRows, insert_trials
from core.search.shared.storage import Storage, StorageLost

FORMAT = 1
"""Of what is stored in a study."""
GRACE = 30.0
"""Seconds without a sign of life, after which a worker's trials are given to others."""
BEATS = 6
"""Signs of life in that time."""

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

    @property
    def rows(self) -> StudyRows:
        return StudyRows(self.study_id, self.name)


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
        "config": search.resolve(tables).to_toml(),
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
        config = search.resolve(tomllib.loads(about["config"]))
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
