"""A table of one's own, in its plain form: a CSV file, a target column, every other column a number."""

from __future__ import annotations

import bz2
import csv as text_rows
import gzip
import io
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from core.datasets.base import DATASETS, RawData, Source
from core.errors import DataError
from core.files import is_file
from core.folders import user_path

if TYPE_CHECKING:
    import pandas as pd

MAX_CLASSES = 20
"""A target of whole numbers with at most this many different ones is taken for classes."""


def _absolute(path: str) -> str:
    return str(user_path(path).absolute())  # a run is resumed from any folder


@DATASETS.add("csv", task=lambda given: None if given["task"] == "auto" else given["task"], paths=("path",))
def csv(
    source: Source,
    *,
    path: Annotated[str, Field(min_length=1, description="the file"), AfterValidator(_absolute)],
    target: Annotated[str, Field(min_length=1, description="name of the column to predict")],
    task: Annotated[
        Literal["auto", "classification", "regression"],
        Field(description="auto: classes where the target is text or few whole numbers"),
    ] = "auto",
) -> RawData:
    """Your own CSV file: one row per sample, a header, numbers in every column but the target."""
    import torch

    table = _read(Path(path))
    if target not in table.columns:
        raise DataError(f"{path} has no column {target!r}; choose from {_some(table.columns)}{_separator(table)}")
    if len(table.columns) < 2:
        raise DataError(f"{path} has only the column {target!r}; columns to learn from are missing")
    values = table[target]
    if not _numeric(values):  # classes may be called None or NA: there only an empty cell is missing
        values = _literally(Path(path), list(table.columns).index(target))
    features = table.drop(columns=target)
    _check(path, features, values)
    x = torch.tensor(features.to_numpy(dtype="float64"))
    names = tuple(str(name) for name in features.columns)
    if task == "classification" or (task == "auto" and _looks_like_classes(values)):
        classes, y = _classes(values)
        if len(classes) < 2:
            raise DataError(f"{path}: every row has {target} = {classes[0]}; there is nothing to tell apart")
        return RawData(x=x, y=torch.tensor(y), classes=classes, features=names, target=target)
    if not _numeric(values):
        raise DataError(f"{path}: column {target!r} is not numeric; use dataset.task=classification")
    _check_finite(path, values)
    return RawData(x=x, y=torch.tensor(values.to_numpy(dtype="float64")), features=names, target=target)


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not is_file(path):
        raise DataError(f"no file {path}; set dataset.path to a CSV file")
    try:
        # A first row that is longer than the header would make pandas take columns for an index without a word.
        pd.read_csv(path, skipinitialspace=True, header=None, nrows=2, dtype=str)
        return pd.read_csv(path, skipinitialspace=True)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except (ValueError, pd.errors.ParserError) as error:  # empty, or ragged
        _check_widths(path)
        raise DataError(f"{path} is not a CSV file: {str(error).strip().splitlines()[0]}") from None


def _literally(path: Path, position: int) -> pd.Series[Any]:
    """The column at `position` as text, nothing but empty cells missing."""
    import pandas as pd

    column = pd.read_csv(
        path, skipinitialspace=True, usecols=[position], dtype=str, keep_default_na=False, na_values=[""]
    )
    return column.iloc[:, 0]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The header and every row: the line of the file where it begins, from 1, and its fields. Blank lines are none."""
    packed: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    text_rows.field_size_limit(2**31 - 1)
    with packed.get(path.suffix, io.open)(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = text_rows.reader(file, skipinitialspace=True)
        line = 1
        for fields in reader:
            if any(field.strip() for field in fields) or len(fields) > 1:
                yield line, fields
            line = reader.line_num + 1


def _line(path: str, row: int) -> int:
    """The line of the file where data row `row`, from 0, begins."""
    return next((line for i, (line, _fields) in enumerate(_rows(Path(path))) if i == row + 1), row + 2)


def _check_widths(path: Path) -> None:
    """Raise DataError for a row with more fields than the header."""
    rows = _rows(path)
    _line, header = next(rows, (1, []))
    for line, fields in rows:
        if len(fields) > len(header):
            raise DataError(
                f"{path}: line {line} has {len(fields)} fields, but the header has {len(header)}; "
                "give every column a name, row names too, and leave out commas at the end of lines"
            )


def _check(path: str, features: pd.DataFrame, values: pd.Series[Any]) -> None:
    """Raise DataError for what a network cannot take in."""
    import numpy as np
    import pandas as pd

    if values.empty:
        raise DataError(f"{path} has a header but no rows")
    text = [name for name in features.columns if not _numeric(features[name])]
    if text:
        first = features[text[0]]
        bad = first[pd.to_numeric(first, errors="coerce").isna() & first.notna()]
        where = f", such as {str(bad.iloc[0])[:40]!r} in line {_line(path, int(bad.index[0]))}" if len(bad) else ""
        raise DataError(
            f"{path}: column(s) {_some(text)} are not numeric{where}; leave them out or write them as numbers"
        )
    for name in (*features.columns, values.name):
        column = values if name == values.name else features[name]
        missing = int(column.isna().sum())
        if missing:
            line = _line(path, int(np.flatnonzero(column.isna())[0]))
            raise DataError(
                f"{path}: {missing} value(s) missing in column {name!r}, first in line {line}; fill them in"
            )
        if name != values.name:
            _check_finite(path, column)


def _check_finite(path: str, column: pd.Series[Any]) -> None:
    """Raise DataError for a number that float32, in which networks compute, does not hold."""
    import numpy as np

    numbers = column.to_numpy(dtype="float64")
    with np.errstate(over="ignore"):
        bad = np.flatnonzero(~np.isfinite(numbers.astype("float32")))
    if len(bad):
        value = numbers[bad[0]]
        what = "an infinite value" if np.isinf(value) else f"{value:g}, which is infinite in float32,"
        raise DataError(f"{path}: column {column.name!r} holds {what} in line {_line(path, int(bad[0]))}; replace it")


def _separator(table: pd.DataFrame) -> str:
    """A hint where a header that is one cell looks like several."""
    name = str(table.columns[0])
    for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(table.columns) == 1 and mark in name:
            return f"; it seems to be separated by {word}: save it with commas"
    return ""


def _numeric(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_complex_dtype(column)


def _looks_like_classes(values: pd.Series[Any]) -> bool:
    import pandas as pd

    if not _numeric(values) or pd.api.types.is_bool_dtype(values):
        return True
    return bool((values % 1 == 0).all()) and values.nunique() <= MAX_CLASSES


def _classes(values: pd.Series[Any]) -> tuple[tuple[str, ...], Any]:
    """Names in sorted order, and the index (n,) of each row's."""
    import numpy as np

    plain = values.to_numpy() if _numeric(values) else values.astype(str).to_numpy(dtype=object)
    found, index = np.unique(plain, return_inverse=True)
    return tuple(_name(value) for value in found.tolist()), index.astype("int64")


def _name(value: Any) -> str:
    """A class by its value: `3` for 3.0. Different values have different names."""
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value) if exact else value)


def _some(names: Any, limit: int = 8) -> str:
    shown = [repr(str(name)) for name in list(names)[: limit + 1]]
    return ", ".join([*shown[:limit], *(["…"] if len(shown) > limit else [])])
