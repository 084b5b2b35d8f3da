"""The Gradient screen: a two-layer net's gradients in four ways, live or past, and what the step size h does."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from core.runs.folder import RunDir
from tui.keys.action import bindings
from tui.screens.following import RunScreen
from tui.screens.gradients import keys
from tui.screens.gradients.view import GradientView
from tui.widgets.footer import Keys
from tui.widgets.status import Status
from tui.widgets.too_small import TooSmall


class GradientScreen(RunScreen):
    """Of the trainer's run, or with `run_id` a past one."""

    CSS_PATH = "screen.tcss"
    ACTIONS = keys.GRADIENT_SCREEN
    BINDINGS = bindings(keys.GRADIENT_SCREEN)
    _shown: object = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Status()
        yield GradientView()
        yield Keys()
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one(GradientView).focus()
        self._follow()
        self.set_interval(self._pace.follow, self._follow)
        self.set_interval(self._pace.paint, self._show_next)

    # Painting.

    def _begin(self, run_dir: RunDir) -> None:
        self._shown = None
        self.query_one(GradientView).begin(self._story, run_dir)

    def _show_lines(self, reason: str) -> None:
        self.query_one(GradientView).say(reason)

    def _paint(self, everything: bool) -> None:
        view = self.query_one(GradientView)
        view.training = self._story.history.live and self._state != "interrupted"
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
        self._show_title(f"{self._run_dir.run_id}  gradients")
        if self._problem:
            self.query_one(Status).show_words("failed", self._problem)
        else:
            self.query_one(Status).show(history, self._state)
