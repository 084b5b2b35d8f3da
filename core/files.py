"""Writing files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def is_file(path: str | Path) -> bool:
    """False also where the folder cannot be searched: there `Path.is_file` raises."""
    return os.path.isfile(path)  # noqa: PTH113


def is_dir(path: str | Path) -> bool:
    """False also where the folder cannot be searched: there `Path.is_dir` raises."""
    return os.path.isdir(path)  # noqa: PTH112


def write_atomically(path: Path, write: Callable[[BinaryIO], object], *, durable: bool = True) -> None:
    """Call `write` with a file that takes the place of `path` only when it is whole.

    `durable`: also on disk before this returns, so that a power cut cannot take it back.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
