"""Whether a finite difference confirms a derivative, and if not, why: rounding, a kink, a step too large, or an error.

Plain numbers: a loss as a function of one of its weights goes in. No torch.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Curve: TypeAlias = Callable[[float], float]
"""The loss as a function of one weight, all others as they are."""

Verdict: TypeAlias = Literal["agrees", "rounding", "kink", "truncation", "differs"]

TOLERANCE = 1e-5
"""The largest relative difference that counts as agreement. By Stanford's CS231n notes ("Gradient checks") 1e-7 and
less is good where the loss is smooth, 1e-4 may be where it has kinks: here these are told, so it lies in between."""
NOISE = 10.0
"""Standard deviations of the rounding error of a loss that are put down to rounding, in two losses together."""
HALVINGS = 8
FEWEST_HALVINGS = 3
"""Looks at a kink, each twice as close as the one before: at most, and to tell it from a curve at least."""
KINK = 0.25
"""What a kink keeps of its turn, at least, after them. A curve keeps 2 to the power of -halvings, or some times that
where it curves unevenly."""


@dataclass(frozen=True)
class Difference:
    """Finite differences of a loss L at a weight w, steps as they are in float64: (w + h) - w."""

    forward: float
    """(L(w + h) - L(w)) / h"""
    backward: float
    """(L(w) - L(w - h)) / h"""
    central: float
    """(L(w + h) - L(w - h)) / 2h"""
    lost: bool
    """Whether h is so small beside the weight that w + h or w - h is w."""


def difference(curve: Curve, w: float, loss: float, h: float) -> Difference:
    """At w, where the loss is `loss`. Two evaluations of `curve`."""
    above, below = w + h, w - h
    up, down = above - w or h, w - below or h
    right, left = curve(above), curve(below)
    return Difference(
        forward=(right - loss) / up,
        backward=(loss - left) / down,
        central=(right - left) / (up + down),
        lost=w in (above, below),
    )


def relative_difference(a: float, b: float) -> float:
    """|a - b| / max(|a|, |b|), 0 where both are 0: of the CS231n notes, "Gradient checks". Infinite where one is not
    finite."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))


def rounding_error(noise: float, h: float) -> float:
    """What rounding can make of a central difference: `noise` is the standard deviation of the loss' rounding error."""
    return NOISE * noise / h


def noise_of(losses: Sequence[float]) -> float:
    """The standard deviation of the rounding error of a loss, from its values at equal and tiny steps, five at least.

    After Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011): the fourth differences of a
    smooth function vanish at such steps; those of independent errors have the variance C(8, 4) = 70 times theirs.
    """
    values = list(losses)
    for _order in range(4):
        values = [b - a for a, b in itertools.pairwise(values)]
    estimate = math.sqrt(sum(value * value for value in values) / len(values) / 70)
    return max(estimate, math.ulp(losses[0]) / 2)  # no finer than the loss can be written


def judge(curve: Curve, w: float, loss: float, derivative: float, found: Difference, h: float, noise: float) -> Verdict:
    """Why the central difference `found` with the step h is or is not the `derivative` of `curve` at w.

    agrees: their relative difference is at most TOLERANCE. rounding: they are closer than rounding can tell. kink: a
    corner of ReLU, max pooling or |x| lies between w - h and w + h; closer to w they agree, or the corner is at w and
    the derivative is that of one side or between them. truncation: L curves too much between w - h and w + h; with a
    smaller step they agree. differs: none of these explains it.

    Evaluates `curve` only where they disagree, some tens of times.
    """
    if relative_difference(derivative, found.central) <= TOLERANCE:
        return "agrees"
    if not (math.isfinite(derivative) and math.isfinite(found.central)):
        return "differs"
    noise = math.hypot(noise, derivative * math.ulp(w))  # the points themselves are rounded
    off = abs(derivative - found.central)
    if found.lost or off <= rounding_error(noise, h):
        return "rounding"
    agrees, closest, step = _closer(curve, w, loss, derivative, found, h, noise)
    if agrees:
        return "kink" if _has_kink(curve, w, loss, off, h, noise) else "truncation"
    slack = TOLERANCE * max(abs(closest.forward), abs(closest.backward)) + rounding_error(noise, step)
    low, high = sorted((closest.forward, closest.backward))
    if low - slack <= derivative <= high + slack and _has_kink(curve, w, loss, off, h, noise):
        return "kink"  # too close to w to step over
    return "differs"


def _closer(
    curve: Curve, w: float, loss: float, derivative: float, found: Difference, h: float, noise: float
) -> tuple[bool, Difference, float]:
    """Whether with smaller steps than h the derivative is confirmed, as far as rounding lets that be seen; and the
    difference with the last of them, and that step."""
    off, last, step = abs(derivative - found.central), found, h
    while rounding_error(noise, step / 10) < off / 4:
        closer = difference(curve, w, loss, step / 10)
        if closer.lost:
            break
        last, step = closer, step / 10
        allowed = TOLERANCE * max(abs(derivative), abs(last.central)) + rounding_error(noise, step)
        if abs(derivative - last.central) <= allowed:
            return True, last, step
    return False, last, step


def _has_kink(curve: Curve, w: float, loss: float, off: float, h: float, noise: float) -> bool:
    """Whether the slope jumps between w - h and w + h by enough to put a central difference `off` by so much.

    It halves the stretch around where the slope turns most, again and again: a curve straightens, a corner does not.
    """
    centre, half = w, h
    left, middle, right = curve(w - h), loss, curve(w + h)
    turn = abs(right - 2 * middle + left) / half
    enough = KINK * max(turn, off)  # an inflection has no turn of its own to compare with
    halvings = 0
    while halvings < HALVINGS and rounding_error(noise, half / 2) < enough:
        half /= 2
        points = [left, curve(centre - half), middle, curve(centre + half), right]
        turns = [abs(points[i] - 2 * points[i + 1] + points[i + 2]) / half for i in range(3)]
        sharpest = max(range(3), key=turns.__getitem__)
        turn = turns[sharpest]
        centre += (sharpest - 1) * half
        left, middle, right = points[sharpest : sharpest + 3]
        halvings += 1
    return halvings >= FEWEST_HALVINGS and turn > enough
