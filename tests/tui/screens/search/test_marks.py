"""Marks of trials, and the layout of the panes: without a screen."""

from __future__ import annotations

import pytest

from tui.screens.search.layout import Layout
from tui.screens.search.marks import MOST, Marks
from tui.screens.search.rows import MARKS


def test_each_mark_is_given_once_and_comes_back() -> None:
    marks = Marks()
    assert all(marks.turn(number) for number in range(100, 100 + MOST))
    assert {marks.place(number) for number in marks} == set(range(1, len(MARKS)))
    assert not marks.turn(7), "more than can be told apart"
    assert marks.place(7) == 0
    free = marks.place(103)
    assert marks.turn(103)
    assert marks.turn(7)
    assert marks.place(7) == free
    marks.clear()
    assert not list(marks)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (99, 40), (100, 26), (149, 40), (200, 50)])
def test_every_pane_is_seen_and_the_views_go_round(size: tuple[int, int]) -> None:
    layout, seen = Layout(*size), []
    while not seen or layout.turns:
        seen.append(tuple(layout.shown))
        layout = Layout(*size, layout.next)
    assert {name for shown in seen for name in shown} == {"table", "heatmap", "curves"}
    assert len(set(seen)) == len(seen)
    assert seen[0][0] == "table"
    assert Layout(*size).wide == (size[0] >= 150)


def test_a_heatmap_of_few_rows_leaves_the_table_the_rest() -> None:
    assert Layout(80, 24).height_beside(2) == 5
    assert Layout(80, 24).height_beside(100) == 12
    assert Layout(80, 24, 1).height_beside(2) == "1fr", "no heatmap is there"
