"""Jump: to one of several places, each by a letter of its own."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from tui.dialogs.choose import OWN_KEYS, Choose


def letters_of(places: Sequence[str]) -> dict[str, str]:
    """For each of them a letter of its name that is no key of a list and not another one's."""
    found: dict[str, str] = {}
    for place in places:
        letter = next((c for c in place.lower() if c.isalpha() and c not in OWN_KEYS | set(found)), "")
        if letter:
            found[letter] = place
    return found


class Jump(Choose):
    """Ends with the name of a place, or None."""

    def __init__(self, question: str, places: Sequence[str], here: str = "") -> None:
        self._places = letters_of(places)
        of = {place: letter for letter, place in self._places.items()}
        super().__init__(question, [(place, of.get(place, ""), "") for place in places], here)

    def on_key(self, event: events.Key) -> None:
        if not self.TYPING and event.character in self._places:
            event.stop()
            event.prevent_default()
            self.dismiss(self._places[event.character])
