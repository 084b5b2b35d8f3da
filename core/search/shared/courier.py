"""The courier: carries results to the storage of a shared search and cells back, on a thread of its own."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

from core.events.events import TrialEnded, TrialsProgressed
from core.search.shared.known import BEATS, Seen
from core.search.shared.storage import StorageLost
from core.search.shared.study import Stored

LOOK_EVERY = 1.0
"""Seconds between two looks at what the others do, and between two reports of what happens here."""
NUMBERS = 4000
"""A second that a worker reports of its trials, at most: the rest comes with the next report."""
WAIT = 0.05
"""Seconds between two turns while nothing is to be done but to wait."""
FAREWELL = 10.0
"""Seconds that the last exchange of a session may take."""


@dataclasses.dataclass(frozen=True)
class Live:
    """Where a trial stands."""

    epochs: int
    """That are over."""
    values: dict[str, float]
    """The latest of each column."""
    kept: float | None
    """As TrialsProgressed has it."""


class Courier:
    """A thread that carries results, progress and signs of life to the storage, and news of the others back.

    It never touches the training, and training never waits for it: a slow or absent database costs no step. While the
    run is paused it goes on, so that a paused worker keeps its trials.
    """

    def __init__(self, stored: Stored) -> None:
        self.trouble = ""
        """Why the storage did not answer the last time; empty where it did."""
        self._stored = stored
        self._grace = stored.known.grace
        self._lock = threading.Lock()
        """For what the two threads hand each other: the five below."""
        self._ended: dict[int, TrialEnded] = {}
        self._live: dict[int, Live] = {}
        """The trials under way."""
        self._changed = False
        """Whether they have been told of since they changed."""
        self._settled: list[tuple[int, bool]] = []
        self._seen: list[Seen] = []
        self._wake, self._closed = threading.Event(), threading.Event()
        self._crash: BaseException | None = None
        self._left = False
        self._thread = threading.Thread(target=self._run, name="storage", daemon=True)
        self._answered = self._looked = time.monotonic()
        self._steady = self._beat = self._checked = -math.inf
        """Since when nothing was amiss; and when the last sign of life was given, the last look for others' made."""
        self._report_at = 0.0
        self._turn_at = time.time()

    # For the thread that trains.

    def start(self) -> None:
        self._thread.start()

    def end(self, event: TrialEnded) -> None:
        """A trial is over: store it soon."""
        with self._lock:
            self._ended[event.number] = event
            self._live.pop(event.number, None)
        self._wake.set()

    def progress(self, event: TrialsProgressed) -> None:
        with self._lock:
            for i, number in enumerate(event.numbers):
                values = {name: column[i] for name, column in event.columns.items() if not math.isnan(column[i])}
                before = self._live[number].values if number in self._live else {}
                self._live[number] = Live(event.epochs[i], before | values, event.kept[i] if event.kept else None)
            self._changed = True

    def settled(self) -> list[tuple[int, bool]]:
        """Trials whose end the storage has by now, and whether it counts."""
        with self._lock:
            found, self._settled = self._settled, []
        return found

    def seen(self) -> list[Seen]:
        with self._lock:
            found, self._seen = self._seen, []
        return found

    def check(self) -> None:
        """Raises what ended the thread, a defect of ours."""
        if self._crash is not None:
            raise self._crash

    @property
    def silent_for(self) -> float:
        """Seconds since the storage last answered; 0 where it did when it was last asked."""
        return time.monotonic() - self._answered if self.trouble else 0.0

    def has_looked_since(self, when: float) -> bool:
        """By the monotonic clock. Where it has not, it will soon."""
        self.check()
        self._wake.set()
        return self._looked > when

    def close(self) -> None:
        """End the thread; it may take FAREWELL seconds to finish what it is at."""
        self._closed.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(FAREWELL)

    def leave(self) -> None:
        """After `close`: hand in what is left, and give back the trials that are not over. Where the storage does not
        answer they become others' after the grace, and what is left is handed in by the next session."""
        if self._left or self._thread.is_alive():
            return
        self._left = True
        try:
            self._hand_in(None, alive=False)
            self._stored.give_back()
        except StorageLost as error:
            self.trouble = str(error)

    # The thread itself.

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                self._wake.clear()
                try:
                    self._turn(time.monotonic())
                    self._answered, self.trouble = time.monotonic(), ""
                    self._wake.wait(LOOK_EVERY)
                    self._closed.wait(WAIT)  # trials of a stack end together: one transaction for all
                except StorageLost as error:
                    self._steady = time.monotonic()
                    self.trouble = str(error)
                    self._closed.wait(LOOK_EVERY)
        except Exception as error:
            self._crash = error

    def _turn(self, now: float) -> None:
        every = self._grace / BEATS
        clock = time.time()
        if clock - self._turn_at > max(self._grace / 2, 3 * LOOK_EVERY):
            # This process stood still, perhaps the whole machine: the others may just have woken up as well.
            self._steady, self._beat = now, -math.inf
        self._turn_at = clock
        alive = now - self._beat >= every
        self._hand_in(self._report(now), alive=alive)
        self._beat = now if alive else self._beat
        if now - self._checked >= every and now - self._steady >= self._grace:
            self._stored.take_back()
            self._checked = now
        seen = self._stored.look()
        with self._lock:
            self._seen.append(seen)
            for number in seen.lost:
                self._live.pop(number, None)
        self._looked = now

    def _report(self, now: float) -> Mapping[str, Any] | None:
        """Where all trials under way stand, if that has changed and is due."""
        with self._lock:
            if not self._changed or now < self._report_at:
                return None
            self._changed = False
            live = dict(self._live)
        names = list(dict.fromkeys(name for each in live.values() for name in each.values))
        self._report_at = now + max(0.9 * LOOK_EVERY, len(live) * (len(names) + 2) / NUMBERS)
        rank = self._stored.known.config.rank
        kept = [each.values.get(rank, math.nan) if each.kept is None else each.kept for each in live.values()]
        return {
            "numbers": list(live),
            "epochs": [each.epochs for each in live.values()],
            "columns": {name: [each.values.get(name, math.nan) for each in live.values()] for name in names},
            **({"kept": kept} if any(each.kept is not None for each in live.values()) else {}),
        }

    def _hand_in(self, report: Mapping[str, Any] | None, *, alive: bool) -> None:
        with self._lock:
            ended = list(self._ended.values())
        accepted = self._stored.exchange(ended, report, alive=alive)
        with self._lock:
            for each in ended:
                if self._ended.get(each.number) is each:
                    del self._ended[each.number]
                self._settled.append((each.number, each.number in accepted))
