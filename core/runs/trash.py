"""The trash of a models folder: `.trash/<run-id>`. A run is deleted by one rename, which another one undoes; what is in
the trash is removed only when that is asked for.

Nothing outside of the models folder is moved or removed, and no link is followed: folders are opened once, and what
happens is done from there.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from core.errors import RunError, WriteError
from core.runs import find as runs_find
from core.runs import labels
from core.runs.catalogue import without_log
from core.runs.find import cannot_list
from core.runs.folder import RunDir
from core.runs.labels import Labels
from core.runs.summary import shown
from core.system.files import exists, lock, write_atomically

NAME = ".trash"
RECORD = "deleted.json"
"""In the folder of a deleted run: when that was."""
_REMOVING = ".removing-"
"""How a folder begins that is being removed for good: nobody restores it any more."""


@dataclass(frozen=True)
class Deleted:
    """A run in the trash."""

    run_id: str
    path: Path
    size: int
    """Bytes of its files."""
    deleted: float
    """When, in seconds since 1970."""
    labels: Labels = labels.NONE


@dataclass(frozen=True)
class Emptied:
    """What was removed for good, and a line for each file that could not be."""

    runs: int
    size: int
    failed: tuple[str, ...] = ()


def size(folder: Path) -> int:
    """Bytes of all files below it; links are not followed, and what cannot be read counts for nothing."""
    total, folders = 0, [str(folder)]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as found:
            for each in found:
                with contextlib.suppress(OSError):
                    if each.is_dir(follow_symlinks=False):
                        folders.append(each.path)
                    else:
                        total += each.stat(follow_symlinks=False).st_size
    return total


def check(run_dir: RunDir, root: Path) -> None:
    """Raise RunError for what may not be deleted: a trial, what lies elsewhere, a link, a run that trains."""
    path, run_id = run_dir.path, run_dir.run_id
    if "/" in run_id:
        raise RunError(f"{run_id} is a trial: it cannot be deleted alone; delete the search: {run_dir.home.name}")
    if path.is_symlink():
        raise RunError(f"{path} is a link to a run; it is not followed: remove the link itself")
    if os.path.realpath(path.absolute().parent) != os.path.realpath(root) or not path.name or path.name in (".", ".."):
        raise RunError(f"{path} is not in the models folder {root}, so it is not deleted; name its own: --models-dir")
    if run_dir.live:
        raise RunError(f"{run_id} is being trained; stop it, then delete it")


def delete(run_dir: RunDir, root: Path) -> Deleted:
    """Move a run into the trash. Raises RunError, and WriteError where the folders cannot be written to."""
    check(run_dir, root)
    name, trash = run_dir.path.name, root / NAME
    with _opened(root) as folder, _trash(root, folder) as into:
        with _nobody_in(run_dir):
            if _there(name, into):
                raise RunError(f"a run {name} is in the trash already; restore it, or: nntui trash empty")
            try:
                os.rename(name, name, src_dir_fd=folder, dst_dir_fd=into)
            except FileNotFoundError:
                raise RunError(f"{name} is not there any more") from None
            except OSError as error:
                raise WriteError(error.errno, error.strerror, str(run_dir.path)) from None
        when = datetime.now(UTC)
        with contextlib.suppress(OSError):  # then the folder's own time tells
            text = json.dumps({"deleted": when.isoformat()})
            write_atomically(trash / name / RECORD, lambda file: file.write(text.encode()), durable=False)
    return _deleted(trash / name)


def listed(root: Path) -> list[Deleted]:
    """What is in the trash, what was deleted last first. Raises RunError where it cannot be read."""
    trash = root / NAME
    try:
        if trash.is_symlink():
            raise RunError(f"{trash} is a link; it is not followed")
        names = [each.name for each in os.scandir(trash) if each.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(f"cannot read {trash}: {error.strerror or error}") from None
    found = [_deleted(trash / name) for name in names if not name.startswith(".")]
    return sorted(found, key=lambda each: (-each.deleted, each.run_id))


def find(name: str, root: Path) -> Deleted:
    """The run in the trash that a run-id, a unique part of one, or a given name means; `last` is the one that was
    deleted last. Raises RunError."""
    found = listed(root)
    if not found:
        raise RunError(f"the trash of {root} is empty")
    if name == "last":
        return found[0]
    fits = [each for each in found if each.run_id == name]
    fits = fits or [each for each in found if each.labels.name and each.labels.name.casefold() == name.casefold()]
    fits = fits or [each for each in found if name and name in each.run_id]
    if not fits:
        raise RunError(f"no run named {name!r} in the trash; see: nntui trash")
    if len(fits) > 1:
        names = ", ".join(each.run_id for each in fits[:3]) + (", …" if len(fits) > 3 else "")
        raise RunError(f"{name!r} fits {len(fits)} runs in the trash ({names}); give more of the name")
    return fits[0]


def restore(root: Path, name: str) -> RunDir:
    """Move the run of that run-id back. Raises RunError where there is one of its name again, and WriteError."""
    if not name or "/" in name or name.startswith("."):
        raise RunError(f"no run named {name!r} in the trash; see: nntui trash")
    with _opened(root) as folder, _trash(root, folder) as trash:
        if _there(name, folder):
            raise RunError(f"there is a run {name} in {root} again; rename its folder, then restore this one")
        try:
            os.rename(name, name, src_dir_fd=trash, dst_dir_fd=folder)
        except FileNotFoundError:
            raise RunError(f"no run named {name!r} in the trash; see: nntui trash") from None
        except OSError as error:
            raise WriteError(error.errno, error.strerror, str(root / name)) from None
    run_dir = RunDir(root / name)
    with contextlib.suppress(OSError):
        (run_dir.path / RECORD).unlink()
    return run_dir


def empty(root: Path) -> Emptied:
    """Remove for good all that is in the trash. What cannot be removed is told, and the rest goes. Raises RunError."""
    runs = total = 0
    failed: list[str] = []
    if not exists(root / NAME):
        return Emptied(0, 0)
    with _opened(root) as folder, _trash(root, folder) as trash:
        for name in sorted(os.listdir(trash)):  # noqa: PTH208  (what is open, wherever it lies now)
            removed, errors = _remove(root / NAME, name, trash)
            failed += errors
            if removed is not None:
                runs, total = runs + 1, total + removed
    return Emptied(runs, total, tuple(failed))


def _remove(path: Path, name: str, trash: int) -> tuple[int | None, list[str]]:
    """The bytes of a run that is gone now, None where it was none or is still there; and what could not be removed.

    It is renamed first, so that nobody restores what is half gone.
    """
    failed: list[str] = []

    def tell(_function: object, where: str, info: Any) -> None:
        if not isinstance(info[1], FileNotFoundError):  # else another process was quicker
            failed.append(f"cannot remove {name}: {where}: {info[1].strerror or info[1]}")

    try:
        if not stat.S_ISDIR(os.stat(name, dir_fd=trash, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=trash)
            return None, []
        doomed = name
        if not name.startswith(_REMOVING):
            doomed = _REMOVING + secrets.token_hex(4)
            os.rename(name, doomed, src_dir_fd=trash, dst_dir_fd=trash)
        removed = size(path / doomed)
        shutil.rmtree(doomed, onerror=tell, dir_fd=trash)
    except FileNotFoundError:
        return None, []
    except OSError as error:
        return None, [f"cannot remove {path / name}: {error.strerror or error}"]
    return (None if failed or doomed == name else removed), failed


# How they are held, and where.


@contextlib.contextmanager
def _nobody_in(run_dir: RunDir) -> Iterator[None]:
    """No process is in a session of this run, or changes its labels, meanwhile. Raises RunError and WriteError."""
    with labels.held(run_dir), contextlib.ExitStack() as stack:
        try:
            log = stack.enter_context(_log(run_dir))
        except FileNotFoundError:
            if not without_log(run_dir.path):
                raise RunError(f"{run_dir.path} is no run, or one that is just beginning") from None
        except OSError as error:
            raise RunError(f"cannot open {run_dir.events}: {error.strerror or error}") from None
        else:
            if not lock(log):
                raise RunError(f"{run_dir.run_id} is being trained; stop it, then delete it")
        yield


def _log(run_dir: RunDir) -> IO[bytes]:
    try:
        return run_dir.events.open("rb+")
    except PermissionError:
        return run_dir.events.open("rb")  # enough for a lock, but on some network file systems


@contextlib.contextmanager
def _opened(root: Path) -> Iterator[int]:
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise cannot_list(root, error) from None
    try:
        yield folder
    finally:
        os.close(folder)


@contextlib.contextmanager
def _trash(root: Path, folder: int) -> Iterator[int]:
    """The trash of the models folder that is open. Raises RunError where it is a link, and WriteError."""
    path = root / NAME
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(NAME, dir_fd=folder)
        trash = os.open(NAME, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise RunError(f"{path} is a link, or no folder; it is not followed: move it away") from None
        raise WriteError(error.errno, error.strerror, str(path)) from None
    try:
        yield trash
    finally:
        os.close(trash)


def _there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _deleted(path: Path) -> Deleted:
    when = 0.0
    with contextlib.suppress(OSError):
        when = path.lstat().st_ctime  # of the rename
    with contextlib.suppress(OSError, OverflowError, ValueError, TypeError, KeyError, RecursionError):
        when = shown(datetime.fromisoformat(json.loads((path / RECORD).read_bytes())["deleted"]).timestamp())
    return Deleted(path.name, path, size(path), when, labels.read(RunDir(path)))


def to_delete(name: str, root: Path) -> RunDir:
    """The run that a name means, as `core.runs.find.find` has it; of folders without a log those that were runs, too.
    Raises RunError, also for a trial."""
    run, slash, number = name.rstrip("/").rpartition("/")
    if slash and number.isdecimal() and not exists(name):
        raise RunError(f"{name} is a trial: it cannot be deleted alone; delete the search: {run}")
    try:
        return runs_find.find(name, root)
    except RunError:
        folder = Path(name) if "/" in name.rstrip("/") else root / name
        if name in ("", ".", "..") or exists(folder / "events.jsonl") or not without_log(folder):
            raise
        return RunDir(folder)
