"""A run on disk: its folder, its event log (the only source of truth), and how runs are found again."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from core import events
from core.errors import RunError
from core.events import (
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    NetworkInspected,
    RunResumed,
    RunStarted,
    StepsEnded,
)
from core.files import is_file, writing


def slug(name: str, limit: int = 40) -> str:
    """`name` as part of a folder name: letters of any script, digits, dots and hyphens, at most `limit` of them."""
    words = re.sub(r"[^\w.]+", "-", name, flags=re.UNICODE).strip("-._")
    return words[:limit].strip("-._") or "run"


@dataclasses.dataclass(frozen=True)
class RunDir:
    """The folder of one run."""

    path: Path

    @property
    def run_id(self) -> str:
        """Its folder's name; for a trial of a search `<run-id>/<number>`."""
        folder = self.path.parent
        of_search = folder.name == "trials" and self.path.name.isdigit() and is_file(folder.parent / "events.jsonl")
        return f"{folder.parent.name}/{self.path.name}" if of_search else self.path.name

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def model(self) -> Path:
        return self.path / "model.pt"

    @property
    def best(self) -> Path:
        return self.path / "best.pt"

    @property
    def inputs(self) -> Path:
        return self.path / "inputs.json"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def results(self) -> Path:
        """Of a search: one row for each trial."""
        return self.path / "results.csv"

    @property
    def data(self) -> Path:
        """Of a trial: the sizes of its splits and the fingerprint of its data."""
        return self.path / "data.json"

    def trial(self, number: int) -> RunDir:
        """The folder of a trial of this search."""
        return RunDir(self.path / "trials" / str(number))

    @property
    def figures(self) -> Path:
        """A folder; not there where the run has no figures."""
        return self.path / "figures"

    @classmethod
    def create(cls, root: Path, name: str, config_toml: str) -> RunDir:
        """A new folder with its config. Raises RunError; then nothing is left behind."""
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        path = root / f"{stamp}-{slug(name)}-{secrets.token_hex(2)}"
        made_root, made = not root.exists(), False
        try:
            path.mkdir(parents=True)
            made = True
            RunDir(path).config.write_text(config_toml, encoding="utf-8")
        except (OSError, UnicodeEncodeError) as error:
            if made:  # else it may be another run of the same second
                shutil.rmtree(path, ignore_errors=True)
            if made_root:
                with contextlib.suppress(OSError):  # not empty, or never made
                    root.rmdir()
            raise RunError(
                f"cannot write to the models folder {root}: {getattr(error, 'strerror', None) or error}; "
                "choose another with --models-dir or NNTUI_MODELS_DIR"
            ) from None
        return cls(path)

    @property
    def live(self) -> bool:
        """Whether some process is in a session of this run."""
        try:
            with self.events.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


class EventLog:
    """Appends events to a run's log, and holds the run for this process while it is open."""

    def __init__(self, run_dir: RunDir) -> None:
        """Raises RunError when another process is in a session of this run, or the log cannot be written."""
        self._path = run_dir.events
        try:
            self._file: IO[bytes] = run_dir.events.open("ab+", buffering=0)
        except OSError as error:
            raise RunError(f"cannot write {run_dir.events}: {error.strerror or error}") from None
        if not _lock(self._file):
            self._file.close()
            raise RunError(f"{run_dir.run_id} is being trained by another process")
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, end - 1))
        self._torn = self._file.read(1) not in (b"", b"\n")  # the last session died in the middle of a line

    def append(self, event: Event) -> None:
        """Raises WriteError; a line that was written in part is then ended before the next one."""
        line = events.encode(event).encode() + b"\n"
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


def _lock(file: IO[bytes]) -> bool:
    """Take the exclusive lock; a reader that just looks whether it is free holds it for an instant."""
    for _attempt in range(20):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def read_events(path: Path, after: int = -1, wanted: Callable[[bytes], bool] | None = None) -> Iterator[Event]:
    """The events of a log with `seq` above `after`, torn and unknown lines left out, and lines that are not `wanted`.

    Where a later session resumed from an earlier step, what came after that step is left out too, so that the result
    reads like a run that was never broken. Raises RunError.
    """
    try:
        with path.open("rb") as file:
            resumed = [event for line in file if b'"RunResumed"' in line and (event := events.decode(line))]
        resumes = [event for event in resumed if isinstance(event, RunResumed)]
        with path.open("rb") as file:
            for line in file:
                if wanted is not None and not wanted(line):
                    continue
                if after >= 0 and (found := _SEQ.match(line)) and int(found[1]) <= after:  # cheaper than decoding it
                    continue
                event = events.decode(line)
                if event is None or event.seq <= after:
                    continue
                later = [resume for resume in resumes if resume.seq > event.seq]
                kept = _up_to(event, min(later, key=lambda r: (r.step, r.epoch))) if later else event
                if kept is not None:
                    yield kept
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None


def read_started(run_dir: RunDir) -> RunStarted | None:
    """How a run began, without reading the rest; None where its log does not tell."""
    try:
        with run_dir.events.open("rb") as file:
            event = events.decode(file.readline())
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


def all_runs(root: Path) -> list[RunDir]:
    """The runs in a models folder, oldest first; none where there is no such folder. Raises RunError."""
    try:
        names = os.listdir(root)  # noqa: PTH208  (Path.iterdir as a generator would raise later)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(
            f"cannot read the models folder {root}: {error.strerror or error}; "
            "choose another with --models-dir or NNTUI_MODELS_DIR"
        ) from None
    return [run_dir for name in sorted(names) if _is_run(run_dir := RunDir(root / name))]


def _is_run(run_dir: RunDir) -> bool:
    return is_file(run_dir.events)


def _last_written(run_dir: RunDir) -> float:
    try:
        return run_dir.events.stat().st_mtime
    except OSError:  # removed since it was listed
        return 0.0


def find(run: str, root: Path) -> RunDir:
    """The run that a run-id, a unique part of one, a path or `last` means. Raises RunError."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # too long for a path, or no such home folder
        run_dir = RunDir(Path(run).expanduser())
        if _is_run(run_dir):
            return RunDir(run_dir.path.resolve()) if run_dir.path.name in ("", "..") else run_dir
    runs = all_runs(root)
    if not runs:
        raise RunError(f"no runs in {root}; start one with: nntui run iris-net")
    if run == "last":
        return max(runs, key=lambda r: (_last_written(r), r.run_id))
    matches = [r for r in runs if r.run_id == run] or [r for r in runs if run and run in r.run_id]
    if not matches:
        raise RunError(f"no run named {run!r} in {root}; see: nntui runs")
    if len(matches) > 1:
        names = ", ".join(r.run_id for r in matches[:3]) + (", …" if len(matches) > 3 else "")
        raise RunError(f"{run!r} fits {len(matches)} runs ({names}); give more of the name")
    return matches[0]
