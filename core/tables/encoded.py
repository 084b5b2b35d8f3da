"""The encoding of a file: by its mark, by all its bytes, else by its letters; and of a file that is not text in one
where that is so, and what does read it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DataError
from core.tables.encodings import guesses
from core.tables.files import PIECE, opened, reading_bytes
from core.tables.finding import TableError

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What may begin a text. The longer ones come first: UTF-16's is the beginning of UTF-32's."""
ANY = "latin-1"
"""Reads all bytes, one way or another."""
DAMAGED = 3
"""Characters of UTF-8 for each wrong one, in a file that is UTF-8 but for these."""
LOOKED_THROUGH, TEXTS = 1 << 24, 1000
"""Bytes, and different texts with letters beyond ASCII in them, that an encoding is told by."""

_WIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of UTF-8 that is none of ASCII."""
_BETWEEN = re.compile(rb"[,;\t\r\n\"]+")
"""What stands between cells, and is no second byte of a character."""
_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\(J")
"""As mail and old programs write Japanese in ASCII."""


def is_sure(encoding: str) -> bool:
    """Whether its bytes say so themselves: hardly any text in another encoding looks like these."""
    return codecs.lookup(encoding).name.startswith(("utf-", "ascii", "iso2022"))


def why_no_encoding(name: str) -> str:
    """Why no text is written in an encoding of this name; an empty string where it is."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return "no encoding of this name; such as utf-8, utf-16, cp949, cp1252"
    return "" if getattr(info, "_is_text_encoding", True) else "this is no encoding of text"


def told_encoding(path: Path, encoding: str) -> str:
    """As Python names it; a mark that begins the file is no part of its first name. Raises DataError for a name that
    there is not."""
    why = why_no_encoding(encoding)
    if why:
        raise DataError(f"dataset.encoding = {encoding}: {why}")
    name = codecs.lookup(encoding).name
    with reading_bytes(path), opened(path) as file:
        head: bytes = file.read(4)
    family = name.replace("-le", "").replace("-be", "")
    return next((known for mark, known in MARKS if head.startswith(mark) and known.startswith(family)), name)


def found_encoding(path: Path) -> str:
    """Raises DataError for a file that is text in none, or cannot be read."""
    with reading_bytes(path):
        with opened(path) as file:
            head: bytes = file.read(4096)
        marked = next((name for mark, name in MARKS if head.startswith(mark)), "")
        if marked:
            return marked
        if 0 in head:
            return _wide(path, head)
        if _ESCAPES.search(head) and wrong_byte(path, "iso2022_jp") is None:
            return "iso2022_jp"
        wrong = wrong_byte(path, "utf-8")
        if wrong is None:
            return "utf-8"
        content, texts = _with_letters(path)
        if _is_damaged(content):
            what = f"is UTF-8, but for byte {wrong.at:,} (0x{wrong.value:02X}) in line {wrong.line:,}"
            raise TableError(path, what, {"correct": "", "encoding": ANY})
        found = guesses(texts)
        best = next((guess.encoding for guess in found if wrong_byte(path, guess.encoding) is None), "")
    if not best:
        raise refused(path, found[0].encoding if found else "cp1252", ANY)
    return best


def _with_letters(path: Path) -> tuple[bytes, list[bytes]]:
    """The pieces of a file that are not all ASCII, and the different texts in them that are not."""
    pieces: list[bytes] = []
    texts: dict[bytes, None] = {}
    with opened(path) as file:
        while len(texts) < TEXTS and sum(map(len, pieces)) < LOOKED_THROUGH and (piece := file.read(PIECE)):
            if piece.isascii():
                continue
            piece += file.readline()  # else a character may be cut
            pieces.append(piece)
            texts |= dict.fromkeys(text for text in _BETWEEN.split(piece) if text and not text.isascii())
    return b"".join(pieces), list(texts)[:TEXTS]


def _is_damaged(content: bytes) -> bool:
    """Whether it is UTF-8 but for a few bytes, as where it was cut between two of them."""
    text = content.decode("utf-8", "replace")
    wrong = text.count("\ufffd") - content.count("\ufffd".encode())
    return len(_WIDE.findall(content)) >= DAMAGED * max(1, wrong)


def _wide(path: Path, head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: of western text and of numbers every second byte is 0, or three of four."""
    zeros = [head[i::4].count(0) for i in range(4)]
    quarter = len(head) // 4
    for name, high in (("utf-32-le", (1, 2, 3)), ("utf-32-be", (0, 1, 2))):
        low = (set(range(4)) - set(high)).pop()
        if zeros[low] == 0 and all(zeros[i] > 0.3 * quarter for i in high) and wrong_byte(path, name) is None:
            return name
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    name = "utf-16-be" if even > odd else "utf-16-le"
    if max(even, odd) > len(head) / 16 and min(even, odd) < max(even, odd) / 8 and wrong_byte(path, name) is None:
        return name
    raise TableError(path, "is no text: it holds zero bytes; export it as CSV", {"path": "that file"})


class WrongByte:
    """The first byte of a file that is no text in an encoding."""

    def __init__(self, at: int, value: int, line: int) -> None:
        self.at = at
        """From 0."""
        self.value = value
        self.line = line
        """From 1."""


def wrong_byte(path: Path, encoding: str) -> WrongByte | None:
    """None where all of the file is text in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    plain = b"a1,\n".decode(encoding, "replace") == "a1,\n"  # the same as ASCII
    done, pending = 0, False
    with opened(path) as file:
        while True:
            piece: bytes = file.read(PIECE)
            if plain and not pending and piece and piece.isascii() and not encoding.startswith("iso2022"):
                done += len(piece)
                continue
            held = bytes(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                whole = held + piece
                at = error.start
                value = whole[at] if at < len(whole) else 0
                at += done - len(held)
                return WrongByte(at, value, _line_of(path, at))
            if not piece:
                return None
            pending = bool(decoder.getstate()[0])
            done += len(piece)


def _line_of(path: Path, at: int) -> int:
    """The line of a byte."""
    lines, left = 1, at
    with opened(path) as file:
        while left > 0 and (piece := file.read(min(PIECE, left))):
            lines += piece.count(b"\n") if b"\n" in piece else piece.count(b"\r")
            left -= len(piece)
    return lines


def refused(path: Path, encoding: str, instead: str = "") -> TableError:
    """Why the file is not read in `encoding`: a byte of it, its line, and an encoding that does read it: `instead`, or
    the one that is found."""
    wrong = wrong_byte(path, encoding)
    where = f": byte {wrong.at:,} (0x{wrong.value:02X}) in line {wrong.line:,} is none" if wrong else ""
    try:
        instead = instead or found_encoding(path).removesuffix("-sig")
    except DataError:
        instead = ANY
    return TableError(path, f"is not {encoding} text{where}", {"encoding": instead})


@contextmanager
def reading(path: Path, encoding: str = "") -> Iterator[None]:
    """Whatever is read meanwhile: what goes wrong is a DataError that names the file."""
    try:
        with reading_bytes(path):
            yield
    except UnicodeError:
        raise refused(path, encoding) from None
