"""From a file to a table: CSV as people write it, or Parquet. Every column has a name of its own; cells are as pandas
reads them, numbers where all of a column are.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError, first_line
from core.system.files import is_dir, is_file
from core.system.memory import free_memory
from core.tables.dialect import Dialect, Workbook, find
from core.tables.encoded import reading
from core.tables.files import PIECE, opened
from core.tables.finding import Finding, Remedy, TableError
from core.tables.formats import kind_of
from core.tables.formulas import plain_cells
from core.tables.lines import BLANKS, records
from core.tables.looks import BINARY, MISSING, PACKED
from core.tables.numbers import MARKS
from core.tables.records import named

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 20_000
PER_CELL, PER_BYTE = 16.0, 2.5
"""Bytes of memory for each cell, and for each byte, of a CSV file while it is read: measured 8 for each byte of a file
of single digits, 18 for one of empty cells, 2 for one of long numbers."""
PARQUET_IN_MEMORY = 5.0
"""Bytes of memory for each byte of the table that a Parquet file becomes, while it is read: measured 5 for numbers, 3
for long texts."""
ANOTHER: dict[Remedy, str] = {"path": "another file"}


@dataclass(frozen=True)
class TableFile:
    """A file and how it is written; `dialect` is None for one that says so itself."""

    path: Path
    dialect: Dialect | None
    notes: tuple[Finding, ...] = ()
    """What one should know of how it is read."""
    _lines: dict[int, int] = field(default_factory=dict, compare=False, repr=False)
    """Of data rows that were asked for."""

    @property
    def marks(self) -> tuple[str, ...]:
        """Decimal marks that its numbers may have, where they are texts."""
        return MARKS if self.dialect is None else self.dialect.marks

    def find_places(self, rows: Iterable[int]) -> None:
        """In one pass over the file. Raises DataError."""
        dialect = self.dialect
        wanted = {row for row in rows if row not in self._lines}
        if dialect is None or not wanted:
            return
        last = max(wanted)
        found = records_of(self.path, dialect)
        for row, (line, _fields) in enumerate(found, start=-1 if dialect.header else 0):
            if row in wanted:
                self._lines[row] = line
            if row >= last:
                break

    def place(self, row: int) -> str:
        """Where data row `row`, from 0, is found: `line 3`, or `row 2` where there are no lines; of a workbook the row
        of its sheet."""
        self.find_places([row])
        kind = "row" if self.dialect is not None and self.dialect.sheet else "line"
        return f"{kind} {self._lines[row]}" if row in self._lines else f"row {row + 1}"


def look(
    path: Path, sheet: str = "auto", *, in_pieces: bool = False, named: Collection[str] = (), **told: str
) -> TableFile:
    """Find out how a file is written; `told`: what is known of it, as `dialect.find` takes it; `sheet`: of a workbook,
    by name or number. `in_pieces`: it will be read so, and may be larger than memory. `named`: columns that somebody
    calls by their names. Raises DataError."""
    if is_dir(path):
        raise TableError(path, "is a folder", {"path": "a file in it"})
    if not is_file(path):
        what = "is no regular file; save what it gives in one" if path.exists() else "does not exist"
        raise TableError(path, what, {"path": "a CSV file"})
    kind = kind_of(path)
    if kind == "workbook":
        from core.tables.workbook import sheet_of

        chosen = sheet_of(path, sheet)
        dialect = find(path, Workbook(chosen.name, chosen.text), named=named, **told)
        return TableFile(path, dialect, (*chosen.notes, *dialect.notes))
    if kind == "parquet" or path.suffix.lower() in BINARY:
        return TableFile(path, None)
    dialect = find(path, named=named, **told)
    if not in_pieces:
        _check_size(path, dialect)
    return TableFile(path, dialect, dialect.notes)


def records_of(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The names, if there are any, and the rows of a table: the line where each begins, and its fields. Raises
    DataError."""
    with reading(path, dialect.encoding), dialect.opened(path) as file:
        yield from records(file, dialect.separator, dialect.lines, dialect.column)


def _check_size(path: Path, dialect: Dialect) -> None:
    """Raise DataError for a file of which memory does not hold the table."""
    free = free_memory()
    with reading(path, dialect.encoding):
        with opened(path, dialect.encoding) as file:
            head: str = file.read(1 << 16)
        marks = head.count("\n") + (head.count(dialect.separator) if dialect.separator != BLANKS else len(head.split()))
        each = PER_BYTE + PER_CELL * marks / max(1, len(head))
        size = path.stat().st_size if path.suffix.lower() not in PACKED else _unpacked(path, free / each)
    _check_fits(path, size * each, free)


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


@contextmanager
def reading_parquet(path: Path) -> Iterator[None]:
    """What goes wrong meanwhile is a DataError."""
    try:
        yield
    except UserError:
        raise
    except ImportError:
        raise TableError(path, "is Parquet, which pyarrow reads: pip install pyarrow") from None
    except Exception as error:  # pyarrow raises whatever a damaged file provokes
        raise TableError(path, f"cannot be read as Parquet: {first_line(error).rstrip('.')}", ANOTHER) from None


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    with reading_parquet(path):
        from pyarrow import parquet

        with parquet.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            check_names(path, 0, names)
            rows = file.metadata.num_rows
            batch = next(file.iter_batches(max(1, min(10_000, 2_000_000 // max(1, len(names))))), None)
            if batch is not None and batch.num_rows:
                each = batch.to_pandas().memory_usage(deep=True).sum() / batch.num_rows
                _check_fits(path, each * rows * PARQUET_IN_MEMORY, free_memory())
        table = pd.read_parquet(path)
    # What pandas has as an index stands in the file as a column; dates are of no use, and were only in the way.
    kept = [str(name) for name in table.index.names if name in names]
    kept = [name for name in kept if not _holds_dates(table.index, name)]
    table = table.reset_index(level=kept)
    table.columns = named([str(name) for name in table.columns])
    check_names(path, 0, list(table.columns))
    return table.reset_index(drop=True)


def _holds_dates(index: pd.Index[Any], name: str) -> bool:
    import pandas as pd

    values = index.get_level_values(name)
    return bool(pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values))


def _read_text(path: Path, dialect: Dialect, as_text: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    line, names = header_of(path, dialect)
    check_names(path, line if dialect.header else 0, names)
    check_widths(path, dialect, first=5)  # where pandas takes fields for row names, without a word
    texts = dict.fromkeys(as_text, str)
    try:
        with reading(path, dialect.encoding), warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # see below
            table: pd.DataFrame = _parsed(path, dialect, names, dtype=texts)
            mixed = [name for name in names if table[name].dtype == object]
            if mixed:  # read in pieces, some of which were numbers
                table[mixed] = _parsed(path, dialect, names, usecols=mixed, dtype=str)[mixed]
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise unreadable(path, dialect, error) from None
    for name in names:
        if table[name].dtype != bool and pd.api.types.is_string_dtype(table[name]):
            table[name] = _plain(stripped(table[name]))
    return table


def unreadable(path: Path, dialect: Dialect, error: Exception) -> TableError:
    """What pandas has against a file, in words of ours."""
    check_widths(path, dialect)
    if "EOF inside string" in str(error):
        line = _last_line(path, dialect)
        return TableError(path, f"has a quotation mark in line {line} that is never closed; close it")
    return TableError(path, f"is not a CSV file: {first_line(error)}")


def stripped(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Without blanks around them; what is missing then, is."""
    bare = texts.str.strip()
    changed = bare.ne(texts) & bare.notna()
    if not changed.any():
        return texts
    return bare.mask(changed & bare.isin(MISSING))


def _plain(texts: pd.Series[Any]) -> pd.Series[Any]:
    """As they were before they were written so that no spreadsheet runs them."""
    marked = texts.str.startswith("'", na=False)
    if not marked.any():
        return texts
    names = [str(name) for name in texts.dropna().unique()]
    changed = {name: plain for name, plain in zip(names, plain_cells(names), strict=True) if plain != name}
    return texts.replace(changed) if changed else texts


def _parsed(path: Path, dialect: Dialect, names: list[str], **how: Any) -> pd.DataFrame:
    """What pandas makes of the rows. `how`: more of its arguments, or others."""
    import pandas as pd

    with rows_of(path, dialect) as rows:
        table: pd.DataFrame = pd.read_csv(rows, **(how_of(path, dialect, names) | how))
        return table


@contextmanager
def rows_of(path: Path, dialect: Dialect) -> Iterator[Any]:
    """What pandas is to read: the path, which is the fastest, unless the file has more than the names and the rows."""
    if dialect.whole:
        yield path
    else:
        with dialect.rows_of(path) as rows:
            yield rows


def how_of(path: Path, dialect: Dialect, names: list[str]) -> dict[str, Any]:
    return {
        "sep": r"\s+" if dialect.separator == BLANKS else dialect.separator,
        "encoding": dialect.encoding,
        "compression": PACKED.get(path.suffix.lower()) if dialect.whole else None,
        "decimal": dialect.decimal,
        "header": 0 if dialect.header else None,
        "names": names,
        "skipinitialspace": dialect.blanks,  # it would take a quarter of the time
        "keep_default_na": False,
        "na_values": list(MISSING),
    }


def header_of(path: Path, dialect: Dialect) -> tuple[int, list[str]]:
    """The line of the first record, and the names of the columns."""
    line, fields = next(records_of(path, dialect), (1, []))
    if not fields:
        raise TableError(path, "is not a CSV file: it is empty", ANOTHER)
    return line, named(plain_cells(fields) if dialect.header else [""] * len(fields))


def check_names(path: Path, line: int, names: list[str]) -> None:
    """Raise DataError for a header, in `line` if there are lines, that names two columns alike, or too many."""
    if len(names) > MOST_COLUMNS:
        raise TableError(path, f"has {len(names):,} columns, at most {MOST_COLUMNS:,} can be used; leave some out")
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        where = f" in line {line}" if line else ""
        raise TableError(path, f"calls two columns {twice[0]!r}{where}; give each a name of its own")


def check_widths(path: Path, dialect: Dialect, first: int | None = None) -> None:
    """Raise DataError for a row, of the `first` ones or of all, with more fields than the first record."""
    rows = records_of(path, dialect)
    _line, header = next(rows, (1, []))
    for line, fields in itertools.islice(rows, first):
        if len(fields) > len(header):
            raise TableError(
                path,
                f"has {len(fields)} fields in line {line}, but {len(header)} in the first one; give every column a "
                "name, row names too; no separators at the end of lines, no lines above the names",
                {"separator": ""},
            )


def _last_line(path: Path, dialect: Dialect) -> int:
    """Where the last record begins: where a quotation mark is never closed, it holds all that follows."""
    return deque(records_of(path, dialect), maxlen=1)[0][0]


def literally(file: TableFile, table: pd.DataFrame, name: str, missing: Sequence[str] = MISSING) -> pd.Series[Any]:
    """One column as its own text. `missing` is no value there: classes may be called None or NA. Raises DataError."""
    return table[name] if file.dialect is None else all_literally(file, table, [name], missing)[name]


def all_literally(
    file: TableFile, table: pd.DataFrame, names: Sequence[str], missing: Sequence[str] = MISSING
) -> pd.DataFrame:
    """Some columns, as `literally` has one, of which the file is read once."""
    assert file.dialect is not None
    na_values = list(missing)
    with reading(file.path, file.dialect.encoding):
        columns = _parsed(
            file.path, file.dialect, list(table.columns), usecols=list(names), dtype=str, na_values=na_values
        )
    for name in names:
        bare = columns[name].str.strip()
        columns[name] = _plain(bare.mask(bare.isin(na_values)))
    return columns
