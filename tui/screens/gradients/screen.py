"""The Gradient screen: a two-layer net's gradients in four ways, live or past, and what the step size h does."""

from __future__ import annotations

from textual.app import ComposeResult

from tui.keys.action import bindings
from tui.screens.gradients import keys
from tui.screens.gradients.view import GradientView
from tui.screens.one_run import OneRunScreen


class GradientScreen(OneRunScreen):
    """Of the trainer's run, or with `run_id` a past one."""

    ACTIONS = keys.GRADIENT_SCREEN
    BINDINGS = bindings(keys.GRADIENT_SCREEN)
    OF = "gradients"

    def panes(self) -> ComposeResult:
        yield GradientView()

    @property
    def view(self) -> GradientView:
        return self.query_one(GradientView)

    first = view

    def _show_lines(self, reason: str) -> None:
        self.view.say(reason)

    def _paint(self, everything: bool) -> None:
        self.view.training = self._story.history.live and self._state != "interrupted"
        super()._paint(everything)
