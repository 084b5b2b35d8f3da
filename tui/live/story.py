"""Story: what a screen knows of a run, live or past, in any process."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.events.events import CheckpointSaved, Event, RunEnded, RunResumed, RunStarted, StepsEnded
from core.history.history import History
from core.logs.documents import open_log
from core.logs.log import EpochLines, Log
from core.logs.search import log_of
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from tui.live.exact import ExactLosses
from tui.words.units import count

ROWS = 1000
"""About how many epochs of a run the log's table tells."""


@dataclass
class Reading:
    """How far the reading of a log has come, for whoever waits for it."""

    step: int = 0
    trials: int | None = None
    """Of a search, that have begun."""
    cancelled: bool = False

    def __str__(self) -> str:
        return f"step {count(self.step)}" if self.trials is None else f"{count(self.trials)} trials"


@dataclass
class Story:
    """The fold of its events, and the lines of its log."""

    history: History = field(default_factory=History)
    lines: list[str] = field(default_factory=list)
    """New lines, until they are shown."""
    log: Log = field(default_factory=lambda: open_log("plain"))
    exact: ExactLosses = field(default_factory=ExactLosses)
    saved: int = -1
    """Number of the event that told of the latest checkpoint."""

    @classmethod
    def of(cls, run_dir: RunDir, reading: Reading | None = None) -> Story:
        """Read the whole log of a run; run it in the background."""
        story, reading = cls(), reading or Reading()
        for event in read_events(run_dir.events):
            story.apply(event)
            reading.step = story.history.step
            reading.trials = None if story.history.trials is None else len(story.history.trials)
            if reading.cancelled:
                break
        return story

    def apply(self, event: Event) -> None:
        self.history.apply(event)
        if isinstance(event, RunStarted):
            self.log = _for_a_screen(log_of(event, self.history.trials), event)
        if isinstance(event, RunStarted | RunResumed):
            self.lines += [f"! {note}" for note in event.notes]
        if isinstance(event, StepsEnded):
            self.exact.add(event.first_step, event.losses)
        if isinstance(event, CheckpointSaved):
            self.saved = event.seq
        self.lines += self.log.lines(event)
        run = self.history.run
        if (
            isinstance(event, RunEnded)
            and event.status == "completed"
            and run
            and "path" in run.config.get("dataset", {})
        ):
            self.lines.append(f"Ask it: nntui predict {event.run_id} --csv FILE")


def _for_a_screen(log: Log, started: RunStarted) -> Log:
    """Where no document says what is printed, a table has room for more epochs."""
    epochs = started.config.get("epochs", 0)
    return EpochLines(max(1, epochs // ROWS), early=True) if isinstance(log, EpochLines) else log
