"""Which part of a run the plots show: zooming, panning, following, the cursor, the axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.scale import Scale
from tui.charts.view import NARROWEST, SMOOTHINGS, View

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("zoom"), st.sampled_from([0.5, 2.0, 0.1])),
        st.tuples(st.just("pan"), st.sampled_from([-0.25, 0.25, -3.0, 3.0])),
        st.tuples(st.just("follow"), st.just(0)),
        st.tuples(st.just("cursor"), st.sampled_from([-10, -1, 1, 10])),
        st.tuples(st.just("put"), st.integers(-5, 2_000_000)),
        st.tuples(st.just("unit"), st.just(0)),
        st.tuples(st.just("log"), st.just(0)),
        st.tuples(st.just("whole"), st.just(0)),
        st.tuples(st.just("train"), st.integers(0, 5000)),
    ),
    max_size=40,
)


@given(moves=MOVES, newest=st.integers(1, 1_000_000))
def test_the_window_stays_inside_the_run_whatever_is_pressed(moves: list, newest: int) -> None:
    view = View()
    for name, value in moves:
        end = newest * 1.2
        scale = Scale(view.unit, view.log_x, 100, np.array([1.0, float(newest)]), np.array([0.5, newest / 10]))
        match name:
            case "zoom":
                view = view.zoom(value, newest, end)
            case "pan":
                view = view.pan(value, newest, end)
            case "follow":
                view = view.follow(newest, end)
            case "cursor":
                view = view.move_cursor(value, scale, 100, newest, end)
            case "put":
                view = view.put_cursor(value, newest, end)
            case "unit":
                view = view.next_unit()
            case "log":
                view = view.toggle("log_x")
            case "whole":
                view = view.show_whole()
            case "train":
                newest += value
        end = newest * 1.2
        first, last = view.window(newest, end)
        assert 0 <= first < last
        assert last <= max(end, NARROWEST) + 1e-6
        if view.cursor is not None:
            assert 1 <= view.cursor <= newest


def test_zooming_halves_around_the_cursor_and_back() -> None:
    view = View(cursor=750).zoom(0.5, 1000, 1000)
    assert view.window(1000, 1000) == (375, 875)
    assert view.zoom(0.5, 1000, 1000).window(1000, 1000) == (562.5, 812.5)
    assert view.zoom(2.0, 1000, 1000).whole


def test_zooming_to_single_steps_ends_at_a_few() -> None:
    view = View(cursor=500_000)
    for _ in range(40):
        view = view.zoom(0.5, 1_000_000, 1_000_000)
    first, last = view.window(1_000_000, 1_000_000)
    assert last - first == NARROWEST
    assert first <= 500_000 <= last


def test_a_window_that_follows_moves_with_the_run_and_one_that_stays_does_not() -> None:
    view = View(width=100.0)
    assert view.window(500, 1000) == (400, 500)
    assert view.window(600, 1000) == (500, 600)
    stays = view.follow(600, 1000)
    assert stays.window(700, 1000) == (500, 600)
    assert stays.follow(700, 1000).window(700, 1000) == (600, 700)


def test_the_cursor_moves_by_columns_and_never_less_than_a_step() -> None:
    scale = Scale("step")
    view = View(cursor=500).move_cursor(1, scale, 100, 1000, 1000)
    assert view.cursor == 510
    near = View(width=10.0, last=505.0, cursor=500)
    assert near.move_cursor(1, scale, 100, 1000, 1000).cursor == 501
    assert near.move_cursor(-1, scale, 100, 1000, 1000).cursor == 499
    assert View().move_cursor(-1, scale, 100, 1000, 1000).cursor == 1000, "it comes in at the newest step"


def test_the_window_goes_where_the_cursor_is_put() -> None:
    view = View(width=100.0, last=1000.0).put_cursor(200, 1000, 1000)
    assert view.window(1000, 1000) == (150, 250)


@given(
    step=st.floats(1, 1e6),
    unit=st.sampled_from(["epoch", "step", "time"]),
    log=st.booleans(),
    seconds=st.floats(1e-3, 1e5),
)
def test_a_place_on_the_axis_is_its_step_again(step: float, unit: str, log: bool, seconds: float) -> None:
    scale = Scale(unit, log, 938, np.array([1.0, 5e5, 1e6]), np.array([0.01, 0.4, 1.0]) * seconds)
    place = float(scale.to(np.array([step]))[0])
    assert scale.back(place) == pytest.approx(step, rel=1e-6, abs=1e-6)


def test_axes_in_epochs_and_seconds() -> None:
    scale = Scale("epoch", False, 10)
    assert scale.to(np.array([0.0, 10.0, 25.0])).tolist() == [0.0, 1.0, 2.5]
    timed = Scale("time", False, 10, np.array([10.0, 20.0]), np.array([1.0, 3.0]))
    assert timed.to(np.array([0.0, 5.0, 10.0, 15.0, 40.0])).tolist() == pytest.approx([0, 0.5, 1, 2, 6])
    assert Scale("epoch", True, 10).to(np.array([0.0, 1.0, 100.0])).tolist() == pytest.approx([-1, -1, 1])


def test_smoothing_goes_round() -> None:
    view, seen = View(), []
    for _ in SMOOTHINGS:
        view = view.next_smoothing()
        seen.append(view.smoothing)
    assert sorted(seen) == sorted(SMOOTHINGS)
    assert view.smoothing == View().smoothing
