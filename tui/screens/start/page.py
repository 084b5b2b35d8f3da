"""A page of text and pictures: in a narrow pane below each other, in a wide one beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from tui.widgets.wrapping import wrapped

TWO = 92
"""Columns from which on text and pictures stand beside each other."""
APART = 4
MOST_TEXT = 60
LEAST_VALUE = 14
"""Columns that values must have to stand under each other."""

Picture = Callable[[int, int], "list[Text]"]
"""From columns and rows to at most so many lines; nothing where there is nothing to see, or too little room."""


@dataclass(frozen=True)
class Fact:
    """A label and what it is of."""

    label: str
    value: str


@dataclass(frozen=True)
class Page:
    """`top` says what it is; then the pictures, each with the share of the height that it may have; then the rest."""

    top: Sequence[Text | Fact]
    pictures: Sequence[tuple[float, Picture]]
    rest: Sequence[Text | Fact]

    def lines(self, width: int, height: int, muted: Style) -> list[Text]:
        """As many as it takes: in a pane of this size the rest may have to be scrolled to."""
        if width >= TWO:
            left = min(MOST_TEXT, (width - APART) * 2 // 5)
            text = [line for part in (self.top, [Text()], self.rest) for line in _broken(part, left, muted)]
            drawn = self._drawn(width - APART - left, height, [])
            return _beside(text, left + APART, drawn)
        top = _broken(self.top, width, muted)
        return [*top, *self._drawn(width, height, top), Text(), *_broken(self.rest, width, muted)]

    def _drawn(self, width: int, height: int, above: Sequence[Text]) -> list[Text]:
        """The pictures, as high as the pane has room for; at least a few lines each."""
        lines: list[Text] = []
        left, shares = height - len(above), sum(share for share, _draw in self.pictures)
        for share, draw in self.pictures:
            rows = max(8, round(left * share / shares) - 1) if shares else 0
            found = draw(width, rows)
            for line in found:
                line.truncate(width, overflow="ellipsis")
            lines += [*([Text()] if lines or above else []), *found] if found else []
            left, shares = left - len(found) - 1 if found else left, shares - share
        return lines


def _broken(lines: Sequence[Text | Fact], width: int, muted: Style) -> list[Text]:
    """Each in lines of that width, unless it is a drawing; the values of facts under each other."""
    room = max((cell_len(line.label) for line in lines if isinstance(line, Fact)), default=0) + 2
    found: list[Text] = []
    for line in lines:
        if isinstance(line, Fact) and width - room < LEAST_VALUE:
            found += wrapped(Text(f"{line.label}: {line.value}"), width, indent=2).split("\n", allow_blank=True)
        elif isinstance(line, Fact):
            value = wrapped(Text(line.value), width - room).split("\n", allow_blank=True)
            labels = [line.label, *[""] * (len(value) - 1)]
            for label, part in zip(labels, value, strict=True):
                found.append(Text().append(label, muted).append(" " * (room - cell_len(label)) + part.plain))
        elif line.no_wrap:
            cut = line.copy()
            cut.truncate(width, overflow="ellipsis")
            found.append(cut)
        else:
            found += wrapped(line, width).split("\n", allow_blank=True)
    return found


def _beside(left: Sequence[Text], width: int, right: Sequence[Text]) -> list[Text]:
    lines = []
    for i in range(max(len(left), len(right))):
        line = Text(no_wrap=True)
        if i < len(left):
            line.append_text(left[i])
        if i < len(right):
            line.append(" " * (width - cell_len(line.plain))).append_text(right[i])
        lines.append(line)
    return lines
