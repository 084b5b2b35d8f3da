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
        self._told: tuple[str, Text] = ("", Text())
        """State, and what follows it in the lines of words."""

    def compose(self) -> ComposeResult:
        yield Static(id="words", markup=False)
        with Horizontal(id="progress"):
            yield Gauge()
            yield Static(id="speeds", markup=False)

    def on_resize(self) -> None:
        state, words = self._told
        if state:
            self._say(state, words)

    def show_words(self, state: str, words: str) -> None:
        """A state without a run: loading, or why there is none."""
        self._say(state, Text(words))

    def _say(self, state: str, words: Text) -> None:
        self._told = state, words
        text = Text(f"{SYMBOLS.get(state, ' ')} {state}", style=COLORS.get(state, "bold"))
        text.append("  ").append_text(Text("", style="default").append_text(words))
        say(self.query_one("#words", Static), wrapped(text, self._room, indent=2), most=MOST_LINES)

    @property
    def _room(self) -> int:
        """Columns for words."""
        return (self.size.width or self.app.size.width) - 2

    def show(self, history: History, state: str, memory: int | None = None) -> None:
        """`state` is the history's, but for a run that was cut off; `memory` in bytes, of the process that trains."""
        room = self._room - len(state) - 4
        words = hero(history, room)
        if history.reason and state in ("failed", "completed", "stopped"):
            words.append("\n").append(history.reason)
        self._say(state, words)
        done = history.step / history.total_steps if history.total_steps else 0.0
        if state == "completed":  # perhaps before its last epoch
            done = 1.0
        self.query_one(Gauge).show(done)
        speeds = progress(history, self._room - GAUGE, memory)
        if speeds != self._speeds:
            self._speeds = speeds
            self.query_one("#speeds", Static).update(speeds)
