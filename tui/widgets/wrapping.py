"""Messages that are read to their end: lines broken between words, and a place that is as high as they need."""

from __future__ import annotations

from rich import get_console
from rich.text import Text
from textual.widgets import Static


def wrapped(text: Text, width: int, indent: int = 0) -> Text:
    """In lines of `width` columns, from the second one of each paragraph on behind `indent` blanks."""
    lines: list[Text] = []
    for paragraph in text.split("\n", allow_blank=True):
        rest = paragraph
        rest.no_wrap, rest.overflow = False, "fold"
        broken = rest.wrap(get_console(), max(1, width - indent), tab_size=1)
        lines += [Text(" " * indent * (i > 0)).append_text(line) for i, line in enumerate(broken)]
    return Text("\n").join(lines)


def height_of(text: Text) -> int:
    """Of a text that is wrapped."""
    return text.plain.count("\n") + 1


def say(place: Static, text: Text, least: int = 1, most: int = 100) -> int:
    """Show a wrapped text in as many lines as it has, and tell how many: the screen is laid out anew only where that is
    another number than before."""
    height = max(least, min(height_of(text), most))
    if place.styles.height is None or place.styles.height.value != height:
        place.styles.height = height
    place.update(text, layout=False)
    return height
