"""How a text file of a table is written: encoding, separator, decimal mark, header. Found from the file, or told."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import DataError
from core.tables.finding import Remedy, TableError
from core.tables.looks import MISSING
from core.tables.numbers import MARKS, decimal_mark, may_be_thousands, number_of
from core.tables.records import BLANKS, opened, reading, records

SEPARATORS = (",", ";", "\t", "|")
SPELT = {"tab": "\t", "space": BLANKS}
"""Separators that are hard to write, in a config."""
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}
HEAD = 1 << 18
"""Characters that separator, decimal mark and header are found from; more where they hold only a few records."""
RECORDS = 200
"""Of these, at most so many."""
FEW = 5
PIECE = 1 << 20

PACKINGS = {".gz": re.compile(rb"\x1f\x8b\x08"), ".bz2": re.compile(rb"BZh\d1AY&SY"), ".xz": re.compile(rb"\xfd7zXZ\0")}
"""How packed files begin."""

_PAIR = re.compile(rb"[\x81-\xfe].", re.DOTALL)
_COMMON = re.compile(rb"[\xb0-\xc8][\xa1-\xfe]")
"""A syllable of KS X 1001, those that nearly all of Korean is written with. What CP949 has beside these has a letter as
its second byte: so has western text, behind an accented letter or °."""
_WIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of UTF-8 that is none of ASCII."""
FEW_WRONG, AT_MOST = 20, 1 << 24
"""Such characters for each wrong one, in a file that is UTF-8 but for these; bytes that are looked through for them."""
ENOUGH = 100_000
"""Pairs of bytes to tell Korean by."""


@dataclass(frozen=True)
class Dialect:
    encoding: str
    """As Python names it; `utf-8-sig` where a mark begins the file."""
    separator: str
    decimal: str
    """`.` or `,`."""
    header: bool = True
    """Whether the first record names the columns."""
    told: bool = False
    """Whether the decimal mark was told: then no column has the other one."""
    unclear: tuple[tuple[int, str], ...] = ()
    """Columns, from 0, whose decimal mark may as well stand between thousands, with one of their numbers."""

    @property
    def marks(self) -> tuple[str, ...]:
        """Decimal marks that numbers may have, the file's own first."""
        return (self.decimal,) if self.told else (self.decimal, *(mark for mark in MARKS if mark != self.decimal))


def find(
    path: Path,
    encoding: str = "auto",
    separator: str = "auto",
    decimal: str = "auto",
    header: str = "auto",
    prefer: str = "",
) -> Dialect:
    """What is not told is found. `header`: `yes`, `no` or `auto`. `prefer`: the decimal mark where the file leaves it
    open. Raises DataError where the file cannot be read as text."""
    encoding = encoding_of(path) if encoding == "auto" else _known(path, encoding)
    head, whole = _head(path, encoding)
    separator = _separator(head, whole) if separator == "auto" else SPELT.get(separator, separator)
    found = _probe(head, whole, separator)
    cells = [cell for fields in found[1:] for cell in fields]
    if separator == prefer == "," and not any("," in cell for cell in cells):
        prefer = ""  # the other way to write a table
    mark = decimal_mark(cells, separator == ",", prefer) if decimal == "auto" else decimal
    named = header == "yes" if header != "auto" else _are_names(found)
    unclear: list[tuple[int, str]] = []
    if decimal == "auto" and not prefer:
        for i in range(len(found[0]) if found else 0):
            example = may_be_thousands([fields[i] for fields in found[1:] if i < len(fields)], mark)
            unclear += [(i, example)] if example else []
    return Dialect(encoding, separator, mark, named, decimal != "auto", tuple(unclear))


def _are_names(found: Sequence[Sequence[str]]) -> bool:
    """Whether the first record names the columns: always, unless it has a number and a word of its own column, a number
    with a fraction, or the same number twice. With one of the latter two it does where a text in it is none of the
    values of its column, while those repeat, or are numbers."""
    if not found:
        return True
    first, rows = [cell.strip() for cell in found[0]], found[1:]
    whole = [cell for cell in first if cell.isdecimal()]
    fractions = any(not cell.isdecimal() and _is_number(cell) for cell in first)
    others = [[cell.strip() for cell in row] for row in rows]
    others = [row for row in others if row != first]  # names may stand there again, where files were put together
    words = any(
        cell not in MISSING and not _is_number(cell) and any(row[i] == cell for row in others if i < len(row))
        for i, cell in enumerate(first)
    )
    if whole and words:
        return False
    if not fractions and len(set(whole)) == len(whole):
        return True
    for i, cell in enumerate(first):
        if not cell or _is_number(cell):
            continue
        values = [row[i].strip() for row in rows if i < len(row)]
        if values and cell not in values and (len(set(values)) < len(values) or all(map(_is_number, values))):
            return True
    return False


def _is_number(cell: str) -> bool:
    return any(number_of(cell, mark) is not None for mark in MARKS)


def why_no_encoding(name: str) -> str:
    """Why no text is written in an encoding of this name; an empty string where it is."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return "no encoding of this name; such as utf-8, utf-16, cp949, cp1252"
    return "" if getattr(info, "_is_text_encoding", True) else "this is no encoding of text"


def _known(path: Path, encoding: str) -> str:
    """As Python names it; a mark that begins the file is no part of its first name."""
    why = why_no_encoding(encoding)
    if why:
        raise DataError(f"dataset.encoding = {encoding}: {why}")
    name = codecs.lookup(encoding).name
    with reading(path), opened(path) as file:
        head: bytes = file.read(4)
    marked = {"utf-8": (codecs.BOM_UTF8, "utf-8-sig")}
    marked |= {"utf-16-le": (codecs.BOM_UTF16_LE, "utf-16"), "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16")}
    mark, instead = marked.get(name, (b"", name))
    return instead if mark and head.startswith(mark) else name


def encoding_of(path: Path) -> str:
    """By its mark, if it has one; else UTF-8 if all of it is; else the Korean CP949 (EUC-KR and more) if that makes
    common Hangul of it; else the western CP1252. Raises DataError for a file that is no text, or cannot be read."""
    with reading(path):
        with opened(path) as file:
            head: bytes = file.read(4096)
        if head.startswith(b"PK\x03\x04"):
            raise TableError(path, "is a ZIP archive, as Excel writes them; export it as CSV", {"path": "that file"})
        packing = next((ending for ending, mark in PACKINGS.items() if mark.match(head)), "")
        if packing:
            remedies: dict[Remedy, str] = {"path": f"{path}{packing}"}
            raise TableError(path, f"is packed; call it {path.name}{packing}", remedies)
        if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            return "utf-32"
        marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
        for mark, name in marks.items():
            if head.startswith(mark):
                return name
        if 0 in head:
            return _wide(path, head)
        if _decodes(path, "utf-8"):
            return "utf-8"
        line = _damaged_line(path)
        if line:
            raise TableError(path, f"is UTF-8, but for a character in line {line:,}", {"correct": "", "encoding": ""})
        return "cp949" if _decodes(path, "cp949") and _is_korean(path) else "cp1252"


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is text in `encoding`."""
    decoder, pending = codecs.getincrementaldecoder(encoding)(), False
    with opened(path) as file:
        while piece := file.read(PIECE):
            if not pending and piece.isascii():  # the same in both
                continue
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return False
            pending = bool(decoder.getstate()[0])
    return not pending


def _damaged_line(path: Path) -> int:
    """The line of the first byte that is no UTF-8, from 1, in a file that is else, as one that was cut between two
    bytes; 0 where it is written in something else."""
    with opened(path) as file:
        content: bytes = file.read(AT_MOST)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(content, final=len(content) < AT_MOST)  # else its last character may go on
    wrong = text.count("\ufffd")
    if not wrong or len(_WIDE.findall(content)) < FEW_WRONG * wrong:
        return 0
    return text[: text.index("\ufffd")].count("\n") + 1


def _is_korean(path: Path) -> bool:
    common = rare = 0
    with opened(path) as file:
        while common + rare < ENOUGH and (piece := file.read(PIECE)):
            for pair in () if piece.isascii() else _PAIR.findall(piece):
                common += bool(_COMMON.fullmatch(pair))
                rare += pair[1] < 0xA1
    return common > 4 * rare


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: every second byte of western text and of numbers is 0."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 8 and min(even, odd) < max(even, odd) / 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    raise TableError(path, "is no text: it holds zero bytes; export it as CSV", {"path": "that file"})


def _head(path: Path, encoding: str) -> tuple[str, bool]:
    """The beginning of a file, and whether that is all of it. Wide tables have few records in it, so more is read."""
    with reading(path, encoding), opened(path, encoding) as file:
        head: str = file.read(HEAD)
        while head.count("\n") + head.count("\r") < FEW and len(head) < 64 * HEAD and (more := file.read(HEAD)):
            head += more
        return head, not file.read(1)


def _probe(head: str, whole: bool, separator: str) -> list[list[str]]:
    """The first records; the last one in the head may be cut off, so it is left out."""
    found = [fields for _line, fields in islice(records(io.StringIO(head, newline=""), separator), RECORDS)]
    return found if whole or len(found) < 2 or len(found) == RECORDS else found[:-1]


def _separator(head: str, whole: bool) -> str:
    """The one that divides most records into the same number of fields, more than one."""
    best, most = ",", 0.0
    for separator in SEPARATORS:
        widths = [len(fields) for fields in _probe(head, whole, separator)]
        if not widths or widths[0] < 2:
            continue
        share = sum(width == widths[0] for width in widths) / len(widths)
        score = share + min(widths[0], 50) / 1000  # of two that divide all alike, the one with more fields
        if score > most:
            best, most = separator, score
    if most < 0.5:
        widths = [len(fields) for fields in _probe(head, whole, BLANKS)]
        if widths and widths[0] > 1 and len(set(widths)) == 1:
            return BLANKS
    return best
