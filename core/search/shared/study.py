"""A search that several processes share: an Optuna study in a storage, of which each is a worker.

Every trial is a row, its number one more than Optuna's. It waits, is under way at one worker, or is over, and a dead
worker's trials wait again: so each cell is trained to its end once, with the same number and therefore the same seed
whoever trains it. All that changes a study is done in transactions that begin by locking the study's own row: one
comes after the other, and nobody acts on what has changed meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.events.events import TrialEnded
from core.search.shared.claim import Claim
from core.search.shared.exchange import Exchange
from core.search.shared.known import Elsewhere, Known, Seen, Worker
from core.search.shared.news import News
from core.search.shared.own import Own
from core.search.shared.storage import Storage, StorageLost
from core.search.study import Asked, Told

ASK_EVERY = 0.3
"""Seconds between two looks whether there is something to train, where there was nothing."""


class Stored:
    """The study, as one worker sees it. `ask` is for the thread that trains; the rest for one other, or after it."""

    def __init__(
        self,
        storage: Storage,
        known: Known,
        worker: Worker,
        over: Iterable[int] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`over` are the numbers of trials that this worker's log has the end of; `clock` tells seconds."""
        self.total = known.total
        self.storage, self.known, self.worker = storage, known, worker
        own = Own()
        self._claim = Claim(storage, known, worker, own)
        self._exchange = Exchange(storage, known, worker, own)
        self._news = News(storage, known, worker, own, over)
        self._clock = clock
        self._asked_in_vain: float | None = None

    def ask(self) -> list[Asked] | None:
        """Take some that wait: as many as leave enough for all workers to be busy to the end."""
        if self._asked_in_vain is not None and self._clock() < self._asked_in_vain + ASK_EVERY:
            return None
        try:
            asked = self._claim.ask()
        except StorageLost:  # whoever looks after the connection says so in time
            asked = None
        self._asked_in_vain = self._clock() if asked is None else None
        return asked

    def tell(self, number: int, told: Told) -> None:
        """Changes nothing: `exchange` takes the whole result."""

    def exchange(
        self, ended: Sequence[TrialEnded] = (), progress: Mapping[str, Any] | None = None, *, alive: bool = False
    ) -> set[int]:
        """Store how trials ended, where those under way stand, and that this worker is alive: all in one.

        Returns the numbers of those trials that were still this worker's; the others had been given away, and what
        came of them here does not count. Raises StorageLost; asked again, what was stored after all counts once.
        """
        accepted = self._exchange.hand_in(ended, progress, alive=alive)
        self._news.knows(accepted)
        return accepted

    def take_back(self) -> None:
        """Let the trials of workers that show no sign of life wait for another. Raises StorageLost."""
        self._exchange.take_back()

    def give_back(self) -> None:
        """Let all trials of this worker that are not over wait for another, at once. Raises StorageLost."""
        self._exchange.give_back()

    def settle_before(self, ended: Sequence[TrialEnded]) -> None:
        """When a session goes on: store what an earlier one could not, and let the trials wait that it had under way.
        Raises StorageLost."""
        self._exchange.settle_before(ended)

    def look(self) -> Seen:
        """What is new since the last time. Raises StorageLost."""
        return self._news.look()

    def ends_of(self, numbers: Sequence[int]) -> list[Elsewhere]:
        """How these trials ended, as far as they are over. Raises StorageLost."""
        return self._news.ends_of(numbers)
