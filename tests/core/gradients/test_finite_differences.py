"""Finite differences: what they find, and why one does not confirm a derivative, on curves that are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gradients.finite_differences import (
    HALVINGS,
    Curve,
    Verdict,
    difference,
    judge,
    noise_of,
    relative_difference,
    rounding_error,
)

EPSILON = 2.0**-52


def verdict(curve: Curve, w: float, derivative: float, h: float, noise: float = EPSILON) -> Verdict:
    loss = curve(w)
    return judge(curve, w, loss, derivative, difference(curve, w, loss, h), h, noise)


def corner(at: float, left: float = 0.3, right: float = 1.5) -> Curve:
    """Two slopes that meet, on something smooth."""
    return lambda w: 1 + 0.2 * math.sin(w) + (right if w > at else left) * (w - at)


def test_the_differences_of_a_cubic() -> None:
    found = difference(lambda w: w**3, 2.0, 8.0, 0.5)
    assert (found.forward, found.backward, found.central) == (15.25, 9.25, 12.25)
    assert not found.lost


def test_the_step_is_the_one_that_was_made() -> None:
    """0.3 + 1e-12 is no number of float64: dividing by 1e-12 would be wrong in the fifth digit."""
    found = difference(lambda w: 1024 * w, 0.3, 1024 * 0.3, 1e-12)
    assert found.forward == found.backward == found.central == 1024


def test_a_step_that_vanishes_beside_the_weight() -> None:
    found = difference(lambda w: w, 1e6, 1e6, 1e-12)
    assert found.lost
    assert (found.forward, found.central) == (0, 0)
    assert verdict(lambda w: w, 1e6, 1.0, 1e-12) == "rounding"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(0, 0, 0), (2, 1, 0.5), (-1, 1, 2), (0, 1e-300, 1), (math.nan, 1, math.inf), (1, math.inf, math.inf)],
)
def test_the_relative_difference(a: float, b: float, expected: float) -> None:
    assert relative_difference(a, b) == relative_difference(b, a) == expected


@pytest.mark.parametrize("deviation", [1e-15, 1e-9])
def test_noise_is_found_under_whatever_is_smooth(deviation: float) -> None:
    rng = np.random.default_rng(0)
    t = 1e-6 * np.arange(400)
    losses = 1e-3 + 5e-3 * t - 2e-3 * t**2 + rng.normal(0, deviation, 400)
    assert noise_of(losses.tolist()) == pytest.approx(deviation, rel=0.15)


def test_noise_is_no_less_than_the_loss_can_be_written_with() -> None:
    assert noise_of([1.0] * 9) == EPSILON / 2


SMOOTH: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "exp": (math.exp, math.exp),
    "steep tanh": (lambda w: math.tanh(5 * w), lambda w: 5 / math.cosh(5 * w) ** 2),
    "log-sigmoid": (lambda w: math.log1p(math.exp(-8 * w)), lambda w: -8 / (1 + math.exp(8 * w))),
    "wave": (lambda w: 2 + math.sin(9 * w), lambda w: 9 * math.cos(9 * w)),
}


@pytest.mark.parametrize("name", SMOOTH)
@given(w=st.floats(-1, 1))
def test_a_smooth_loss_agrees_or_h_is_to_blame(name: str, w: float) -> None:
    curve, derivative = SMOOTH[name]
    for exponent in range(-12, 0):
        h = float(f"1e{exponent}")
        allowed = {"agrees", *(["truncation"] if h >= 1e-4 else []), *(["rounding"] if h <= 1e-6 else [])}
        assert verdict(curve, w, derivative(w), h, 4 * EPSILON) in allowed, h


def test_where_h_is_far_too_large_and_far_too_small() -> None:
    verdicts = {h: [verdict(math.exp, w / 50, math.exp(w / 50), h) for w in range(50)] for h in (0.1, 1e-6, 1e-12)}
    assert set(verdicts[0.1]) == {"truncation"}
    assert set(verdicts[1e-6]) == {"agrees"}
    assert verdicts[1e-12].count("rounding") > 35, "the others are luck"
    assert set(verdicts[1e-12]) == {"rounding", "agrees"}


@given(
    share=st.one_of(st.floats(-0.9, 0.9), st.sampled_from([1 / 11, 1 / 3, 0.5, 0.1, 0.01, 1e-3, -1e-4, 1e-9])),
    exponent=st.integers(-7, -2),
    w=st.floats(-2, 2),
)
def test_a_corner_anywhere_within_h_is_a_kink(share: float, exponent: int, w: float) -> None:
    h = float(f"1e{exponent}")
    at = w + share * h
    derivative = 0.2 * math.cos(w) + (1.5 if w > at else 0.3)
    assert verdict(corner(at), w, derivative, h) == "kink"


@pytest.mark.parametrize("derivative", [0.5, 1.7, 1.1])
def test_a_corner_at_the_weight_itself(derivative: float) -> None:
    """Any slope between those of the two sides is a subgradient; theirs are 0.5 and 1.7."""
    assert verdict(corner(0.0), 0.0, derivative, 1e-6) in {"kink", "agrees"}
    assert verdict(corner(0.0), 0.0, 1.9, 1e-6) == "differs"


def test_a_corner_out_of_reach_is_none() -> None:
    assert verdict(corner(1.01e-6), 0.0, 0.5, 1e-6) == "agrees"


@pytest.mark.parametrize("name", SMOOTH)
@given(w=st.floats(-0.3, 0.3), factor=st.sampled_from([-1.0, 0.0, 0.5, 0.999, 1.001, 2.0]))
def test_a_wrong_derivative_differs_whatever_h(name: str, w: float, factor: float) -> None:
    curve, derivative = SMOOTH[name]
    wrong = factor * derivative(w)
    if abs(derivative(w)) < 0.1:
        return
    for h in (1e-7, 1e-6, 1e-5, 1e-4):
        assert verdict(curve, w, wrong, h) == "differs"


def test_a_derivative_that_is_no_number_differs() -> None:
    assert verdict(math.exp, 0.5, math.nan, 1e-6) == "differs"
    assert verdict(math.exp, 0.5, math.inf, 1e-6) == "differs"


def test_agreement_costs_nothing_and_a_verdict_some_tens_of_evaluations() -> None:
    calls: list[float] = []

    def curve(w: float) -> float:
        calls.append(w)
        return corner(3e-7)(w)

    found = difference(curve, 0.0, corner(3e-7)(0.0), 1e-6)
    assert len(calls) == 2
    judge(curve, 0.0, corner(3e-7)(0.0), found.central, found, 1e-6, EPSILON)
    assert len(calls) == 2
    judge(curve, 0.0, corner(3e-7)(0.0), 0.5, found, 1e-6, EPSILON)
    assert len(calls) <= 2 + 2 * 12 + 2 + 2 * HALVINGS


def test_the_rounding_error_is_like_one_over_h() -> None:
    assert rounding_error(1e-16, 1e-6) == pytest.approx(1e-9)
    assert rounding_error(1e-16, 1e-12) == pytest.approx(1e-3)
