"""A row that was pasted as one text: how it may be divided into cells, as its table is first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import UserError
from core.tables.lines import BLANKS
from core.tables.numbers import decimal_mark, number_of

if TYPE_CHECKING:
    from core.data.inputs import Inputs

_ORDER = ("\t", ";", "|", ",", BLANKS)
"""Of separators that a row has: behind a semicolon a comma may be a decimal mark."""


def rows_of(row: str, inputs: Inputs) -> Iterator[list[str | float]]:
    """The text as one value, as its table is divided, and as other tables are. Raises UserError for several rows, or
    where quotation marks do not fit."""
    yield [row]
    row = row.strip(" \r\n") if inputs.separator == "\t" else row.strip()
    known = [inputs.separator] if inputs.separator else []
    for separator in dict.fromkeys([*known, *_ORDER]):
        if separator in row or (separator == BLANKS and "\t" in row):
            yield _numbers(_cells(row, separator), separator, inputs)


def _cells(row: str, separator: str) -> list[str]:
    text = row.replace("\t", " ") if separator == BLANKS else row
    try:
        cells, *more = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    except csv.Error as error:
        raise UserError(f"what was pasted is no row of a table: {error}; give a file: --csv FILE") from None
    if more:
        raise UserError(f"{1 + len(more)} rows were pasted; give one, or a file: --csv FILE")
    return cells


def _numbers(cells: list[str], separator: str, inputs: Inputs) -> list[str | float]:
    """With numbers for those that have a decimal comma. The table decides where the row does not."""
    of_table = {field.mark for field in inputs.fields if field.kind == "number"}
    prefer = "." if "." in of_table else ","
    if separator == "," or decimal_mark(cells, quoted=False, prefer=prefer) != ",":
        return [*cells]
    names = {name for field in inputs.fields for name in field.categories}
    numbers = [None if cell.strip() in names or "%" in cell else number_of(cell, ",") for cell in cells]
    return [cell if number is None else number for cell, number in zip(cells, numbers, strict=True)]
