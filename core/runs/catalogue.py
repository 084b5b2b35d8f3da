"""The runs of a models folder as a list: what their caches say beside their labels, and the broken ones by themselves.

A file of a run's own is small, but a thousand of them take long to open and read: where there are many, one file in the
models folder, `.runs.json`, has the same of all. It is a cache of caches. What it says of a run counts only as long as
the log has the length and the time that it names.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeAlias

from core.errors import RunError, UserError, WriteError
from core.history.states import LIVE
from core.runs import labels, summary
from core.runs.entry import Entry
from core.runs.find import cannot_list
from core.runs.folder import RunDir
from core.runs.summary import Summary
from core.system.files import write_atomically

INDEX = ".runs.json"
FORMAT = 1
FEW = 100
"""Runs for which no index is kept: reading their own files takes no longer."""
YOUNG = 10.0
"""Seconds in which a folder without a log may be that of a run that is just beginning."""
_RUN_ID = re.compile(r"\d{8}-\d{6}-.+-[0-9a-f]{4}")
_BEGINNING = {"config.toml", "inputs.json", "components", "labels.lock"}
"""All that such a folder has."""

Stamp: TypeAlias = tuple[int, int]
"""Length of a log, and when it was last written to, in ns."""


@dataclass(frozen=True)
class Broken:
    """A folder that is a run, or was one, and cannot be listed."""

    path: Path
    why: str
    """One line: what is wrong with it, and what may be done."""

    @property
    def run_id(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Listing:
    """`entries` are oldest first."""

    entries: tuple[Entry, ...] = ()
    broken: tuple[Broken, ...] = ()
    logs: Mapping[str, tuple[Stamp, Summary]] = field(default_factory=dict, repr=False)
    """By run-id, what was read of logs that are still as they were then."""

    @property
    def by_id(self) -> dict[str, Entry]:
        return {entry.run_id: entry for entry in self.entries}


def read(root: Path, known: Listing | None = None) -> Listing:
    """Every run of a models folder. `known` is what was read before: what has not changed since is not read again.
    Raises RunError where the folder cannot be listed."""
    names = _names(root)
    before = _Index.of(root) if known is None and len(names) >= FEW else _Index(known.logs if known else {})
    entries: list[Entry] = []
    broken: list[Broken] = []
    logs: dict[str, tuple[Stamp, Summary]] = {}
    news = False
    for name in names:
        path = f"{root}/{name}"
        run_dir = RunDir(Path(path))
        try:
            if (stamp := _stamp(path)) is None:
                if why := without_log(run_dir.path):
                    broken.append(Broken(run_dir.path, why))
                continue
            found = before.summary(name, stamp)
            if found is None:
                found = _read(run_dir)
            if found.log_bytes == stamp[0]:  # else one that is training and has told more since
                news = news or before.summary(name, stamp) is None
                logs[name] = stamp, found
            _check(path, found)
            found = summary.as_found(run_dir, found) if found.status in LIVE else found
            entries.append(Entry(run_dir.path, found, labels.read(run_dir)))
        except (UserError, OSError) as error:
            broken.append(Broken(run_dir.path, str(error)))
    if news and len(names) >= FEW:
        _Index(logs).write(root)
    entries.sort(key=lambda entry: (entry.began or -math.inf, entry.run_id))
    return Listing(tuple(entries), tuple(broken), logs)


def _names(root: Path) -> list[str]:
    """Of the folders in it, but hidden ones."""
    try:
        with os.scandir(root) as found:
            return sorted(each.name for each in found if not each.name.startswith(".") and each.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise cannot_list(root, error) from None


def _stamp(path: str) -> Stamp | None:
    """None where there is no log."""
    try:
        found = os.stat(f"{path}/events.jsonl")  # noqa: PTH116  (asked of thousands)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _read(run_dir: RunDir) -> Summary:
    cached = summary.cached(run_dir)
    if cached is None or not (summary.is_of(run_dir, cached) or run_dir.live):
        cached = summary.read_log(run_dir)
    return replace(cached, curves={})


def _check(path: str, found: Summary) -> None:
    """Raise RunError for one that has a log and yet is none."""
    if not found.started and found.log_bytes > 0:
        raise RunError(f"{path}/events.jsonl does not begin as a log of nntui's does; look into it, or move it away")
    if not os.access(f"{path}/config.toml", os.F_OK):
        raise RunError(f"{path} has no config.toml; its curves can be exported, but it cannot go on")


def without_log(folder: Path) -> str:
    """What is wrong with a folder that has no log; empty where it is no run, or one that is just beginning."""
    try:
        inside = {each.name for each in folder.iterdir()}
        age = time.time() - folder.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot read {folder}: {error.strerror or error}" if _RUN_ID.fullmatch(folder.name) else ""
    if not (_RUN_ID.fullmatch(folder.name) or RunDir(folder).is_one):
        return ""
    if age < YOUNG and "config.toml" in inside and inside <= _BEGINNING:
        return ""
    what = "is empty" if not inside else "has no events.jsonl: it never began, or was deleted in part"
    return f"{folder} {what}; take it away with: nntui delete {folder.name}"


class _Index:
    """What was read of logs, by run-id; of a file as JSON has it."""

    def __init__(self, logs: Mapping[str, Any]) -> None:
        self._logs = logs

    @classmethod
    def of(cls, root: Path) -> _Index:
        try:
            with open(root / INDEX, "rb") as file:  # noqa: PTH123
                saved = json.loads(file.read())
            known = saved["runs"] if saved["format"] == [FORMAT, summary.FORMAT] else {}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            known = {}
        return cls(known if isinstance(known, dict) else {})

    def summary(self, run_id: str, stamp: Stamp) -> Summary | None:
        """Of a log of that stamp; None where another one was read, or none."""
        try:
            (size, written), found = self._logs[run_id]
            if (size, written) != stamp:
                return None
            return found if isinstance(found, Summary) else _restored(found)
        except (KeyError, TypeError, ValueError):
            return None

    def write(self, root: Path) -> None:
        """Where it can be: it is only a cache."""
        runs = {run_id: (stamp, _without_curves(found)) for run_id, (stamp, found) in self._logs.items()}
        text = json.dumps({"format": [FORMAT, summary.FORMAT], "runs": runs}, separators=(",", ":"))
        with contextlib.suppress(WriteError):
            write_atomically(root / INDEX, lambda file: file.write(text.encode()), durable=False)


_FIELDS = {each.name for each in fields(Summary)} - {"curves"}


def _without_curves(found: Summary) -> dict[str, Any]:
    return {name: value for name, value in vars(found).items() if name in _FIELDS}


def _restored(values: dict[str, Any]) -> Summary | None:
    """What `_without_curves` took apart; put together without its constructor, which would take as long as all else."""
    if values.keys() != _FIELDS:
        return None
    found = object.__new__(Summary)
    vars(found).update(values, curves={})
    return found
