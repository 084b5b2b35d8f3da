"""The gradient check on top of the train screen: a table of a few weights, a dial for the step h, other weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Static

from core.runs.folder import RunDir
from tui.dialogs.dialogs import Page
from tui.keys.action import bindings
from tui.live.background import in_background
from tui.screens.gradients import keys
from tui.screens.gradients.gradient_table import FORMULA, GradientTable, title
from tui.widgets.footer import Keys

if TYPE_CHECKING:
    from core.gradients.check import GradientCheck, Report

EXPONENTS = (-12, -1)
"""Of h, smallest and largest: from where all is rounding noise to where no loss is straight."""
START = -6
LOOK_EVERY = 0.1
"""Seconds between two looks whether the weights have been saved."""


class GradientCheckScreen(ModalScreen[None]):
    """Checks the newest weights of `run_dir` once they are `saved`. They, and a batch, stay in memory while it is open,
    so that another h takes no reading."""

    CSS_PATH = "check_screen.tcss"
    ACTIONS = keys.GRADIENTS
    BINDINGS = bindings(keys.GRADIENTS)

    def __init__(self, run_dir: RunDir, data_dir: str | None, saved: Callable[[], bool]) -> None:
        super().__init__()
        self._run_dir, self._data_dir, self._saved = run_dir, data_dir, saved
        self._exponent, self._seed = START, 0
        self._check: GradientCheck | None = None
        self._computing = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Page(id="gradients"):
            yield Static(id="words", markup=False)
            yield GradientTable()
        yield Keys()

    def on_mount(self) -> None:
        box = self.query_one("#gradients")
        box.border_title, box.border_subtitle = "Gradient check", FORMULA
        self._say("waits for a checkpoint of the run that is training …")
        self._timer = self.set_interval(LOOK_EVERY, self._begin_once_saved)
        self._begin_once_saved()

    def _begin_once_saved(self) -> None:
        if self._timer is not None and self._saved():
            self._timer.stop()
            self._timer = None
            self._compute()

    def _compute(self) -> None:
        """With h and the weights as they are asked for now; once more when they have changed meanwhile."""
        if self._computing or self._timer is not None:
            return
        self._computing = True
        asked = exponent, seed = self._exponent, self._seed
        self._say("reads the weights and the data …" if self._check is None else f"h = 1e{exponent:03d} …")

        def work() -> Report:
            from core.gradients.check import GradientCheck

            check = self._check or GradientCheck.load(self._run_dir, self._data_dir)
            self._check = check
            return check.check(float(f"1e{exponent}"), seed=seed)

        def done(report: Report) -> None:
            self._computing = False
            if asked != (self._exponent, self._seed):
                self._compute()
                return
            self._say("")
            self.query_one("#gradients").border_title = title(report)
            self.query_one(GradientTable).show(report)

        def failed(reason: str) -> None:
            self._computing = False
            self.query_one(GradientTable).show(None)
            self._say(f"✗ {reason}")

        in_background(self, work, done, failed)

    def _say(self, words: str) -> None:
        """What it is doing, or why there is nothing to see; nothing while the table speaks for itself."""
        line = self.query_one("#words", Static)
        line.update(Text(words))
        line.display = bool(words)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "scale":
            return self._exponent != EXPONENTS[parameters[0] == 1]
        return True

    def action_scale(self, tens: int) -> None:
        self._exponent += tens
        self.refresh_bindings()
        self._compute()

    def action_others(self) -> None:
        self._seed += 1
        self._compute()
