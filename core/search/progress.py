"""Progress: what has changed in the trials under way since it was told, no more often than one can look."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

from core.events.events import TrialsProgressed
from core.search.state import SearchState

EVENTS_EVERY = 0.1
"""Seconds between two TrialsProgressed, at least."""
NUMBERS = 20_000
"""A second, in them, at most."""


class Progress:
    """Of the search of `state`, whose trials are compared by the column `rank`."""

    def __init__(self, state: SearchState, rank: str) -> None:
        self._state, self._rank = state, rank
        self._told = 0.0
        """When it was told, by the monotonic clock."""
        self._pause = EVENTS_EVERY
        """How long it is to wait until the next time."""

    def due(self) -> TrialsProgressed | None:
        """What has changed, if it is time to tell."""
        now = time.monotonic()
        if now - self._told < self._pause:
            return None
        self._state.take_in()
        changed, self._state.changed = self._state.changed, {}
        if not changed:
            return None
        names = list(dict.fromkeys(name for _epoch, values in changed.values() for name in values))
        columns = {name: [values.get(name, math.nan) for _epoch, values in changed.values()] for name in names}
        self._told, self._pause = now, max(EVENTS_EVERY, (len(names) + 2) * len(changed) / NUMBERS)
        return TrialsProgressed(
            numbers=list(changed),
            epochs=[epoch for epoch, _v in changed.values()],
            columns=columns,
            kept=self._kept(changed),
        )

    def _kept(self, numbers: Iterable[int]) -> list[float]:
        """As TrialsProgressed has it."""
        keeping = [group for group in self._state.groups if group.members[0].config.stop.keep_best]
        best = {number: group.kept.get(number, {}) for group in keeping for number in group.live}
        metrics = self._state.metrics
        return [best.get(n, metrics.get(n, {})).get(self._rank, math.nan) for n in numbers] if best else []
