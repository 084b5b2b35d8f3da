"""A PostgreSQL server of one's own: on loopback, in a folder that goes away with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "not-in-any-log"


def binaries() -> Path | None:
    """The folder of initdb and postgres: in PATH, or where Debian puts them, the newest version."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return folders[-1].parent if folders else None


class Server:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str = "postgres", *, password: bool = True) -> str:
        secret = f":{PASSWORD}" if password else ""
        return f"postgresql://tester{secret}@127.0.0.1:{self.port}/{database}"

    def query(self, statement: str, database: str = "postgres") -> Any:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def new_database(self, name: str) -> str:
        """An empty one; its URL."""
        self.query(f'CREATE DATABASE "{name}"')
        return self.url(name)


@contextmanager
def serving() -> Iterator[Server]:
    """As long as the block lasts. PostgreSQL refuses to run as root: then it is the user postgres."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="nntui-pg"))
    as_user: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:
        as_user |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    asked = ["-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"]
    child = None
    try:
        subprocess.run([programs / "initdb", "-D", data, *asked], check=True, capture_output=True, **as_user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        child = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **as_user,
        )
        assert child.stderr is not None
        said = b""
        while b"ready to accept connections" not in said:
            line = child.stderr.readline()
            said += line
            assert line, said.decode(errors="replace")
        yield Server(port)
    finally:
        if child is not None:
            child.send_signal(signal.SIGQUIT)  # at once: nothing is to be kept
            child.communicate(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
