"""Rows of a file for a network that is trained already: its columns by name, in any order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import DataError, UserError
from core.tables.dialect import some
from core.tables.fields import Field, codes_of_column
from core.tables.read import look, read

if TYPE_CHECKING:
    from numpy.typing import NDArray


def codes_of_file(path: Path, fields: tuple[Field, ...]) -> NDArray[np.float64]:
    """(rows, fields); other columns of the file are left alone. Raises UserError, naming line and column, for a value
    that a field does not know, and for a missing one where it was not trained to fill it."""
    file = look(path)
    table = read(file)
    names = [str(name) for name in table.columns]
    lacking = [field.name for field in fields if field.name not in names]
    if lacking:
        raise DataError(f"{path} lacks {_columns(lacking)}; it has {some(names)}")
    codes = np.empty((len(table), len(fields)))
    for i, field in enumerate(fields):
        try:
            codes[:, i] = codes_of_column(field, table[field.name], file.place)
        except UserError as error:
            raise DataError(f"{path}: {error}") from None
        gone = np.isnan(codes[:, i])
        if field.fill is None and gone.any():
            where = file.place(int(gone.argmax()))
            raise DataError(
                f"{path}: column {field.name!r} has no value in {where}, and the network was not trained to fill it; "
                "give one"
            )
        bad = np.isinf(codes[:, i])
        if bad.any():
            raise DataError(f"{path}: column {field.name!r} is infinite in {file.place(int(bad.argmax()))}; replace it")
    return codes


def _columns(names: list[str]) -> str:
    return f"the column {names[0]!r}" if len(names) == 1 else f"the columns {some(names)}"
