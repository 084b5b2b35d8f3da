"""The train screen: one run, live or past, drawn from its History; keys steer the one that is training."""

from __future__ import annotations

import textwrap

from textual import on
from textual.actions import parse
from textual.app import ComposeResult

from core.components.learning_rate import depends_on_length
from core.components.models import MODELS
from core.events.commands import Set
from core.runs import export
from core.sessions.folders import ended_by
from core.system.files import is_file
from core.system.folders import models_root
from tui.dialogs.dialogs import Note, Prompt
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.gradients.check_screen import GradientCheckScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.one_run import OneRunScreen
from tui.screens.run import keys
from tui.screens.run.plots import Plots
from tui.screens.run.view import RunView
from tui.screens.run.what_next import NEXT, WhatNext
from tui.system import memory as of_memory
from tui.widgets.notes import keep_clear
from tui.widgets.run_log import RunLog
from tui.widgets.status import Status
from tui.words.asking import Asking, asking
from tui.words.units import count


class TrainScreen(OneRunScreen):
    """Shows the trainer's run, or with `run_id` a past one."""

    ACTIONS = keys.TRAIN
    BINDINGS = bindings(keys.TRAIN)

    def panes(self) -> ComposeResult:
        yield WhatNext()
        yield RunView()

    @property
    def view(self) -> RunView:
        return self.query_one(RunView)

    @property
    def first(self) -> RunLog:
        return self.query_one(RunLog)

    @property
    def memory(self) -> int | None:
        return of_memory.in_use() if self._trainer_has_it else None

    # Painting.

    def _show_lines(self, reason: str) -> None:
        self.view.say(textwrap.wrap(reason, 1000))

    def _paint(self, everything: bool) -> None:
        super()._paint(everything)
        self.query_one(Status).show_progress(not self._over)
        self._show_what_next()
        keep_clear(self)

    @property
    def note_room(self) -> int:
        """Columns to the left of the numbers."""
        return self.view.beside_numbers

    @on(Plots.Figures)
    def _show_what_next(self) -> None:
        history = self._story.history
        done = f"epoch {history.epoch}/{history.epochs}  {count(history.step)} steps" if self._over else ""
        self.query_one(WhatNext).show([each for each in NEXT if self._offered(*each[:2])], done)

    def _offered(self, _key: str, action: str) -> bool:
        """Of what can be done with a run that is over."""
        name, parameters = parse(action)[1:]
        if not self._over:
            return False
        if name == "plots":
            return self.view.plots.has_hidden_figures
        if name == "doctor":
            return self.view.has_findings
        return bool(self.check_action(name, parameters))

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "gradients":
            readable = self._run_dir is not None and self._state not in ("loading", "reading")
            return readable and self._has_snapshots == bool(parameters[0])
        if action == "learning_rate" and not parameters[0]:
            return super().check_action("resume", ())
        if action == "ask":
            return self._over and self._run_dir is not None and is_file(self._run_dir.model)
        if action == "longer":
            return self._over and self._state != "failed" and self._resumable
        return super().check_action(action, parameters)

    @property
    def _resumable(self) -> bool:
        return self._run_dir is not None and "/" not in self._run_dir.run_id and not self._problem

    def action_ask(self) -> None:
        """How its network is asked, outside."""
        run_dir = self._run_dir
        if run_dir is None:
            return
        options = [part for path in self._use for part in ("--use", path)]
        if self._trainer.root.resolve() != models_root().resolve():
            options += ["--models-dir", str(self._trainer.root)]

        def work() -> Asking:
            from core.data.saved_inputs import read_inputs

            return asking(read_inputs(run_dir), run_dir.run_id, options)

        def show(found: Asking) -> None:
            self.app.copy_to_clipboard(found.line)
            many = f"\n\nMany rows, their columns by name:\n{found.file}" if found.file else ""
            heading = "Ask it, in a shell (copied, where the terminal allows it)"
            self.app.push_screen(Note(heading, f"{found.line}\n\n{found.about}{many}"))

        in_background(self, work, show)

    @property
    def _use(self) -> list[str]:
        """Files of the user's own components."""
        run = self._story.history.run
        return list(run.config.get("use") or []) if run else []

    def action_longer(self) -> None:
        """A new session, to a later epoch."""
        history = self._story.history
        run = history.run
        if run is None:
            return
        key = "iterations" if run.config.get("iterations") else "epochs"
        done = history.step if key == "iterations" else history.epoch
        now = int(run.config.get(key) or 0)

        def why_not(text: str) -> str:
            return "" if text.isascii() and text.isdigit() and int(text) > done else f"a whole number above {done:,}"

        lifted = ended_by(history)

        def go_on(text: str | None) -> None:
            if text is not None and self.check_action("longer", ()):
                self._resume((key, text), *([(lifted, "none")] if lifted else []))

        words = f"Train longer: {key} in all, {done:,} of them are done"
        if lifted:
            words += f"\nIt ended early: {history.reason}. {lifted} is lifted."
        elif depends_on_length(schedule := run.config.get("schedule", {"name": "constant"})):
            words += f"\nThe schedule {schedule['name']} is from then on that of a run of so many: its rate changes."
        self.app.push_screen(Prompt(words, str(2 * max(now, done)), why_not), go_on)

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
