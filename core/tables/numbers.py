"""Numbers as people write them: either decimal mark, marks between thousands, a sign of percent or money.

A number is read under a decimal mark, `.` or `,`; the other one may then stand between thousands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MARKS = (".", ",")
NAMES = {".": "point", ",": "comma"}
FEW = 3
"""Numbers that tell something of their column."""
LONGEST = 64
"""Characters of a text that may be a number."""

_FLOAT = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE)
_COMMA_FLOAT = re.compile(r"[-+]?(\d+,?\d*|,\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"[-+]?([1-9]\d{0,2}((,\d{3})+|([ ']\d{3})+)|[1-9]\d?(,\d\d)+,\d{3})(\.\d+)?", re.ASCII),
    ",": re.compile(r"[-+]?[1-9]\d{0,2}((\.\d{3})+|([ ']\d{3})+)(,\d+)?", re.ASCII),
}
"""Western, and under the point Indian: 12,34,567."""
_SIGNED = re.compile(
    r"(?P<minus>[-+]?)(?P<before>[$€£¥₩]?) ?(?P<digits>[-+]?\d[\d.,' ]*|[-+]?[.,]\d+) ?"
    r"(?P<behind>%|‰|[$€£¥₩]|원|엔|円|元|EUR|USD|GBP|CHF|JPY|KRW|)"
)
_ALIKE = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\u2019": "'", "\u00b4": "'", "\u066a": "%", "\u2009": " "}
    | dict.fromkeys("\u00a0\u202f\u2007\u3000", " ")
    | {chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}  # as Chinese and Japanese keyboards write them
    | dict.fromkeys("\u200e\u200f\u061c", "")
)
"""A minus, blanks, an apostrophe and so on that look alike."""
_CLEAR = {
    ".": re.compile(
        r"[-+]?(\d*\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+|\d{1,3}(,\d{3})+\.\d+)(e[-+]?\d+)?", re.I | re.ASCII
    ),
    ",": re.compile(r"[-+]?(\d*,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|\d{1,3}(\.\d{3})+,\d+)(e[-+]?\d+)?", re.I | re.ASCII),
}
_UNCLEAR = {mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}\{mark}\d{{3}}", re.ASCII) for mark in MARKS}


def as_usual(text: str, mark: str = ".") -> str:
    """With the digits, signs and blanks of ASCII, and none around it: `-12.5` of `−１２.５` and of `-١٢٫٥`."""
    text = text.strip()
    if text.isascii():
        return text
    text = text.translate(_ALIKE).replace("\u066b", mark).replace("\u066c", "," if mark == "." else ".").strip()
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def unsigned(text: str) -> str:
    """Without blanks around it, and without a sign of percent or money: `3.50` of `$3.50`; any other text as it is."""
    text = text.strip()
    if not text or len(text) > LONGEST or (text[-1].isdigit() and (text[0].isdigit() or text[0] in "+-.,")):
        return text  # as nearly all are
    found = _SIGNED.fullmatch(as_usual(text))
    return found["minus"] + found["digits"].strip() if found else text


def plain_number(text: str, mark: str = ".") -> float | None:
    """What a text stands for under a decimal mark, where it is a number and nothing else: `1,234.5` and `12,34,567`
    under `.`, `1.234,5` under `,`; both have `1e5`, `-3` and `12 345`."""
    if len(text) > LONGEST:
        return None
    text = as_usual(text, mark)
    if (_FLOAT if mark == "." else _COMMA_FLOAT).fullmatch(text):
        return float(text.replace(mark, "."))
    if not _GROUPED[mark].fullmatch(text):
        return None
    return float(text.replace("," if mark == "." else ".", "").replace(" ", "").replace("'", "").replace(mark, "."))


def number_of(text: str, mark: str = ".") -> float | None:
    """`plain_number`, of a share or of money too: `5 %` and `$403,672`."""
    number = plain_number(text, mark)
    if number is None and len(text) <= LONGEST:
        found = _SIGNED.fullmatch(as_usual(text, mark))
        number = plain_number(found["minus"] + found["digits"].strip(), mark) if found else None
    return number


def is_clear(text: str, mark: str) -> bool:
    """Whether a number can hardly be read but under this decimal mark: `40,50`, and not `1.100.200`."""
    return _CLEAR[mark].fullmatch(unsigned(text)) is not None


def may_be_thousands(cells: Sequence[str], mark: str) -> str:
    """Of the cells of a column one such as `9.516`, where each that has the decimal mark may as well have it between
    thousands, and others are whole numbers up to 999; else empty. Where all have three decimals, they were rounded so.
    """
    bare = [unsigned(cell) for cell in cells]
    marked = [cell for cell in bare if mark in cell]
    whole = [cell for cell in bare if cell and mark not in cell]
    small = whole and all(len(cell.lstrip("-+")) <= 3 and cell.lstrip("-+").isdecimal() for cell in whole)
    unclear = len(marked) >= FEW and all(_UNCLEAR[mark].fullmatch(cell) for cell in marked)
    return marked[0] if small and unclear else ""


def decimal_mark(cells: Sequence[str], quoted: bool, prefer: str = "") -> str:
    """The decimal mark of a file: the one that more cells clearly have. `1,234` and `1.234` may be either: then
    `prefer`, else a comma unless only quotes tell it from the separator (`quoted`), as programs write grouped numbers.
    """
    having = {mark: [cell.strip() for cell in cells if mark in cell] for mark in MARKS}
    clear = {mark: sum(1 for cell in having[mark] if _CLEAR[mark].fullmatch(cell)) for mark in MARKS}
    if clear["."] != clear[","]:
        return max(MARKS, key=clear.__getitem__)
    if prefer:
        return prefer
    unclear = {mark: sum(1 for cell in having[mark] if _UNCLEAR[mark].fullmatch(cell)) for mark in MARKS}
    return "," if unclear[","] > unclear["."] and not quoted else "."
