"""DoctorLine: what the doctor says of a run, in one line that is there only while something is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.text import Text
from textual.widget import Widget

from core.history.doctor import diagnose
from core.history.held_out import Finding
from core.history.history import History

EXAMINE = 2.0
"""Seconds between two looks of the doctor."""


class DoctorLine(Widget):
    """`show` it a history as often as you like: it is examined now and then, and only where it has changed."""

    DEFAULT_CSS = """
    DoctorLine { height: 1; padding: 0 1; display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.findings: Sequence[Finding] = ()
        self._seen: object = None
        self._examined = 0.0

    def begin(self) -> None:
        """Another history from now on."""
        self._seen = None

    def show(self, history: History, *, at_once: bool = False) -> None:
        """`at_once`: however short ago the last look was."""
        now, seen = time.monotonic(), (history.seq, history.state)
        if seen == self._seen or (not at_once and now - self._examined < EXAMINE):
            return
        self._seen, self._examined = seen, now
        self.findings = diagnose(history)
        self.display = bool(self.findings)
        self.refresh()

    @property
    def report(self) -> str:
        """All that was found, and what to do."""
        text = "\n\n".join(f"{each.kind}: {each.evidence}.\n→ {each.advice}" for each in self.findings)
        return text or "Nothing is wrong, as far as the losses tell."

    def render(self) -> Text:
        """The first finding, as far as there is room, and the key for all of them."""
        if not self.findings:
            return Text()
        first, more = self.findings[0], len(self.findings) - 1
        key = f"  d: {more} more" if more else "  d: details"
        text = Text("! ", style="bold").append(f"{first.evidence}; {first.advice}", style="default")
        text.truncate(max(2, self.size.width - len(key)), overflow="ellipsis")
        return text.append(key, style="bold")
