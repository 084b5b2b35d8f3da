"""Keyboard: what a key means that was pressed: with another layout than a Latin one, and since it does something else
than in the version before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual import events
from textual.dom import DOMNode

from tui.keys.action import Action
from tui.keys.layouts import letters
from tui.system import settings

WRITTEN = {"plus": "+", "minus": "-"}


def as_latin(event: events.Key) -> list[events.Key] | None:
    """The keys that it stands for; None where that is not known."""
    character = event.character
    if character is None or character.isascii() or not event.is_printable:
        return [event]
    found = letters(character)
    named = {"[": "left_square_bracket", "]": "right_square_bracket", ";": "semicolon", "'": "apostrophe"}
    named |= {",": "comma", ".": "full_stop", "/": "slash"}
    return [events.Key(named.get(each, each), each) for each in found] or None


def moved(key: str, nodes: Iterable[DOMNode]) -> Iterator[tuple[DOMNode, Action]]:
    """What `key` did on these nodes in the version before, where another one does it now."""
    for node in nodes:
        for action in getattr(node, "ACTIONS", ()):
            if action.was and key in action.was.split(","):
                yield node, action


class Told:
    """Each changed key is told once, this time and the next ones."""

    def __init__(self) -> None:
        self._told: set[str] | None = None

    def first(self, key: str, action: Action) -> str:
        """What to tell; an empty string where it was told before."""
        if self._told is None:
            self._told = settings.read_told()
        name = f"{key} {action.name}"
        if name in self._told:
            return ""
        self._told.add(name)
        settings.write_told(self._told)
        return f"{action.name} is {action.written} now, no longer {WRITTEN.get(key, key)}: ? lists the keys"
