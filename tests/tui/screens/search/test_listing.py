"""The rows of a search's table: columns, order, filter, cells with their noise, what stands above them."""

from __future__ import annotations

import dataclasses
from types import ModuleType

import pytest

from core.history.groups import best_and_ties, groups_of
from core.history.trials import Trials
from tui.screens.search.filter import parse_filter
from tui.screens.search.heat import HeatAxes, heat
from tui.screens.search.listing import Listing, number_of
from tui.screens.search.rows import cell_text, trial_columns, value_text


@pytest.fixture
def listing(searches: ModuleType) -> Listing:
    """A whole grid of 4 × 8."""
    return Listing(Trials.fold(searches.whole()))


@pytest.fixture
def repeated(searches: ModuleType) -> Listing:
    axes = [searches.axis("model.n_layers", [1, 2]), searches.axis("model.n_units", [8, 16, 32])]
    return Listing(Trials.fold(searches.whole(axes, repeats=5)))


def numbers(listing: Listing) -> list[int]:
    return [number_of(row) for row in listing.rows(listing.columns)]


def texts(listing: Listing, key: str) -> list[str]:
    column = next(column for column in listing.columns if column.key == key)
    return [column.text(row) for row in listing.rows(listing.columns)]


# Columns.


def test_columns_are_called_as_people_call_them(listing: Listing) -> None:
    titles = [column.title for column in listing.columns]
    assert titles[:3] == ["trial", "n_layers", "n_units"]
    assert titles[3:9] == ["train %", "test %", "train loss", "test loss", "epochs", "seconds"]
    assert titles[9:] == ["last batch %", "status", "seed"]


def test_a_validation_split_has_its_columns_between_train_and_test(searches: ModuleType) -> None:
    trials = Trials.fold(searches.whole())
    for trial in trials:
        trial.metrics |= {"validation_accuracy": 0.5, "validation_loss": 1.0, "test_macro_f1": 0.25}
    titles = [column.title for column in trial_columns(trials)]
    assert titles[3:9] == ["train %", "valid. %", "test %", "train loss", "valid. loss", "test loss"]
    assert "test macro f1" in titles


@pytest.mark.parametrize(
    ("value", "text"),
    [(16, "16"), (0.0123456, "0.01235"), ([256, 128], "256-128"), ([], "none"), ("adam", "adam"), (None, "")],
)
def test_values_of_axes_are_short(value: object, text: str) -> None:
    assert value_text(value) == text


def test_control_characters_of_names_and_values_are_left_out(searches: ModuleType) -> None:
    axes = [searches.axis("model.\x1b[31mn", ["a\x1b]0;b\x07"])]
    trials = Trials.fold(searches.whole(axes))
    assert cell_text(trials, trials.by_number[1].cell) == "[31mn a]0;b"
    column = trial_columns(trials)[1]
    assert (column.title, column.text(trials.by_number[1])) == ("[31mn", "a]0;b")


def test_an_axis_that_does_not_apply_to_a_trial_is_empty(searches: ModuleType) -> None:
    axes = [searches.axis("optimizer.name", ["adam", "sgd"]), searches.axis("optimizer.momentum", [0.5, 0.9])]
    told = [searches.started(axes, 3), searches.trial_started(1, {"optimizer.name": "adam"})]
    told += [searches.trial_started(n, {"optimizer.name": "sgd", "optimizer.momentum": n / 10}) for n in (5, 9)]
    listing = Listing(Trials.fold(told))
    assert cell_text(listing.trials, listing.trials.by_number[1].cell) == "optimizer adam"
    assert texts(listing, "momentum") == ["", "0.5", "0.9"]
    listing.sorted_by, listing.descending = "momentum", True
    assert numbers(listing) == [9, 5, 1]
    made = heat(listing.trials, listing.groups, HeatAxes("optimizer.momentum", "optimizer.name"))
    assert list(made.x_labels) == ["–", "0.5", "0.9"]


# Order.


def test_first_as_the_document_has_it(listing: Listing) -> None:
    assert numbers(listing) == list(range(1, 33))
    assert listing.sort_column(listing.columns).key == "n_layers"


def test_columns_take_turns_and_metrics_begin_with_the_best(listing: Listing) -> None:
    seen = []
    for _ in listing.columns:
        listing.next_column(1)
        seen.append((listing.sorted_by, listing.descending))
    assert seen[:3] == [("n_units", False), ("train_accuracy", True), ("test_accuracy", True)]
    assert ("test_loss", False) in seen
    assert seen[-1] == ("n_layers", False)
    listing.next_column(-1)
    assert listing.sorted_by == "trial"


def test_rows_without_a_value_are_last_either_way(listing: Listing) -> None:
    del listing.trials.by_number[5].metrics["test_accuracy"]
    listing.sorted_by = "test_accuracy"
    for listing.descending in (False, True):
        assert numbers(listing)[-1] == 5
        values = [float(text) for text in texts(listing, "test_accuracy")[:-1]]
        assert values == sorted(values, reverse=listing.descending)


def test_equal_rows_stay_in_the_order_of_the_axes(listing: Listing) -> None:
    listing.sorted_by, listing.descending = "status", True
    assert numbers(listing) == list(range(1, 33))


# Filter.


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("n_layers=2", range(9, 17)),
        ("n_layers!=2", [*range(1, 9), *range(17, 33)]),
        ("n_layers=2 n_units<=16", [9, 10]),
        ("trial>30", [31, 32]),
        ("trial>=30 trial<31", [30]),
        ("completed", range(1, 33)),
        ("COMP trial=4", [4]),
        ("failed", []),
        ("epochs=200 n_units=8", [1, 9, 17, 25]),
        ("status=completed trial=1", [1]),
        ("n_layers==4 n_units=64", [32]),
        ("n_layers=2.0 trial<10", [9]),
        ("", range(1, 33)),
    ],
)
def test_all_conditions_hold(listing: Listing, text: str, kept: list[int]) -> None:
    listing.filter = text
    assert numbers(listing) == list(kept)


def test_accuracies_are_fractions_or_per_cent_with_the_sign(listing: Listing) -> None:
    listing.filter = "test_accuracy>=0.96"
    some = numbers(listing)
    assert 0 < len(some) < 32
    listing.filter = "test_accuracy>=96%"
    assert numbers(listing) == some


def test_text_and_lists_are_compared_as_they_are_shown(searches: ModuleType) -> None:
    axes = [searches.axis("optimizer.name", ["adam", "sgd"]), searches.axis("model.hidden", [[64, 32], [8]])]
    listing = Listing(Trials.fold(searches.whole(axes)))
    listing.filter = "optimizer=SGD hidden=64-32"
    assert numbers(listing) == [3]
    listing.filter = "optimizer!=sgd"
    assert numbers(listing) == [2, 1]


def test_what_was_not_measured_fits_no_comparison(listing: Listing) -> None:
    del listing.trials.by_number[1].metrics["test_accuracy"]
    listing.filter = "test_accuracy>=0 trial=1"
    assert numbers(listing) == []
    listing.filter = "test_accuracy!=1 trial=1"
    assert numbers(listing) == [1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("n_layer=2", "no column n_layer; choose from trial, n_layers, n_units"),
        ("n_layers>", "n_layers>: a value is missing after >"),
        ("n_layers = 2", "n_layers: write COLUMN"),
        ("=2", "=2: write COLUMN"),
        ("n_layers>many", "n_layers>many: > compares numbers"),
    ],
)
def test_a_filter_that_means_nothing_says_why(listing: Listing, text: str, why: str) -> None:
    if text == "n_layers = 2":  # three words: the sign alone is what is wrong
        why = "=: write COLUMN"
    assert listing.why_no_filter(text).startswith(why)
    with pytest.raises(ValueError, match=r"column|COLUMN|value|numbers"):
        parse_filter(text, listing.columns)


def test_the_best_alone(listing: Listing) -> None:
    listing.best_only = True
    best = [trial.number for trial in listing.trials.best]
    assert numbers(listing) == best
    assert {listing.sign()(row) for row in listing.rows(listing.columns)} == {"★"}
    assert listing.title(len(best)) == f"Trials {len(best)} of 32  only the best"


# Cells.


def test_a_row_for_each_cell_with_mean_and_deviation(repeated: Listing) -> None:
    assert len(numbers(repeated)) == 30
    repeated.switch_average()
    rows = repeated.rows(repeated.columns)
    assert len(rows) == 6
    for group, mean, deviation, n in zip(
        groups_of(repeated.trials),
        texts(repeated, "test_accuracy"),
        texts(repeated, "sd"),
        texts(repeated, "n"),
        strict=True,
    ):
        assert mean == f"{100 * group.mean:.1f}"
        assert deviation == f"{100 * group.deviation:.1f}"
        assert n == "5"
    signs = [repeated.sign()(row) for row in rows]
    means = [group.mean for group in repeated.groups]
    assert signs.count("★") == means.count(max(means))
    assert signs.count("★") + signs.count("≈") == len(repeated.ties)


def test_cells_are_filtered_by_their_mean_and_the_best_are_those_within_noise(repeated: Listing) -> None:
    repeated.switch_average()
    repeated.filter = "test_accuracy>=0.97"
    assert all(float(text) >= 97 for text in texts(repeated, "test_accuracy"))
    repeated.filter, repeated.best_only = "", True
    assert len(numbers(repeated)) == len(repeated.ties)


def test_a_filter_of_a_column_that_cells_do_not_have_goes(repeated: Listing) -> None:
    repeated.filter = "seed>1"
    repeated.switch_average()
    assert repeated.filter == ""
    repeated.filter = "n_layers=1"
    repeated.switch_average()
    assert repeated.filter == "n_layers=1"


def test_the_trial_of_a_cell_is_its_best(repeated: Listing) -> None:
    for group in repeated.groups:
        trial = repeated.trial_of(group)
        assert repeated.trials.score(trial) == max(group.values)


# Words.


def test_the_best_line(listing: Listing, repeated: Listing, searches: ModuleType) -> None:
    n = len(listing.trials.best)
    assert str(listing.best_line()) == f"★ best: {n} of 32 trials share test accuracy 100.0 %  b lists them"
    top, ties = best_and_ties(repeated.trials, repeated.groups)
    assert top is not None
    line = str(repeated.best_line())
    assert f"test accuracy {100 * top.mean:.1f} ± {100 * top.deviation:.1f} %  ≈" in line
    assert f"≈ {len(ties) - 1} tie  n" in line
    groups = [group for group in repeated.groups if group in ties][:2]
    two = Listing(dataclasses.replace(repeated.trials, by_number={t.number: t for g in groups for t in g.trials}))
    two.averaged = True
    assert "≈ ties with 1 other  n 5" in str(two.best_line())
    one = Trials.fold([*searches.whole()[:2], searches.trial_ended(1)])
    assert str(Listing(one).best_line()) == "★ best: trial 1, n_layers 1, n_units 8: test accuracy 96.7 %"


def test_in_a_narrow_window_the_best_line_keeps_its_score(listing: Listing, searches: ModuleType) -> None:
    n = len(listing.trials.best)
    shared = f"★ best: {n} of 32 trials share test accuracy 100.0 %"
    assert str(listing.best_line(len(shared) + 14)) == f"{shared}  b lists them"
    assert str(listing.best_line(len(shared) + 13)) == shared
    one = Listing(Trials.fold([*searches.whole()[:2], searches.trial_ended(1)]))
    assert one.best_line(50).cell_len == 50
    assert str(one.best_line(50)).endswith("…: test accuracy 96.7 %")
    one.trials.dummy["test_accuracy"] = 0.3
    assert str(one.best_line()).endswith("test accuracy 96.7 %  dummy 30.0 %")
    whole = one.best_line().cell_len
    assert str(one.best_line(whole)) == str(one.best_line())
    assert str(one.best_line(whole - 1)).endswith("n_units 8: test accuracy 96.7 %")


def test_no_rows_say_why(searches: ModuleType, listing: Listing) -> None:
    empty = Listing(Trials.fold([searches.started()]))
    assert empty.why_empty() == "no trial has begun yet"
    assert str(empty.best_line()) == ""
    begun = Listing(Trials.fold(searches.whole()[:3]))
    assert str(begun.best_line()) == "no score yet: it comes with the first evaluation"
    begun.best_only = True
    assert begun.why_empty() == "no trial has a score yet"
    listing.filter = "failed"
    assert listing.why_empty() == "no row fits: / changes the filter, Esc takes it away"


def test_the_example_is_a_filter(listing: Listing, searches: ModuleType) -> None:
    assert listing.example() == "n_layers=4 test_accuracy>=0.9"
    assert listing.why_no_filter(listing.example()) == ""
    assert Listing(Trials.fold([searches.started([], 1)])).example() == "test_accuracy>=0.9"
