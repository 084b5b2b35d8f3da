"""Leftovers: what a process that was killed left of the files it was just writing into a run's folder. They are removed
when the run goes on; what another process may be writing there stays."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from core.runs.folder import RunDir
from core.system.files import writer_of

HELD = ("checkpoint.pt", "model.pt", "best.pt", "start.pt", "inputs.json", "config.toml", "data.json")
"""Files that only a session writes. Others, as the summary, an export or answers, are also written beside one."""


def remove(run_dir: RunDir) -> None:
    """Only for who holds the run: no other session is under way. What cannot be removed stays."""
    for folder in _folders(run_dir):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                found = writer_of(entry.name)
                if found is not None and (found[0] in HELD or not _is_alive(found[1])):
                    with contextlib.suppress(OSError):
                        Path(entry.path).unlink()


def _folders(run_dir: RunDir) -> Iterator[Path]:
    yield run_dir.path
    yield run_dir.figures
    with contextlib.suppress(OSError):
        yield from (run_dir.path / "trials").iterdir()


def _is_alive(process: int) -> bool:
    """Whether there is such a process on this machine, be it another one by now."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # not one of ours
        return True
    return True
