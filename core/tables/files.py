"""The bytes of a file, packed or not. What goes wrong is a DataError that names it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.tables.finding import TableError

PIECE = 1 << 20
UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error)
"""What reading a file raises; its bytes may be damaged where they are packed."""

_OPEN: dict[str, Callable[..., IO[Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


@contextmanager
def reading_bytes(path: Path) -> Iterator[None]:
    """Whatever is read meanwhile: what goes wrong is a DataError that names the file."""
    try:
        yield
    except UNREADABLE as error:
        raise TableError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def opened(path: Path, encoding: str | None = None) -> IO[Any]:
    """Bytes, or text in `encoding` with newlines as they are; unpacked where its name ends in .gz, .bz2 or .xz."""
    how = _OPEN.get(path.suffix.lower(), io.open)
    file: IO[Any] = how(path, "rb") if encoding is None else how(path, "rt", encoding=encoding, newline="")
    return file
