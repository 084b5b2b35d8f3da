"""The records of a text file that holds a table, and the names of its columns. What goes wrong is a DataError."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.tables.finding import TableError

BLANKS = " "
"""The separator of columns that are aligned with blanks: any number of them are one."""
UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error)
"""What reading a file raises; its bytes may be damaged where they are packed."""

_OPEN: dict[str, Callable[..., IO[Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


@contextmanager
def reading(path: Path, encoding: str = "") -> Iterator[None]:
    """Whatever is read meanwhile: what goes wrong is a DataError that names the file."""
    try:
        yield
    except UnicodeError as error:
        why = f" ({error.reason} at byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise TableError(path, f"is not {encoding} text{why}", {"encoding": ""}) from None
    except UNREADABLE as error:
        raise TableError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def opened(path: Path, encoding: str | None = None) -> IO[Any]:
    """Bytes, or text in `encoding` with newlines as they are; unpacked where its name ends in .gz, .bz2 or .xz."""
    how = _OPEN.get(path.suffix.lower(), io.open)
    file: IO[Any] = how(path, "rb") if encoding is None else how(path, "rt", encoding=encoding, newline="")
    return file


def records(file: IO[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record: the line of the file where it begins, from 1, and its fields. Blank lines are none."""
    csv.field_size_limit(2**31 - 1)
    lines = file if separator != BLANKS else (" ".join(line.split()) + "\n" for line in file)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    line = 1
    try:
        for fields in reader:
            if len(fields) > 1 or any(field.strip() for field in fields):
                yield line, fields
            line = reader.line_num + 1
    except csv.Error:  # a NUL byte, or a field without end: whoever reads the file says so
        return


def records_of(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """`records` of a file. Raises DataError."""
    with reading(path, encoding), opened(path, encoding) as file:
        yield from records(file, separator)


def nfc(name: str) -> str:
    """The same name in the same bytes: some systems write 한 as ㅎㅏㄴ."""
    return unicodedata.normalize("NFC", name)


def named(names: Sequence[str]) -> list[str]:
    """Names of columns without blanks around them; a column without a name is called by its place, from 1."""
    names = [nfc(name).strip() for name in names]
    taken = set(names)
    found = []
    for i, name in enumerate(names, start=1):
        place = f"column {i}"
        while not name and place in taken:
            place += "_"
        found.append(name or place)
    return found


def some(names: Sequence[object], limit: int = 8) -> str:
    """A few of them, in quotes."""
    shown = [repr(str(name)) for name in list(names)[: limit + 1]]
    return ", ".join([*shown[:limit], *(["…"] if len(shown) > limit else [])])
