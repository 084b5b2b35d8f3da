"""Which actions of our tables work on a screen just now: for help and palette."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.screen import Screen

from tui.keys.action import Action
from tui.keys.common import MOVES, ROWS, SCROLLS

WALKS = {action.name for action in (*MOVES, *ROWS, *SCROLLS)}


def available(screen: Screen[object]) -> list[tuple[DOMNode, Action]]:
    """Each once: the screen's own first, then those of its parts, steps from row to row, the app's."""
    found: dict[tuple[str, str], tuple[DOMNode, Action]] = {}
    for node, binding, enabled, _tooltip in screen.active_bindings.values():
        for action in getattr(node, "ACTIONS", ()):
            if enabled and (action.action, action.name) == (binding.action, binding.description):
                found.setdefault((action.action, action.name), (node, action))
    app = screen.app
    return sorted(found.values(), key=lambda each: (each[0] is app, each[1].name in WALKS, each[0] is not screen))


def commands(screen: Screen[object]) -> list[tuple[DOMNode, Action]]:
    """The same for the palette: nothing twice, and no steps from row to row."""
    found: dict[str, tuple[DOMNode, Action]] = {}
    for node, action in available(screen):
        if action.name not in WALKS and action.meaning != "Commands":
            found.setdefault(action.name, (node, action))
    return list(found.values())
