"""Numbers as people write them: either decimal mark, marks between thousands, a sign of percent or money.

A number is read under a decimal mark, `.` or `,`; the other one may then stand between thousands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MARKS = (".", ",")
FEW = 3
"""Numbers that tell something of their column."""
LONGEST = 64
"""Characters of a text that may be a number."""

_FLOAT = re.compile(r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE)
_COMMA_FLOAT = re.compile(r"[-+]?(\d+,?\d*|,\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = {
    ".": re.compile(r"[-+]?[1-9]\d{0,2}((,\d{3})+|([ ']\d{3})+)(\.\d+)?", re.ASCII),
    ",": re.compile(r"[-+]?[1-9]\d{0,2}((\.\d{3})+|([ ']\d{3})+)(,\d+)?", re.ASCII),
}
_SIGNED = re.compile(
    r"(?P<minus>[-+]?)(?P<before>[$€£¥₩]?) ?(?P<digits>[-+]?\d[\d.,' ]*|[-+]?[.,]\d+) ?"
    r"(?P<behind>%|‰|[$€£¥₩]|원|엔|円|元|EUR|USD|GBP|CHF|JPY|KRW|)"
)
_AS_USUAL = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})
"""A minus, blanks and an apostrophe that look alike."""
_CLEAR = {
    ".": re.compile(
        r"[-+]?(\d*\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+|\d{1,3}(,\d{3})+\.\d+)(e[-+]?\d+)?", re.I | re.ASCII
    ),
    ",": re.compile(r"[-+]?(\d*,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|\d{1,3}(\.\d{3})+,\d+)(e[-+]?\d+)?", re.I | re.ASCII),
}
_UNCLEAR = {mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}\{mark}\d{{3}}", re.ASCII) for mark in MARKS}


@dataclass(frozen=True)
class Numbers:
    """Texts that are numbers, all under the same mark and with the same sign."""

    values: list[float]
    mark: str
    sign: str = ""


def sign_of(text: str) -> str:
    """Of percent or money: `%` of `5 %`, `$` of `$3.50`; empty where there is none, or the rest is no number."""
    found = _SIGNED.fullmatch(text.translate(_AS_USUAL).strip()) if len(text) <= LONGEST else None
    return found["before"] or found["behind"] if found else ""


def unsigned(text: str) -> str:
    """Without blanks around it, and without a sign of percent or money: `3.50` of `$3.50`; any other text as it is."""
    text = text.strip()
    if not text or len(text) > LONGEST or (text[-1].isdigit() and (text[0].isdigit() or text[0] in "+-.,")):
        return text  # as nearly all are
    found = _SIGNED.fullmatch(text.translate(_AS_USUAL))
    return found["minus"] + found["digits"].strip() if found else text


def number_of(text: str, mark: str = ".") -> float | None:
    """What a text stands for under a decimal mark: `1,234.5`, `5 %` and `$403,672` under `.`, `1.234,5` under `,`; None
    where it is no number. Both have `1e5`, and `-3`."""
    if len(text) > LONGEST:
        return None
    text = text.translate(_AS_USUAL).strip()
    if (_FLOAT if mark == "." else _COMMA_FLOAT).fullmatch(text):
        return float(text.replace(mark, "."))
    found = _SIGNED.fullmatch(text)
    if found is None:
        return None
    digits, other = found["minus"] + found["digits"].strip(), "," if mark == "." else "."
    if _GROUPED[mark].fullmatch(digits):
        digits = digits.replace(other, "").replace(" ", "").replace("'", "")
    elif other in digits:
        return None
    digits = digits.replace(mark, ".")
    return float(digits) if _FLOAT.fullmatch(digits) else None


def numbers_of(texts: Sequence[str], marks: Iterable[str]) -> Numbers | None:
    """All of `texts`, under the first of `marks` that makes numbers of all of them; None where none does, or where
    they do not have the same sign."""
    for mark in marks:
        values = []
        for text in texts:
            value = number_of(text, mark)
            if value is None:
                break
            values.append(value)
        else:
            signs = {sign_of(text) for text in texts}
            return Numbers(values, mark, next(iter(signs), "")) if len(signs) < 2 else None
    return None


def alike(texts: Sequence[str], marks: Sequence[str]) -> list[bool]:
    """Of texts that `numbers_of` does not take, which of them are numbers under the mark that most are under; where all
    are, those that have the most frequent sign."""
    best: list[bool] = []
    for mark in marks:
        good = [number_of(text, mark) is not None for text in texts]
        if sum(good) > sum(best):
            best = good
    if best and all(best):
        signs = [sign_of(text) for text in texts]
        usual = Counter(signs).most_common(1)[0][0]
        best = [sign == usual for sign in signs]
    return best or [False] * len(texts)


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
