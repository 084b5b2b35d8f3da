"""Rows of a file for a network that is trained already: its columns by name, in any order. Of a row that cannot be
answered it is told why, and all others are.

The file is read twice, in pieces: before the first answer it is known how its numbers are written, in all of its rows,
and whether any of them has a problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.tables.columns import Texts, is_numeric
from core.tables.fields import OTHER, Field, code_of
from core.tables.finding import Finding, TableError
from core.tables.missing import Spellings
from core.tables.pieces import LongerRows, Piece, longer_rows, names_of, pieces, shorter_rows
from core.tables.read import ANOTHER, TableFile, look, records_of
from core.tables.records import named, some

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Ranges = Sequence[tuple[float, float] | None]


@dataclass(frozen=True)
class Reason:
    """Why a row has no answer."""

    has: str
    """What it has: the predicate of its column, or of the row."""
    why: str = ""
    """What is wrong with that."""
    column: str = ""

    def told(self, place: str = "") -> str:
        return self.finding(place).told(table="" if self.column else "row")

    def finding(self, place: str) -> Finding:
        return Finding(f"{self.has}{f' in {place}' if place else ''}{self.why}", self.column)


@dataclass(frozen=True)
class Rows:
    """Some rows of a file, in their order."""

    codes: NDArray[np.float64]
    """(n, fields); NaN where the value is missing, or the row has a problem."""
    problems: dict[int, Reason]
    """By row of these, from 0."""
    notes: dict[int, str]
    """What is doubtful of a row that is answered."""
    carried: list[tuple[str, ...]]
    """(n,) the texts of the columns that are carried along."""

    def __len__(self) -> int:
        return len(self.codes)


@dataclass
class Asked:
    """A file whose rows are asked about; iterate over its rows as often as you like. Raises TableError."""

    file: TableFile
    names: list[str]
    """Of all its columns."""
    fields: tuple[Field, ...]
    carry: tuple[str, ...] = ()
    ranges: Ranges = ()
    """From where to where each field was trained on; empty: not known."""
    bounds: NDArray[np.float64] | None = None
    """Of each field's numbers, what is infinite for the network."""
    prefer: str = ""
    """The decimal mark of the table that it was trained on, where that had one."""
    n: int = 0
    """Rows."""
    n_problems: int = 0
    """Rows that have no answer."""
    first_problem: str = ""
    n_notes: int = 0
    """Rows that are answered, with a note."""
    first_note: str = ""
    _marks: dict[str, str] = field(default_factory=dict)
    """The decimal mark of each column whose numbers are texts, or may be."""
    _texts: set[str] = field(default_factory=set)
    """Columns that are read as texts."""
    _longer: frozenset[int] = frozenset()
    """Rows that have more fields than the table has columns: theirs may stand in the wrong ones."""
    _shorter: dict[int, int] = field(default_factory=dict)
    """Rows that have fewer, and how many: the others are missing."""
    _with_marks: set[str] = field(default_factory=set)
    """Columns of numbers that have a decimal mark, or marks between thousands."""
    _cut: bool = False
    """Whether all of these are known."""

    def check(self) -> None:
        """Look through the whole file."""
        # A column of categories such as 02 and 1b may hold none but 02 here: it would be read as the number 2.
        self._texts = {each.name for each in self.fields if each.kind != "number"}
        self._marks = {each.name: self._order(each)[0] for each in self.fields if each.kind == "number"}
        self._longer, self._cut = frozenset(), False
        right = False
        while not right:
            try:
                right = self._looked_through()
            except LongerRows:
                assert self.file.dialect is not None
                self._longer = longer_rows(self.file.path, self.file.dialect, len(self.names))
            self._cut = True
        if self.file.dialect is not None:
            self._shorter = shorter_rows(self.file.path, self.file.dialect, len(self.names), self.n)
            if self._shorter:
                self._looked_through()  # to count them

    @property
    def other_marks(self) -> tuple[str, ...]:
        """Columns whose numbers are read under another decimal mark than those that it was trained on had."""
        dialect = self.file.dialect
        if dialect is None or not self.prefer or dialect.told:
            return ()
        used = {name: self._marks[name] if name in self._texts else dialect.decimal for name in self._with_marks}
        clear = "." if dialect.separator == "," else ""  # there a comma can hardly be one
        return tuple(name for name, mark in used.items() if mark not in (self.prefer, clear))

    def _looked_through(self) -> bool:
        """Whether the numbers were read under the marks that they turned out to have."""
        self.n = self.n_problems = self.n_notes = 0
        self.first_problem = self.first_note = ""
        votes: dict[str, Counter[str]] = {}
        for rows in self._rows(votes):
            if rows.problems and not self.n_problems:
                row = min(rows.problems)
                self.first_problem = rows.problems[row].told(self.file.place(self.n + row))
            if rows.notes and not self.n_notes:
                row = min(rows.notes)
                self.first_note = f"{rows.notes[row]}, in {self.file.place(self.n + row)}"
            self.n += len(rows)
            self.n_problems += len(rows.problems)
            self.n_notes += len(rows.notes)
        if not self.n:
            raise TableError(self.file.path, "has a header but no rows", ANOTHER)
        right = True
        for each in self.fields:
            if each.name not in votes:
                continue
            order = self._order(each)
            mark = max(order, key=lambda mark: (votes[each.name][mark], -order.index(mark)))
            # What was read as numbers, in other pieces, was read under the mark of the file.
            as_text = self.file.dialect is not None and mark != self.file.dialect.decimal
            if mark != self._marks[each.name] or (as_text and each.name not in self._texts):
                self._marks[each.name] = mark
                self._texts |= {each.name} if as_text else set()
                right = False
        return right

    def _order(self, each: Field) -> tuple[str, ...]:
        """Decimal marks that its numbers may have, in the order in which they are tried."""
        dialect = self.file.dialect
        return dialect.marks if dialect is not None and (dialect.told or self.prefer) else each.marks

    def __iter__(self) -> Iterator[Rows]:
        yield from self._rows({})

    def _rows(self, votes: dict[str, Counter[str]]) -> Iterator[Rows]:
        """`votes`: how many texts are numbers under each mark, of each column where any are texts, are added."""
        wanted = [each.name for each in self.fields]
        first = 0
        for piece in pieces(self.file, self.names, wanted, self._texts, self.carry, cut=self._cut):
            longer = sorted(row - first for row in self._longer if first <= row < first + len(piece))
            yield self._understood(piece, first, longer, votes)
            first += len(piece)

    def _understood(self, piece: Piece, first: int, longer: Sequence[int], votes: dict[str, Counter[str]]) -> Rows:
        n = len(piece)
        codes = np.full((n, len(self.fields)), np.nan)
        problems: dict[int, Reason] = {}
        notes: dict[int, list[str]] = {}
        for row, fields in self._shorter.items():
            if first <= row < first + n:
                notes[row - first] = [f"has {fields} of {len(self.names)} fields, the others are missing"]
        for row in longer:
            problems[row] = Reason("has more fields", f" than the first one, which has {len(self.names)}")
        for i, each in enumerate(self.fields):
            values = piece.table[each.name]
            codes[:, i] = self._codes(each, values, problems, votes)
            self._consider(i, codes[:, i], problems, notes)
            if each.shares:
                for row in np.flatnonzero(codes[:, i] == OTHER).tolist():
                    notes.setdefault(row, []).append(not_trained_on(each.name, str(values.iloc[row])))
        carried = list(piece.literal[list(self.carry)].itertuples(index=False, name=None)) if self.carry else [()] * n
        codes[list(problems)] = np.nan
        told_of = {row: "; ".join(some_) for row, some_ in sorted(notes.items()) if row not in problems}
        return Rows(codes, problems, told_of, carried)

    def _codes(
        self,
        each: Field,
        values: pd.Series[Any],
        problems: dict[int, Reason],
        votes: dict[str, Counter[str]],
    ) -> NDArray[np.float64]:
        """Of one column (n,); NaN where a value is missing, or has no code: that is a problem."""
        import pandas as pd

        values = Spellings(each.missing_values).masked(values)
        if each.kind == "number" and is_numeric(values) and not pd.api.types.is_bool_dtype(values):
            numbers: NDArray[np.float64] = values.to_numpy(dtype="float64", na_value=np.nan)
            if each.name not in self._with_marks and values.dtype.kind == "f" and (numbers % 1 > 0).any():
                self._with_marks.add(each.name)
            return numbers
        known = values.first_valid_index()
        if known is not None and not isinstance(values[known], Hashable):  # of Parquet
            for row in np.flatnonzero(values.notna().to_numpy()).tolist():
                problems.setdefault(row, Reason("holds lists", column=each.name))
            return np.full(len(values), np.nan)
        texts = Texts.of(values)
        marks: Sequence[str] = ()
        if each.kind == "number":
            marks = (self._marks[each.name],)
            if any("." in text or "," in text for text in texts.names):
                self._with_marks.add(each.name)
            of_column = votes.setdefault(each.name, Counter())
            for mark in self._order(each):
                of_column[mark] += sum(not isinstance(code_of(each, text, (mark,)), str) for text in texts.names)
        found = [code_of(each, text, marks) for text in texts.names]
        for i, code in enumerate(found):
            if isinstance(code, str):
                reason = Reason(f"has {texts.names[i][:40]!r}", _why(code), each.name)
                for row in np.flatnonzero(texts.of_row == i).tolist():
                    problems.setdefault(row, reason)
        codes = [np.nan if isinstance(code, str) else code for code in found]
        return np.array([*codes, np.nan])[texts.of_row]  # -1, for missing, is the last one

    def _consider(
        self, i: int, codes: NDArray[np.float64], problems: dict[int, Reason], notes: dict[int, list[str]]
    ) -> None:
        """What is missing, infinite, or far from what field `i` was trained on."""
        each = self.fields[i]
        if each.fill is None:
            gone = np.isnan(codes)
            if gone.any():
                reason = Reason("has no value", ", and the network was not trained to fill it", each.name)
                for row in np.flatnonzero(gone).tolist():
                    problems.setdefault(row, reason)
        if each.kind != "number":
            return
        with np.errstate(invalid="ignore"):
            size = np.abs(codes)
            if self.bounds is not None and (size > self.bounds[i]).any():
                for row in np.flatnonzero(size > self.bounds[i]).tolist():
                    infinite = np.isinf(codes[row])
                    has = "has an infinite value" if infinite else f"has {codes[row]:g}, which is infinite in float32,"
                    problems.setdefault(row, Reason(has, column=each.name))
            span = self.ranges[i] if self.ranges else None
            if span is None:
                return
            for row in np.flatnonzero(is_far(codes, span)).tolist():
                notes.setdefault(row, []).append(far_outside(each.name, codes[row], span))


def _why(reason: str) -> str:
    """What `code_of` says, as the end of a sentence."""
    if reason.startswith("must be a number"):
        return ", which is no number"
    return f", which {reason}" if reason.startswith("is ") else f", and {reason}"


def is_far(values: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.bool_]:
    """Which of them lie further outside of what was trained on than that is wide."""
    low, high = span
    found: NDArray[np.bool_] = (values < low - (high - low)) | (values > high + (high - low))
    return found


def far_outside(name: str, value: float, span: tuple[float, float]) -> str:
    return f"{name} = {value:g} is far outside of {span[0]:g} to {span[1]:g}, which was trained on"


def not_trained_on(name: str, text: str) -> str:
    return f"{name} = {text[:40]} was not trained on, and is taken as the average"


def ask_file(
    path: Path,
    fields: tuple[Field, ...],
    written: Mapping[str, str],
    unnamed: Sequence[str] = (),
    carry: Sequence[str] = (),
    ranges: Ranges = (),
    bounds: NDArray[np.float64] | None = None,
) -> Asked:
    """A file, looked through; columns that are neither `fields` nor to be carried are left alone. `written`: what was
    told of how it is, by the names of `look`'s arguments. `unnamed`: what the columns were called where the file had no
    header, the target last. Raises UserError where no row can be asked about."""
    marks = {each.mark for each in fields if each.kind == "number"}
    prefer = marks.pop() if len(marks) == 1 else ""
    try:
        file = look(path, in_pieces=True, prefer=prefer, **written)
        names = names_of(file)
        if unnamed and not set(unnamed) & set(names) and written.get("header", "auto") == "auto":
            # as the one that it was trained on
            file = look(path, in_pieces=True, prefer=prefer, **{**written, "header": "no"})
            names = names_of(file)
        elif not unnamed and written.get("header", "auto") == "auto" and _names_stand_there(file, fields):
            file = look(path, in_pieces=True, prefer=prefer, **{**written, "header": "yes"})
            names = names_of(file)
        if unnamed and file.dialect is not None and not file.dialect.header:
            names = _by_place(path, len(names), unnamed)
        known = set(names)
        lacking = [name for name in [*(each.name for each in fields), *carry] if name not in known]
        if lacking:
            raise TableError(path, f"lacks {_columns(lacking)}; it has {some(names)}")
        found = Asked(file, names, fields, tuple(dict.fromkeys(carry)), ranges, bounds, prefer)
        found.check()
    except TableError as error:
        if "path" in error.finding.remedies:
            raise TableError(path, replace(error.finding, remedies={})) from None
        raise
    return found


def _names_stand_there(file: TableFile, fields: Sequence[Field]) -> bool:
    """Whether the first record has the names of all fields, though it was taken for a row, or may be one."""
    if file.dialect is None:
        return False
    records = (found for _line, found in records_of(file.path, file.dialect))
    first = next((found for found in records if any(map(str.strip, found))), [])
    return {each.name for each in fields} <= set(named(first))


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
