"""Runs by name: `last`, an id, a part of one, a name given by hand, a path."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from core.errors import RunError
from core.runs import labels
from core.runs.folder import RunDir
from core.system.files import is_file


def all_runs(root: Path) -> list[RunDir]:
    """The runs in a models folder, oldest first; none where there is no such folder. Raises RunError."""
    try:
        names = os.listdir(root)  # noqa: PTH208  (Path.iterdir as a generator would raise later)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise cannot_list(root, error) from None
    return [run_dir for name in sorted(names) if _is_run(run_dir := RunDir(root / name))]


def cannot_list(root: Path, error: OSError) -> RunError:
    return RunError(
        f"cannot read the models folder {root}: {error.strerror or error}; "
        "choose another with --models-dir or NNTUI_MODELS_DIR"
    )


def _is_run(run_dir: RunDir) -> bool:
    return is_file(run_dir.events)


def _last_written(run_dir: RunDir) -> float:
    try:
        return run_dir.events.stat().st_mtime
    except OSError:  # removed since it was listed
        return 0.0


def find(run: str, root: Path) -> RunDir:
    """The run that a run-id, a name given by hand, a unique part of a run-id, a path or `last` means. Raises RunError,
    also where it may mean two."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # too long for a path, or no such home folder
        run_dir = RunDir(Path(run).expanduser())
        if _is_run(run_dir):
            return RunDir(run_dir.path.resolve()) if run_dir.path.name in ("", "..") else run_dir
    runs = all_runs(root)
    if not runs:
        raise RunError(f"no runs in {root}; start one with: nntui run iris-net")
    if run == "last":
        return max(runs, key=lambda r: (_last_written(r), r.run_id))
    matches = [r for r in runs if r.run_id == run] or _meant(run, runs)
    if not matches:
        raise RunError(f"no run named {run!r} in {root}; see: nntui runs")
    if len(matches) > 1:
        names = ", ".join(r.run_id for r in matches[:3]) + (", …" if len(matches) > 3 else "")
        raise RunError(f"{run!r} fits {len(matches)} runs ({names}); give more of the name")
    return matches[0]


def named(name: str, root: Path) -> list[RunDir]:
    """Those that were given this name, in whatever case."""
    return [run_dir for run_dir in all_runs(root) if _is_named(run_dir, name)]


def _is_named(run_dir: RunDir, name: str) -> bool:
    return labels.read(run_dir).name.casefold() == name.casefold()


def _meant(name: str, runs: list[RunDir]) -> list[RunDir]:
    """Those that were given this name, else those whose run-id has it as a part; the only one of these counts beside
    the first."""
    if not name:
        return []
    parts = [run_dir for run_dir in runs if name in run_dir.run_id]
    given = [run_dir for run_dir in runs if _is_named(run_dir, name)]
    if not given:
        return parts
    return given + [run_dir for run_dir in parts if len(parts) == 1 and run_dir not in given]
