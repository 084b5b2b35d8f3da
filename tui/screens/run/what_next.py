"""WhatNext: what can be done with a run that is over, in one line; while it trains the line is not there."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widget import Widget

Step = tuple[str, str, str]
"""A key, its action, and what it does."""

NEXT: tuple[Step, ...] = (
    ("r", "resume", "go on"),
    ("F5", "again", "again"),
    ("c", "change", "change it"),
    ("L", "longer", "train longer"),
    ("P", "ask", "ask it"),
    ("v", "plots('next_figure')", "what it gets wrong"),
    ("d", "doctor", "what to mend"),
    ("e", "export('epochs')", "CSV"),
    ("Esc", "back", "other runs"),
)


class WhatNext(Widget):
    """`Next  F5 again  c change it  L train longer  P ask it  v what it gets wrong  e CSV`."""

    DEFAULT_CSS = """
    WhatNext { height: 1; padding: 0 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._steps: Sequence[Step] = ()
        self._done = ""

    def show(self, steps: Sequence[Step], done: str) -> None:
        """These, in this order; and how far it was trained, where there is room."""
        if (steps, done) != (self._steps, self._done):
            self._steps, self._done = steps, done
            self.display = bool(steps)
            self.refresh()

    def render(self) -> Text:
        """Whole ones only, as many as there is room for."""
        text = Text("Next", no_wrap=True)
        for key, _action, what in self._steps:
            step = Text("  ").append(key, f"bold {self.app.theme_variables['text-accent']}").append(f" {what}")
            if text.cell_len + step.cell_len > self.size.width:
                break
            text.append_text(step)
        spare = self.size.width - text.cell_len - len(self._done)
        return text.append(" " * spare + self._done) if spare >= 2 else text
