"""Action: a key with what it does and how it is shown; Textual's bindings are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType

ALWAYS = 9
"""The rank of what the footer never leaves out."""


@dataclass(frozen=True)
class Action:
    """One thing that a key does. `shown` puts it into the footer; help and palette have all of them."""

    keys: str
    """As Textual names them, separated by commas."""
    action: str
    name: str
    """A word or two, for the footer."""
    help: str
    """What it does, for people."""
    shown: bool = False
    display: str = ""
    """The keys as they are written, where Textual's own way would be unclear."""
    priority: bool = False
    """Before the widget that has the focus: only for keys that nobody types."""
    rank: int = 1
    """Where the footer has no room for all, what has the lowest rank goes first."""
    deed: str = ""
    """What its key means on every screen; empty: the name. No key has two."""
    typing: bool = False
    """Whether it works only where letters are typed: there Tab, ⌫ and y mean what they mean to a line of text."""
    was: str = ""
    """The keys that did it before, as Textual names them; who presses one is told once."""

    def binding(self) -> Binding:
        return Binding(
            self.keys, self.action, self.name, show=self.shown, key_display=self.display, priority=self.priority
        )

    @property
    def meaning(self) -> str:
        return self.deed or self.name

    @property
    def written(self) -> str:
        """Its keys, for people."""
        return self.display or self.keys.split(",")[0]


def bindings(table: Sequence[Action]) -> list[BindingType]:
    """For a BINDINGS of Textual's."""
    return [action.binding() for action in table]
