"""Tail: what a process has written to a log since one looked at it last; only that is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from core.errors import RunError
from core.events import codec
from core.events.events import Event, RunResumed

LINE = 1 << 16
"""Bytes at the end of a log among which one looks for the last whole line: hardly any is longer."""


class Tail:
    """Of a log that was read to its end; `begin` beforehand, and what is written meanwhile is new afterwards."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        """Bytes of the whole lines that are known."""
        self._file: tuple[int, int] | None = None
        """Which file it was."""

    def begin(self) -> None:
        """What is written from now on is new. Raises RunError."""
        try:
            with self._path.open("rb") as file:
                self._file = _which(file)
                size = file.seek(0, os.SEEK_END)
                start = file.seek(max(0, size - LINE))
                self._at = start + file.read(size - start).rfind(b"\n") + 1
        except OSError as error:
            raise RunError(f"cannot read {self._path}: {error.strerror or error}") from None

    def new(self, after: int) -> list[Event] | None:
        """The events of the lines that are whole by now, with `seq` above `after`; None where the log must be read from
        its beginning: a later session went on from an earlier step, or it is another file. Raises RunError."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if self._file != _which(file) or size < self._at:
                    return None
                file.seek(self._at)
                text = file.read(size - self._at)
        except OSError as error:
            raise RunError(f"cannot read {self._path}: {error.strerror or error}") from None
        end = text.rfind(b"\n") + 1
        self._at += end
        events = [event for line in text[:end].splitlines() if (event := codec.decode(line)) is not None]
        events = [event for event in events if event.seq > after]
        return None if any(isinstance(event, RunResumed) for event in events) else events


def _which(file: IO[bytes]) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino
