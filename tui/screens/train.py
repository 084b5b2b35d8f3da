"""The train screen: one run, live or past, drawn from its History; keys steer the one that is training."""

from __future__ import annotations

import textwrap
import time

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static

from core import export
from core.errors import UserError
from core.events import Event, RunResumed, Set
from core.run_dir import RunDir, read_events
from tui import actions, memory
from tui.background import in_background
from tui.pace import Pace
from tui.screens.dialogs import Prompt
from tui.screens.run_view import RunView
from tui.story import Reading, Story
from tui.trainer import Trainer
from tui.units import count
from tui.widgets.run_log import RunLog
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall

TAIL_EVERY = 1.0
"""Seconds between two looks at the log of a run in another process."""


class TrainScreen(Screen[None]):
    """Shows the trainer's run, or with `run_id` a past one."""

    CSS_PATH = "train.tcss"
    HORIZONTAL_BREAKPOINTS = TooSmall.HORIZONTAL
    VERTICAL_BREAKPOINTS = TooSmall.VERTICAL
    ACTIONS = actions.TRAIN
    BINDINGS = actions.bindings(actions.TRAIN)

    def __init__(self, trainer: Trainer, run_id: str | None = None, pace: Pace | None = None) -> None:
        super().__init__()
        self._trainer = trainer
        self._pace = pace or Pace()
        self._run_dir = None if run_id is None else RunDir(trainer.root / run_id)
        self._live = run_id is None
        self._story = Story()
        self._reading: Reading | None = None
        self._read = False
        self._elsewhere = False
        self._tailed = 0.0
        self._problem = ""
        self._shown: object = None
        self._shown_state = ""
        self._title = ""

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Status()
        yield RunView()
        yield Footer(show_command_palette=False)
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one(RunLog).focus()
        self._follow()
        self.set_interval(self._pace.follow, self._follow)
        self.set_interval(self._pace.paint, self._show_next)

    # From events to widgets.

    def _follow(self) -> None:
        """Take in what happened since the last time."""
        if self._live:
            phase = self._trainer.phase
            if phase == "loading":
                self._show_title(self._trainer.title)
                self.query_one(Status).show_words("loading", "reading data and building the network")
                return
            if phase == "refused":
                self._live = False
                self._show_problem(self._trainer.refusal)
            else:
                self._run_dir = self._trainer.run_dir or self._run_dir
        if self._reading is not None and not self._read:
            self.query_one(Status).show_words("reading", f"the log of the run: step {count(self._reading.step)}")
        if self._run_dir is None or self._reading is not None:
            return
        if not self._read:
            self._read_whole_log(self._run_dir)
        elif self._live:
            self._drain(self._run_dir)
        elif self._elsewhere and time.monotonic() - self._tailed > TAIL_EVERY:
            self._tail(self._run_dir)

    def _read_whole_log(self, run_dir: RunDir) -> None:
        self._reading = reading = Reading()

        def done(story: Story) -> None:
            self._reading, self._read = None, True
            self._story = story
            self._elsewhere = not self._live and run_dir.live
            self._shown = None
            self.query_one(RunView).begin(story, run_dir)
            self._show_all()

        def failed(reason: str) -> None:
            self._reading, self._run_dir, self._live = None, None, False
            self._show_problem(reason)

        in_background(self, lambda: Story.of(run_dir, reading), done, failed)

    def _drain(self, run_dir: RunDir) -> None:
        events, overflowed = self._trainer.drain()
        history = self._story.history
        missing = bool(events) and events[0].seq > history.seq + 1  # another screen has drained them
        if overflowed or missing:  # the log has what the queue lost
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
        self.query_one(RunView).say(textwrap.wrap(reason, 1000))  # the status line may be too short for it
        self.refresh_bindings()

    # Painting.

    def _show_all(self) -> None:
        self._shown_state = self._state.replace("evaluating", "training")  # the same keys work
        self.refresh_bindings()
        with self.app.batch_update():
            self.query_one(RunView).show_all()
            self._show_words()

    def _show_next(self) -> None:
        if self._read and self._pace.link_is_free(self.app):
            with self.app.batch_update():
                self.query_one(RunView).show_next()
                self._show_words()

    def _show_words(self) -> None:
        history = self._story.history
        seen = (history.seq, self._state, self._problem)
        if seen == self._shown or self._run_dir is None:
            return
        self._shown = seen
        self._show_title(self._run_dir.run_id)
        if self._problem:
            self.query_one(Status).show_words("failed", self._problem)
        else:
            here = self._live and self._trainer.phase == "running"
            self.query_one(Status).show(history, self._state, memory.in_use() if here else None)

    def _show_title(self, title: str) -> None:
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self._state
        steering = self._live and self._trainer.phase == "running"
        match action:
            case "pause":
                return steering and state != "paused"
            case "unpause":
                return steering and state == "paused"
            case "stop":
                return steering or (self._live and state == "loading")
            case "checkpoint" | "learning_rate" | "one_epoch":
                return steering
            case "resume":
                return self._run_dir is not None and state in ("stopped", "failed", "interrupted")
            case "export":
                return self._run_dir is not None
            case _:
                return True

    def action_pause(self) -> None:
        self._trainer.pause()

    def action_unpause(self) -> None:
        self._trainer.unpause()

    def action_one_epoch(self) -> None:
        self._trainer.one_epoch()
        self._say("Trains to the end of this epoch, then pauses")

    def action_stop(self) -> None:
        self._trainer.stop()

    def action_checkpoint(self) -> None:
        self._trainer.checkpoint()
        self._say("Checkpoint requested")

    def action_learning_rate(self) -> None:
        """Ask for the learning rate of the steps to come; a schedule multiplies it."""
        history = self._story.history
        schedule = history.run.config.get("schedule", {}).get("name") if history.run else None
        note = f"\nThe schedule {schedule} multiplies it." if schedule not in (None, "constant") else ""
        self.app.push_screen(
            Prompt(f"Learning rate from the next step on{note}", f"{history.base_lr:g}", _why_no_lr), self._set_lr
        )

    def _set_lr(self, text: str | None) -> None:
        if text is None:
            return
        if self._trainer.phase == "running":
            self._trainer.set("optimizer.lr", float(text))
        else:
            self.notify("The run has ended: nothing was changed", severity="warning", markup=False)

    def action_resume(self) -> None:
        if self._trainer.busy:
            self.notify(f"{self._trainer.title} is training; stop it first", severity="warning", markup=False)
        elif self._run_dir is not None:
            self._trainer.resume(self._run_dir.run_id)
            self._live, self._problem = True, ""
            self.refresh_bindings()

    def action_export(self, what: export.What) -> None:
        run_dir = self._run_dir
        if run_dir is None:
            return
        target = run_dir.path / f"{what}.csv"

        def write() -> str:
            rows = export.write_csv([run_dir], what, target)
            nothing_yet = ": no epoch is over yet; E exports steps" if what == "epochs" and not rows else ""
            return f"{rows:,} {what} written to {target}{nothing_yet}"

        in_background(self, write, self._say)

    def action_back(self) -> None:
        if self._reading is not None:
            self._reading.cancelled = True
        self.app.pop_screen()

    def _say(self, message: str) -> None:
        """A word at the edge that goes away by itself."""
        self.notify(message, markup=False, timeout=4)


def _why_no_lr(text: str) -> str:
    """What is wrong with a learning rate as it was typed."""
    try:
        Set("optimizer.lr", float(text))
    except ValueError as error:
        return str(error) if "optimizer.lr" in str(error) else "a positive number, such as 0.01 or 3e-4"
    return ""
