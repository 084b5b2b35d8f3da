"""FirstRows: the first rows of a table as they were read, around one of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widgets import Static

from core.system.text import clean

WIDEST, GAP = 24, 2
"""Columns of the terminal of a column of the table, and between two."""


class FirstRows(Static):
    """Show it the values of each column; `at` is in view and stands out."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._columns: Mapping[str, Sequence[str]] = {}
        self._names: Sequence[str] = ()
        self._at = ""

    def show(self, columns: Mapping[str, Sequence[str]], at: str) -> None:
        if columns is not self._columns:
            self._columns, self._names = columns, list(columns)
        self._at = at
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width, height = self.content_size
        if width and height:
            text, left, right = rows_text(self._columns, self._names, self._at, width, height)
            beside = ((left, f"← {left} more"), (right, f"{right} more →"))
            self.border_subtitle = Text("  ".join(words for n, words in beside if n))
            self.update(text, layout=False)


def rows_text(
    columns: Mapping[str, Sequence[str]], names: Sequence[str], at: str, width: int, height: int
) -> tuple[Text, int, int]:
    """At most `height` lines of at most `width` cells: names, then rows, from as far left as has `at` in view; and how
    many columns are left and right of them."""
    if not names:
        return Text(), 0, 0
    place = names.index(at) if at in columns else 0
    first, used = place, _width(names[place], columns)
    while first > 0 and used + GAP + _width(names[first - 1], columns) <= width:
        first -= 1
        used += GAP + _width(names[first], columns)
    shown: list[tuple[str, int]] = []
    used = 0
    for name in names[first:]:
        room = _width(name, columns)
        if shown and used + room > width:
            break
        shown.append((name, room))
        used += room + GAP
    text = Text(no_wrap=True, overflow="ellipsis")
    n = max(len(columns[name]) for name, _room in shown)
    for line in range(-1, min(n, height - 1)):
        for i, (name, room) in enumerate(shown):
            cell = name if line < 0 else columns[name][line]
            style = "bold" if line < 0 else "" if cell else "dim"
            if name == at:
                style = "bold reverse" if line < 0 else f"bold {style}"
            text.append(_fit(cell if line < 0 or cell else "·", room), style=style)
            text.append(" " * GAP if i < len(shown) - 1 else "")
        text.append("\n")
    text.rstrip()
    return text, first, len(names) - first - len(shown)


def _width(name: str, columns: Mapping[str, Sequence[str]]) -> int:
    longest = max((cell_len(cell) for cell in columns[name]), default=0)
    return max(1, min(WIDEST, max(longest, cell_len(name))))


def _fit(text: str, width: int) -> str:
    text = " ".join(clean(text).split())
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
