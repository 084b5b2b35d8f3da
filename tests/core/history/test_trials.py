"""The fold of a search: what it counts, who is best, and that it forgets what a resume does anew."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events.events import RunPaused, RunResumed
from core.history.curves import POINTS, Curves
from core.history.groups import best_and_ties, groups_of
from core.history.trials import Trial, Trials, order_of

STOP = RunResumed(step=0, session=2)


def scored(searches: ModuleType, scores: list[float], rank: str = "test_accuracy", **search: object) -> Trials:
    """A search of one axis whose trials ended with these scores."""
    axes = [searches.axis("model.n_units", range(len(scores)))]
    told = [searches.started(axes, len(scores), rank=rank, **search)]
    for number, score in enumerate(scores, 1):
        told.append(searches.trial_started(number, {"model.n_units": number - 1}))
        ended = searches.trial_ended(number)
        ended.metrics[rank] = score
        told.append(ended)
    return Trials.fold(told)


# The fold.


def test_a_trial_from_its_start_to_its_end(searches: ModuleType) -> None:
    trials = Trials.fold([searches.started(), searches.trial_started(3, {"model.n_layers": 2, "model.n_units": 16})])
    trial = trials.by_number[3]
    assert (trial.state, trial.epoch, trial.epochs, trial.seed, trial.metrics) == ("running", 0, 200, 1003, {})
    trials.apply(searches.progressed([3], [10]))
    trials.apply(searches.progressed([3], [20]))
    assert trial.epoch == 20
    assert trial.metrics == searches.columns(3, 20)
    assert trials.share == pytest.approx(20 / 200 / 32)
    trials.apply(searches.trial_ended(3))
    assert (trial.state, trial.epoch, trial.seconds) == ("completed", 200, pytest.approx(0.12))
    assert list(trial.curves.epochs) == [10, 20, 200]
    assert list(trial.curves.columns["test_accuracy"]) == [
        searches.columns(3, e)["test_accuracy"] for e in (10, 20, 200)
    ]
    assert (trials.done, trials.count("running"), trials.total, len(trials)) == (1, 0, 32, 1)
    assert trials.share == pytest.approx(1 / 32)


@pytest.mark.parametrize("status", ["completed", "pruned", "failed"])
def test_the_event_that_ended_a_trial_can_be_had_again(searches: ModuleType, status: str) -> None:
    """A worker hands it in when its storage was gone before: each of its fields."""
    told = dataclasses.replace(
        searches.trial_ended(3, status=status),
        reason="why",
        path="/there",
        best_epoch=120,
        best_by="validation_loss",
        best_value=0.25,
        last={"validation_loss": 0.5},
    )
    fields = {field.name: getattr(told, field.name) for field in dataclasses.fields(told)}
    assert all(value not in ("", 0, {}) for name, value in fields.items() if name not in ("seq", "t"))
    trial = Trials.fold([searches.started(), searches.trial_started(3, {}), told]).by_number[3]
    assert dataclasses.replace(trial.ended(), seq=told.seq, t=told.t) == told


def test_every_change_is_a_new_version_and_other_events_are_none(searches: ModuleType) -> None:
    trials = Trials()
    seen = [trials.version]
    for event in searches.whole(searches.GRID[:1])[:6]:
        trials.apply(event)
        seen.append(trials.version)
    assert seen == sorted(set(seen))
    trials.apply(RunPaused())
    assert trials.version == seen[-1]


def test_a_search_that_is_over_has_all_of_its_share(searches: ModuleType) -> None:
    trials = Trials.fold(searches.whole())
    assert (trials.done, trials.share) == (32, 1.0)


def test_progress_of_a_trial_that_is_over_or_was_never_told_of_is_left_out(searches: ModuleType) -> None:
    trials = Trials.fold([searches.started(), searches.trial_started(1, {}), searches.trial_ended(1, 50)])
    trials.apply(searches.progressed([1, 9], [60, 60]))
    assert trials.by_number[1].epoch == 50
    assert 9 not in trials.by_number


def test_a_trial_whose_values_do_not_go_together_ends_without_having_begun(searches: ModuleType) -> None:
    trials = Trials.fold([searches.started(), searches.trial_ended(4, 0, "failed", "no such thing")])
    trial = trials.by_number[4]
    assert (trial.state, trial.reason, trial.cell) == ("failed", "no such thing", {})
    assert trials.done == 1
    assert trials.best == []


def test_a_value_that_was_not_measured_keeps_the_one_before_and_leaves_a_gap_in_the_curve(searches: ModuleType) -> None:
    trials = Trials.fold([searches.started(), searches.trial_started(1, {})])
    trials.apply(searches.progressed([1], [10]))
    missing = searches.progressed([1], [20])
    missing.columns["test_accuracy"] = [math.nan]
    trials.apply(missing)
    trial = trials.by_number[1]
    assert trial.metrics["test_accuracy"] == searches.columns(1, 10)["test_accuracy"]
    assert trial.metrics["train_loss"] == searches.columns(1, 20)["train_loss"]
    assert np.isnan(trial.curves.columns["test_accuracy"]).tolist() == [False, True]


def test_a_column_that_comes_later_is_nan_before(searches: ModuleType) -> None:
    curves = Curves()
    curves.append(1, {"a": 1.0})
    curves.append(2, {"a": 2.0, "b": 5.0})
    assert np.isnan(curves.columns["b"]).tolist() == [True, False]


# Resume.


def test_trials_under_way_wait_after_the_end_of_a_session_and_go_on_where_they_were_saved(searches: ModuleType) -> None:
    told = [searches.started(), *(searches.trial_started(n, {"model.n_units": n}) for n in (1, 2, 3))]
    told += [searches.progressed([1, 2, 3], [epoch] * 3) for epoch in (10, 20, 30)]
    trials = Trials.fold([*told, searches.trial_ended(1, 30), STOP])
    assert [trial.state for trial in trials] == ["completed", "stopped", "stopped"]
    share = trials.share
    trials.apply(searches.trial_started(2, {"model.n_units": 2}, epoch=20))
    again = trials.by_number[2]
    assert (again.state, again.epoch, list(again.curves.epochs)) == ("running", 20, [10, 20])
    assert trials.share < share
    trials.apply(searches.trial_started(3, {"model.n_units": 3}, epoch=0))  # its checkpoint is gone
    assert (trials.by_number[3].metrics, len(trials.by_number[3].curves.epochs)) == ({}, 0)
    trials.apply(searches.progressed([2, 3], [20, 10]))  # measured again: not twice in the curve
    assert list(again.curves.epochs) == [10, 20]


def test_a_search_whose_process_is_gone_trains_nothing(searches: ModuleType) -> None:
    trials = Trials.fold([searches.started(), searches.trial_started(1, {})])
    trials.cut_off()
    version = trials.version
    assert trials.count("running") == 0
    assert trials.count("stopped") == 1
    trials.cut_off()
    assert trials.version == version


def test_events_in_one_go_and_one_by_one_are_the_same(searches: ModuleType) -> None:
    told = searches.whole(repeats=2)[:400]
    whole, parts = Trials.fold(told), Trials()
    for event in told:
        parts.apply(event)
    assert whole.by_number == parts.by_number


# Curves.


@given(st.integers(1, 4000))
def test_curves_are_thinned_evenly_and_keep_their_first_point(n: int) -> None:
    curves = Curves()
    for epoch in range(1, n + 1):
        curves.append(epoch, {"loss": float(epoch)})
    assert len(curves.epochs) <= POINTS
    assert len(curves.epochs) >= min(n, POINTS // 2)
    assert curves.epochs[0] == 1
    assert list(curves.columns["loss"]) == [float(epoch) for epoch in curves.epochs]
    assert all(a < b for a, b in itertools.pairwise(curves.epochs))


@given(st.lists(st.integers(1, 100), unique=True, min_size=1).map(sorted), st.integers(0, 100))
def test_truncated_curves_hold_nothing_of_what_came_after(epochs: list[int], last: int) -> None:
    curves = Curves()
    for epoch in epochs:
        curves.append(epoch, {"loss": float(epoch)})
    curves.truncate(last)
    assert list(curves.epochs) == [epoch for epoch in epochs if epoch <= last]
    assert list(curves.columns["loss"]) == list(curves.epochs)


# Who is best.


def test_all_that_share_the_best_score_are_best_in_the_order_of_the_axes(searches: ModuleType) -> None:
    trials = scored(searches, [0.9, 1.0, 0.8, 1.0])
    assert [trial.number for trial in trials.best] == [2, 4]


def test_less_is_better_of_a_loss(searches: ModuleType) -> None:
    trials = scored(searches, [0.9, 0.1, 0.8], "test_loss", lower_is_better=True)
    assert [trial.number for trial in trials.best] == [2]
    assert trials.better(0.1, 0.2)
    assert not trials.better(0.2, 0.1)


def test_failed_trials_and_nan_are_never_best(searches: ModuleType) -> None:
    trials = scored(searches, [math.nan, 0.5, 0.9])
    trials.by_number[3].state = "failed"
    assert [trial.number for trial in trials.best] == [2]
    assert trials.better(0.1, math.nan)
    assert not trials.better(math.nan, 0.1)
    assert not trials.better(math.nan, math.nan)


def test_a_pruned_trial_is_best_only_where_no_other_has_a_score(searches: ModuleType) -> None:
    trials = scored(searches, [0.9, 0.95, 0.97, 0.97])
    for number in (2, 3, 4):
        trials.by_number[number].state = "pruned"
    assert [trial.number for trial in trials.best] == [1]
    assert [trial.number for trial in trials.better_pruned] == [3, 4]
    trials.by_number[1].state = "running"
    assert [trial.number for trial in trials.best] == [1]
    trials.by_number[1].state = "stopped"
    trials.by_number[2].state = "running"
    assert [trial.number for trial in trials.best] == [2], "what waits comes after what trains"
    trials.by_number[1].state, trials.by_number[2].state = "failed", "pruned"
    assert ([trial.number for trial in trials.best], trials.better_pruned) == ([3, 4], [])


@given(
    st.lists(
        st.tuples(st.sampled_from(["completed", "pruned", "failed"]), st.integers(0, 5), st.integers(0, 2)),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_who_is_best_against_a_table(found: list[tuple[str, int, int]], lower: bool) -> None:
    """By pandas: of one network each, and of cells of several seeds."""
    trials = Trials({"rank": "test_loss" if lower else "test_accuracy", "lower_is_better": lower})
    for number, (state, score, cell) in enumerate(found, 1):
        trials.by_number[number] = Trial(number, {"a": cell}, {}, state, metrics={trials.rank: score / 5})  # type: ignore[arg-type]
    table = pd.DataFrame(found, columns=["state", "score", "cell"], index=list(trials.by_number))
    table = table[table.state != "failed"]
    went_on = table[table.state == "completed"]
    among = went_on if len(went_on) else table
    top = among.score.min() if lower else among.score.max()
    assert {trial.number for trial in trials.best} == set(among[among.score == top].index)
    pruned = table[(table.score < top) if lower else (table.score > top)]
    assert {trial.state for trial in trials.better_pruned} <= {"pruned"}
    assert bool(trials.better_pruned) == bool(len(pruned) and len(went_on))
    best, ties = best_and_ties(trials, groups_of(trials))
    means = among.groupby("cell").score.mean() / 5
    assert (best is None) == means.empty
    if best is not None:
        assert best.mean == pytest.approx(means.min() if lower else means.max())
        assert {group.cell["a"] for group in ties} <= set(means.index)


def test_nobody_is_best_before_a_score(searches: ModuleType) -> None:
    assert Trials().best == []
    assert Trials.fold([searches.started(), searches.trial_started(1, {})]).best == []


# Order.


def test_sorted_as_the_document_sorts_by_axes_then_number(searches: ModuleType) -> None:
    told = searches.whole(repeats=2)
    mixed = told[1:]
    random.Random(0).shuffle(mixed)
    order = [(t.cell["model.n_layers"], t.cell["model.n_units"], t.number) for t in Trials.fold(told).in_order()]
    assert order == sorted(order)
    starts = [event for event in mixed if type(event).__name__ == "TrialStarted"]
    assert [t.number for t in Trials.fold([told[0], *starts]).in_order()] == [number for *_cell, number in order]


@given(st.lists(st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text(), st.lists(st.integers()))))
def test_values_of_any_type_can_be_sorted(values: list[object]) -> None:
    sorted(values, key=order_of)


def test_numbers_before_lists_before_text() -> None:
    values: list[object] = ["b", [2, 1], 3, None, [1, 9], 1.5, "a"]
    assert sorted(values, key=order_of) == [None, 1.5, 3, [1, 9], [2, 1], "a", "b"]
