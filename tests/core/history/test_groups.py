"""The trials of a search by cell: what a group counts, which cells tie, and what is said of noise."""

from __future__ import annotations

import dataclasses
import itertools
import math
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events.events import Event
from core.history.groups import TIE, Group, best_and_ties, groups_of
from core.history.trials import Trial, Trials
from core.logs.search import results


def test_groups_hold_the_trials_of_one_cell(searches: ModuleType) -> None:
    axes = [searches.axis("model.n_layers", [1, 2]), searches.axis("model.hidden", [[8], [16, 8]])]
    trials = Trials.fold(searches.whole(axes, repeats=3))
    groups = groups_of(trials)
    assert [group.cell for group in groups] == list(searches.cells(axes))
    assert all(len(group.trials) == len(group.values) == 3 for group in groups)
    for group in groups:
        values = np.array([trial.metrics["test_accuracy"] for trial in group.trials])
        assert group.mean == pytest.approx(values.mean())
        assert group.deviation == pytest.approx(values.std(ddof=1))


def test_a_group_counts_only_finite_scores() -> None:
    trials = Trials({"rank": "test_accuracy"})
    for number, score in enumerate([0.9, math.nan, math.inf], 1):
        trials.by_number[number] = Trial(number, {}, {}, "completed", metrics={"test_accuracy": score})
    (group,) = groups_of(trials)
    assert group.values == [0.9]
    assert math.isnan(group.deviation)


def made_of(samples: list[list[float]]) -> list[Group]:
    numbers = itertools.count(1)
    return [Group({"a": i}, [Trial(next(numbers), {}, {}) for _ in each], each) for i, each in enumerate(samples)]


samples = st.lists(st.lists(st.integers(0, 30).map(lambda n: n / 30), min_size=1, max_size=6), min_size=1, max_size=8)


@given(samples, st.booleans())
def test_ties_are_those_within_two_standard_errors_of_the_difference(found: list[list[float]], lower: bool) -> None:
    trials = Trials({"rank": "test_accuracy", "lower_is_better": lower})
    groups = made_of(found)
    best, ties = best_and_ties(trials, groups)
    means = [float(np.mean(each)) for each in found]
    # Independently: Welch's t of each pair with the best, its denominator zero where nothing is known of the spread.
    top = int(np.argmin(means) if lower else np.argmax(means))
    assert best is not None
    assert best.mean == pytest.approx(means[top])
    spread = [float(np.var(each, ddof=1)) / len(each) if len(each) > 1 else 0.0 for each in found]
    at = groups.index(best)
    for i, group in enumerate(groups):
        error = math.sqrt(spread[at] + spread[i])
        difference = abs(means[i] - means[at])
        if abs(difference - TIE * error) > 1e-9:  # on the edge, either is right
            assert (group in ties) == (difference < TIE * error or difference == 0)
    assert best in ties


def test_nothing_ties_before_a_score() -> None:
    assert best_and_ties(Trials(), []) == (None, [])
    assert best_and_ties(Trials(), made_of([[]])) == (None, [])


def test_single_trials_tie_only_where_they_are_equal() -> None:
    trials = Trials({"rank": "test_accuracy"})
    groups = made_of([[0.9], [0.9], [0.899]])
    assert best_and_ties(trials, groups) == (groups[0], groups[:2])


# What is said of noise.


def repeated(searches: ModuleType, scores: dict[int, list[float]]) -> Trials:
    """A search with seeds: the scores of each cell, by its number of units; the cell has pruned trials too."""
    told: list[Event] = [searches.started([searches.axis("model.n_units", list(scores))], 9, repeats=3)]
    numbers = itertools.count(1)
    for units, values in scores.items():
        for i in range(3):
            number, status = next(numbers), "completed" if i < len(values) else "pruned"
            told.append(searches.trial_started(number, {"model.n_units": units}))
            end = searches.trial_ended(number, status=status)
            value = values[i] if i < len(values) else 0.5
            told.append(dataclasses.replace(end, metrics={"test_accuracy": value}))
    trials = Trials.fold(told)
    assert trials.rank == "test_accuracy"
    return trials


def test_one_survivor_has_no_spread(searches: ModuleType) -> None:
    text = "\n".join(results(repeated(searches, {4: [0.9], 8: [0.8]})))
    assert "±" not in text
    assert " sd" not in text
    assert "standard" not in text
    assert "The best mean is 90.00 %:" in text
    equal = "\n".join(results(repeated(searches, {4: [0.9], 8: [0.9], 16: [0.9]})))
    assert "The best mean is 90.00 %, and 2 more have it:" in equal
    mixed = results(repeated(searches, {4: [0.9], 8: [0.8, 0.7, 0.6]}))
    assert [line.count("±") for line in mixed if "%  " in line] == [0, 1, 0]
    assert any("70.00 %  ± 10.00 %" in line for line in mixed)
    assert not any("± –" in line for line in mixed)
