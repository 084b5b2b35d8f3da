"""Records of a table's beginning that are no rows: titles above its names, units or descriptions below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.tables.header import Verdict, is_nothing, is_number, judge
from core.tables.lines import Record

MOST = 50
"""Records that may stand above the names."""
SAME = 0.8
"""Share of the records below that have as many fields as the names."""
NUMBERS = 0.95
"""Share of numbers in a column of numbers."""

_UNIT = re.compile(
    r"[\[({<].{1,20}[\])}>]|[%‰°$€£¥₩]|°[CFK]|[munµμpkMGTcdh]?(m|g|s|A|K|V|W|J|N|Pa|Hz|L|l|mol|bar|eV|B|Wh|cal)[²³23]?"
    r"(/.{1,6}|·.{1,6}|\^.{1,3})?|(km|mi|m)/h|mph|kph|ft|in|lbs?|oz|min|hours?|hrs?|h|days?|years?|yrs?|sec|deg|rad|ppm|"
    r"USD|EUR|GBP|JPY|KRW|CHF|원|개|명|円|元|人|mmHg|psi|ha|t|kn|kt|-|n\.?a\.?",
)
_TYPE = re.compile(
    r"float\d*|double|int\d*|integer|number|numeric|real|str(ing)?|text|char|bool(ean)?|date(time)?|c|d|continuous|"
    r"discrete|nominal|categorical|factor"
)


def titles(records: Sequence[Record]) -> list[Record]:
    """Titles above the names: records with fewer cells than those, which the rows below have as many of."""
    for at in range(1, min(MOST, len(records) - 1)):
        record, below = records[at], records[at + 1 :]
        width = len(record.fields)
        if width < 2 or sum(len(each.fields) == width for each in below) < SAME * len(below):
            continue
        if len(record.filled) <= width / 2:
            continue
        above = records[:at]
        poor = [len(each.filled) <= width / 2 for each in above]
        short = all(len(each.fields) < width or len(each.filled) <= width / 2 for each in above)
        names = [text.strip() for text in record.fields]
        filled = [text for text in names if text]
        are_names = len(filled) > width / 2 and len(set(filled)) == len(filled) and not any(map(is_number, filled))
        verdict = judge([each.fields for each in records[at:]])
        begun = are_names or all(each.fields[0].strip() for each in above if len(each.fields) == width)
        if all(poor) and begun and width > 2 and len(record.filled) > width / 2 and not _is_row(above, below):
            return list(above)
        if short and are_names and verdict.names and not verdict.doubt and not _is_row(above, below):
            return list(above)
        apart = record.first - above[-1].last > 1
        if apart and are_names and verdict == Verdict(True) and _is_other(above, below) and len(below) > len(above):
            return list(above)
        return []
    return []


def _is_row(above: Sequence[Record], below: Sequence[Record]) -> bool:
    """Whether the last of these may be names of their own, or a row as those below are."""
    last = above[-1].fields
    if len(last) == 1 and any(last[0].count(mark) == len(below[0].fields) - 1 > 1 for mark in ",;\t|"):
        return True  # names, between other separators
    lacks_one = len(last) + 1 == len(below[0].fields) > 2 and len(above) == 1 and not any(map(is_number, last))
    if lacks_one and _are_numbers(below[0].fields) and judge([last, *(row.fields[1:] for row in below)]).names:
        return True  # names of all columns but that of the rows' own
    return len(last) == len(below[0].fields) and sum(map(is_number, last)) > 1


def _are_numbers(fields: Sequence[str]) -> bool:
    return sum(map(is_number, fields)) > len(fields) / 2


def _is_other(above: Sequence[Record], below: Sequence[Record]) -> bool:
    """Whether the cells of these are other things than those of the rows: texts above numbers."""
    places = range(min(len(below[0].fields), min(len(record.fields) for record in above)))
    for i in places:
        if all(is_number(record.fields[i]) for record in below if len(record.fields) > i) and not all(
            is_number(record.fields[i]) for record in above
        ):
            return True
    return min(len(record.fields) for record in above) < len(below[0].fields)


def units(records: Sequence[Record]) -> list[Record]:
    """Of the first two below the names those that hold texts in all columns of numbers, and in others nothing that
    occurs again: units, types, or what was asked."""
    for n in (2, 1):
        found = list(records[1 : 1 + n])
        rows = [record.fields for record in records[1 + n :] if record.fields != records[0].fields]
        if len(found) == n and len(rows) > 2 and all(_describes(record.fields, rows) for record in found):
            return found
    return []


def _describes(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    described, unlike = 0, True
    texts: list[str] = []
    for i, cell in enumerate(text.strip() for text in cells):
        values = [row[i].strip() for row in rows if i < len(row) and not is_nothing(row[i])]
        if not values:
            continue
        if sum(map(is_number, values)) >= NUMBERS * len(values):
            if is_number(cell):
                return False
            described += bool(cell) and not is_nothing(cell)
        elif cell and cell in values:
            return False
        elif cell and not _is_unit(cell):
            unlike = unlike and len(set(values)) < len(values)
        if cell and not is_nothing(cell):
            texts.append(cell)
    if not described:
        return False
    return all(map(_is_unit, texts)) or (described > 1 and unlike and len(set(texts)) > 1)


def _is_unit(text: str) -> bool:
    return bool(_UNIT.fullmatch(text) or _TYPE.fullmatch(text.lower()))
