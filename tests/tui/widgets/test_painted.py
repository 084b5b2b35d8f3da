"""Painted: what is shown is what it was told last, and no row is painted without need."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.painted import Painted


class Lines(Widget):
    def __init__(self, by_cell: bool) -> None:
        super().__init__()
        self.painted = Painted(self, by_cell=by_cell)

    def render_line(self, y: int) -> Strip:
        return self.painted.strip(y)


class Alone(App[None]):
    def __init__(self, by_cell: bool) -> None:
        super().__init__()
        self.lines = Lines(by_cell)

    def compose(self) -> ComposeResult:
        yield self.lines


A = [Text("one"), Text("two", style="bold"), Text("three")]
SAME = [Text("one"), Text("two", style="bold"), Text("three")]
RESTYLED = [Text("one"), Text("two", style="dim"), Text("three")]
MARKED = [Text("one"), Text("two", style="bold"), Text("th").append("re", style="red").append("e")]
SHORTER, LONGER = A[:2], [*A, Text("four")]


@pytest.mark.parametrize(
    ("after", "rows", "cells"),
    [
        (SAME, [], []),
        (RESTYLED, [(0, 1, 20)], [(0, 1, 20)]),
        (MARKED, [(0, 2, 20)], [(2, 2, 2)]),
        (SHORTER, [(0, 2, 20)], [(0, 2, 20)]),
        (LONGER, [(0, 3, 20)], [(0, 3, 20)]),
    ],
)
@pytest.mark.parametrize("by_cell", [False, True])
async def test_only_what_differs_is_painted(
    monkeypatch: pytest.MonkeyPatch, by_cell: bool, after: Sequence[Text], rows: list, cells: list
) -> None:
    """(column, row, width) of each part."""
    app = Alone(by_cell)
    async with app.run_test(size=(20, 5)) as pilot:
        app.lines.painted.show(A)
        await pilot.pause()
        parts: list[Region] = []
        monkeypatch.setattr(app.lines, "refresh", lambda *regions, **_: parts.extend(regions))
        app.lines.painted.show(after)
        assert [(part.x, part.y, part.width) for part in parts] == (cells if by_cell else rows)
        assert [app.lines.render_line(y).text.rstrip() for y in range(len(after) + 1)] == [
            *(t.plain for t in after),
            "",
        ]


async def test_after_it_forgot_all_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Alone(False)
    async with app.run_test(size=(20, 5)):
        app.lines.painted.show(A)
        parts: list[Region] = []
        monkeypatch.setattr(app.lines, "refresh", lambda *regions, **_: parts.extend(regions))
        app.lines.painted.forget()
        app.lines.painted.show(SAME)
        assert [part.y for part in parts] == [0, 1, 2]
