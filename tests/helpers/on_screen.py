"""What a screen shows, as a user sees it: the one place where tests look at Textual's own compositor."""

from __future__ import annotations

from textual.app import App
from textual.screen import Screen


def lines(screen: Screen[object]) -> list[str]:
    """Every line of the terminal, cell by cell."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


def text(screen: Screen[object]) -> str:
    return "\n".join(lines(screen))


def notes(app: App[object]) -> list[str]:
    """What lies at the edge just now, until it goes away by itself."""
    return [str(note.message) for note in app._notifications]
