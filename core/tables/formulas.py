"""Cells that a spreadsheet would run as formulas: written so that it shows them, and read back as they were.

An apostrophe is put before such a text, and before one that has apostrophes before such a text: so every text is told
from every other one, and taking the apostrophe away gives back what was written.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import IO, Any

from core.tables.numbers import MARKS, number_of

_BEGINS = re.compile(r"('*)([=+\-@\t\r\uff1d\uff0b\uff0d\uff20].*)", re.DOTALL)
"""Apostrophes, and what begins as a formula does; in the wide signs of East Asia, too."""

CACHED = 10_000
"""Texts."""


def _may_run(text: str) -> bool:
    """Of what begins as a formula whether it has something to work with, unlike `+` and `->`, and is no number."""
    return any(map(str.isalnum, text)) and all(number_of(text, mark) is None for mark in MARKS)


def safe_cell(value: Any) -> Any:
    """What is to be written for a value; only of texts it may be another one."""
    if isinstance(value, str) and (found := _BEGINS.fullmatch(value)) and _may_run(found[2]):
        return f"'{value}"
    return value


def plain_cell(text: str) -> str:
    """What `safe_cell` made this of."""
    found = _BEGINS.fullmatch(text) if text.startswith("'") else None
    return text[1:] if found and _may_run(found[2]) else text


def plain_cells(texts: Sequence[str]) -> list[str]:
    """Different texts of one column, or names of columns, as they were before they were written. Where one of them
    would be run, nobody has written them with `safe_cell`: they stay as they are."""
    if any(safe_cell(text) is not text for text in texts if not text.startswith("'")):
        return list(texts)
    return [plain_cell(text) for text in texts]


class CsvWriter:
    """Writes CSV: safe cells, LF behind each row, and in quotes whatever would not be read back."""

    def __init__(self, file: IO[str]) -> None:
        self._usual = csv.writer(file, lineterminator="\n")
        self._quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        self._safe: dict[str, Any] = {}
        """Of texts that were written: the same ones come often."""

    def row(self, cells: Sequence[Any]) -> None:
        self.columns([[cell] for cell in cells])

    def columns(self, columns: Sequence[Sequence[Any]]) -> None:
        """Some rows, given as their columns, each (n,)."""
        if len(self._safe) > CACHED:
            self._safe.clear()
        safe = [[self._cell(value) if isinstance(value, str) else value for value in column] for column in columns]
        rows = zip(*safe, strict=True)
        if not any(isinstance(cell, str) and "\r" in cell for column in safe for cell in column):
            self._usual.writerows(rows)
            return
        for row in rows:  # the module leaves a carriage return bare unless it ends its lines
            bare = any(isinstance(cell, str) and "\r" in cell for cell in row)
            (self._quoting if bare else self._usual).writerow(row)

    def _cell(self, text: str) -> Any:
        if text not in self._safe:
            self._safe[text] = safe_cell(text)
        return self._safe[text]
