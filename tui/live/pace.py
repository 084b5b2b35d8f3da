"""Pace: how often screens are painted, so that a slow link is never flooded."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import App


@dataclass(frozen=True)
class Pace:
    """Seconds between two looks at the run, and between two paints of a part of the screen."""

    follow: float = 0.25
    paint: float = 0.5

    @classmethod
    def low_bandwidth(cls) -> Pace:
        return cls(follow=0.5, paint=5.0)

    @staticmethod
    def link_is_free(app: App[int]) -> bool:
        """Whether the terminal has taken what was painted last. Textual queues what it writes; while something waits
        there the link is slower than we are, and another picture would only add to the queue."""
        writer = getattr(app._driver, "_writer_thread", None)
        return writer is None or writer._queue.empty()
