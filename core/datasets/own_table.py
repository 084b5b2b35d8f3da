"""A table of one's own: CSV, TSV or Parquet by path, a column to predict, all other columns to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from core.datasets.base import DATASETS, RawData, Source
from core.errors import UserError
from core.system.folders import user_path
from core.tables.looks import may_be_table

if TYPE_CHECKING:
    import pandas as pd

    from core.tables.columns import Texts
    from core.tables.read import TableFile
    from core.tables.wishes import Plan, Wishes


SEPARATORS = {"\t": "tab", "\\t": "tab", "comma": ",", "semicolon": ";", "bar": "|", " ": "space", "blanks": "space"}
"""Other words for them."""


def _absolute(path: str) -> str:
    try:
        return str(user_path(path).absolute())  # a run is resumed from any folder
    except UserError as error:
        raise ValueError(str(error)) from None


def _text(given: object) -> object:
    """Numbers may be written without quotes; so may several lines."""
    if isinstance(given, list | tuple):
        return ",".join(str(each) for each in given)
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _ways(by_column: tuple[str, ...]) -> tuple[str, ...]:
    from core.tables.wishes import ways

    ways(by_column)
    return by_column


def _texts(given: object) -> object:
    """Numbers as texts: a TOML file may have `[-999]`."""
    if not isinstance(given, list | tuple):
        return given
    numbers = (int, float)
    return tuple(f"{each}" if isinstance(each, numbers) and not isinstance(each, bool) else each for each in given)


@DATASETS.add(
    "csv",
    task=lambda given: None if given["task"] == "auto" else given["task"],
    paths=("path",),
    columns=("target", "features", "leave_out", "categories"),
    table=may_be_table,
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
        Literal["refuse", "drop", "fill", "category"],
        Field(
            description="rows with missing values: drop them, fill in mean or most frequent value, or take that for a "
            "category of its own (of a number an input of its own)"
        ),
    ] = "refuse",
    missing_by_column: Annotated[
        tuple[str, ...],
        AfterValidator(_ways),
        Field(description="the same by column, where it is not as in the others", examples=["age=fill"]),
    ] = (),
    missing_values: Annotated[
        tuple[str, ...],
        BeforeValidator(_texts),
        Field(
            description="texts or numbers that stand for no value, beside NA, ? and the like", examples=["-", "-999"]
        ),
    ] = (),
    duplicates: Annotated[
        Literal["keep", "drop"], Field(description="rows that occur before: keep them, or leave them out")
    ] = "keep",
    unknown: Annotated[
        Literal["refuse", "other"],
        Field(description="a category that was not trained on: refuse it, or take it as the average of the others"),
    ] = "refuse",
    separator: Annotated[
        Literal["auto", ",", ";", "tab", "|", "space"],
        BeforeValidator(lambda given: SEPARATORS.get(given, given) if isinstance(given, str) else given),
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
    skip: Annotated[
        str,
        BeforeValidator(_text),
        Field(pattern=r"^(auto|\d{1,9})$", description="lines above the names; auto: titles are found", examples=["3"]),
    ] = "auto",
    comment: Annotated[
        str,
        Field(min_length=1, description="how lines begin that are no rows; no: none do", examples=["#"]),
    ] = "auto",
    footer: Annotated[
        str,
        BeforeValidator(_text),
        Field(pattern=r"^(auto|\d{1,9})$", description="lines at the end that are no rows; auto: remarks are found"),
    ] = "auto",
    drop_lines: Annotated[
        str,
        BeforeValidator(_text),
        Field(
            pattern=r"^(auto|none|((auto|none) *, *)?\d{1,9}( *- *\d{1,9})?( *, *\d{1,9}( *- *\d{1,9})?)*)$",
            description="more lines that are no rows, beside those found (units, names again, separators only); "
            "none: those are rows",
            examples=["2,61"],
        ),
    ] = "auto",
    sheet: Annotated[
        str,
        BeforeValidator(_text),
        Field(min_length=1, description="of an Excel workbook, by name or number; auto: the first that holds any"),
    ] = "auto",
) -> RawData:
    """Your own table: CSV, TSV, Excel or Parquet, one row per sample."""
    from core.tables.finding import TableError
    from core.tables.read import look
    from core.tables.wishes import Wishes

    wishes = Wishes(
        target,
        task,
        features,
        leave_out,
        categories,
        missing,
        missing_by_column,
        missing_values,
        duplicates,
        unknown,
    )
    file = look(
        Path(path),
        named=wishes.named,
        encoding=encoding,
        separator=separator,
        decimal=decimal,
        header=header,
        skip=skip,
        comment=comment,
        footer=footer,
        drop_lines=drop_lines,
        sheet=sheet,
    )
    table, plan = planned_table(file, wishes)
    if plan.problems:
        raise TableError(file.path, plan.problems[0])
    return raw_of(file, table, plan, unknown)


OWN_TABLE = DATASETS["csv"]
"""Whose keys say how the file of a table is written, whatever it is read for."""


def planned_table(file: TableFile, wishes: Wishes) -> tuple[pd.DataFrame, Plan]:
    """A table, and what becomes of it or what stands against it. Raises DataError where it cannot be read."""
    from core.system.memory import give_back
    from core.tables.missing import mask_missing
    from core.tables.planning import planned
    from core.tables.read import read

    table = read(file)
    mask_missing(table, wishes.missing_values)
    plan = planned(file, table, wishes)
    give_back()
    return table, plan


def raw_of(file: TableFile, table: pd.DataFrame, plan: Plan, unknown: str = "refuse") -> RawData:
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
        "separator": "" if file.dialect is None else file.dialect.separator,
        "unknown": unknown,
        "target": target,
        "notes": tuple(note.told() for note in plan.notes if "letters" not in note.remedies),  # the preview tells
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

    from core.tables.class_names import named

    if texts is not None:
        order = sorted(range(len(texts.names)), key=texts.names.__getitem__)
        return tuple(texts.names[i] for i in order), np.argsort(order)[texts.of_row]
    places, found = pd.factorize(values, sort=True)
    return tuple(named(value) for value in found.tolist()), places.astype(np.int64, copy=False)
