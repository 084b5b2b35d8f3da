"""How far the run of this process is, in one line, for wherever it is not itself on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.runs.score import score
from tui.live.trainer import Trainer
from tui.widgets.states import SYMBOLS
from tui.words.metrics import metric, metric_words
from tui.words.runs import share
from tui.words.units import duration

if TYPE_CHECKING:
    from core.runs.summary import Summary


@dataclass(frozen=True)
class Progress:
    """`state` as of a run, `loading` or `failed`; an empty one: nothing was trained yet."""

    state: str = ""
    name: str = ""
    share: float = 0.0
    run: Summary | None = None
    reason: str = ""
    """Why it could not be begun, or why it ended."""

    @property
    def live(self) -> bool:
        return self.state in ("loading", "starting", "training", "evaluating", "paused")

    def __str__(self) -> str:
        """`▶ iris-net 34 %`, `✓ iris-net completed, test accuracy 96.7 %, 2.3 s`."""
        sign = f"{SYMBOLS.get(self.state, ' ')} {self.name}"
        if self.state == "loading":
            return f"{sign} is loading"
        if self.live:
            return f"{sign} {100 * self.share:.0f} %{' paused' if self.state == 'paused' else ''}"
        return f"{sign} {self.state}{self.result}"

    @property
    def result(self) -> str:
        """What it came to."""
        if self.run is None:
            return f": {self.reason}" if self.reason else ""
        found = score(self.run)
        parts = [self.reason] if self.reason and self.state == "failed" else []
        parts += [f"{metric_words(found[0])} {metric(*found)}"] if found else []
        return "".join(f", {part}" for part in [*parts, duration(self.run.seconds)])

    @property
    def brief(self) -> str:
        """For the title of a window: `34 % iris-net`, `✓ iris-net 96.7 %`."""
        sign = SYMBOLS.get(self.state, "")
        if self.live and self.state != "loading":
            return f"{sign} {100 * self.share:.0f} % {self.name}"
        found = None if self.run is None else score(self.run)
        return f"{sign} {self.name} {metric(*found) if found else ''}".strip()


def progress_of(trainer: Trainer) -> Progress:
    """As its summary has it, which is at most a second old."""
    from core.runs import summary

    phase, name = trainer.phase, trainer.title
    if phase == "idle":
        return Progress()
    if phase == "refused":
        return Progress("failed", name, reason=trainer.refusal)
    if phase == "loading":
        return Progress("loading", name)
    run_dir = trainer.run_dir
    found = None if run_dir is None else summary.cached(run_dir)
    ended = trainer.ended
    if ended is not None:
        return Progress(ended.status, found.name if found else name, 1.0, found, ended.reason)
    if found is None:  # before its first line
        return Progress("starting", name)
    return Progress(found.status, found.name or name, share(found), found, found.reason)
