"""What a folder holds, for choosing a table from it; and what a typed or pasted path means."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.errors import UserError
from core.system.folders import user_path
from core.system.text import clean
from core.tables.looks import is_table


@dataclass(frozen=True)
class Entry:
    """A file or folder. `size` in bytes and `modified` in seconds since 1970; None where neither can be known, as of a
    broken link."""

    name: str
    """As the system has it."""
    shown: str
    """As people read it: one line, composed letters, no control characters."""
    folder: bool
    size: int | None = None
    modified: float | None = None

    @property
    def table(self) -> bool:
        """Whether its name is that of a table."""
        return not self.folder and is_table(self.name)

    @property
    def hidden(self) -> bool:
        return self.name.startswith(".")


def printable(name: str) -> str:
    """A name as text: bytes that are no UTF-8 as �, and the letters of macOS's file names put together."""
    whole = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8", "replace"))
    return clean(whole).replace("\u2028", " ").replace("\u2029", " ") or "?"


def entries(folder: Path) -> list[Entry]:
    """Folders, tables, then all other files, each in the order of people: `run 2` before `run 10`. Raises UserError
    where the folder cannot be listed."""
    try:
        with os.scandir(folder) as found:
            listed = [_entry(each) for each in found]
    except OSError as error:
        raise UserError(f"this folder cannot be listed: {error.strerror or error}") from None
    return sorted(listed, key=lambda each: (not each.folder, not each.table, _natural(each.shown)))


def _entry(found: os.DirEntry[str]) -> Entry:
    try:
        about = found.stat()
    except OSError:  # a link to nowhere, or gone since
        return Entry(found.name, printable(found.name), folder=False)
    folder = stat.S_ISDIR(about.st_mode)
    size = about.st_size if stat.S_ISREG(about.st_mode) else None
    return Entry(found.name, printable(found.name), folder, size, about.st_mtime)


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def matching(listed: Sequence[Entry], text: str, *, everything: bool, beginning: bool) -> list[Entry]:
    """Those whose name holds `text`, or begins with it. Only folders and tables, unless `everything`: then all other
    files and those that are hidden, too. A file that is called exactly so is always among them."""
    wanted = unicodedata.normalize("NFC", text).casefold()

    def fits(entry: Entry) -> bool:
        name = entry.shown.casefold()
        if name == wanted:
            return True
        if not (everything or ((entry.folder or entry.table) and not entry.hidden)):
            return False
        return name.startswith(wanted) if beginning else wanted in name

    return [entry for entry in listed if fits(entry)]


def best(shown: Sequence[Entry], text: str) -> int:
    """Which of them is meant by `text`: the one of that name, else the first that begins with it; without a text the
    first table."""
    wanted = unicodedata.normalize("NFC", text).casefold()
    names = [entry.shown.casefold() for entry in shown]
    if wanted in names:
        return names.index(wanted)
    if wanted:
        return next((i for i, name in enumerate(names) if name.startswith(wanted)), 0)
    return next((i for i, entry in enumerate(shown) if entry.table), 0)


@dataclass(frozen=True)
class Typed:
    """What a line means: a folder to look into, and a name in it or a part of one."""

    folder: Path
    text: str
    path: bool
    """Whether it was written as a path."""


def typed(line: str, here: Path) -> Typed:
    """Paths as people have them: with `~`, relative to `here`, in quotes, with backslashes before spaces as terminals
    paste a file that is dropped on them, or as `file://`. Raises UserError for a home folder that is not there."""
    text = _plain(line)
    if not ("/" in text or text.startswith("~") or text in (".", "..")):
        return Typed(here, text, path=False)
    path = here / user_path(text)
    if text.endswith("/") or text in (".", "..", "~") or text.endswith(("/.", "/..")):
        return Typed(Path(os.path.normpath(path)), "", path=True)
    return Typed(Path(os.path.normpath(path.parent)), path.name, path=True)


def _plain(line: str) -> str:
    text = line.strip()
    if text[:1] in ("'", '"'):
        text = text[1:].removesuffix(text[0])
    elif "\\" in text:
        text = re.sub(r"\\([^\w\\]|\\)", r"\1", text)
    if text.startswith("file://"):
        text = unquote(urlsplit(text.replace("#", "%23").replace("?", "%3F")).path)
    return text
