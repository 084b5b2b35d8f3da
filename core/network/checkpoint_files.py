"""Checkpoints on disk: each is sealed with a digest of its bytes, and the one before it is kept, so that one that was
damaged, by a failing disk or a copy that was cut short, is noticed and passed over.

The digest is the comment of the zip archive that `torch.save` writes: `torch.load` reads the file as ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch

from core.errors import RunError, first_line
from core.system.files import temporary_of, write_atomically

MARK = b"sha256:"
LENGTH = len(MARK) + 64
END = 22
"""Bytes of an archive's last record; the comment follows, and the last two of them say how long it is."""


class DamagedError(Exception):
    """A checkpoint cannot be used; the message goes on after its name."""


@dataclass(frozen=True)
class Read:
    """What `read` found."""

    saved: dict[str, Any]
    path: Path
    note: str = ""
    """Why it is not the newest one, for the user; empty where it is."""


def previous(path: Path) -> Path:
    """Where the one before the newest is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def write(path: Path, saved: Mapping[str, Any]) -> None:
    """Save as `path`, atomically; what was there becomes the previous one."""

    def sealed(file: BinaryIO) -> None:
        seal = _Seal(file)
        torch.save(dict(saved), cast("BinaryIO", seal))
        seal.close()

    write_atomically(path, sealed, before=lambda: _keep(path))


def _keep(path: Path) -> None:
    """Under both names, so that there is a newest one at every moment."""
    temporary = temporary_of(path)
    with contextlib.suppress(FileNotFoundError):
        try:
            os.link(path, temporary)
        except FileNotFoundError:
            raise
        except OSError:  # a file system without links: for a moment there is only the previous one, which `read` finds
            path.replace(previous(path))
        else:
            temporary.replace(previous(path))


def read(
    path: Path, device: torch.device | str = "cpu", unfit: Callable[[Mapping[str, Any]], str] = lambda _saved: ""
) -> Read:
    """The newest one that is whole, and that `unfit` has nothing to say of, as in `is too old`. Raises
    FileNotFoundError where there is none at all, and RunError where none can be used."""
    before = previous(path)
    try:
        return Read(_fitting(path, device, unfit), path)
    except FileNotFoundError:
        if not before.exists():
            raise
        why = f"{path} is missing"
    except DamagedError as error:
        why = f"{path} {error}"
    try:
        return Read(_fitting(before, device, unfit), before, f"{why}; the one before it is used, {before.name}")
    except FileNotFoundError:
        raise RunError(f"cannot read the checkpoint: {why}; there is none before it{_instead(path)}") from None
    except DamagedError as error:
        raise RunError(f"cannot read a checkpoint: {why}, and {before.name} {error}{_instead(path)}") from None


def _instead(path: Path) -> str:
    return f"; start it again: nntui run {path.with_name('config.toml')}"


def _fitting(path: Path, device: torch.device | str, unfit: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    saved = read_one(path, device)
    if reason := unfit(saved):
        raise DamagedError(reason)
    return saved


def read_one(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """One file. Raises FileNotFoundError and DamagedError."""
    try:
        _check_seal(path)
        saved = torch.load(path, map_location=device, weights_only=True)
    except (FileNotFoundError, DamagedError):
        raise
    except Exception as error:  # torch raises whatever a damaged archive provokes
        reason = first_line(error).partition(":")[0][:100]
        raise DamagedError(f"is damaged ({reason})") from None
    if not isinstance(saved, dict):
        raise DamagedError("holds something else")
    return saved


def restore(found: Read, path: Path) -> None:
    """Make what was found the newest one, in the place of one that is damaged."""
    if found.path != path:
        found.path.replace(path)


def _check_seal(path: Path) -> None:
    """Raises DamagedError where the file is not the one that was sealed. One of a version before this has no seal, and
    an archive without a comment."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LENGTH - END))
        end = file.read()
        _archive, mark, told = end.rpartition(MARK)
        if not mark or len(told) != LENGTH - len(MARK):
            if b"PK\5\6" in end and end[-2:] != b"\0\0":
                raise DamagedError("is damaged (its end is not what was written)")
            return
        file.seek(0)
        digest, left = hashlib.sha256(), size - LENGTH
        while left and (chunk := file.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    if digest.hexdigest().encode() != told:
        raise DamagedError("is damaged (its bytes are not those that were written)")


class _Seal:
    """A file that is written through it, front to back, and gets its digest at the end, as the archive's comment."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self._held = file, hashlib.sha256(), b""

    def write(self, data: Any) -> int:
        """All but the last two bytes so far: those say how long the comment is."""
        view = memoryview(data).cast("B")
        if len(view) < 2:
            view = memoryview(self._held + bytes(view))
        else:
            self._put(self._held)
        self._put(view[:-2])
        self._held = bytes(view[-2:])
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        if self._held == b"\0\0":  # no comment yet
            self._held = LENGTH.to_bytes(2, "little")
        self._put(self._held)
        self._file.write(MARK + self._digest.hexdigest().encode())

    def _put(self, data: bytes | memoryview) -> None:
        self._digest.update(data)
        self._file.write(data)
