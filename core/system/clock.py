"""The clock of training: it stands still while the whole process was stopped, by Ctrl+Z, SIGSTOP or a frozen container.

A stopped process is told nothing. But while it runs, a thread looks at the clock four times a second: where nobody has
for seconds, and next to no computing was done meanwhile, nobody could. (The system's own sleep stops `perf_counter`.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_EVERY = 0.25
"""Seconds."""
STOPPED = 2.0
"""Seconds without a look that no busy machine explains."""


class Clock:
    """Seconds on `wall` without those in which the process was stopped; `cpu` are those that it computed, all threads
    together. It only stands still while somebody looks: see `watched`."""

    def __init__(
        self, wall: Callable[[], float] = time.perf_counter, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._wall, self._cpu = wall, cpu
        self._lock = threading.Lock()
        self._watchers = 0
        self._seen: float | None = None
        """When the process was last known to run; None while nobody looks."""
        self._computed = 0.0
        self._stopped = 0.0

    def now(self) -> float:
        """From any thread. It never goes backwards."""
        while True:
            stopped, seen, wall = self._stopped, self._seen, self._wall()
            if seen is not None and wall - seen > STOPPED:
                self.look()
            elif stopped == self._stopped:
                if seen is not None:
                    self._seen = wall  # whoever asks is running
                return wall - stopped

    def look(self) -> None:
        """The process runs; if it has not for a while, that time is taken out."""
        with self._lock:
            if self._seen is None or not self._watchers:
                self._seen = None
                return
            wall, computed = self._wall(), self._cpu()
            gap, busy = wall - self._seen, computed - self._computed
            if gap > STOPPED and busy < gap / 2:
                self._stopped += gap - busy
            self._seen, self._computed = wall, computed

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Have a thread look meanwhile."""
        over = threading.Event()
        with self._lock:
            self._watchers += 1
            if self._seen is None:
                self._seen, self._computed = self._wall(), self._cpu()
        looker = threading.Thread(target=self._look_until, args=(over,), name="clock", daemon=True)
        looker.start()
        try:
            yield
        finally:
            over.set()
            with self._lock:
                self._watchers -= 1
                if not self._watchers:
                    self._seen = None

    def _look_until(self, over: threading.Event) -> None:
        while not over.wait(LOOK_EVERY):
            self.look()


training = Clock()
"""Of this process."""

now = training.now
