"""A sheet of an Excel workbook as the text of a table: one line for each of its rows, cells as they would stand in CSV.
openpyxl reads it, which is an extra."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.tables.finding import Finding, TableError
from core.tables.records import some

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

EXTRA = "pip install 'nntui[excel]'"
EMPTY_ROWS = 1000
"""Empty rows behind which a sheet is at its end: some are formatted down to their last row."""


@dataclass(frozen=True)
class Sheet:
    name: str
    text: str
    notes: tuple[Finding, ...]


def sheet_of(path: Path, wanted: str = "auto") -> Sheet:
    """The sheet of that name or number, from 1; `auto`: the first one that holds something. Raises DataError."""
    try:
        import openpyxl
    except ImportError:
        raise TableError(path, f"is an Excel workbook, which openpyxl reads: {EXTRA}") from None
    try:
        file = path.open("rb")  # whatever it is called
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        reason = " ".join(str(error).split())[:100]
        raise TableError(path, f"cannot be read as an Excel workbook: {reason}", {"path": "another file"}) from None
    try:
        return _chosen(path, book, wanted)
    finally:
        book.close()
        file.close()


def _chosen(path: Path, book: Workbook, wanted: str) -> Sheet:
    names = [sheet.title for sheet in book.worksheets]
    if wanted != "auto":
        place = int(wanted) - 1 if wanted.isdecimal() and wanted not in names else -1
        name = names[place] if 0 <= place < len(names) else wanted
        if name not in names:
            raise TableError(path, f"has no sheet {wanted!r} (dataset.sheet)", {"choose": some(names, 20)})
        return Sheet(name, _text(book[name]), ())
    held = [name for name in names if _text(book[name]).strip("\r\n,")]
    for name in held:
        text = _text(book[name])
        if name == held[-1] or _is_table(text):  # not a page of remarks, where others follow
            others = [other for other in names if other != name]
            what = f"its sheet {name!r} is read, of {len(names)}"
            notes = (Finding(what, remedies={"sheet": some(others)}),) if others else ()
            return Sheet(name, text, notes)
    raise TableError(path, "holds nothing in its sheets", {"path": "another file"})


def _is_table(text: str) -> bool:
    """Whether several rows have several cells."""
    rows = [row for row in csv.reader(io.StringIO(text)) if sum(bool(cell.strip()) for cell in row) > 1]
    return len(rows) > 1


def _text(sheet: Any) -> str:
    sheet.reset_dimensions()  # what it says of its size may be wrong
    rows = list(_trimmed([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)))
    width = max(map(len, rows), default=0)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in rows:
        writer.writerow([*row, *[""] * (width - len(row))]) if row else file.write("\n")
    return file.getvalue()


def _trimmed(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Rows without empty cells at their end, without empty rows at the end."""
    empty = 0
    for row in rows:
        while row and not row[-1]:
            row.pop()
        if not row:
            empty += 1
            if empty > EMPTY_ROWS:
                return
            continue
        for _ in range(empty):
            yield []
        empty = 0
        yield row


def _cell(value: Any) -> str:
    """As programs write it to CSV: `TRUE`, `2024-05-01`, `3` for 3.0; in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = math.isfinite(value) and value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return " ".join(str(value).split("\n")).replace("\r", "")
