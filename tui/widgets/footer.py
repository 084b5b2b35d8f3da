"""Keys: the line at the bottom that tells which keys do something now. Entries are whole or not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget


@dataclass(frozen=True)
class Entry:
    """A key, what it does, and how long it stays where room is short."""

    key: str
    written: str
    name: str
    rank: int

    @property
    def width(self) -> int:
        """With a blank on either side and one between."""
        return cell_len(self.written) + cell_len(self.name) + 3


def that_fit(entries: Sequence[Entry], width: int) -> list[Entry]:
    """As many as there is room for, in their order; what has the lowest rank goes first, of equals the last one."""
    kept = list(entries)
    while kept and sum(entry.width for entry in kept) > width:
        lowest = min(entry.rank for entry in kept)
        kept.remove(next(entry for entry in reversed(kept) if entry.rank == lowest))
    return kept


class Keys(Widget, can_focus=False):
    """Painted anew only where it would then look different: it is asked to at every change of focus."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"keys--key"}
    DEFAULT_CSS = """
    Keys { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    Keys > .keys--key { color: $footer-key-foreground; text-style: bold; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[Any]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        entries, seen = list[Entry](), set[tuple[str, str]]()
        for node, binding, enabled, _tip in screen.active_bindings.values():
            if binding.show and enabled and (binding.action, binding.description) not in seen:
                seen.add((binding.action, binding.description))
                table = getattr(node, "ACTIONS", ())
                ranks = [
                    each.rank for each in table if (each.action, each.name) == (binding.action, binding.description)
                ]
                written = self.app.get_key_display(binding).split()[0]
                entries.append(Entry(binding.key, written, binding.description, ranks[0] if ranks else 1))
        if entries != self._entries:
            self._entries = entries
            self.refresh()

    @property
    def shown(self) -> list[Entry]:
        """Those that there is room for."""
        return that_fit(self._entries, self.size.width)

    def render(self) -> Text:
        text, style = Text(no_wrap=True), self.get_component_rich_style("keys--key", partial=True)
        for entry in self.shown:
            text.append(f" {entry.written} ", style=style).append(f"{entry.name} ")
        return text

    def on_click(self, event: events.Click) -> None:
        x = event.x
        for entry in self.shown:
            if x < entry.width:
                self.app.simulate_key(entry.key)
                return
            x -= entry.width
