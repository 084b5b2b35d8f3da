"""A table of one's own: CSV, TSV or Parquet by path, a column to predict, all other columns to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from core.datasets.base import DATASETS, RawData, Source
from core.errors import UserError
from core.folders import user_path

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.columns import Texts
    from core.tables.plan import Plan, Wishes
    from core.tables.read import TableFile


def _absolute(path: str) -> str:
    try:
        return str(user_path(path).absolute())  # a run is resumed from any folder
    except UserError as error:
        raise ValueError(str(error)) from None


@DATASETS.add(
    "csv",
    task=lambda given: None if given["task"] == "auto" else given["task"],
    paths=("path",),
    columns=("target", "features", "leave_out", "categories"),
)
def csv(
    source: Source,
    *,
    path: Annotated[str, Field(min_length=1, description="the file"), AfterValidator(_absolute)],
    target: Annotated[str, Field(min_length=1, description="name of the column to predict")],
    task: Annotated[
        Literal["auto", "classification", "regression"],
        Field(description="auto: classes where the target is text or few whole numbers"),
    ] = "auto",
    features: Annotated[
        tuple[str, ...],
        Field(description="columns to learn from; all but the target if not given", examples=["a", "b"]),
    ] = (),
    leave_out: Annotated[tuple[str, ...], Field(description="columns not to learn from", examples=["id"])] = (),
    categories: Annotated[
        tuple[str, ...], Field(description="columns whose values are categories, though numbers", examples=["zip"])
    ] = (),
    missing: Annotated[
        Literal["refuse", "drop", "fill"],
        Field(description="rows with missing values: drop them, or fill in mean or most frequent value"),
    ] = "refuse",
    separator: Annotated[
        Literal["auto", ",", ";", "tab", "|", "space"],
        BeforeValidator(lambda given: "tab" if given in ("\t", "\\t") else given),
        Field(description="between two cells; auto: as the first rows have it"),
    ] = "auto",
    encoding: Annotated[
        str, Field(min_length=1, description="utf-8, utf-16, cp949, …; auto: as its bytes have it")
    ] = "auto",
    decimal: Annotated[
        Literal["auto", ".", ","], Field(description="mark in a number; auto: as the first rows have it")
    ] = "auto",
    header: Annotated[
        Literal["auto", "yes", "no"],
        Field(description="whether the first row names the columns; no: they are called column 1, column 2, …"),
    ] = "auto",
) -> RawData:
    """Your own table: CSV, TSV or Parquet, one row per sample."""
    from core.tables.finding import TableError
    from core.tables.plan import Wishes
    from core.tables.read import look

    file = look(Path(path), encoding=encoding, separator=separator, decimal=decimal, header=header)
    table, plan = planned_table(file, Wishes(target, task, features, leave_out, categories, missing))
    if plan.problems:
        raise TableError(file.path, plan.problems[0])
    return raw_of(file, table, plan, missing)


def planned_table(file: TableFile, wishes: Wishes) -> tuple[pd.DataFrame, Plan]:
    """A table, and what becomes of it or what stands against it. Raises DataError where it cannot be read."""
    from core.tables.plan import planned
    from core.tables.read import read

    table = read(file)
    return table, planned(file, table, wishes)


def raw_of(file: TableFile, table: pd.DataFrame, plan: Plan, missing: str) -> RawData:
    """The dataset of a plan without problems."""
    import numpy as np
    import torch

    from core.tables.fields import codes_of_column

    assert plan.values is not None
    assert plan.keep is not None
    rows = None if bool(plan.keep.all()) else np.flatnonzero(plan.keep)
    codes = np.empty((len(table) if rows is None else len(rows), len(plan.fields)))
    for i, made in enumerate(plan.fields):
        column = codes_of_column(made, table[made.name], file.place, plan.texts.get(made.name))
        codes[:, i] = column if rows is None else column[rows]
    values = plan.values if rows is None else plan.values.iloc[rows]
    target = str(values.name)
    about: dict[str, Any] = {
        "fields": tuple(plan.fields),
        "columns": tuple(str(name) for name in table.columns),
        "unnamed": 0 if file.dialect is None or file.dialect.header else len(table.columns),
        "missing": missing,
        "target": target,
        "notes": tuple(note.told() for note in plan.notes),
    }
    x = torch.from_numpy(codes)
    if plan.task == "classification":
        classes, y = _classes(values, plan.classes if rows is None else None)
        return RawData(x=x, y=torch.tensor(y), classes=classes, **about)
    numbers = plan.values.to_numpy(dtype="float64", na_value=np.nan)
    return RawData(x=x, y=torch.tensor(numbers if rows is None else numbers[rows]), **about)


def _classes(values: pd.Series[Any], texts: Texts | None) -> tuple[tuple[str, ...], Any]:
    """Names in sorted order, numbers by their value, and the index (n,) of each row's. `texts`: of these values, if
    they are known."""
    import numpy as np
    import pandas as pd

    if texts is not None:
        order = sorted(range(len(texts.names)), key=texts.names.__getitem__)
        return tuple(texts.names[i] for i in order), np.argsort(order)[texts.of_row]
    places, found = pd.factorize(values, sort=True)
    return tuple(_name(value) for value in found.tolist()), places.astype(np.int64, copy=False)


def _name(value: Any) -> str:
    """A class by its value: `3` for 3.0. Different values have different names."""
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value) if exact else value)
