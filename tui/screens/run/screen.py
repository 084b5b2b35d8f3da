"""The train screen: one run, live or past, drawn from its History; keys steer the one that is training."""

from __future__ import annotations

import textwrap

from textual.app import ComposeResult
from textual.widgets import Static

from core.components.models import MODELS
from core.events.commands import Set
from core.runs import export
from core.runs.folder import RunDir
from tui.dialogs.dialogs import Prompt
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.following import RunScreen
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.run import keys
from tui.screens.run.view import RunView
from tui.system import memory
from tui.widgets.footer import Keys
from tui.widgets.run_log import RunLog
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall


class TrainScreen(RunScreen):
    """Shows the trainer's run, or with `run_id` a past one."""

    CSS_PATH = "screen.tcss"
    ACTIONS = keys.TRAIN
    BINDINGS = bindings(keys.TRAIN)
    _shown: object = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Status()
        yield RunView()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one(RunLog).focus()
        self._follow()
        self.set_interval(self._pace.follow, self._follow)
        self.set_interval(self._pace.paint, self._show_next)

    # Painting.

    def _begin(self, run_dir: RunDir) -> None:
        self._shown = None
        self.query_one(RunView).begin(self._story, run_dir)

    def _show_lines(self, reason: str) -> None:
        self.query_one(RunView).say(textwrap.wrap(reason, 1000))

    def _paint(self, everything: bool) -> None:
        view = self.query_one(RunView)
        if everything:
            view.show_all()
        else:
            view.show_next()
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
            self.query_one(Status).show(history, self._state, memory.in_use() if self._trainer_has_it else None)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "gradients":
            readable = self._run_dir is not None and self._state not in ("loading", "reading")
            return readable and self._has_snapshots == bool(parameters[0])
        if action == "learning_rate" and not parameters[0]:
            return super().check_action("resume", ())
        return super().check_action(action, parameters)

    def action_one_epoch(self) -> None:
        self._trainer.one_epoch()
        self._say("Trains to the end of this epoch, then pauses")

    def action_learning_rate(self, live: bool) -> None:
        """Ask for the learning rate of the steps to come; a schedule multiplies it. A run that has ended is resumed."""
        title = "Learning rate from the next step on" if live else "Resume with the learning rate"
        history = self._story.history
        schedule = history.run.config.get("schedule", {}).get("name") if history.run else None
        note = f"\nThe schedule {schedule} multiplies it." if schedule not in (None, "constant") else ""
        self.app.push_screen(Prompt(f"{title}{note}", f"{history.base_lr:g}", _why_no_lr), self._set_lr)

    def _set_lr(self, text: str | None) -> None:
        if text is None:
            return
        if self._live and self._trainer.phase == "running":
            self._trainer.set("optimizer.lr", float(text))
        elif self.check_action("resume", ()):
            self._resume(("optimizer.lr", text))
        else:
            self.notify("The run has ended: nothing was changed", severity="warning", markup=False)

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

    @property
    def _has_snapshots(self) -> bool:
        """Whether its gradients have a screen of their own."""
        run = self._story.history.run
        name = run.config.get("model", {}).get("name") if run else None
        return bool(MODELS.fact(name, "gradients") == "snapshots")

    def action_gradients(self, snapshots: bool) -> None:
        """The Gradient screen, or for other networks a check of the weights as they are now: a run that trains here
        saves them first."""
        if self._run_dir is None or self.app.screen is not self:  # a key that came before the screen it opens
            return
        if snapshots:
            run_id = None if self._live else str(self._run_dir.path.resolve())
            self.app.push_screen(GradientScreen(self._trainer, run_id, self._pace))
            return
        asked = self._story.history.seq
        if self._trainer_has_it:
            self._trainer.checkpoint()
        self.app.push_screen(
            GradientCheckScreen(
                self._run_dir,
                self._trainer.data_dir,
                lambda: self._story.saved > asked or not self._trainer_has_it,  # at its end it has saved them too
            )
        )

    @property
    def _trainer_has_it(self) -> bool:
        return self._live and self._trainer.phase == "running"


def _why_no_lr(text: str) -> str:
    """What is wrong with a learning rate as it was typed."""
    try:
        Set("optimizer.lr", float(text))
    except ValueError as error:
        return str(error) if "optimizer.lr" in str(error) else "a positive number, such as 0.01 or 3e-4"
    return ""
