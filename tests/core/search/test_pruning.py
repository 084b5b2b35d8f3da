"""Pruners against the rules written out with NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.search.pruning import Pruner


def feed(pruner: Pruner, table: np.ndarray) -> dict[int, int]:
    """Show a (trials, epochs) table epoch by epoch; returns after which epoch each was ended."""
    live, ended = set(range(len(table))), {}
    for epoch in range(1, table.shape[1] + 1):
        for number in sorted(live):
            pruner.saw(number, epoch, float(table[number, epoch - 1]))
        for number in pruner.losers(dict.fromkeys(sorted(live), epoch)):
            live.remove(number)
            ended[number] = epoch
    return ended


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_halving_keeps_the_better_half_at_each_rung(lower: bool, seed: int) -> None:
    table = np.random.default_rng(seed).normal(size=(37, 64))
    ended = feed(Pruner("halving", 64, lower_is_better=lower), table)
    live = list(range(37))
    for rung in (4, 8, 16, 32):
        seen = table[:, :rung] if lower else -table[:, :rung]
        kept = sorted(live, key=lambda number: seen[number].min())[: math.ceil(len(live) / 2)]
        assert sorted(number for number, epoch in ended.items() if epoch == rung) == sorted(set(live) - set(kept))
        live = kept
    assert len(live) == 3


@pytest.mark.parametrize("seed", range(5))
def test_median_ends_what_is_worse_than_the_median_of_the_others(seed: int) -> None:
    table = np.random.default_rng(seed).normal(size=(21, 40))
    ended = feed(Pruner("median", 40, lower_is_better=True), table)
    best = np.minimum.accumulate(table, axis=1)
    last = {number: ended.get(number, 40) for number in range(21)}

    def at(number: int, epoch: int, until: dict[int, int]) -> float:
        return float(best[number, min(epoch, until[number]) - 1])

    until = dict.fromkeys(range(21), 40)
    for epoch in range(5, 41):  # the first tenth is warm-up
        live = [number for number in range(21) if until[number] == 40]
        worse = [
            number
            for number in live
            if at(number, epoch, until) > np.median([at(other, epoch, until) for other in range(21) if other != number])
        ]
        until.update(dict.fromkeys(worse, epoch))
    assert last == until


def test_few_trials_and_scores_that_were_not_measured_prune_nothing() -> None:
    assert not feed(Pruner("median", 10, lower_is_better=True), np.array([[1.0] * 10, [2.0] * 10]))
    assert not feed(Pruner("median", 10, lower_is_better=True), np.full((9, 10), math.nan))
    assert not feed(Pruner("halving", 16, lower_is_better=True), np.full((9, 16), math.nan))
    assert not feed(Pruner("none", 10, lower_is_better=True), np.random.default_rng(0).normal(size=(9, 10)))


def test_equal_trials_are_not_ended_by_the_median() -> None:
    assert not feed(Pruner("median", 20, lower_is_better=False), np.ones((8, 20)))


def test_it_goes_on_from_what_was_saved() -> None:
    table = np.random.default_rng(3).normal(size=(16, 32))
    whole = feed(Pruner("halving", 32, lower_is_better=True), table)
    first = Pruner("halving", 32, lower_is_better=True)
    early = feed(first, table[:, :10])
    again = Pruner("halving", 32, lower_is_better=True)
    again.load_state_dict(first.state_dict())
    live = set(range(16)) - set(early)
    late = {}
    for epoch in range(11, 33):
        for number in sorted(live):
            again.saw(number, epoch, float(table[number, epoch - 1]))
        for number in again.losers(dict.fromkeys(sorted(live), epoch)):
            live.remove(number)
            late[number] = epoch
    assert {**early, **late} == whole
