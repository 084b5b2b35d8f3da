"""labels.json: the name, the tags and the note that a run was given by hand, in its folder. They change without its
log, also while it trains; of two processes that change them at once neither loses anything."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.errors import RunError, WriteError
from core.runs.folder import RunDir
from core.system.files import is_same, lock, write_atomically
from core.system.text import clean

LONGEST_NAME, LONGEST_TAG, LONGEST_NOTE = 100, 50, 10_000
"""Characters."""
PATIENCE = 10.0
"""Seconds that a change waits for another one."""


@dataclass(frozen=True)
class Labels:
    """What a run was given by hand; its run-id stays what it is."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.tags or self.note)


NONE = Labels()


def path_of(run_dir: RunDir) -> Path:
    return run_dir.path / "labels.json"


def read(run_dir: RunDir) -> Labels:
    """None are told where the file is missing, torn or somebody else's: that hides no run."""
    path = f"{run_dir.path}/labels.json"
    if not os.access(
        path, os.F_OK
    ):  # asked of thousands, most of which have none: an exception takes four times as long
        return NONE
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return _labels(json.loads(file.read()))
    except (OSError, ValueError, RecursionError):
        return NONE


def _labels(saved: Any) -> Labels:
    if not isinstance(saved, dict):
        return NONE
    name, tags, note = saved.get("name"), saved.get("tags"), saved.get("note")
    return Labels(
        name if isinstance(name, str) else "",
        tuple(dict.fromkeys(tag for tag in tags if isinstance(tag, str))) if isinstance(tags, list) else (),
        note if isinstance(note, str) else "",
    )


def change(
    run_dir: RunDir,
    *,
    name: str | None = None,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    note: str | None = None,
) -> Labels:
    """Give a name or a note, empty to take it away; add and remove tags, whose case does not count. What stands in the
    file beside these stays. Raises RunError and WriteError."""
    name = None if name is None else checked_name(name)
    note = None if note is None else checked_note(note)
    added, removed = [checked_tag(tag) for tag in add], {tag.strip().casefold() for tag in remove}
    with held(run_dir):
        saved = _saved(run_dir)
        before = _labels(saved)
        tags = [tag for tag in before.tags if tag.casefold() not in removed]
        for tag in added:
            if tag.casefold() not in {each.casefold() for each in tags}:
                tags.append(tag)
        after = Labels(before.name if name is None else name, tuple(tags), before.note if note is None else note)
        if after != before:
            saved |= {"name": after.name, "tags": list(after.tags), "note": after.note}
            text = json.dumps(saved, ensure_ascii=False, indent=1)
            write_atomically(path_of(run_dir), lambda file: file.write(text.encode()))
    return after


def _saved(run_dir: RunDir) -> dict[str, Any]:
    """What the file has. Raises RunError where it is none of ours: what stands there is not thrown away."""
    path = path_of(run_dir)
    try:
        found = json.loads(path.read_bytes() or b"{}")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RunError(f"{path} is not what nntui wrote; move it away to give {run_dir.run_id} labels")
    return found


# What may be given.


def checked_tag(tag: str) -> str:
    """Raises RunError."""
    tag = tag.strip()
    if not tag:
        raise RunError("a tag is empty; write a word, as paper")
    if re.search(r"[\s,]", tag) or clean(tag) != tag:
        raise RunError(f"tag {tag!r}: write it without spaces, commas and control characters, as first-try")
    if tag.startswith("-"):
        raise RunError(f"tag {tag!r}: a tag does not begin with a hyphen; to take one away: nntui tag RUN TAG --remove")
    if len(tag) > LONGEST_TAG:
        raise RunError(f"tag {tag[:20]}… has {len(tag)} characters; {LONGEST_TAG} at most")
    return _spelled(tag, "tag")


def checked_name(name: str) -> str:
    """Raises RunError."""
    name = name.strip()
    if clean(name) != name:
        raise RunError(f"name {name!r}: write it in one line, without control characters")
    if "/" in name or name in (".", "..", "last"):
        raise RunError(f"name {name!r}: / and the word last mean other things where a run is named")
    if len(name) > LONGEST_NAME:
        raise RunError(f"name {name[:20]}… has {len(name)} characters; {LONGEST_NAME} at most")
    return _spelled(name, "name")


def checked_note(note: str) -> str:
    """Lines are kept, other control characters refused. Raises RunError."""
    note = note.replace("\r\n", "\n").strip()
    plain = note.replace("\n", "").replace("\t", "")
    if clean(plain) != plain:
        raise RunError("note: write it without control characters")
    if len(note) > LONGEST_NOTE:
        raise RunError(f"note: it has {len(note):,} characters; {LONGEST_NOTE:,} at most")
    return _spelled(note, "note")


def _spelled(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RunError(f"{what} {text!r}: it is no text in UTF-8") from None
    return text


# One at a time.


@contextlib.contextmanager
def held(run_dir: RunDir, patience: float = PATIENCE) -> Iterator[None]:
    """No other process changes the labels of this run, or moves it, meanwhile. Raises RunError, and WriteError where
    the folder cannot be written to."""
    with _lock_file(run_dir) as file:
        if not lock(file, patience):
            raise RunError(f"another process holds the labels of {run_dir.run_id}; try again")
        if not is_same(file, run_dir.path / "labels.lock"):  # moved while we waited
            raise RunError(f"{run_dir.run_id} was deleted meanwhile")
        yield


@contextlib.contextmanager
def _lock_file(run_dir: RunDir) -> Iterator[IO[bytes]]:
    """A file of its own: labels.json is replaced at each change, and who trains the run holds its log."""
    path = run_dir.path / "labels.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        file = os.fdopen(os.open(path, flags, 0o666), "ab")
    except FileNotFoundError:
        raise RunError(f"{run_dir.run_id} was deleted meanwhile") from None
    except OSError as error:
        raise WriteError(error.errno, error.strerror, str(path)) from None
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe would make us wait for ever
            raise RunError(f"{path} is no file; remove it")
        yield file
