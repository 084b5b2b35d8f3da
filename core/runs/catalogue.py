"""The runs of a models folder as a list: what their caches say beside their labels, and the broken ones by themselves.
Of many runs the caches are in one file, `core.runs.index`."""

from __future__ import annotations

import math
import os
import re
import stat
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import RunError, UserError
from core.history.states import LIVE
from core.runs import index, labels, summary
from core.runs.entry import Entry
from core.runs.find import cannot_list
from core.runs.folder import RunDir
from core.runs.summary import Summary
from core.system.files import writer_of

FEW = 100
"""Runs for which no index is kept: reading their own files takes no longer."""
YOUNG = 10.0
"""Seconds in which a folder without a log may be that of a run that is just beginning."""
_RUN_ID = re.compile(r"\d{8}-\d{6}-.+-[0-9a-f]{4}")
_BEGINNING = {"config.toml", "inputs.json", "components", "labels.lock", "start.pt"}
"""All that such a folder has."""


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
    logs: index.Logs = field(default_factory=dict, repr=False)
    """By run-id, what was read of logs that are still as they were then."""

    @property
    def by_id(self) -> dict[str, Entry]:
        return {entry.run_id: entry for entry in self.entries}


def read(root: Path, known: Listing | None = None) -> Listing:
    """Every run of a models folder. `known` is what was read before: what has not changed since is not read again.
    Raises RunError where the folder cannot be listed."""
    names = _names(root)
    before = known.logs if known else index.read(root) if len(names) >= FEW else {}
    entries: list[Entry] = []
    broken: list[Broken] = []
    logs: dict[str, tuple[index.Stamp, Summary]] = {}
    news = False
    for name in names:
        path = f"{root}/{name}"
        run_dir = RunDir(Path(path))
        try:
            if (stamp := _stamp(path)) is None:
                if why := without_log(run_dir.path):
                    broken.append(Broken(run_dir.path, why))
                continue
            kept = before.get(name)
            found = kept[1] if kept and kept[0] == stamp else _read(run_dir)
            if found.log_bytes == stamp[0]:  # else one that is training and has told more since
                news = news or not kept or kept[0] != stamp
                logs[name] = stamp, found
            _check(path, found)
            found = summary.as_found(run_dir, found) if found.status in LIVE else found
            entries.append(Entry(run_dir.path, found, labels.read(run_dir)))
        except (UserError, OSError) as error:
            if os.access(path, os.F_OK):  # else another process has moved it away meanwhile
                broken.append(Broken(run_dir.path, str(error)))
    if news and len(names) >= FEW:
        index.write(root, logs)
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


def _stamp(path: str) -> index.Stamp | None:
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
    if not found.started and found.log_bytes > 0 and _tells_something(f"{path}/events.jsonl"):
        raise RunError(f"{path}/events.jsonl does not begin as a log of nntui's does; look into it, or move it away")
    if not os.access(f"{path}/config.toml", os.F_OK):
        raise RunError(f"{path} has no config.toml; its curves can be exported, but it cannot go on")


def _tells_something(log: str) -> bool:
    """Whether a log has a whole line. One that was cut off in its first line is that of a run that never began."""
    with open(log, "rb") as file:  # noqa: PTH123
        return any(line.endswith(b"\n") and line.strip() for line in file)


def without_log(folder: Path) -> str:
    """What is wrong with a folder that has no log; empty where it is no run, or one that is just beginning."""
    try:
        inside = {each.name for each in folder.iterdir() if writer_of(each.name) is None}
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
