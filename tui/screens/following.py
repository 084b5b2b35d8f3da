"""RunScreen: what the screens of one run share: its events, live or past, and its state."""

from __future__ import annotations

import time

from rich.text import Text
from textual.screen import Screen
from textual.widgets import Static

from core.errors import UserError
from core.events.events import Event, RunResumed
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from tui.live.background import in_background
from tui.live.pace import Pace
from tui.live.story import Reading, Story
from tui.live.trainer import Trainer
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall

TAIL_EVERY = 1.0
"""Seconds between two looks at the log of a run in another process."""


class RunScreen(Screen[None]):
    """Follows the trainer's run, or with `run_id` a past one. A screen of its own says what is painted of its story."""

    DEFAULT_CSS = """
    RunScreen { layout: vertical; }
    RunScreen #title { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; background: $panel; }
    """
    SHOWS_RUN = True
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL

    def __init__(self, trainer: Trainer, run_id: str | None = None, pace: Pace | None = None) -> None:
        """`run_id`: a folder in the trainer's, or a path."""
        super().__init__()
        self._trainer = trainer
        self._pace = pace or Pace()
        self._run_dir = None if run_id is None else RunDir(trainer.root / run_id)
        self._live = run_id is None
        self._number = trainer.number
        """Of the trainer's session that it follows while it is live."""
        self._story = Story()
        self._reading: Reading | None = None
        self._read = False
        self._elsewhere = False
        self._missed = False
        """Whether another screen has taken events that this one needs."""
        self._tailed = 0.0
        self._problem = ""
        self._shown_state = ""
        self._title = ""
        self._name = ""
        """What it shows, in its title."""

    # What others may see.

    @property
    def history(self) -> History:
        """Of the run, as far as it was told here."""
        return self._story.history

    @property
    def is_read(self) -> bool:
        """Whether all that the log held is told."""
        return self._read

    @property
    def state(self) -> str:
        """Of the run, for this process: `training`, `interrupted`, `training in another process`, …"""
        return self._state

    # What a screen of its own says.

    def _begin(self, run_dir: RunDir) -> None:
        """Another story is shown from now on."""
        raise NotImplementedError

    def _show_lines(self, reason: str) -> None:
        """Tell why there is nothing to see, where there is room for it: the status line may be too short."""
        raise NotImplementedError

    def _paint(self, everything: bool) -> None:
        """Whatever has changed; or the part that has its turn."""
        raise NotImplementedError

    # From events to widgets.

    def _follow(self) -> None:
        """Take in what happened since the last time."""
        if self._covered:
            self._missed = True
            return
        if self._name:
            self._show_title(self._name)  # another one may wait, or no longer
        if self._live and self._trainer.number != self._number:
            self._leave_behind()
        if self._live:
            phase = self._trainer.phase
            if phase == "loading":
                self._show_title(self._trainer.title)
                self.query_one(Status).show_words("loading", "reading data and building the network")
                return
            if phase == "refused":
                self._live = False
                self._show_title(self._trainer.title)  # it may have been refused before it was seen loading
                self._show_problem(self._trainer.refusal)
            else:
                self._run_dir = self._trainer.run_dir or self._run_dir
        if self._reading is not None and not self._read:
            self.query_one(Status).show_words("reading", f"the log of the run: {self._reading}")
        if self._run_dir is None or self._reading is not None:
            return
        if not self._read:
            self._read_whole_log(self._run_dir)
        elif self._live:
            self._drain(self._run_dir)
        elif self._elsewhere and time.monotonic() - self._tailed > TAIL_EVERY:
            self._tail(self._run_dir)

    def _leave_behind(self) -> None:
        """The trainer has another run by now, one that waited: from here on this one is a past run."""
        self._live = False
        outcome = self._trainer.outcome(self._number)
        if isinstance(outcome, str):
            self._show_problem(outcome or "its folder is not known")
        else:  # what it told last may have gone with it: its log has all
            self._run_dir, self._read, self._reading = outcome, False, None
        self.refresh_bindings()

    @property
    def _covered(self) -> bool:
        """Whether a screen of a run lies over this one: the events of this process's run go to that one. Or this one is
        on its way out, and its timers with it."""
        stack = self.app.screen_stack
        return self not in stack or any(isinstance(each, RunScreen) for each in stack[stack.index(self) + 1 :])

    def _read_whole_log(self, run_dir: RunDir) -> None:
        self._reading = reading = Reading()

        def done(story: Story) -> None:
            self._reading, self._read = None, True
            self._story = story
            self._elsewhere = not self._live and run_dir.live
            self._begin(run_dir)
            self._show_all()

        def failed(reason: str) -> None:
            self._reading, self._run_dir, self._live = None, None, False
            self._show_problem(reason)

        in_background(self, lambda: Story.of(run_dir, reading), done, failed)

    def _drain(self, run_dir: RunDir) -> None:
        events, overflowed = self._trainer.drain()
        history = self._story.history
        missing = self._missed or (bool(events) and events[0].seq > history.seq + 1)
        self._missed = False
        if overflowed or missing:  # the log has what the queue lost, or another screen has drained
            try:
                events = list(read_events(run_dir.events, after=history.seq))
            except UserError as error:
                self._live = False
                self._show_problem(str(error))
                return
        for event in events:
            if event.seq <= history.seq:
                continue
            if isinstance(event, RunResumed):
                self._read = False  # what was lost in a crash goes from the curves, and the log reads as one
                return
            self._story.apply(event)
        if self._state.replace("evaluating", "training") != self._shown_state:
            self._show_all()

    def _tail(self, run_dir: RunDir) -> None:
        """Take in what another process has written since."""
        self._reading = Reading()

        def done(events: list[Event]) -> None:
            self._reading = None
            for event in events:
                if isinstance(event, RunResumed):
                    self._read = False
                    return
                self._story.apply(event)
            self._elsewhere = run_dir.live
            if not self._elsewhere:
                self._show_all()

        def failed(reason: str) -> None:
            self._reading, self._elsewhere = None, False
            self._show_problem(reason)

        after = self._story.history.seq
        self._tailed = time.monotonic()
        in_background(self, lambda: list(read_events(run_dir.events, after=after)), done, failed)

    def _show_problem(self, reason: str) -> None:
        """Why there is nothing to see, or no going on; it stays until the next resume."""
        self._problem = reason
        self.query_one(Status).show_words("failed", reason)
        self._show_lines(reason)
        self.refresh_bindings()

    # Painting.

    def _show_all(self) -> None:
        self._shown_state = self._state.replace("evaluating", "training")  # the same keys work
        self.refresh_bindings()
        with self.app.batch_update():
            self._paint(everything=True)

    def _show_next(self) -> None:
        if self._read and self._pace.link_is_free(self.app):
            with self.app.batch_update():
                self._paint(everything=False)

    def _show_title(self, name: str) -> None:
        self._name, waits = name, str(self._trainer.queue)
        title = f"{name}  {waits}" if waits else name
        if title != self._title:
            self._title = title
            text = Text("nntui  ", style="bold").append(title, style="default")
            self.query_one("#title", Static).update(text, layout=False)

    @property
    def _state(self) -> str:
        history = self._story.history
        if self._live and self._trainer.phase == "loading":
            return "loading"
        if not self._read and not self._problem:
            return "reading"
        if history.live and not self._live:
            return "training in another process" if self._elsewhere else "interrupted"
        return history.state

    # Keys.

    def action_back(self) -> None:
        if self._reading is not None:
            self._reading.cancelled = True
        self.app.pop_screen()

    def _say(self, message: str) -> None:
        """A word at the edge that goes away by itself."""
        self.notify(message, markup=False)
