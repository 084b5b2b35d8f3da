"""Writing files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from core.errors import WriteError


def is_file(path: str | Path) -> bool:
    """False also where the folder cannot be searched: there `Path.is_file` raises."""
    return os.path.isfile(path)  # noqa: PTH113


def exists(path: str | Path) -> bool:
    """False also where it cannot be known, as of a name that is too long: there `Path.exists` raises."""
    return os.path.exists(path)  # noqa: PTH110


def is_dir(path: str | Path) -> bool:
    """False also where the folder cannot be searched: there `Path.is_dir` raises."""
    return os.path.isdir(path)  # noqa: PTH112


def temporary_of(path: Path) -> Path:
    """A new name beside `path` for what takes its place once it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def writer_of(name: str) -> tuple[str, int] | None:
    """Of a name that `temporary_of` made: that of the file it is for, and the process that writes it; else None."""
    found = re.fullmatch(r"\.(.+)\.([0-9]{1,10})\.[0-9a-f]{8}\.tmp", name, re.DOTALL)
    return (found[1], int(found[2])) if found else None


def is_same(file: IO[bytes], path: Path) -> bool:
    """Whether the file that is open is the one that lies there now."""
    try:
        there = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    return os.path.samestat(os.fstat(file.fileno()), there)


def lock(file: IO[bytes], patience: float = 0.4) -> bool:
    """Take the exclusive lock; False where another process has held it for so many seconds. A reader that just looks
    whether it is free holds it for an instant."""
    ends = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(0.005)
        else:
            return True


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise WriteError, which names `path`, for what the system has against writing to it."""
    try:
        yield
    except WriteError:
        raise
    except Exception as error:
        refused: BaseException | None = error
        while refused is not None and not isinstance(refused, OSError):  # PyTorch says RuntimeError while handling it
            refused = refused.__context__
        if refused is None or refused.errno is None:
            raise
        raise WriteError(refused.errno, refused.strerror, str(path)) from None


def write_atomically(
    path: Path,
    write: Callable[[BinaryIO], object],
    *,
    durable: bool = True,
    before: Callable[[], object] | None = None,
) -> None:
    """Call `write` with a file that takes the place of `path` only when it is whole.

    `durable`: also on disk before this returns, so that a power cut cannot take it back. `before` is called when the
    new file is whole, just before it takes that place. Raises WriteError; then what was there before still is.
    """
    with writing(path):
        _replace(path, write, durable, before)


def _replace(
    path: Path, write: Callable[[BinaryIO], object], durable: bool, before: Callable[[], object] | None
) -> None:
    temporary = temporary_of(path)
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if before is not None:
            before()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
