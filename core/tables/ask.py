"""Rows of a file for a network that is trained already: its columns by name, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.tables.dialect import some
from core.tables.fields import Field, codes_of_column
from core.tables.finding import Finding, TableError
from core.tables.read import look, read

if TYPE_CHECKING:
    from numpy.typing import NDArray


def codes_of_file(path: Path, fields: tuple[Field, ...], written: Mapping[str, str]) -> NDArray[np.float64]:
    """(rows, fields); other columns of the file are left alone. `written`: what was told of how it is, by the names of
    `look`'s arguments. Raises UserError, naming line and column, for a value that a field does not know, and for a
    missing one where it was not trained to fill it."""
    file = look(path, **written)
    # A column of categories such as 02 and 1b may hold none but 02 here: it would be read as the number 2.
    table = read(file, as_text=[field.name for field in fields if field.kind == "category"])
    names = [str(name) for name in table.columns]
    known = set(names)
    lacking = [field.name for field in fields if field.name not in known]
    if lacking:
        raise TableError(path, f"lacks {_columns(lacking)}; it has {some(names)}")
    codes = np.empty((len(table), len(fields)))
    for i, field in enumerate(fields):
        try:
            codes[:, i] = codes_of_column(field, table[field.name], file.place)
        except ValueError as error:
            raise TableError(path, Finding(str(error), field.name)) from None
        gone = np.isnan(codes[:, i])
        if field.fill is None and gone.any():
            where = file.place(int(gone.argmax()))
            what = f"has no value in {where}, and the network was not trained to fill it; give one"
            raise TableError(path, Finding(what, field.name))
        bad = np.isinf(codes[:, i])
        if bad.any():
            what = f"is infinite in {file.place(int(bad.argmax()))}"
            raise TableError(path, Finding(what, field.name, {"correct": ""}))
    return codes


def _columns(names: list[str]) -> str:
    return f"the column {names[0]!r}" if len(names) == 1 else f"the columns {some(names)}"
