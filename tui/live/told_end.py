"""The end of a run that took its time is told to whoever looks elsewhere: by the terminal, and by a command of the
user's own; as the settings have it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.runs.score import score
from tui.system import attention, on_end, settings
from tui.words.metrics import metric, metric_words

if TYPE_CHECKING:
    from core.runs.summary import Summary

LONG = 60.0
"""Seconds from which on an end is told: who started something shorter is still there."""
TOLD = ("completed", "failed")
"""Who has stopped a run knows of it."""


@dataclass(frozen=True)
class End:
    """Of one session."""

    name: str
    state: str
    reason: str
    seconds: float
    """That it took, by the clock of the wall."""
    path: str = ""
    run: Summary | None = None

    @property
    def worth_telling(self) -> bool:
        return self.state in TOLD and self.seconds >= LONG

    @property
    def score(self) -> str:
        """`test accuracy 96.7 %`; empty where nothing was measured."""
        found = score(self.run) if self.run else None
        return f"{metric_words(found[0])} {metric(*found)}" if found else ""

    def __str__(self) -> str:
        reason = self.reason if self.state == "failed" else ""
        return ", ".join(each for each in (f"{self.name} {self.state}", reason, self.score) if each)

    @property
    def facts(self) -> dict[str, str]:
        """As the environment of a command has them."""
        found = score(self.run) if self.run else None
        return {
            "NNTUI_RUN": self.run.run_id if self.run else "",
            "NNTUI_NAME": self.name,
            "NNTUI_STATE": self.state,
            "NNTUI_REASON": self.reason,
            "NNTUI_SCORE": self.score,
            "NNTUI_METRIC": found[0] if found else "",
            "NNTUI_VALUE": repr(found[1]) if found else "",
            "NNTUI_SECONDS": f"{self.seconds:.0f}",
            "NNTUI_PATH": self.path,
        }


def tell(end: End, write: Callable[[str], object] | None, failed: Callable[[str], object]) -> threading.Thread | None:
    """`write`: to the terminal; None: there is none. `failed` hears of a command that did not work, on the thread that
    is returned. Never waits."""
    if not end.worth_telling:
        return None
    if write is not None and (codes := attention.codes(settings.read_notify(), str(end))):
        write(codes)
    command = settings.read_on_end()
    return on_end.begin(command, end.facts, failed) if command else None
