"""The database that the processes of a search share: an Optuna storage, on PostgreSQL or in an SQLite file.

It is set up, named and versioned by Optuna, and its tools can read it. What is done with it here takes one transaction
for a whole batch of trials, where Optuna's own calls take several for each.
"""

from __future__ import annotations

import datetime
import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from core.errors import RunError
from core.system.files import is_dir, is_file
from core.system.folders import user_path

EXAMPLES = "write postgresql://user@host/database or sqlite:///file.db"
SECRET = ("password", "sslpassword")
"""What a URL may hold after its question mark that is nobody's business."""
POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Seconds (the last one milliseconds) after which a server that is silent counts as gone, rather than minutes."""
LOCK_TIMEOUT = 20
"""Seconds to wait for another process in the middle of a transaction."""
SET_UP_ATTEMPTS = 20

optuna.logging.set_verbosity(logging.WARNING)


class StorageLost(Exception):
    """The database does not answer, or not as it should; it may later. The message is the reason, in one line."""


@dataclass(frozen=True)
class Storage:
    """An open storage."""

    engine: sa.Engine
    url: str
    """For people and files: without a password."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that changes nothing. Raises StorageLost."""
        with _told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is carried out as a whole, or not at all where an exception leaves it. In SQLite only one
        at a time. Raises StorageLost; then it is not known whether it was carried out."""
        with _told(), self.engine.connect() as connection:
            connection = connection.execution_options(writing=True)
            with connection.begin():
                yield connection

    @staticmethod
    def now(connection: sa.Connection) -> datetime.datetime:
        """UTC by the clock of the database: the only one that all processes share."""
        found: datetime.datetime | None = connection.scalar(sa.select(sa.func.now()))
        assert found is not None
        return found.replace(tzinfo=None)  # the session's zone is UTC

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except IntegrityError:  # a constraint: the caller's business
        raise
    except SQLAlchemyError as error:
        raise StorageLost(reason(error)) from error


def reason(error: Exception) -> str:
    """What a driver has to say, in one line."""
    text = str(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Is the server running", "Multiple connection attempts"))]
    return " ".join((told or lines or [type(error).__name__])[0].split())[:300]


def parse(text: str) -> sa.URL:
    """The URL of a storage. Raises RunError, which does not repeat it: there may be a password in it."""
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError):
        raise RunError(f"--storage: this is no URL of a database; {EXAMPLES}") from None
    kind = url.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise RunError(f"--storage: cannot use {kind[:40]} as a storage; {EXAMPLES}")
    if not url.database or url.database == ":memory:":
        raise RunError("--storage: an SQLite storage is a file, for others to find it; write sqlite:///file.db")
    return url.set(drivername="sqlite", database=str(user_path(url.database).absolute()))


def without_password(url: sa.URL) -> str:
    """As it may be shown and stored, and can be read again."""
    kept = {key: value for key, value in url.query.items() if key not in SECRET}
    shown = url.set(drivername=url.get_backend_name(), query=kept)
    return sa.URL.create(
        shown.drivername, shown.username, None, shown.host, shown.port, shown.database, shown.query
    ).render_as_string(hide_password=False)


def open_storage(text: str, *, create: bool) -> Storage:
    """Connect, and look whether it is one of this version of Optuna; `create`: set it up where it is empty.

    Raises RunError where it cannot be reached or used; then it is as it was before.
    """
    url = parse(text)
    shown = without_password(url)
    if url.get_backend_name() == "sqlite":
        _check_file(Path(str(url.database)), shown, create=create)
    arguments = _arguments(url)
    try:
        engine = sa.create_engine(url, connect_args=arguments, pool_pre_ping=url.get_backend_name() != "sqlite")
    except ImportError:
        raise RunError("PostgreSQL needs a driver that is not installed: pip install 'nntui[postgres]'") from None
    (_prepare_sqlite if url.get_backend_name() == "sqlite" else _prepare_postgres)(engine)
    try:
        empty = not _is_set_up(engine, shown)
        if empty and not create:
            raise RunError(f"the storage {shown} is empty: there is no search in it")
        _set_up(url, arguments, engine, shown, empty=empty)
    except BaseException:
        engine.dispose()
        raise
    return Storage(engine, shown)


def _check_file(path: Path, shown: str, *, create: bool) -> None:
    """SQLite would make an empty file out of a misspelt name."""
    if not is_dir(path.parent):
        raise RunError(f"cannot open the storage {shown}: there is no folder {path.parent}")
    if not create and not is_file(path):
        raise RunError(f"cannot open the storage {shown}: there is no such file")


def _arguments(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": LOCK_TIMEOUT}
    return {key: value for key, value in POSTGRES.items() if key not in url.query}


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Transactions begin where they say so, and those that write at once with the lock: SQLite's own way, a lock at the
    first statement that writes, lets two processes read the same and then both act on it."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _prepare_postgres(engine: sa.Engine) -> None:
    """A process that is held (suspended, swapped out) in the middle of a transaction must not hold up all others."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'")
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{LOCK_TIMEOUT}s'")
        connection.commit()


def _is_set_up(engine: sa.Engine, shown: str) -> bool:
    try:
        with engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
    except SQLAlchemyError as error:
        why = reason(error)
        hint = "; give the password in PGPASSWORD or ~/.pgpass" if "password" in why else ""
        raise RunError(f"cannot reach the storage {shown}: {why}{hint}") from None
    return {"studies", "trials", "version_info", "alembic_version"} <= set(tables)


def _set_up(url: sa.URL, arguments: Mapping[str, Any], engine: sa.Engine, shown: str, *, empty: bool) -> None:
    """Let Optuna make its tables, or look whether it knows those that are there."""
    text = url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")  # Optuna formats it
    for attempt in range(SET_UP_ATTEMPTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = optuna.storages.RDBStorage(
                    text, engine_kwargs={"connect_args": dict(arguments)}, skip_table_creation=not empty
                )
            made.engine.dispose()
        except RuntimeError as error:
            raise RunError(_other_version(engine, shown, str(error))) from None
        except (SQLAlchemyError, optuna.exceptions.StorageInternalError, AssertionError) as error:
            # Another process is at it at this very moment; Optuna takes no lock for it.
            if attempt + 1 == SET_UP_ATTEMPTS:
                cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
                raise RunError(f"cannot set up the storage {shown}: {reason(cause)}") from None
            time.sleep(0.05 * (attempt + 1))
        else:
            return


def _other_version(engine: sa.Engine, shown: str, told: str) -> str:
    with engine.connect() as connection:
        by = connection.scalar(sa.text("SELECT library_version FROM version_info"))
    way = (
        f"bring it up to date with: optuna storage upgrade --storage {shown}"
        if "storage upgrade" in told
        else "install a newer one: pip install -U optuna"
    )
    return (
        f"the storage {shown} is of another version of Optuna ({by}; this one is {optuna.__version__}): "
        f"use another database, or {way}"
    )
