"""RunList: the runs of a folder as lists show them, read behind the screen: at a glance first, then whole, newest
first; those that train are looked at again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.runs.folder import RunDir
    from core.runs.labels import Labels
    from core.runs.summary import Summary

BATCH, LONGEST = 0.05, 0.5
"""Seconds between two times that something is told: at first, and when more and more comes."""
SCAN = 10.0
"""Seconds between two looks at all runs: one of them may have been resumed elsewhere."""

Tell = Callable[["list[Summary]"], None]


class RunList:
    """`read`, `read_whole`, `look_again` are for a thread behind the screen: they tell all that is known so far, again
    and again. While `busy`, as while something trains here, no logs are read whole."""

    def __init__(self, root: Path, busy: Callable[[], bool], now: Callable[[], float] = time.monotonic) -> None:
        self._root, self._busy, self._now = root, busy, now
        self._wanted = ""
        self._lock = threading.Lock()
        self._scanned = -SCAN
        self._stamped: object = None
        """Of the folder, when the runs in it were listed."""
        self._found: dict[str, Summary] = {}
        self.labels: dict[str, Labels] = {}
        """What some of them were given by hand, by run-id."""
        self._rough: dict[str, None] = {}
        """Those of them that were only taken at a glance, newest first."""

    def want(self, run_id: str) -> None:
        """Read the log of this one before the others."""
        self._wanted = run_id

    def read(self, tell: Tell) -> None:
        """All that have changed since the last time; `tell` is called at least once. Raises RunError where the folder
        cannot be listed."""
        from core.runs import labels
        from core.runs.find import all_runs

        with self._lock:
            self._stamped, self._scanned = self._stamp(), self._now()
            there = all_runs(self._root)[::-1]
            self.labels = {each.run_id: found for each in there if (found := labels.read(each))}
            names = {each.run_id for each in there}
            self._found = {run_id: each for run_id, each in self._found.items() if run_id in names}
            self._tell(tell, self._first(there), at_least_once=True)

    def read_whole(self, tell: Tell) -> None:
        """The logs of those that were only taken at a glance."""
        with self._lock:
            self._tell(tell, self._whole())

    def look_again(self, tell: Tell) -> None:
        """For a look now and then: only at those that train, where no run came or went."""
        from core.history.states import LIVE
        from core.runs.folder import RunDir

        if self._stamp() != self._stamped or self._now() - self._scanned >= SCAN:
            self.read(tell)
            return
        with self._lock:
            live = [RunDir(self._root / each.run_id) for each in self._found.values() if each.status in LIVE]
            self._tell(tell, self._first(live))

    def _stamp(self) -> object:
        try:
            found = self._root.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _tell(self, tell: Tell, summaries: Iterable[Summary], *, at_least_once: bool = False) -> None:
        """Of those that differ from what is known, in batches."""
        told, changed, began, wait = False, False, self._now(), BATCH
        for each in summaries:
            if self._found.get(each.run_id) != each:
                self._found[each.run_id] = each
                changed = True
            if changed and self._now() - began >= wait:
                tell(list(self._found.values()))
                told, changed, began, wait = True, False, self._now(), min(LONGEST, 2 * wait)
        if changed or (at_least_once and not told):
            tell(list(self._found.values()))

    def _first(self, runs: Iterable[RunDir]) -> Iterable[Summary]:
        """What their caches say; where there is none, what can be seen at a glance."""
        from core.history.states import LIVE
        from core.runs import summary
        from core.runs.glance import glance

        for run_dir in runs:
            known = self._found.get(run_dir.run_id)
            if known is not None and known.status not in LIVE and summary.is_of(run_dir, known):
                continue
            try:
                cached = summary.cached(run_dir)
                if cached is not None and (summary.is_of(run_dir, cached) or run_dir.live):
                    yield summary.as_found(run_dir, cached)
                    continue
                found = glance(run_dir)
            except (UserError, OSError):  # removed, or not readable: then it is not in the list
                continue
            if found.status not in LIVE:
                self._rough[run_dir.run_id] = None
            yield found

    def _whole(self) -> Iterable[Summary]:
        """Of those that were taken at a glance, what their logs say; from then on their caches do."""
        from core.runs import summary
        from core.runs.folder import RunDir

        while self._rough and not self._busy():
            run_id = self._wanted if self._wanted in self._rough else next(iter(self._rough))
            del self._rough[run_id]
            try:
                yield summary.read(RunDir(self._root / run_id))
            except (UserError, OSError):  # at a glance it could be
                continue
