"""Keys: the line at the bottom that tells which keys do something now."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widgets import Footer


class Keys(Footer):
    """Textual's footer, made anew only where it would then look different: it is asked to at every change of focus."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._told: object = None

    def bindings_changed(self, screen: Screen[Any]) -> None:
        if screen.app.app_focus:
            told = [(binding, on, tip) for _node, binding, on, tip in screen.active_bindings.values() if binding.show]
            if told == self._told:
                return
            self._told = told
        super().bindings_changed(screen)
