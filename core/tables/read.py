"""From a file to a table: CSV as people write it, or Parquet. Every column has a name of its own; cells are as pandas
reads them, numbers where all of a column are.
"""

from __future__ import annotations

import itertools
import lzma
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DataError
from core.files import is_dir, is_file
from core.memory import free_memory
from core.tables.dialect import Dialect, find, header_of, line_of, opened, records

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 20_000
IN_MEMORY = 4.0
"""Bytes of memory for each byte of a CSV file, while it is read; of numbers it is less, of short texts more."""
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class TableFile:
    """A file and how it is written; None for one that says so itself."""

    path: Path
    dialect: Dialect | None

    def place(self, row: int) -> str:
        """Where data row `row`, from 0, is found: `line 3`, or `row 2` where there are no lines."""
        return f"row {row + 1}" if self.dialect is None else f"line {line_of(self.path, self.dialect, row)}"


def look(path: Path, encoding: str = "auto", separator: str = "auto", decimal: str = "auto") -> TableFile:
    """Find out how a file is written. Raises DataError."""
    if is_dir(path):
        raise DataError(f"{path} is a folder; set dataset.path to a file in it")
    if not is_file(path):
        raise DataError(f"no file {path}; set dataset.path to a CSV file")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    free = free_memory()
    if size * IN_MEMORY > free:
        raise DataError(
            f"{path} has {size / 1e9:,.1f} GB and would take {size * IN_MEMORY / 1e9:,.1f} GB of memory, of "
            f"{free / 1e9:,.1f} GB free; take a part of its rows"
        )
    if path.suffix.lower() in PARQUET:
        return TableFile(path, None)
    return TableFile(path, find(path, encoding, separator, decimal))


def read(file: TableFile) -> pd.DataFrame:
    """The whole table. Raises DataError, naming line or column."""
    table = _read_parquet(file.path) if file.dialect is None else _read_text(file.path, file.dialect)
    if not len(table):
        raise DataError(f"{file.path} has a header but no rows")
    return table


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except ImportError:
        raise DataError(f"{path}: Parquet needs pyarrow: pip install pyarrow") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {str(error).splitlines()[0]}") from None
    except Exception as error:  # pyarrow raises whatever a damaged file provokes
        raise DataError(f"{path} is not a Parquet file: {str(error).splitlines()[0]}") from None
    table.columns = [str(name) for name in table.columns]
    _check_names(path, "", list(table.columns))
    return table.reset_index(drop=True)


def _read_text(path: Path, dialect: Dialect) -> pd.DataFrame:
    import pandas as pd

    line, names = _header(path, dialect)
    _check_names(path, f"line {line}: ", names)
    _check_widths_of_first(path, dialect)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see below
            table: pd.DataFrame = pd.read_csv(path, **_how(dialect, names))
        mixed = [name for name in names if table[name].dtype == object]
        if mixed:  # read in pieces, some of which were numbers
            table[mixed] = pd.read_csv(path, **_how(dialect, names), usecols=mixed, dtype=str)[mixed]
    except UnicodeError as error:
        raise DataError(_not_text(path, dialect.encoding, error)) from None
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        _check_widths(path, dialect)
        raise DataError(f"{path} is not a CSV file: {str(error).strip().splitlines()[0]}") from None
    return table


def _how(dialect: Dialect, names: list[str]) -> dict[str, Any]:
    return {
        "sep": dialect.separator,
        "encoding": dialect.encoding,
        "decimal": dialect.decimal,
        "header": 0,
        "names": names,
        "skipinitialspace": True,
    }


def _header(path: Path, dialect: Dialect) -> tuple[int, list[str]]:
    try:
        line, names = header_of(path, dialect)
    except UnicodeError as error:
        raise DataError(_not_text(path, dialect.encoding, error)) from None
    if not names:
        raise DataError(f"{path} is not a CSV file: it is empty")
    return line, names


def _not_text(path: Path, encoding: str, error: UnicodeError) -> str:
    why = f" ({error.reason} at byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
    return f"{path} is not {encoding} text{why}; set dataset.encoding, for example to cp949 or utf-16"


def _check_names(path: Path, where: str, names: list[str]) -> None:
    """Raise DataError for a header that does not name each column once."""
    if len(names) > MOST_COLUMNS:
        raise DataError(f"{path} has {len(names):,} columns, at most {MOST_COLUMNS:,} can be used; leave some out")
    empty = next((i for i, name in enumerate(names) if not name), None)
    if empty is not None:
        beside = f", after {names[empty - 1]!r}," if empty else ""
        raise DataError(f"{path}: {where}column {empty + 1}{beside} has no name; give every column a name")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise DataError(f"{path}: {where}two columns are called {twice[0]!r}; give each a name of its own")


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


def _check_width(path: Path, line: int, fields: list[str], header: list[str]) -> None:
    if len(fields) > len(header):
        raise DataError(
            f"{path}: line {line} has {len(fields)} fields, but the header has {len(header)}; give every column a "
            "name, row names too, and leave out separators at the end of lines"
        )


def literally(file: TableFile, table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """One column as its own text, nothing but empty cells missing: classes may be called None or NA."""
    import pandas as pd

    if file.dialect is None:
        return table[name]
    how = _how(file.dialect, list(table.columns))
    column: pd.Series[Any] = pd.read_csv(
        file.path, **how, usecols=[name], dtype=str, keep_default_na=False, na_values=[""]
    )[name]
    return column
