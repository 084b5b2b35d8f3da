"""Status: how a run does, in one line of large words; its progress on the next; the reason of its end as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tui.widgets.gauge import Gauge
from tui.widgets.hero import hero, progress
from tui.widgets.states import COLORS, SYMBOLS
from tui.widgets.wrapping import say, wrapped

if TYPE_CHECKING:
    from core.history.history import History

MOST_LINES = 6
"""Of words that are read to their end."""
GAUGE = 16
"""Columns of the gauge, at least."""


class Status(Vertical):
    """`▶ training  test accuracy 50.0 % ▲ 15.5  best 50.0 % in epoch 2                      1:23 min left`."""

    DEFAULT_CSS = """
    Status { height: auto; }
    Status #words { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Status #progress { height: 1; }
    Status #speeds { height: 1; width: auto; padding: 0 1; color: $text-muted; text-wrap: nowrap; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._speeds: str | None = None
        self._told: tuple[str, Text, str] = ("", Text(), "")
        """State, what follows it in its line, and what is told below."""

        self._history: tuple[History, str, int | None] | None = None
        """What was shown last, if it was a run."""

    def compose(self) -> ComposeResult:
        yield Static(id="words", markup=False)
        with Horizontal(id="progress"):
            yield Gauge()
            yield Static(id="speeds", markup=False)

    def on_resize(self) -> None:
        if self._history is not None:
            self.show(*self._history)
        elif self._told[0]:
            self._say(*self._told)

    def show_words(self, state: str, words: str) -> None:
        """A state without a run: loading, or why there is none."""
        self._history = None
        self._say(state, Text(words), "")

    def show_progress(self, shown: bool) -> None:
        """Whether there is a gauge: of a run that is over, its end says more."""
        self.query_one("#progress").display = shown

    def _say(self, state: str, words: Text, reason: str) -> None:
        self._told = state, words, reason
        text = Text(f"{SYMBOLS.get(state, ' ')} {state}", style=COLORS.get(state, "bold"))
        text.append("  ").append_text(Text("", style="default").append_text(words))
        lines = text if text.cell_len <= self._room else wrapped(text, self._room, indent=2)
        if reason:
            lines = lines + Text("\n") + wrapped(Text(f"  {reason}"), self._room, indent=2)
        say(self.query_one("#words", Static), lines, most=MOST_LINES)

    @property
    def _room(self) -> int:
        """Columns for words."""
        return (self.size.width or self.app.size.width) - 2

    def show(self, history: History, state: str, memory: int | None = None) -> None:
        """`state` is the history's, but for a run that was cut off; `memory` in bytes, of the process that trains."""
        self._history = history, state, memory
        ended = state in ("failed", "completed", "stopped")
        colours = self.app.theme_variables
        words = hero(history, self._room - len(state) - 4, colours["text-success"], colours["text-error"])
        self._say(state, words, history.reason if ended else "")
        done = history.step / history.total_steps if history.total_steps else 0.0
        if state == "completed":  # perhaps before its last epoch
            done = 1.0
        self.query_one(Gauge).show(done)
        speeds = progress(history, self._room - GAUGE, memory)
        if speeds != self._speeds:
            self._speeds = speeds
            self.query_one("#speeds", Static).update(speeds)
