"""How often a session may do what costs time beside its training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic


class Pace:
    """Says when something is due again: `every` so many seconds, and later where it would take more than `share` of the
    time."""

    def __init__(self, every: float, share: float, *, at_once: bool = False) -> None:
        """`at_once`: due from the beginning."""
        self._every, self._share = every, share
        self._next = 0.0 if at_once else monotonic() + every

    @property
    def due(self) -> bool:
        return self.overdue(0.0)

    def overdue(self, seconds: float) -> bool:
        """Whether it has been due for so long."""
        return monotonic() >= self._next + seconds

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Around it. Where it fails, it stays as due as it was."""
        began = monotonic()
        yield
        ended = monotonic()
        self._next = ended + max(self._every, (ended - began) / self._share)
