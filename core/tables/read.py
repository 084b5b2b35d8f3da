"""From a file to a table: CSV as people write it, or Parquet. Every column has a name of its own; cells are as pandas
reads them, numbers where all of a column are.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.files import is_dir, is_file
from core.memory import free_memory
from core.tables.dialect import (
    BLANKS,
    PACKED,
    PIECE,
    UNREADABLE,
    Dialect,
    find,
    header_of,
    line_of,
    named,
    not_text,
    open_quote,
    opened,
    records,
    unreadable,
)
from core.tables.finding import Remedy, TableError

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 20_000
IN_MEMORY = 4.0
"""Bytes of memory for each byte of a CSV file, while it is read; of numbers it is less, of short texts more."""
PARQUET_IN_MEMORY = 2.0
"""Bytes of memory for each byte of a Parquet file's values, unpacked."""
PARQUET = (".parquet", ".pq")
ANOTHER: dict[Remedy, str] = {"path": "another file"}


@dataclass(frozen=True)
class TableFile:
    """A file and how it is written; None for one that says so itself."""

    path: Path
    dialect: Dialect | None

    def place(self, row: int) -> str:
        """Where data row `row`, from 0, is found: `line 3`, or `row 2` where there are no lines."""
        return f"row {row + 1}" if self.dialect is None else f"line {line_of(self.path, self.dialect, row)}"


def look(
    path: Path, encoding: str = "auto", separator: str = "auto", decimal: str = "auto", header: str = "auto"
) -> TableFile:
    """Find out how a file is written. Raises DataError."""
    if is_dir(path):
        raise TableError(path, "is a folder", {"path": "a file in it"})
    if not is_file(path):
        raise TableError(path, "does not exist", {"path": "a CSV file"})
    if path.suffix.lower() in PARQUET:
        return TableFile(path, None)
    _check_size(path)
    return TableFile(path, find(path, encoding, separator, decimal, header))


def _check_size(path: Path) -> None:
    """Raise DataError for a file of which memory does not hold the table."""
    free = free_memory()
    try:
        size = path.stat().st_size if path.suffix.lower() not in PACKED else _unpacked(path, free / IN_MEMORY)
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    _check_fits(path, size * IN_MEMORY, free)


def _unpacked(path: Path, enough: float) -> int:
    """Bytes of a packed file, or a few more than `enough` of them."""
    size = 0
    with opened(path) as file:
        while size <= enough and (piece := file.read(PIECE)):
            size += len(piece)
    return size


def _check_fits(path: Path, needed: float, free: float) -> None:
    if needed > free:
        raise TableError(
            path,
            f"would take {needed / 1e9:,.1f} GB of memory or more, of {free / 1e9:,.1f} GB free; take a part of its "
            "rows",
        )


def read(file: TableFile, as_text: Sequence[str] = ()) -> pd.DataFrame:
    """The whole table; columns of `as_text` are not made numbers. Raises DataError, naming line or column."""
    table = _read_parquet(file.path) if file.dialect is None else _read_text(file.path, file.dialect, as_text)
    if not len(table):
        raise TableError(file.path, "has a header but no rows", ANOTHER)
    return table


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        from pyarrow import parquet

        about = parquet.read_metadata(path)
        in_groups = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        _check_fits(path, max(in_groups, about.num_rows * about.num_columns * 8) * PARQUET_IN_MEMORY, free_memory())
        table = pd.read_parquet(path)
    except UserError:
        raise
    except ImportError:
        raise TableError(path, "is Parquet, which pyarrow reads: pip install pyarrow") from None
    except Exception as error:  # pyarrow raises whatever a damaged file provokes
        raise TableError(
            path, f"cannot be read as Parquet: {str(error).splitlines()[0].rstrip('.')}", ANOTHER
        ) from None
    table.columns = named([str(name).strip() for name in table.columns])
    _check_names(path, 0, list(table.columns))
    return table.reset_index(drop=True)


def _read_text(path: Path, dialect: Dialect, as_text: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    line, names = _header(path, dialect)
    _check_names(path, line if dialect.header else 0, names)
    _check_widths_of_first(path, dialect)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see below
            table: pd.DataFrame = pd.read_csv(path, **_how(dialect, names), dtype=dict.fromkeys(as_text, str))
        mixed = [name for name in names if table[name].dtype == object]
        if mixed:  # read in pieces, some of which were numbers
            table[mixed] = pd.read_csv(path, **_how(dialect, names), usecols=mixed, dtype=str)[mixed]
    except UnicodeError as error:
        raise not_text(path, dialect.encoding, error) from None
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        _check_widths(path, dialect)
        if "EOF inside string" in str(error):
            line = open_quote(path, dialect)
            raise TableError(path, f"has a quotation mark in line {line} that is never closed; close it") from None
        raise TableError(path, f"is not a CSV file: {str(error).strip().splitlines()[0]}") from None
    return table


def _how(dialect: Dialect, names: list[str]) -> dict[str, Any]:
    return {
        "sep": r"\s+" if dialect.separator == BLANKS else dialect.separator,
        "encoding": dialect.encoding,
        "decimal": dialect.decimal,
        "thousands": dialect.thousands or None,
        "header": 0 if dialect.header else None,
        "names": names,
        "skipinitialspace": True,
        "na_values": ["?"],  # beside those that pandas knows; what many collections of tables use
    }


def _header(path: Path, dialect: Dialect) -> tuple[int, list[str]]:
    try:
        line, names = header_of(path, dialect)
    except UnicodeError as error:
        raise not_text(path, dialect.encoding, error) from None
    if not names:
        raise TableError(path, "is not a CSV file: it is empty", ANOTHER)
    if names[0].startswith("sep=") and len(names) < 3:  # what Excel is told by
        raise TableError(path, f"begins with {names[0]}{dialect.separator * (len(names) - 1)}; leave that line out")
    return line, names


def _check_names(path: Path, line: int, names: list[str]) -> None:
    """Raise DataError for a header, in `line` if there are lines, that names two columns alike, or too many."""
    if len(names) > MOST_COLUMNS:
        raise TableError(path, f"has {len(names):,} columns, at most {MOST_COLUMNS:,} can be used; leave some out")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        where = f" in line {line}" if line else ""
        raise TableError(path, f"calls two columns {twice[0]!r}{where}; give each a name of its own")


def _check_widths(path: Path, dialect: Dialect) -> None:
    """Raise DataError for a row with more fields than the header."""
    with opened(path, dialect.encoding) as file:
        rows = records(file, dialect.separator)
        _line, header = next(rows, (1, []))
        for line, fields in rows:
            _check_width(path, line, fields, header)


def _check_widths_of_first(path: Path, dialect: Dialect) -> None:
    """pandas takes too many fields of the very first rows for row names, without a word."""
    with opened(path, dialect.encoding) as file:
        rows = records(file, dialect.separator)
        _line, header = next(rows, (1, []))
        for line, fields in itertools.islice(rows, 5):
            _check_width(path, line, fields, header)


def _check_width(path: Path, line: int, fields: list[str], first: list[str]) -> None:
    if len(fields) > len(first):
        raise TableError(
            path,
            f"has {len(fields)} fields in line {line}, but {len(first)} in the first one; give every column a name, "
            "row names too; no separators at the end of lines, no lines above the names",
        )


def literally(file: TableFile, table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """One column as its own text, nothing but empty cells missing: classes may be called None or NA."""
    import pandas as pd

    if file.dialect is None:
        return table[name]
    how = _how(file.dialect, list(table.columns))
    how |= {"usecols": [name], "dtype": str, "keep_default_na": False, "na_values": [""]}
    try:
        column: pd.Series[Any] = pd.read_csv(file.path, **how)[name]
    except UNREADABLE as error:
        raise unreadable(file.path, error) from None
    return column
