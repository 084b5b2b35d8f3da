"""How much memory there is: of the machine, and of the container that this process may run in; and how what is free in
this process is given back."""

from __future__ import annotations

import ctypes
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path

GROUPS, CONTROLLERS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
"""Where Linux tells which control groups the process is in, and their limits."""

CACHES = ("inactive_file", "active_file")
"""Memory that the usage counts and that is given up when it is needed; `total_`: of the groups below too."""


def free_memory() -> float:
    """Bytes that a process may still take: what caches hold is free as well. Infinite where no system tells."""
    return max(0.0, min(_of_machine(), *_of_containers(GROUPS, CONTROLLERS), math.inf))


def give_back() -> None:
    """Let others have what is free in this process: glibc keeps what large parts leave behind for the next ones, of a
    table of a million rows a hundred megabytes. Where there is no glibc, nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _of_machine() -> float:
    import psutil  # here: `--version` and `--help` need no memory checked

    try:
        return float(psutil.virtual_memory().available)
    except (OSError, ValueError, RuntimeError, NotImplementedError):  # a system that it does not know, or without /proc
        return math.inf


def _of_containers(groups: Path, controllers: Path) -> Iterator[float]:
    """What each limit leaves that holds for this process: of its control group, and of those that it lies in."""
    for folder, limit, usage in _control_groups(groups, controllers):
        try:
            most = float((folder / limit).read_text())  # v2 says `max` for no limit
            used = float((folder / usage).read_text())
            told: dict[str, str] = dict(re.findall(r"(\w+) (\d+)", (folder / "memory.stat").read_text()))
        except (OSError, ValueError):
            continue
        yield most - used + sum(float(told.get(f"total_{name}", told.get(name, "0"))) for name in CACHES)


def _control_groups(groups: Path, controllers: Path) -> Iterator[tuple[Path, str, str]]:
    """(folder, name of the limit, name of the usage), of either version of control groups. Inside of a container the
    path may be the host's: then the topmost folder is the container's own."""
    try:
        lines = groups.read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _hierarchy, names, path = [*line.split(":", 2), "", ""][:3]
        if names == "":
            top, files = controllers, ("memory.max", "memory.current")
        elif "memory" in names.split(","):
            top, files = controllers / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        inner = top / path.strip("/")
        for folder in (inner, *inner.parents):
            yield folder, *files
            if folder == top:
                break
