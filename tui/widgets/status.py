"""Status: the run's state in words and numbers on one line, its progress on the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tui.widgets.gauge import Gauge
from tui.widgets.states import COLORS, SYMBOLS
from tui.words.units import count, duration

if TYPE_CHECKING:
    from core.history.history import History


class Status(Vertical):
    """`▶ training  epoch 3/10  step 2,345/9,380  32,100 samples/s  1:23 min left  cpu`."""

    DEFAULT_CSS = """
    Status { height: 2; }
    Status #words { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Status #speeds { height: 1; width: auto; max-width: 60%; padding: 0 1; color: $text-muted; text-wrap: nowrap; }
    """

    _speeds = ""

    def compose(self) -> ComposeResult:
        yield Static(id="words", markup=False)
        with Horizontal():
            yield Gauge()
            yield Static(id="speeds", markup=False)

    def show_words(self, state: str, words: str) -> None:
        """A state without a run: loading, or why there is none."""
        text = Text(f"{SYMBOLS.get(state, ' ')} {state}", style=COLORS.get(state, "bold"))
        text.append(f"  {words}", style="default")
        self.query_one("#words", Static).update(text, layout=False)

    def show(self, history: History, state: str, memory: int | None = None) -> None:
        """`state` is the history's, but for a run that was cut off; `memory` in bytes, of the process that trains."""
        parts = [
            f"epoch {min(history.epoch + 1, history.epochs)}/{history.epochs}"
            if history.live
            else f"{history.epoch} of {history.epochs} epochs",
            f"step {count(history.step)}/{count(history.total_steps)}",
        ]
        if history.evaluation and history.state == "evaluating":
            part = history.evaluation
            parts.insert(1, f"{part.split} {100 * part.done // part.n} %")
        if history.live:
            parts.append(f"{_rounded(history.training.per_second)} samples/s")
            parts.append(f"{duration(history.seconds_left)} left")
        else:
            parts.append(duration(history.t))
        parts.append(history.run.device if history.run else "")
        if history.reason and state in ("failed", "completed"):
            parts.insert(0 if state == "failed" else len(parts), history.reason)
        self.show_words(state, "  ".join(parts))
        done = history.step / history.total_steps if history.total_steps else 0.0
        if state == "completed":  # perhaps before its last epoch
            done = 1.0
        self.query_one(Gauge).show(done)
        speeds = []
        if history.evaluating.per_second:
            speeds.append(f"evaluates {_rounded(history.evaluating.per_second)}/s")
        if memory is not None and history.live:
            speeds.append(f"{count(memory / 1e6)} MB")
        text = "  ".join(speeds)
        if text != self._speeds:
            self._speeds = text
            self.query_one("#speeds", Static).update(text)


def _rounded(speed: float) -> str:
    """To two digits: the others are noise, and would be painted again twice a second."""
    return count(float(f"{speed:.2g}"))
