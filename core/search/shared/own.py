"""What a worker of a shared search trains: two threads say so, the one that trains and the one that hands in."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from core.events.events import TrialEnded


class Own:
    """The numbers of the trials that a worker has under way, and how fast it was with those before. Any thread may
    ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: set[int] = set()
        self._trained, self._seconds = 0, 0.0

    def begin(self, numbers: Iterable[int]) -> None:
        with self._lock:
            self._numbers.update(numbers)

    def end(self, ended: Sequence[TrialEnded]) -> None:
        with self._lock:
            self._numbers -= {each.number for each in ended}
            self._trained += len(ended)
            self._seconds += sum(each.seconds for each in ended)

    def lose(self, numbers: Iterable[int]) -> None:
        """They were given to another worker, or back."""
        with self._lock:
            self._numbers.difference_update(numbers)

    @property
    def numbers(self) -> set[int]:
        with self._lock:
            return set(self._numbers)

    def in_seconds(self, seconds: float) -> float:
        """How many trials it trains in that time; 0 where that is not known."""
        with self._lock:
            return seconds * self._trained / self._seconds if self._seconds else 0.0
