"""TextField: an Input in which keys that come in one burst do what they would do one by one."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.widgets import Input

EDITING = {
    key.strip()
    for binding in Input.BINDINGS
    for key in (binding.key if isinstance(binding, Binding) else binding[0]).split(",")
}
"""The keys that change or submit an Input; others are for what it stands in."""


class TextField(Input):
    """A letter changes an Input at once, but a key with a binding travels up to the app first: on a slow link, where
    keys come in bursts, letters overtake the backspaces before them. Here such keys act at once, too."""

    async def _on_key(self, event: events.Key) -> None:
        found = self._bindings.key_to_bindings.get(event.key)
        if not found or event.key not in EDITING:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(found[0].action)
