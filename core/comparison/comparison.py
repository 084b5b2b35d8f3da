"""Comparison: runs and trials side by side, as rows: what they are called, what differs in how they were set, how each
did, which is best, and what one should know before believing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from core.comparison.data import why_not_comparable
from core.comparison.entries import BATCH_LOSS, Entry
from core.comparison.groups import Group, Score, alone, fold
from core.comparison.labels import distinct
from core.comparison.settings import MISSING, differing
from core.components.metrics import lower_is_better

When: TypeAlias = Literal["last", "best"]

SPLITS = ("test", "validation", "train")
NOISE = 2.0
"""Standard errors of a difference that are taken for noise."""
EQUAL = 1e-12
"""Of a value: what rounding makes of equal ones."""


@dataclass(frozen=True)
class Standing:
    """How the rows did in one column, `last` or `best`. `first`: the rows with the best value, all of them; `near`:
    those that noise may have put behind it. Both empty where the rows cannot be compared, or there is only one."""

    scores: Sequence[Score]
    first: frozenset[int]
    near: frozenset[int]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Of entries in the order in which they were named; `folded`: those that differ in their seed alone in one row."""

    entries: Sequence[Entry]
    folded: bool = True

    @cached_property
    def _folded(self) -> tuple[list[Group], list[str]]:
        return fold(self.entries)

    @cached_property
    def rows(self) -> list[Group]:
        return self._folded[0] if self.folded else alone(self.entries)

    @property
    def folds(self) -> bool:
        """Whether some differ in their seed alone."""
        return any(group.n > 1 for group in self._folded[0])

    @cached_property
    def labels(self) -> list[str]:
        """One for each row, no two alike."""
        rows = self.rows
        return distinct([row.name for row in rows], [row.settings for row in rows], [row.key for row in rows])

    @property
    def name(self) -> str:
        """What all of them are called; empty where they have several names."""
        names = {row.name for row in self.rows}
        return names.pop() if len(names) == 1 else ""

    @cached_property
    def columns(self) -> list[str]:
        """What was measured in any of them: test before validation before train, other metrics before the loss."""
        found = dict.fromkeys(name for entry in self.entries for name in (*entry.last, *entry.curves))
        found.pop(BATCH_LOSS, None)

        def place(name: str) -> tuple[int, bool]:
            split = name.partition("_")[0]
            return SPLITS.index(split) if split in SPLITS else len(SPLITS), name.endswith("_loss")

        return sorted(found, key=place)

    @cached_property
    def curves(self) -> list[str]:
        """What can be drawn: the columns that were measured more than once, and the loss of each batch."""
        found = dict.fromkeys(name for entry in self.entries for name in entry.curves)
        return [*(name for name in self.columns if name in found), *([BATCH_LOSS] if BATCH_LOSS in found else [])]

    @cached_property
    def differing(self) -> dict[str, list[Any]]:
        """By key the values of all rows, MISSING and Various among them: only what differs between any two networks."""
        keys = differing([entry.settings for entry in self.entries])
        return {key: [row.settings.get(key, MISSING) for row in self.rows] for key in keys}

    @cached_property
    def not_comparable(self) -> str:
        """Why scores of one cannot be compared to those of another, or an empty string."""
        return why_not_comparable(self.entries)

    @cached_property
    def notes(self) -> list[str]:
        """What one should know, a line each."""
        found = [self.not_comparable] if self.not_comparable else []
        if not found and len({entry.data_sha256 for entry in self.entries if entry.drawn}) > 1:
            found.append("their points are drawn by the seed: networks of other seeds are tested on other points")
        labels = dict(zip((row.key for row in self.rows), self.labels, strict=True))
        twice = self._folded[1]
        if twice:
            names = ", ".join(labels.get(run_id, run_id) for run_id in twice)
            have = "has" if len(twice) == 1 else "have"
            found.append(f"{names}: {have} settings, data and seed of another one, and counts for no further seed")
        sizes = {row.n for row in self.rows if row.n > 1}
        if sizes and self.folded and any(row.n != len(row.counted) for row in self.rows):
            found.append("means are of the networks that did not fail and were not pruned")
        return found

    def standing(self, column: str, when: When) -> Standing:
        """Ties are all first. Of groups, those are near whose mean is at most two standard errors of the difference
        from the best one, by Welch's formula √(s₁²/n₁ + s₂²/n₂)."""
        scores = [row.last(column) if when == "last" else row.best(column) for row in self.rows]
        known = [i for i, each in enumerate(scores) if not math.isnan(each.mean)]
        if len(known) < 2 or self.not_comparable:
            return Standing(scores, frozenset(), frozenset())
        sign = 1 if lower_is_better(column) else -1
        top = min(known, key=lambda i: sign * scores[i].mean)
        first = frozenset(i for i in known if _equal(scores[i].mean, scores[top].mean))
        near = frozenset(i for i in known if i not in first and _near(scores[i], scores[top]))
        return Standing(scores, first, near)


def _equal(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= EQUAL * max(abs(one), abs(other))


def _near(one: Score, top: Score) -> bool:
    variances = [0.0 if math.isnan(each.deviation) else each.deviation**2 / each.n for each in (one, top)]
    return abs(one.mean - top.mean) <= NOISE * math.sqrt(sum(variances))
