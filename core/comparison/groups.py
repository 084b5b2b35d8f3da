"""Group: what has a row in a comparison, a network alone or with its repeats, which differ in their seed alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.comparison.entries import OUT, Entry
from core.comparison.labels import common_name
from core.comparison.lines import Line
from core.comparison.settings import network_of, together


@dataclass(frozen=True)
class Score:
    """What the networks of a group came to: their mean, the sample standard deviation (ddof = 1; NaN for less than
    two), and how many it is of."""

    mean: float
    deviation: float
    n: int


@dataclass(frozen=True)
class Group:
    """One network, or several that were trained alike with other seeds."""

    entries: tuple[Entry, ...]

    @property
    def key(self) -> str:
        """What it is known by, whatever else is compared."""
        return self.entries[0].run_id

    @property
    def n(self) -> int:
        return len(self.entries)

    @property
    def name(self) -> str:
        return common_name([each.label for each in self.entries])

    @cached_property
    def settings(self) -> dict[str, Any]:
        """With `Various` where its networks differ."""
        if self.n == 1:
            return dict(self.entries[0].settings)
        keys = dict.fromkeys(key for each in self.entries for key in each.settings)
        return {key: together(each.settings[key] for each in self.entries if key in each.settings) for key in keys}

    @property
    def states(self) -> dict[str, int]:
        """How many are in which state."""
        found: dict[str, int] = {}
        for each in self.entries:
            found[each.state] = found.get(each.state, 0) + 1
        return found

    @property
    def counted(self) -> Sequence[Entry]:
        """Those whose results count: failed and pruned ones only where there are no others."""
        return [each for each in self.entries if each.state not in OUT] or self.entries

    def last(self, column: str) -> Score:
        return score([each.last.get(column, math.nan) for each in self.counted])

    def best(self, column: str) -> Score:
        """Of the best value of each."""
        return score([each.best[column].value if column in each.best else math.nan for each in self.counted])

    def lines(self, name: str) -> list[Line]:
        """The curves of its networks."""
        found = (each.line(name) for each in self.counted)
        return [line for line in found if line is not None and len(line)]


def score(values: Sequence[float]) -> Score:
    """Of a single value whatever it is, of several of those that are finite."""
    if len(values) == 1:
        return Score(values[0], math.nan, int(not math.isnan(values[0])))
    known = [value for value in values if math.isfinite(value)]
    mean = statistics.fmean(known) if known else math.nan
    return Score(mean, statistics.stdev(known) if len(known) > 1 else math.nan, len(known))


def fold(entries: Sequence[Entry]) -> tuple[list[Group], list[str]]:
    """Groups in the order of their first networks; and the run-ids of those that have settings, data and seed of one
    before them: they are the same network once more, no repeat, and stand alone."""
    found: dict[tuple[str, str], list[Entry]] = {}
    again: dict[str, Entry] = {}
    for entry in entries:
        same = found.setdefault((network_of(entry.settings), "" if entry.drawn else entry.data_sha256), [])
        if any(each.seed == entry.seed for each in same):
            again[entry.run_id] = entry
        else:
            same.append(entry)
    order = {entry.run_id: i for i, entry in enumerate(entries)}
    groups = [Group(tuple(each)) for each in [*found.values(), *([entry] for entry in again.values())] if each]
    return sorted(groups, key=lambda group: order[group.key]), list(again)


def alone(entries: Sequence[Entry]) -> list[Group]:
    """Each by itself."""
    return [Group((entry,)) for entry in entries]
