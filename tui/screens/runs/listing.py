"""RunsListing: which runs are listed, in which order and columns, and which are marked. It knows no screen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rich.cells import cell_len

from core.components.metrics import lower_is_better
from core.query.ask import condition
from core.query.complete import Completions, complete
from core.query.error import FilterError
from core.query.values import Kind
from core.runs import columns
from core.runs.catalogue import Broken, Listing
from core.runs.entry import Entry
from core.runs.summary import Summary
from core.system.text import clean
from tui.words.columns import cell, csv_cell
from tui.words.units import count

USUAL = ("best", "last", "score", "time", "epochs", "when", "tags", "state", "seed", "dataset", "model")
"""The columns until others are chosen, after the one with the name."""
WIDEST = 28
"""Of a column, in columns of the terminal."""
SAMPLE = 100
"""Rows that a column's width is taken from."""
BROKEN = "broken"
"""The state of a folder that cannot be listed."""
NAMES = "run"
"""The column that is always there."""


@dataclass(frozen=True)
class Column:
    """See `tui.widgets.row_table.TableColumn`."""

    key: str
    title: str
    room: int
    left: bool
    text: Callable[[Any], str]


def title_of(entry: Entry) -> str:
    """The name that a run was given, else its experiment's and the end of its id: `iris-net-51c0`, a part of the id
    that commands find it by."""
    if entry.labels.name:
        return clean(entry.labels.name)
    run_id = entry.run_id
    return clean(run_id[16:] if run_id[:8].isdigit() and run_id[8:9] == "-" and run_id[16:] else run_id)


def of_broken(broken: Broken) -> Entry:
    """As a row among the others: its state says what it is, its reason what is wrong with it."""
    nothing = dict.fromkeys(("epoch", "epochs", "step", "steps", "parameters", "seed", "sessions", "log_bytes"), 0)
    texts = dict.fromkeys(("name", "dataset", "model", "optimizer", "device", "started"), "")
    of = {"run_id": broken.run_id, "status": BROKEN, "reason": broken.why, "metrics": {}, "best": {}}
    return Entry(broken.path, Summary(**of, **nothing, **texts, lr=math.nan, seconds=math.nan))  # type: ignore[arg-type]


@dataclass
class RunsListing:
    """Change it, then read it."""

    entries: tuple[Entry, ...] = ()
    chosen: tuple[str, ...] = USUAL
    """Names of `core.runs.columns`."""
    sorted_by: str = "when"
    descending: bool = True
    filter: str = ""
    """The last one that could be understood."""
    marked: set[str] = field(default_factory=set)
    """By run-id."""
    _names: list[str] = field(default_factory=list)
    _kinds: dict[str, Kind] = field(default_factory=dict)
    _values: dict[str, list[str]] = field(default_factory=dict)
    _rows: list[Entry] | None = None
    _numbers: dict[str, int] = field(default_factory=dict)

    def take(self, found: Listing) -> bool:
        """What was read of the folder; whether anything has changed."""
        entries = (*found.entries, *map(of_broken, found.broken))
        if len(entries) == len(self.entries) and all(map(_same, entries, self.entries)):
            return False
        self.entries = entries
        self.marked &= {each.run_id for each in entries}
        self._names, self._rows, self._kinds = columns.names(found.entries), None, {}
        self._values = {}
        return True

    # What is listed.

    @property
    def names(self) -> list[str]:
        """Of all columns that these runs may have."""
        return self._names

    @property
    def rows(self) -> list[Entry]:
        if self._rows is None:
            rows: Iterable[Entry] = self.entries
            if self.filter:
                rows = filter(self._condition(self.filter), rows)
            self._rows = columns.sorted_by(rows, self.sorted_by, descending=self.descending)
        return self._rows

    def _condition(self, text: str) -> Callable[[Entry], bool]:
        vocabulary = columns.vocabulary(self.entries, self._names or list(columns.COLUMNS))
        return condition(text, replace(vocabulary, kind=self._kind))

    def _kind(self, name: str) -> Kind:
        """Of a column's values: looked up once for a list, not at each key that is typed."""
        if name not in self._kinds:
            self._kinds[name] = columns.kind_of(name, self.entries)
        return self._kinds[name]

    def look_for(self, text: str, *, typing: bool = False) -> FilterError | None:
        """List what fits; where the text is no filter, what is wrong with it, and all stays as it was. So it does
        while somebody is `typing` a word that none fits, but that may become a column."""
        wanted = text.strip()
        try:
            fit = any(map(self._condition(wanted), self.entries)) if wanted else True
        except FilterError as error:
            return error
        if fit or not typing or not self.completions(text, len(text)).options:
            self.filter, self._rows = wanted, None
        return None

    def completions(self, text: str, cursor: int) -> Completions:
        """What may come next in a filter that is being typed."""
        names = [*self._names, *columns.ALIASES]
        return complete(text, cursor, names, self._values_of, columns.WORDS)

    def _values_of(self, name: str) -> list[str]:
        """Of a column, to choose from."""
        if name not in self._values:
            self._values[name] = columns.values(name, self.entries)
        return self._values[name]

    def sort(self, key: str) -> None:
        """By this column, what is best or newest first; by the one it is sorted by, the other way round."""
        self.descending = not self.descending if key == self.sorted_by else self._larger_first(key)
        self.sorted_by, self._rows = key, None

    def sort_next(self, by: int) -> None:
        keys = [NAMES, *self.chosen]
        at = keys.index(self.sorted_by) if self.sorted_by in keys else -1
        self.sort(keys[(at + by) % len(keys)])

    def invert(self) -> None:
        self.sort(self.sorted_by)

    def _larger_first(self, key: str) -> bool:
        if key in ("best", "last"):
            judged = {columns.value(entry, "score") for entry in self.entries} - {None}
            return not (judged and all(lower_is_better(name) for name in judged))
        name = key.removeprefix(columns.BEST)
        if columns.COLUMNS.get(key) is not None:
            return columns.COLUMNS[key].kind in ("moment", "duration", "number") and key not in ("seed", "lr")
        return "." not in name and not lower_is_better(name)

    # Marks.

    def mark(self, run_id: str) -> None:
        self.marked ^= {run_id}

    def mark_all(self) -> None:
        """That are listed; where all are, none."""
        listed = {entry.run_id for entry in self.rows}
        self.marked = self.marked - listed if listed <= self.marked else self.marked | listed

    def meant(self, at: Entry | None) -> list[Entry]:
        """The marked runs, in their order in the list, else the one at the cursor."""
        if not self.marked:
            return [] if at is None else [at]
        listed = {entry.run_id: entry for entry in self.rows}
        others = [entry for entry in self.entries if entry.run_id not in listed]
        return [entry for entry in [*listed.values(), *others] if entry.run_id in self.marked]

    def number(self, entry: Entry) -> int:
        """What a row is known by, as long as the screen is there."""
        return self._numbers.setdefault(entry.run_id, len(self._numbers))

    # How it is shown.

    @property
    def columns(self) -> list[Column]:
        rows = self.rows
        sample = rows[:: max(1, len(rows) // SAMPLE)]
        return [self._column(NAMES, sample), *(self._column(name, sample) for name in self.chosen)]

    def _column(self, name: str, sample: Sequence[Entry]) -> Column:
        read = columns.reader(name)

        def text(entry: Entry) -> str:
            if name == "epochs" and entry.summary.trials:
                return f"{count(entry.summary.trials_ended)} trials"
            return clean(cell(entry, name, read(entry)))

        shown = title_of if name == NAMES else text
        least = {"state": 9, "time": 8, "last": 8, "best": 8, "when": 16, NAMES: 12}.get(name, 1)
        widest = max((cell_len(shown(entry)) for entry in sample), default=0)
        room = min(WIDEST, max(least, widest, cell_len(name)))
        known = columns.COLUMNS.get(name)
        words = self._texts(read, sample) if known is None else known.kind in ("text", "set", "moment")
        return Column(name, name, room, words, shown)

    @staticmethod
    def _texts(read: Callable[[Entry], Any], sample: Sequence[Entry]) -> bool:
        """Whether a column is more words than numbers."""
        return any(isinstance(value, str | list) for entry in sample if (value := read(entry)) is not None)

    def title(self) -> str:
        """`12 of 312 runs  3 marked`."""
        n, of = len(self.rows), len(self.entries)
        runs = "run" if of == 1 else "runs"
        what = f"{of:,} {runs}" if n == of else f"{n:,} of {of:,} {runs}"
        return f"{what}  {len(self.marked):,} marked" if self.marked else what

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """What is marked, else all that is listed: run-id, name and the chosen columns, values as they are."""
        names = list(dict.fromkeys([NAMES, "name", *self.chosen]))
        readers = [(name, columns.reader(name)) for name in names]
        return names, [
            [csv_cell(read(entry), name) for name, read in readers] for entry in (self.meant(None) or self.rows)
        ]

    def command(self, more: Sequence[str] = ()) -> list[str]:
        """The words of the `nntui runs` line that lists the same."""
        words = ["nntui", "runs", *([self.filter] if self.filter else [])]
        words += ["--sort", f"{self.sorted_by}:desc" if self.descending else self.sorted_by]
        if self.chosen != USUAL:
            words += ["--columns", ",".join([NAMES, *self.chosen])]
        return [*words, *more]


def _same(entry: Entry, before: Entry) -> bool:
    """Whether its row is as it was. What was not read anew is the same object: thousands are compared."""
    same = entry.summary is before.summary or entry.summary == before.summary
    return same and entry.path == before.path and entry.labels == before.labels
