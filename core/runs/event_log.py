"""events.jsonl: written by one process at a time, read by any."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from core.errors import RunError
from core.events import codec
from core.events.events import (
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    NetworkInspected,
    RunResumed,
    RunStarted,
    StepsEnded,
)
from core.runs.folder import RunDir
from core.system.files import is_same, lock, writing


class EventLog:
    """Appends events to a run's log, and holds the run for this process while it is open."""

    def __init__(self, run_dir: RunDir) -> None:
        """Raises RunError when another process is in a session of this run, or the log cannot be written."""
        self._path = run_dir.events
        try:
            self._file: IO[bytes] = run_dir.events.open("ab+", buffering=0)
        except OSError as error:
            raise RunError(f"cannot write {run_dir.events}: {error.strerror or error}") from None
        if not lock(self._file):
            self._file.close()
            raise RunError(f"{run_dir.run_id} is being trained by another process")
        if not is_same(self._file, run_dir.events):  # it went to the trash just now
            self._file.close()
            raise RunError(f"{run_dir.run_id} was deleted meanwhile; to have it back: nntui trash restore")
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, end - 1))
        self._torn = self._file.read(1) not in (b"", b"\n")  # the last session died in the middle of a line

    def append(self, event: Event) -> None:
        """Raises WriteError; a line that was written in part is then ended before the next one."""
        line = codec.encode(event).encode() + b"\n"
        left = memoryview(b"\n" + line if self._torn else line)
        with writing(self._path):
            while left:
                left = left[self._file.write(left) :]  # a disk that gets full takes a part first
                self._torn = bool(left)

    def clear(self) -> None:
        """Begin anew: nothing in it was whole."""
        self._file.truncate(0)
        self._torn = False

    def close(self) -> None:
        self._file.close()


def read_events(path: Path, after: int = -1, wanted: Callable[[bytes], bool] | None = None) -> Iterator[Event]:
    """The events of a log with `seq` above `after`, torn and unknown lines left out, and lines that are not `wanted`.

    Where a later session resumed from an earlier step, what came after that step is left out too, so that the result
    reads like a run that was never broken. Raises RunError.
    """
    try:
        with path.open("rb") as file:
            resumed = [event for line in file if b'"RunResumed"' in line and (event := codec.decode(line))]
        resumes = [event for event in resumed if isinstance(event, RunResumed)]
        with path.open("rb") as file:
            for line in file:
                if wanted is not None and not wanted(line):
                    continue
                if after >= 0 and (found := _SEQ.match(line)) and int(found[1]) <= after:  # cheaper than decoding it
                    continue
                event = codec.decode(line)
                if event is None or event.seq <= after:
                    continue
                later = [resume for resume in resumes if resume.seq > event.seq]
                kept = _up_to(event, min(later, key=lambda r: (r.step, r.epoch))) if later else event
                if kept is not None:
                    yield kept
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None


def check_version(run_dir: RunDir) -> None:
    """Raise RunError for a log that a later version of nntui has begun, whose lines may mean other things."""
    try:
        with run_dir.events.open("rb") as file:
            record = json.loads(file.readline())
    except (OSError, ValueError, RecursionError):
        return
    version = record.get("v") if isinstance(record, dict) else None
    if isinstance(version, int) and version > codec.VERSION:
        raise RunError(f"{run_dir.events} was written by a newer version of nntui; update nntui to read it")


def read_started(run_dir: RunDir) -> RunStarted | None:
    """How a run began, without reading the rest; None where its log does not tell."""
    try:
        with run_dir.events.open("rb") as file:
            event = codec.decode(file.readline())
    except OSError:
        return None
    return event if isinstance(event, RunStarted) else None


def read_losses(path: Path, first: int, last: int) -> tuple[int, list[float]]:
    """The batch losses of the steps `first` to `last` that the log has: the first such step, and a value for each from
    there on. Decodes no other lines, so a short stretch of a long run is there at once. Raises RunError."""

    def wanted(line: bytes) -> bool:
        if b'"StepsEnded"' not in line:
            return False
        found = _FIRST_STEP.search(line)
        if found is None:
            return False
        begins = int(found[1])
        return begins <= last and begins + line.count(b",") >= first  # at least as many commas as losses

    start = first
    losses: list[float] = []
    for event in read_events(path, wanted=wanted):
        if not isinstance(event, StepsEnded):
            continue
        chunk = event.losses[max(0, first - event.first_step) : max(0, last + 1 - event.first_step)]
        if chunk and not losses:
            start = max(first, event.first_step)
        losses += chunk
    return start, losses


_SEQ = re.compile(rb'\{"v": \d+, "seq": (\d+),')
_FIRST_STEP = re.compile(rb'"first_step": (\d+)')


def _up_to(event: Event, resume: RunResumed) -> Event | None:
    """The part of an event that happened up to where `resume` began."""
    step = resume.step
    if isinstance(event, StepsEnded):
        kept = event.losses[: max(0, step - event.first_step + 1)]
        return dataclasses.replace(event, losses=kept) if kept else None
    if isinstance(event, Evaluated | EvaluationProgressed | NetworkInspected | EpochEnded) and event.step == step:
        again = resume.epoch >= 0 and (event.epoch > resume.epoch or step == 0)  # happens once more
        return None if again else event
    return event if getattr(event, "step", 0) <= step else None
