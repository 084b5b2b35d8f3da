"""ExactLosses: batch losses one by one, for windows that are narrower than the buckets of a History."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.history.series import Series

Floats = NDArray[np.float64]

KEPT = 65_536
"""Newest losses that are kept."""
MOST = 262_144
"""Steps of the widest window that is read from the log; a wider one shows buckets."""


class ExactLosses:
    """The newest losses of a run as they come, and one older stretch that was read from its log."""

    def __init__(self) -> None:
        self._newest: deque[tuple[int, Sequence[float]]] = deque()
        self._kept = 0
        self._stretch: tuple[int, Floats] | None = None

    def add(self, first_step: int, losses: Sequence[float]) -> None:
        self._newest.append((first_step, losses))
        self._kept += len(losses)
        while self._kept - len(self._newest[0][1]) >= KEPT:
            self._kept -= len(self._newest.popleft()[1])

    @property
    def stretch(self) -> tuple[int, int] | None:
        """First step and length of the stretch that was read."""
        return None if self._stretch is None else (self._stretch[0], len(self._stretch[1]))

    def remember(self, first_step: int, losses: Sequence[float]) -> None:
        """A stretch from the log; it replaces the one before."""
        self._stretch = first_step, np.asarray(losses, dtype=np.float64)

    def within(self, first: float, last: float, newest: int, before: int = 1) -> Series | None:
        """The losses of a window, of `before` steps before it and of one after; None where some are missing. `newest`
        is the latest step of the run."""
        begin, end = max(1, int(first) - before), min(newest, int(last) + 2)
        if self._newest and self._newest[0][0] <= begin:
            start = self._newest[0][0]
            values = np.concatenate([np.asarray(losses, dtype=np.float64) for _first, losses in self._newest])
        elif self._stretch is not None and self._stretch[0] <= begin and end < self._stretch[0] + len(self._stretch[1]):
            start, values = self._stretch
        else:
            return None
        series = Series()
        series.extend(begin, values[begin - start : end + 1 - start])
        return series
