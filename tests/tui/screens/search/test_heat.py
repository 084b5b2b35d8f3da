"""The heatmap of a search: what stands in its cells, and that it can be read without colour, in any room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import on_screen
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from core.history.groups import best_and_ties, groups_of
from core.history.trials import Trials
from tui.screens.search.heat import BINS, Heat, HeatAxes, heat
from tui.screens.search.heatmap import Heatmap

LAYERS, UNITS = "model.n_layers", "model.n_units"


def of(told: Sequence[Any], x: str = UNITS, y: str | None = LAYERS) -> tuple[Trials, Heat]:
    trials = Trials.fold(told)
    return trials, heat(trials, groups_of(trials), HeatAxes(x, y))


def test_every_trial_has_its_cell(searches: ModuleType) -> None:
    trials, made = of(searches.whole())
    assert list(made.x_labels) == [str(n) for n in searches.UNITS]
    assert list(made.y_labels) == ["1", "2", "3", "4"]
    assert len(made.cells) == 32
    for trial in trials:
        x, y = made.where[trial.number]
        assert (searches.UNITS[x], searches.LAYERS[y]) == (trial.cell[UNITS], trial.cell[LAYERS])
        assert made.cells[x, y].value == trial.metrics["test_accuracy"]
    assert {made.where[trial.number] for trial in trials.best} == {at for at, c in made.cells.items() if c.best}
    assert made.title == "Test accuracy %  n_layers ↓  n_units →"


def test_places_are_there_before_their_trials(searches: ModuleType) -> None:
    _trials, made = of(searches.whole()[:3])
    assert len(made.x_labels) == 8
    assert len(made.y_labels) == 4
    assert [(cell.running, math.isnan(cell.value)) for cell in made.cells.values()] == [(True, True)] * 2


def test_of_other_axes_the_best_counts_and_that_is_said(searches: ModuleType) -> None:
    axes = [*searches.GRID, searches.axis("optimizer.name", ["adam", "sgd"])]
    trials, made = of(searches.whole(axes))
    assert made.note == "the best over optimizer"
    for at, cell in made.cells.items():
        here = [trial for trial in trials if made.where[trial.number] == at]
        assert len(here) == 2
        assert cell.value == max(trial.metrics["test_accuracy"] for trial in here)
        assert trials.by_number[cell.number].metrics["test_accuracy"] == cell.value


def test_the_best_of_a_loss_is_the_smallest(searches: ModuleType) -> None:
    told = searches.whole()
    told[0].search.update(rank="test_loss", lower_is_better=True)
    trials, made = of(told)
    (best,) = [cell for cell in made.cells.values() if cell.best]
    assert best.value == min(trial.metrics["test_loss"] for trial in trials)
    assert made.metric == "test_loss"


def test_repeats_are_averaged_and_noise_is_marked(searches: ModuleType) -> None:
    axes = [searches.axis(LAYERS, [1, 2]), searches.axis(UNITS, [8, 16, 32])]
    trials, made = of(searches.whole(axes, repeats=5))
    groups = groups_of(trials)
    assert sorted(cell.value for cell in made.cells.values()) == sorted(group.mean for group in groups)
    top, ties = best_and_ties(trials, groups)
    assert top is not None
    assert sum(cell.tie or cell.best for cell in made.cells.values()) == len(ties)
    assert made.title.startswith("Mean test accuracy %")


def test_one_axis_is_one_row(searches: ModuleType) -> None:
    _trials, made = of(searches.whole([searches.axis(UNITS, [8, 16])]), UNITS, None)
    assert (len(made.y_labels), set(made.cells)) == (1, {(0, 0), (1, 0)})


@pytest.mark.parametrize(("log", "first"), [(False, "≥0.001"), (True, "≥0.001")])
def test_a_continuous_axis_has_parts(searches: ModuleType, log: bool, first: str) -> None:
    axes = [searches.axis("optimizer.lr", [], low=0.001, high=0.1, log=log), searches.axis(LAYERS, [1, 2])]
    values = [0.001 * 100 ** (i / 29) for i in range(30)]
    told = [searches.started(axes, 30)]
    for number, value in enumerate(values, 1):
        told += [
            searches.trial_started(number, {"optimizer.lr": value, LAYERS: 1 + number % 2}),
            searches.trial_ended(number),
        ]
    _trials, made = of(told, "optimizer.lr", LAYERS)
    assert len(made.x_labels) == BINS
    assert made.x_labels[0] == first
    places = [made.where[number][0] for number in range(1, 31)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, BINS - 1)
    assert log == (max(places.count(i) for i in range(BINS)) <= 5), "evenly filled on the scale that it was drawn on"


# The widget.


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield Heatmap()


def lines(app: App[None]) -> list[str]:
    return on_screen.lines(app.screen)


async def test_digits_and_signs_are_there_without_colour(searches: ModuleType) -> None:
    told = [*searches.whole()[:52], searches.trial_ended(16, 0, "failed", "no")]  # 16 trials, some over
    app = Alone()
    async with app.run_test(size=(60, 12)) as pilot:
        trials, made = of(told)
        app.query_one(Heatmap).show(made)
        await pilot.pause()
        text = "\n".join(lines(app))
        assert "·" in text
        assert "★" in text
        for trial in trials:
            score = trial.metrics.get("test_accuracy")
            if score is not None:
                assert ("100" if score == 1 else f"{100 * score:.1f}") in text
        assert "[" in text  # the cursor


@pytest.mark.parametrize("size", [(60, 9), (78, 12), (40, 6), (20, 4), (8, 3)])
async def test_in_any_room_it_shows_whole_cells_and_says_what_is_left_out(
    searches: ModuleType, size: tuple[int, int]
) -> None:
    axes = [
        searches.axis("model.층", ["하나", "둘", "아주 긴 이름의 층을 가진 값"]),
        searches.axis(UNITS, range(1, 41)),
    ]
    _trials, made = of(searches.whole(axes), UNITS, "model.층")
    app = Alone()
    async with app.run_test(size=size) as pilot:
        widget = app.query_one(Heatmap)
        widget.focus()
        widget.show(made)
        widget.action_move(39, 0)
        await pilot.press("down")
        assert widget._cursor == (39, 1)
        assert all(cell_len(line) == size[0] for line in lines(app))
        if size[0] >= 40:
            assert "[" in "\n".join(lines(app)), "the cursor is in view"
            assert "of 40" in str(widget.border_subtitle)
            assert "…" in "\n".join(lines(app)), "what is cut shows that"


async def test_arrows_go_to_cells_and_tell_their_trials(searches: ModuleType) -> None:
    told: list[int | None] = []

    class Listening(Alone):
        def on_heatmap_chosen(self, message: Heatmap.Chosen) -> None:
            told.append(message.number)

    app = Listening()
    async with app.run_test(size=(80, 12)) as pilot:
        widget = app.query_one(Heatmap)
        widget.focus()
        widget.show(of(searches.whole()[:17])[1])  # of the first 16 trials
        await pilot.press("right", "down", "down", "left", "left", "left", "up")
        await pilot.pause()
        assert told == [2, 10, None, None, None, None, 9]
        widget.place(8)
        assert widget._cursor == (7, 0)


async def test_an_empty_heatmap_says_why() -> None:
    app = Alone()
    async with app.run_test(size=(60, 8)) as pilot:
        app.query_one(Heatmap).show(None, "no trial has begun yet")
        await pilot.press("tab", "right", "down")
        await pilot.pause()
        assert "no trial has begun yet" in "\n".join(lines(app))
