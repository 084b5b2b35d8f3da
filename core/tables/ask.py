"""Rows of a file for a network that is trained already: its columns by name, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.tables.columns import FLOAT32
from core.tables.fields import Field, codes_of_column
from core.tables.finding import Finding, TableError
from core.tables.read import look, read
from core.tables.records import some

if TYPE_CHECKING:
    from numpy.typing import NDArray


def codes_of_file(
    path: Path, fields: tuple[Field, ...], written: Mapping[str, str], unnamed: Sequence[str] = ()
) -> NDArray[np.float64]:
    """(rows, fields); other columns of the file are left alone. `written`: what was told of how it is, by the names of
    `look`'s arguments. `unnamed`: what the columns were called where the file had no header, the target last. Raises
    UserError, naming line and column, for a value that a field does not know, and for a missing one where it was not
    trained to fill it."""
    marks = {field.mark for field in fields if field.kind == "number"}
    prefer = marks.pop() if len(marks) == 1 else ""
    # A column of categories such as 02 and 1b may hold none but 02 here: it would be read as the number 2.
    as_text = [field.name for field in fields if field.kind == "category"]
    try:
        file = look(path, prefer=prefer, **written)
        table = read(file, as_text)
        if unnamed and not set(unnamed) & set(table.columns) and written.get("header", "auto") == "auto":
            file = look(path, prefer=prefer, **{**written, "header": "no"})  # as the one that it was trained on
            table = read(file, as_text)
    except TableError as error:
        if "path" in error.finding.remedies:
            raise TableError(path, replace(error.finding, remedies={})) from None
        raise
    names = [str(name) for name in table.columns]
    if unnamed and file.dialect is not None and not file.dialect.header:
        table.columns = names = _by_place(path, len(names), unnamed)
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
            n = int(np.count_nonzero(gone))
            rows = f"{n:,} row{'' if n == 1 else 's'}, first in {where}"
            what = f"has no value in {rows}, and the network was not trained to fill it; give one, or train it anew "
            what += "with dataset.missing=fill"
            raise TableError(path, Finding(what, field.name))
        bad = np.abs(codes[:, i]) > FLOAT32
        if bad.any():
            row = int(bad.argmax())
            value = codes[row, i]
            what = "is infinite" if np.isinf(value) else f"has {value:g}, which is infinite in float32,"
            what += f" in {file.place(row)}"
            raise TableError(path, Finding(what, field.name, {"correct": ""}))
    return codes


def _by_place(path: Path, n: int, unnamed: Sequence[str]) -> list[str]:
    """Names of `n` columns that have none: all that it was trained on, or all but the target."""
    features, target = unnamed[:-1], unnamed[-1]
    if n not in (len(unnamed), len(features)):
        what = f"has {n} columns without names, but the network was trained on {len(unnamed)} of them"
        raise TableError(path, f"{what}, or {len(features)} without the target; give them names or leave some out")
    place = int(target.split()[1].rstrip("_")) - 1
    return list(features) if n < len(unnamed) else [*features[:place], target, *features[place:]]


def _columns(names: list[str]) -> str:
    return f"the column {names[0]!r}" if len(names) == 1 else f"the columns {some(names)}"
