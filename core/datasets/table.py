"""A table of one's own, in its plain form: a CSV file, a target column, every other column a number."""

from __future__ import annotations

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


@DATASETS.add("csv", task=lambda given: None if given["task"] == "auto" else given["task"])
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
    return RawData(x=x, y=torch.tensor(values.to_numpy(dtype="float64")), features=names, target=target)


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not is_file(path):
        raise DataError(f"no file {path}; set dataset.path to a CSV file")
    try:
        return pd.read_csv(path, skipinitialspace=True)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except (ValueError, pd.errors.ParserError) as error:  # empty, or ragged
        raise DataError(f"{path} is not a CSV file: {str(error).strip().splitlines()[0]}") from None


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
        where = f", such as {str(bad.iloc[0])[:40]!r} in row {int(bad.index[0]) + 2}" if len(bad) else ""
        raise DataError(
            f"{path}: column(s) {_some(text)} are not numeric{where}; leave them out or write them as numbers"
        )
    for name in (*features.columns, values.name):
        column = values if name == values.name else features[name]
        missing = int(column.isna().sum())
        if missing:
            line = int(np.flatnonzero(column.isna())[0]) + 2
            raise DataError(f"{path}: {missing} value(s) missing in column {name!r}, first in row {line}; fill them in")
        if _numeric(column) and not np.isfinite(column.to_numpy(dtype="float64")).all():
            raise DataError(f"{path}: column {name!r} holds an infinite value; replace it")


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
    names = tuple(f"{name:g}" if isinstance(name, float) else str(name) for name in found.tolist())
    return names, index.astype("int64")


def _some(names: Any, limit: int = 8) -> str:
    shown = [repr(str(name)) for name in list(names)[: limit + 1]]
    return ", ".join([*shown[:limit], *(["…"] if len(shown) > limit else [])])
