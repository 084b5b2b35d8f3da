"""How a text file of a table is written: encoding, separator, decimal mark. Found from the file, or told."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import unicodedata
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from core.errors import DataError
from core.tables.finding import TableError

SEPARATORS = (",", ";", "\t", "|")
BLANKS = " "
"""The separator of columns that are aligned with blanks: any number of them are one."""
SPELT = {"tab": "\t", "space": BLANKS}
"""Separators that are hard to write, in a config."""
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}
HEAD = 1 << 18
"""Bytes that separator and decimal mark are found from."""
RECORDS = 200
"""Of these, at most so many."""
PIECE = 1 << 20

_COMMA = re.compile(r"\s*[-+]?\d+,\d+([eE][-+]?\d+)?\s*")
_POINT = re.compile(r"\s*[-+]?\d+\.\d+([eE][-+]?\d+)?\s*")
_BY_COMMA = re.compile(r"\s*[-+]?[1-9]\d{0,2}((,\d{3})+\.\d+|(,\d{3}){2,})\s*")
_BY_POINT = re.compile(r"\s*[-+]?[1-9]\d{0,2}((\.\d{3})+,\d+|(\.\d{3}){2,})\s*")
_MAYBE_BY_COMMA = re.compile(r"\s*[-+]?[1-9]\d{0,2},\d{3}\s*")
_HANGUL = re.compile("[\uac00-\ud7a3\u3131-\u318e]")

UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error)
"""What reading a file raises; its bytes may be damaged where they are packed."""

PACKED: dict[str, Callable[..., IO[Any]]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


@dataclass(frozen=True)
class Dialect:
    encoding: str
    """As Python names it; `utf-8-sig` where a mark begins the file."""
    separator: str
    decimal: str
    """`.` or `,`."""
    header: bool = True
    """Whether the first record names the columns."""
    thousands: str = ""
    """What stands between the thousands of a number."""


def find(
    path: Path, encoding: str = "auto", separator: str = "auto", decimal: str = "auto", header: str = "auto"
) -> Dialect:
    """What is not told is found. `header`: `yes`, `no` or `auto`. Raises DataError where the file cannot be read as
    text."""
    encoding = encoding_of(path) if encoding == "auto" else _known(encoding)
    separator = _separator(path, encoding) if separator == "auto" else SPELT.get(separator, separator)
    found = list(islice(_probe(path, encoding, separator), RECORDS))
    found_decimal, thousands = _marks([cell for _line, fields in found[1:] for cell in fields], separator)
    if decimal not in ("auto", found_decimal):
        thousands = ""
    named = header == "yes" if header != "auto" else not found or _are_names(found[0][1])
    return Dialect(encoding, separator, found_decimal if decimal == "auto" else decimal, named, thousands)


def _marks(cells: Sequence[str], separator: str) -> tuple[str, str]:
    """Decimal mark, and what stands between thousands, if anything. `1,234` may be either: between commas it is in
    quotes, as programs write a number that is grouped; elsewhere it has a decimal comma."""

    def among(pattern: re.Pattern[str]) -> int:
        return sum(1 for cell in cells if pattern.fullmatch(cell))

    commas, points = among(_COMMA), among(_POINT)
    by_comma, by_point = among(_BY_COMMA), among(_BY_POINT)
    if by_comma or by_point:
        return (".", ",") if by_comma >= by_point else (",", ".")
    if separator == "," and commas and commas == among(_MAYBE_BY_COMMA):
        return ".", ","
    return ("," if commas > points else "."), ""


def _are_names(fields: Sequence[str]) -> bool:
    """Years are names too; a number with a fraction, or the same number twice, is none."""
    if any(_COMMA.fullmatch(field) or _POINT.fullmatch(field) for field in fields):
        return False
    numbers = [field.strip() for field in fields if field.strip().isdecimal()]
    return len(set(numbers)) == len(numbers)


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise DataError(
            f"dataset.encoding = {encoding}: no encoding of this name; such as utf-8, utf-16, cp949, cp1252"
        ) from None


def opened(path: Path, encoding: str | None = None) -> IO[Any]:
    """Bytes, or text in `encoding` with newlines as they are; unpacked where its name ends in .gz, .bz2 or .xz."""
    how = PACKED.get(path.suffix.lower(), io.open)
    file: IO[Any] = how(path, "rb") if encoding is None else how(path, "rt", encoding=encoding, newline="")
    return file


def encoding_of(path: Path) -> str:
    """By its mark, if it has one; else UTF-8 if all of it is; else the Korean CP949 (EUC-KR and more) if that makes
    Hangul of it; else the western CP1252. Raises DataError for a file that is no text, or cannot be read."""
    try:
        with opened(path) as file:
            head: bytes = file.read(4096)
        if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            return "utf-32"
        marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
        for mark, name in marks.items():
            if head.startswith(mark):
                return name
        if 0 in head:
            return _wide(path, head)
        if _decodes(path, "utf-8") is not None:
            return "utf-8"
        return "cp949" if _decodes(path, "cp949", _HANGUL) else "cp1252"
    except UNREADABLE as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> TableError:
    """What the system, or whoever unpacks it, says of a file."""
    return TableError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}")


def _decodes(path: Path, encoding: str, wanted: re.Pattern[str] | None = None) -> bool | None:
    """Whether the whole file is text in `encoding`, None where not: True where some of it is `wanted`."""
    decoder, found, pending = codecs.getincrementaldecoder(encoding)(), False, False
    with opened(path) as file:
        while piece := file.read(PIECE):
            if not pending and piece.isascii():  # the same in both
                continue
            try:
                text = decoder.decode(piece)
            except UnicodeDecodeError:
                return None
            pending = bool(decoder.getstate()[0])
            found = found or (wanted is not None and bool(wanted.search(text)))
    return None if pending else found


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: every second byte of western text and of numbers is 0."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 8 and min(even, odd) < max(even, odd) / 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    raise TableError(path, "is no text: it holds zero bytes; export it as CSV", {"path": "that file"})


def _separator(path: Path, encoding: str) -> str:
    """The one that divides most records into the same number of fields, more than one."""
    best, most = ",", 0.0
    for separator in SEPARATORS:
        widths = [len(fields) for _line, fields in islice(_probe(path, encoding, separator), RECORDS)]
        if not widths or widths[0] < 2:
            continue
        share = sum(width == widths[0] for width in widths) / len(widths)
        score = share + min(widths[0], 50) / 1000  # of two that divide all alike, the one with more fields
        if score > most:
            best, most = separator, score
    if most < 0.5:
        widths = [len(fields) for _line, fields in islice(_probe(path, encoding, BLANKS), RECORDS)]
        if widths and widths[0] > 1 and len(set(widths)) == 1:
            return BLANKS
    return best


def _probe(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The first records, from the head of the file: its last one may be cut off, so it is left out."""
    try:
        with opened(path, encoding) as file:
            head = file.read(HEAD)
            whole = not file.read(1)
    except UnicodeError as error:
        raise not_text(path, encoding, error) from None
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    found = list(records(io.StringIO(head, newline=""), separator))
    yield from found if whole or len(found) < 2 else found[:-1]


def not_text(path: Path, encoding: str, error: UnicodeError) -> TableError:
    why = f" ({error.reason} at byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
    return TableError(path, f"is not {encoding} text{why}", {"encoding": ""})


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


def line_of(path: Path, dialect: Dialect, row: int) -> int:
    """The line of the file where data row `row`, from 0, begins. Raises DataError."""
    record = row + dialect.header
    try:
        with opened(path, dialect.encoding) as file:
            lines = (line for line, _fields in records(file, dialect.separator))
            return next(islice(lines, record, None), record + 1)
    except UNREADABLE as error:
        raise unreadable(path, error) from None


def open_quote(path: Path, dialect: Dialect) -> int:
    """The line where the last record begins: where a quotation mark is never closed, it holds all that follows."""
    with opened(path, dialect.encoding) as file:
        lines = deque((line for line, _fields in records(file, dialect.separator)), maxlen=1)
    return lines[0]


def header_of(path: Path, dialect: Dialect) -> tuple[int, list[str]]:
    """The line of the first record, and the names of the columns; none of an empty file."""
    with opened(path, dialect.encoding) as file:
        line, fields = next(records(file, dialect.separator), (1, []))
    return line, named([field.strip() if dialect.header else "" for field in fields])


def nfc(name: str) -> str:
    """The same name in the same bytes: some systems write 한 as ㅎㅏㄴ."""
    return unicodedata.normalize("NFC", name)


def named(names: Sequence[str]) -> list[str]:
    """A column without a name is called by its place, from 1."""
    names = [nfc(name) for name in names]
    taken = set(names)
    found = []
    for i, name in enumerate(names, start=1):
        place = f"column {i}"
        while not name and place in taken:
            place += "_"
        found.append(name or place)
    return found


def some(names: Sequence[object], limit: int = 8) -> str:
    shown = [repr(str(name)) for name in list(names)[: limit + 1]]
    return ", ".join([*shown[:limit], *(["…"] if len(shown) > limit else [])])
