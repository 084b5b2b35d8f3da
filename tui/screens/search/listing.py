"""Listing: which rows the table of a search has, in which order, and what stands above them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, chop_cells
from rich.text import Text

from core.history.groups import Group, best_and_ties, best_of, groups_of
from core.history.trials import Trial, Trials
from tui.screens.search.filter import parse_filter
from tui.screens.search.rows import (
    BEST,
    TIE,
    Column,
    Row,
    cell_text,
    group_columns,
    in_order,
    trial_columns,
)
from tui.words.metrics import bare_metric, metric_words, unit
from tui.words.units import count


@dataclass
class Listing:
    """Change it, then read it; it is made anew only where the trials have changed."""

    trials: Trials = field(default_factory=Trials)
    sorted_by: str = ""
    """Key of a column; empty: as the axes have it."""
    descending: bool = False
    filter: str = ""
    best_only: bool = False
    averaged: bool = False
    """Whether there is one row for each cell."""
    _groups: tuple[int, list[Group]] = (-1, [])

    def begin(self, trials: Trials) -> None:
        """List another search, or what the same one has come to, read anew."""
        self.trials, self._groups = trials, (-1, [])

    @property
    def options(self) -> tuple[object, ...]:
        """All that was chosen."""
        return self.sorted_by, self.descending, self.filter, self.best_only, self.averaged

    @property
    def groups(self) -> list[Group]:
        """One for each cell."""
        if self._groups[0] != self.trials.version:
            self._groups = self.trials.version, groups_of(self.trials)
        return self._groups[1]

    @property
    def columns(self) -> list[Column]:
        return group_columns(self.trials) if self.averaged else trial_columns(self.trials)

    def sort_column(self, columns: Sequence[Column]) -> Column:
        """As the axes have it, until one is chosen."""
        first = columns[0] if self.averaged or not self.trials.axes else columns[1]
        return next((column for column in columns if column.key == self.sorted_by), first)

    def sort_by(self, column: Column) -> None:
        self.sorted_by, self.descending = column.key, column.best_first

    def next_column(self, places: int) -> None:
        """Sort by the column so many places further on."""
        columns = self.columns
        at = [column.key for column in columns].index(self.sort_column(columns).key)
        self.sort_by(columns[(at + places) % len(columns)])

    def head(self, key: str) -> None:
        """Sort by the column of this key; the other way round where it is sorted by it already."""
        columns = self.columns
        if key == self.sort_column(columns).key:
            self.descending = not self.descending
        else:
            self.sort_by(next(column for column in columns if column.key == key))

    def why_no_filter(self, text: str) -> str:
        """What is wrong with a filter, or an empty string."""
        try:
            parse_filter(text, self.columns)
        except ValueError as error:
            return str(error)
        return ""

    @property
    def narrowed(self) -> bool:
        """Whether rows are left out."""
        return bool(self.filter or self.best_only)

    def show_more(self) -> bool:
        """Without the filter, or else not only the best; False where all are shown."""
        narrowed = self.narrowed
        if self.filter:
            self.filter = ""
        else:
            self.best_only = False
        return narrowed

    def switch_average(self) -> None:
        """Rows are cells instead of trials, or the other way round; what is of columns that are gone goes too."""
        self.averaged = not self.averaged
        self.sorted_by, self.descending = "", False
        if self.why_no_filter(self.filter):
            self.filter = ""

    def rows(self, columns: Sequence[Column]) -> list[Row]:
        rows: list[Row] = [*(self.groups if self.averaged else self.trials.in_order())]
        if self.best_only:
            best = {id(row) for row in (self.ties if self.averaged else self.trials.best)}  # pruned ones if all are
            rows = [row for row in rows if id(row) in best]
        if self.filter:
            holds = parse_filter(self.filter, columns)
            rows = [row for row in rows if all(condition(row) for condition in holds)]
        return in_order(rows, self.sort_column(columns), self.descending)

    @property
    def ties(self) -> list[Group]:
        """The cells that are best, or that noise may have put behind it."""
        return best_and_ties(self.trials, self.groups)[1]

    def sign(self) -> Callable[[Row], str]:
        """What marks the best rows, and those that tie with it."""
        if not self.averaged:
            best = {trial.number for trial in self.trials.best}
            return lambda row: BEST if number_of(row) in best else " "
        top, ties = best_and_ties(self.trials, self.groups)
        tied = {number_of(group) for group in ties}
        first = {number_of(group) for group in ties if top is not None and group.mean == top.mean}
        return lambda row: BEST if number_of(row) in first else TIE if number_of(row) in tied else " "

    def trial_of(self, row: Row) -> Trial:
        """Of a cell, the one with the best score."""
        return row if isinstance(row, Trial) else best_of(self.trials, row)

    def row_with(self, number: int) -> int:
        """What the row is known by that has this trial, alone or as one of its cell."""
        groups = self.groups if self.averaged else ()
        group = next((group for group in groups if any(trial.number == number for trial in group.trials)), None)
        return number_of(group) if group else number

    def title(self, shown: int) -> str:
        only = [*(["only the best"] if self.best_only else []), *([self.filter] if self.filter else [])]
        what = "Cells" if self.averaged else "Trials"
        if not only:
            return what
        n = len(self.groups) if self.averaged else len(self.trials)
        return "  ".join([f"{what} {count(shown)} of {count(n)}", *only])

    def why_empty(self) -> str:
        if not len(self.trials):
            return "no trial has begun yet"
        if self.best_only and not self.trials.best:
            return "no trial has a score yet"
        return "no row fits: / changes the filter, Esc takes it away"

    def best_line(self, width: int = sys.maxsize) -> Text:
        """The best so far, and what is reached without a network; in less width rather the score than the settings."""
        text, dummy = self._best_line(), self.trials.dummy.get(self.trials.rank)
        if (over := text.cell_len - width) > 0:
            text = self._best_line(over)
        if text and dummy is not None and self.trials.best:
            without = f"  dummy {bare_metric(self.trials.rank, dummy)}{unit(self.trials.rank)}"
            text.append(without if text.cell_len + len(without) <= width else "", style="not bold")
        return text

    def _best_line(self, over: int = 0) -> Text:
        """With the settings of the best by so many columns shorter."""
        trials, rank = self.trials, self.trials.rank
        best = trials.best
        if not best:
            return Text("no score yet: it comes with the first evaluation" if len(trials) else "", style="dim")
        text = Text("★ ", style="bold")
        if trials.repeats > 1:
            top, ties = best_and_ties(trials, self.groups)
            if top is None:  # all of them infinite
                return text
            spread = "" if math.isnan(top.deviation) else f" ± {bare_metric(rank, top.deviation)}"
            pruned = " (pruned)" * top.pruned
            text.append(f"best: {_shorter(cell_text(trials, top.cell), over)}{pruned}: ", style="not bold")
            text.append(f"{metric_words(rank)} {bare_metric(rank, top.mean)}{spread}{unit(rank)}")
            if len(ties) > 1:
                others = "ties with 1 other" if len(ties) == 2 else f"{count(len(ties) - 1)} tie"
                text.append(f"  ≈ {others}", style="not bold")
            text.append(f"  n {len(top.values)}", style="not bold")
            return text.append(self._better_pruned(), style="not bold")
        score = f"{metric_words(rank)} {bare_metric(rank, trials.score(best[0]))}{unit(rank)}"
        pruned = " (pruned)" * (best[0].state == "pruned")
        if len(best) == 1:
            cell = _shorter(cell_text(trials, best[0].cell), over)
            text.append(f"best: trial {best[0].number}{pruned}, {cell}: ", style="not bold")
            text.append(score)
        else:
            text.append(f"best: {len(best)} of {count(len(trials))} trials{pruned} share ", style="not bold")
            text.append(score).append("" if self.best_only or over > 0 else "  b lists them", style="not bold")
        return text.append(self._better_pruned(), style="not bold")

    def _better_pruned(self) -> str:
        """Of a trial that was pruned with a better score than any that went on has."""
        trials, rank = self.trials, self.trials.rank
        better = trials.better_pruned
        if not better:
            return ""
        score = f"{bare_metric(rank, trials.score(better[0]))}{unit(rank)}"
        return f"  better, but pruned at epoch {better[0].epoch}: trial {better[0].number}, {score}"

    def example(self) -> str:
        """A filter, in the words of this search."""
        trials = self.trials
        axes = trials.search.get("axes", [])
        values = axes[0].get("values") if axes else None
        first = f"{axes[0]['name']}={_plain(values[-1])} " if values else ""
        return f"{first}{trials.rank}{'<=0.1' if trials.lower_is_better else '>=0.9'}"


def _shorter(text: str, by: int) -> str:
    """By so many columns, but never gone."""
    return text if by <= 0 else f"{chop_cells(text, max(1, cell_len(text) - by - 1))[0].rstrip()}…"


def number_of(row: Row) -> int:
    """What a row is known by."""
    return row.trials[0].number if isinstance(row, Group) else row.number


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
