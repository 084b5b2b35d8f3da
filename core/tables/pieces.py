"""A table in pieces of some rows, one of them in memory at a time: files that are asked about may be larger than that.
What is read is what `read` reads.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.tables.dialect import Dialect
from core.tables.encoded import reading
from core.tables.files import PIECE, opened
from core.tables.lines import BLANKS
from core.tables.read import (
    TableFile,
    check_names,
    check_widths,
    header_of,
    how_of,
    reading_parquet,
    records_of,
    rows_of,
    stripped,
    unreadable,
)
from core.tables.records import named

if TYPE_CHECKING:
    import pandas as pd

CELLS, ROWS = 1_000_000, 10_000
"""Of a piece, at most."""
FIRST = 5
"""Rows that tell whether all are longer than the names."""


class LongerRows(Exception):
    """Some rows have more fields than the table has columns: `longer_rows` says which."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a table, in their order."""

    table: pd.DataFrame
    """The columns that are wanted, as `read` has them."""
    literal: pd.DataFrame
    """Columns as the texts of their cells, whatever these are: `007`, `NA`, nothing."""

    def __len__(self) -> int:
        return len(self.table)


def names_of(file: TableFile) -> list[str]:
    """Of all columns. Raises DataError."""
    if file.dialect is not None:
        line, names = header_of(file.path, file.dialect)
        check_names(file.path, line if file.dialect.header else 0, names)
        return names
    with reading_parquet(file.path):
        from pyarrow import parquet

        with parquet.ParquetFile(file.path) as parquet_file:
            names = named([str(name) for name in parquet_file.schema_arrow.names])
    check_names(file.path, 0, names)
    return names


def longer_rows(path: Path, dialect: Dialect, n: int, first: int | None = None) -> frozenset[int]:
    """Which rows, from 0, of the `first` ones or of all, have more fields than `n`, and something in these. Raises
    DataError."""
    records = itertools.islice(records_of(path, dialect), None if first is None else first + dialect.header)
    rows = enumerate(records, start=-1 if dialect.header else 0)
    return frozenset(row for row, (_line, fields) in rows if any(field.strip() for field in fields[n:]))


def shorter_rows(path: Path, dialect: Dialect, n: int, rows: int) -> dict[int, int]:
    """Of a table of `rows` rows those, from 0, that have fewer fields than `n`, and how many. Raises DataError."""
    if not _may_be_shorter(path, dialect, n, rows):
        return {}
    records = enumerate(records_of(path, dialect), start=-1 if dialect.header else 0)
    return {row: len(fields) for row, (_line, fields) in records if len(fields) < n}


def _may_be_shorter(path: Path, dialect: Dialect, n: int, rows: int) -> bool:
    """Whether there are fewer separators than all rows need; counted, that takes next to no time."""
    if dialect.text is not None or n < 2:
        return False
    of_bytes = dialect.encoding.startswith(("utf-8", "cp12", "iso8859", "latin"))
    if dialect.lines or dialect.separator == BLANKS or not of_bytes:
        return True
    found, needed = 0, (rows + dialect.header) * (n - 1)
    with reading(path, dialect.encoding), opened(path) as file:
        while piece := file.read(PIECE):
            if b'"' in piece:
                return True
            found += piece.count(dialect.separator.encode())
    return found < needed


def pieces(
    file: TableFile,
    names: Sequence[str],
    wanted: Sequence[str],
    as_text: Collection[str] = (),
    literal: Sequence[str] = (),
    *,
    cut: bool = False,
) -> Iterator[Piece]:
    """All rows. `names`: of all columns. `wanted`: the columns to read, `as_text` those of them that are not made
    numbers; `literal`: those that are wanted as their texts. `cut`: what rows have behind the last column is left
    alone, else it is LongerRows. Raises DataError."""
    n = max(1, min(ROWS, CELLS // max(1, len(wanted if cut else names) + len(literal))))
    if file.dialect is None:
        return _of_parquet(file.path, names, wanted, literal, n)
    return _of_text(file.path, file.dialect, names, (wanted, as_text, literal), n, cut=cut)


def _of_text(
    path: Path,
    dialect: Dialect,
    names: Sequence[str],
    columns: tuple[Sequence[str], Collection[str], Sequence[str]],
    n: int,
    *,
    cut: bool,
) -> Iterator[Piece]:
    import pandas as pd

    wanted, as_text, literal = columns
    place = {name: i for i, name in enumerate(names)}
    longer = longer_rows(path, dialect, len(names), FIRST)
    if len(longer) == FIRST:  # where all are, that is no accident
        check_widths(path, dialect, first=FIRST)
    if longer and not cut:  # pandas says nothing of the first ones
        raise LongerRows
    # By their places: pandas refuses a piece of which all rows are shorter than the names that it is given.
    how = how_of(path, dialect, list(names)) | {"names": None, "index_col": False, "chunksize": n}
    usual = how | {
        "usecols": [place[name] for name in wanted] if cut else None,
        "dtype": {place[name]: str for name in as_text},
        "na_values": {place[name]: how["na_values"] for name in names},
        "low_memory": False,
    }
    as_is = how | {"usecols": [place[name] for name in literal], "dtype": str, "na_values": None, "na_filter": False}
    in_order, literal_in_order = (sorted(each, key=place.__getitem__) for each in (wanted if cut else names, literal))
    try:
        with reading(path, dialect.encoding), contextlib.ExitStack() as stack:
            tables = _begun(path, dialect, usual, stack)
            literals = _begun(path, dialect, as_is, stack) if literal else None
            while (table := _next(tables)) is not None:
                table.columns = in_order
                for name in wanted:
                    if table[name].dtype != bool and pd.api.types.is_string_dtype(table[name]):
                        table[name] = stripped(table[name])
                texts = table[[]] if literals is None else _next(literals)
                assert texts is not None
                texts.columns = literal_in_order
                yield Piece(table, texts)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        if "Expected" in str(error) and "saw" in str(error):
            raise LongerRows from None
        raise unreadable(path, dialect, error) from None


def _begun(path: Path, dialect: Dialect, how: dict[str, Any], stack: contextlib.ExitStack) -> Iterator[pd.DataFrame]:
    """Pieces as pandas reads them, until `stack` is closed."""
    import pandas as pd

    return stack.enter_context(pd.read_csv(stack.enter_context(rows_of(path, dialect)), **how))


def _next(tables: Iterator[pd.DataFrame]) -> pd.DataFrame | None:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of rows that are longer: these are told
        return next(tables, None)


def _of_parquet(
    path: Path, names: Sequence[str], wanted: Sequence[str], literal: Sequence[str], n: int
) -> Iterator[Piece]:
    with reading_parquet(path):
        from pyarrow import parquet

        with parquet.ParquetFile(path) as parquet_file:
            theirs = dict(zip(names, parquet_file.schema_arrow.names, strict=True))
            columns = [theirs[name] for name in dict.fromkeys([*wanted, *literal])]
            for batch in parquet_file.iter_batches(n, columns=columns):
                table = batch.to_pandas(ignore_metadata=True)
                table.columns = named([str(name) for name in table.columns])
                texts = table[list(literal)].map(_text)
                yield Piece(table[list(wanted)], texts)


def _text(value: object) -> str:
    """Of a value that is no text, or of none."""
    import pandas as pd

    return "" if value is None or value is pd.NaT or value != value else str(value)
