"""Action: a key with what it does and how it is shown; Textual's bindings are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType


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

    def binding(self) -> Binding:
        return Binding(
            self.keys, self.action, self.name, show=self.shown, key_display=self.display, priority=self.priority
        )


def bindings(table: Sequence[Action]) -> list[BindingType]:
    """For a BINDINGS of Textual's."""
    return [action.binding() for action in table]
