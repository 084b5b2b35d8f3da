"""Lines as characters, dot by dot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.raster import MARKERS, cells_of, line_cells

COLUMNS, ROWS = 20, 8


def dots(x: list[float], y: list[float], marker: str) -> set[tuple[int, int]]:
    """The dots of a line, from its characters: column and row from below."""
    bits = MARKERS[marker]
    high, wide = bits.shape
    found = set()
    for column, row, char in zip(*line_cells(np.array(x), np.array(y), COLUMNS, ROWS, marker), strict=True):
        mask = ord(char) - 0x2800 if marker == "braille" else " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█".index(char) if marker == "hd" else 1
        for i in range(high):
            for j in range(wide):
                if mask & bits[i, j]:
                    found.add((column * wide + j, row * high + high - 1 - i))
    return found


@pytest.mark.parametrize("marker", MARKERS)
def test_corners_and_the_diagonal(marker: str) -> None:
    high, wide = MARKERS[marker].shape
    right, top = COLUMNS * wide - 1, ROWS * high - 1
    assert dots([0], [0], marker) == {(0, 0)}
    assert dots([1], [1], marker) == {(right, top)}
    drawn = dots([0, 1], [0, 1], marker)
    assert len(drawn) == max(right, top) + 1
    assert {(0, 0), (right, top)} <= drawn
    assert dots([0.5, 0.5], [0, 1], marker) == {(round(0.5 * right), i) for i in range(top + 1)}, "a spike is whole"


@given(
    points=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30),
    marker=st.sampled_from(list(MARKERS)),
)
def test_every_point_is_on_the_line_and_the_line_has_no_gap(points: list, marker: str) -> None:
    points.sort()
    x, y = [p[0] for p in points], [p[1] for p in points]
    drawn = dots(x, y, marker)
    high, wide = MARKERS[marker].shape
    across, up = COLUMNS * wide - 1, ROWS * high - 1
    at = list(zip(np.rint(np.array(x) * across).astype(int), np.rint(np.array(y) * up).astype(int), strict=True))
    assert set(at) <= drawn
    reached, todo = {at[0]}, [at[0]]
    while todo:  # a king's walk over the drawn dots
        i, j = todo.pop()
        for near in {(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1)} & drawn - reached:
            reached.add(near)
            todo.append(near)
    assert reached == drawn


def test_what_is_outside_is_left_out() -> None:
    assert dots([-0.5, -0.2], [0.5, 0.5], "braille") == set()
    crossing = dots([-0.5, 1.5], [0.5, 0.5], "braille")
    assert {i for i, _j in crossing} == set(range(2 * COLUMNS))


@given(x=st.floats(0, 1), y=st.floats(0, 1), marker=st.sampled_from(list(MARKERS)))
def test_signs_and_ticks_stand_in_the_cell_of_the_line(x: float, y: float, marker: str) -> None:
    columns, rows, _chars = line_cells(np.array([x]), np.array([y]), COLUMNS, ROWS, marker)
    assert (columns, rows) == cells_of(np.array([x]), np.array([y]), COLUMNS, ROWS, marker)
