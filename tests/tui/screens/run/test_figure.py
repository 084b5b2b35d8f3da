"""Figures as text: they fit, they say it without colour too, and no name can break them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text
from textual.app import App, ComposeResult

from core.figures.kinds import Confusion, Figure, Predictions, Regions, Samples, Weights
from tui.charts.figure_text import ASCII_POINTS, POINTS, draw
from tui.charts.ink import resample
from tui.screens.run import figure as figure_module
from tui.screens.run.figure import FigureView
from tui.words.pictures import ASCII_SHADES, SHADES

HOSTILE = [
    *("[/]", "[@click=app.quit]x[/]", "[red]", "\x1b]52;c;AAAA\x07", "\x9b31m", "a\nb\r\tc", "\u202eabc", "\u2028"),
    *("한국어 이름이 아주 길어요 " * 5, "가", "e\u0301" * 10, "👩‍👩‍👧", "", "x" * 500, "\u200b", "\ud800"),
]


def regions(**changes: Any) -> Regions:
    """Class 1 where x > y: below the diagonal."""
    axis = (np.arange(40) + 0.5) / 40
    inside = axis[None, :] > axis[::-1, None]
    sure = 0.5 + 0.5 * np.abs(axis[None, :] - axis[::-1, None])
    values: dict[str, Any] = {
        "epoch": 7,
        "step": 70,
        "x_range": (0.0, 1.0),
        "y_range": (0.0, 1.0),
        "cells": inside.astype(int).tolist(),
        "probability": sure.tolist(),
        "points": [(0.1, 0.9, 0, "train"), (0.2, 0.7, 0, "test"), (0.9, 0.1, 1, "train"), (0.7, 0.2, 1, "test")],
        "classes": ["left", "right"],
        "features": ("width", "height"),
    }
    return Regions(**{**values, **changes})


def samples(**changes: Any) -> Samples:
    """A white square in the middle of each of 12 pictures; the second and third are taken for something else."""
    picture = np.zeros((28, 28))
    picture[7:21, 7:21] = 1
    values: dict[str, Any] = {
        "epoch": 2,
        "step": 20,
        "pictures": [picture.tolist()] * 12,
        "predicted": [0, 1, 2, *[1] * 9],
        "probability": [0.98] * 12,
        "true": [0, 2, 1, *[1] * 9],
        "classes": ["cat", "dog", "한국어"],
    }
    return Samples(**{**values, **changes})


def weights(**changes: Any) -> Weights:
    """Positive on the left half, negative on the right half."""
    picture = np.ones((8, 8))
    picture[:, 4:] = -1
    values: dict[str, Any] = {
        "epoch": 1,
        "step": 10,
        "layer": "input",
        "kind": "units",
        "total": 64,
        "scale": 0.25,
        "maps": [picture.tolist()] * 16,
        "classes": [],
    }
    return Weights(**{**values, **changes})


def confusion(**changes: Any) -> Confusion:
    """Of 30 samples of three classes two are wrong."""
    values: dict[str, Any] = {
        "epoch": 3,
        "step": 30,
        "n": 30,
        "total": 30,
        "counts": [(0, 0, 10), (1, 1, 8), (1, 2, 2), (2, 2, 10)],
        "classes": ["setosa", "versicolor", "virginica"],
    }
    return Confusion(**{**values, **changes})


def predictions(**changes: Any) -> Predictions:
    """All of them exact but the last."""
    true = [float(i) for i in range(10, 50)]
    values: dict[str, Any] = {
        "epoch": 3,
        "step": 30,
        "total": 40,
        "true": true,
        "predicted": [*true[:-1], 12.0],
        "target": "mpg",
    }
    return Predictions(**{**values, **changes})


EACH = {
    "regions": regions(),
    "samples": samples(),
    "weights": weights(),
    "confusion": confusion(),
    "predictions": predictions(),
}


def renamed(figure: Figure, name: str) -> Figure:
    """Every name in it is `name`."""
    if isinstance(figure, Regions):
        return dataclasses.replace(figure, classes=[name, name], features=(name, name))
    if isinstance(figure, Samples):
        return dataclasses.replace(figure, classes=[name] * 3)
    if isinstance(figure, Confusion):
        return dataclasses.replace(figure, classes=[name] * 3)
    if isinstance(figure, Predictions):
        return dataclasses.replace(figure, target=name)
    return dataclasses.replace(figure, layer=name, classes=[name] * 64)


def fits(text: Text, width: int, height: int) -> bool:
    lines = text.plain.split("\n")
    return len(lines) <= height and all(cell_len(line) <= width for line in lines)


# Size.


@settings(max_examples=300)
@given(
    name=st.sampled_from(list(EACH)),
    width=st.integers(1, 130),
    height=st.integers(1, 45),
    ascii=st.booleans(),
    colour=st.booleans(),
    label=st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)),
)
def test_it_fits_whatever_the_size_and_the_names(
    name: str, width: int, height: int, ascii: bool, colour: bool, label: str
) -> None:
    for figure in (EACH[name], renamed(EACH[name], label)):
        text = draw(figure, width, height, ascii=ascii, colour=colour)
        assert fits(text, width, height)
        assert text.plain.strip()
        assert all(c == "\n" or c.isprintable() for c in text.plain)
        if ascii:
            assert text.plain.isascii()


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("size", [(20, 5), (24, 8), (56, 14), (76, 18), (110, 30)])
def test_every_size_says_something(name: str, size: tuple[int, int]) -> None:
    said = draw(EACH[name], *size, colour=False).plain
    assert len(said.split("\n")) >= 2
    small = "too small for this" in " ".join(said.split())
    assert small == (size == (20, 5) and name == "weights")
    for width, height in ((19, 5), (20, 4), (1, 1)):
        assert draw(EACH[name], width, height).plain.strip() == "too small for this"[:width].strip()


@given(
    figure=st.builds(
        lambda h, w, n, seed: weights(
            maps=np.random.default_rng(seed).uniform(-1, 1, (n, h, w)).tolist(), total=n, classes=["c"] * n
        ),
        *(st.integers(1, 33), st.integers(1, 33), st.integers(1, 16), st.integers(0, 9)),
    ),
    size=st.tuples(st.integers(1, 100), st.integers(1, 40)),
    colour=st.booleans(),
)
def test_pictures_of_any_shape_fit(figure: Weights, size: tuple[int, int], colour: bool) -> None:
    assert fits(draw(figure, *size, colour=colour), *size)


# What they say without colour.


def plane(text: Text, edge: str = "│") -> list[str]:
    return [line.split(edge, 1)[1] for line in text.plain.split("\n") if edge in line]


@pytest.mark.parametrize("ascii", [False, True])
def test_regions_are_told_apart_by_their_marks(ascii: bool) -> None:
    rows = plane(draw(regions(points=[]), 60, 24, ascii=ascii, colour=False), "|" if ascii else "│")
    assert len(rows) == 21
    ground = "." if ascii else "·"
    for y, row in enumerate(rows):
        for x, mark in enumerate(row):
            across, up = (x + 0.5) / len(row), 1 - (y + 0.5) / len(rows)
            if abs(across - up) > 0.05:
                assert mark in {":" if across > up else ground, " "}
            if abs(across - up) > 0.55:
                assert mark != " ", "where it is sure there are no gaps"
    assert any(" " in row for row in rows), "where it is not sure there are"


@pytest.mark.parametrize("ascii", [False, True])
def test_points_stand_where_they_are_and_say_class_and_split(ascii: bool) -> None:
    text = draw(regions(), 60, 24, ascii=ascii, colour=False)
    rows = plane(text, "|" if ascii else "│")
    marks = ASCII_POINTS if ascii else POINTS
    for x, y, label, split in regions().points:
        row, column = math.floor((1 - y) * len(rows) + 1e-9), math.floor(x * len(rows[0]) + 1e-9)
        assert rows[row][column] == marks[label][split == "test"]
    header = text.plain.split("\n")[0]
    assert header.startswith("height ")
    assert f"{marks[0][0]}{'.' if ascii else '·'} left" in header
    assert f"{marks[1][0]}: right" in header
    assert header.rstrip().endswith("epoch 7")
    assert ("small: test" if ascii else "hollow: test") in header


def test_the_axes_have_their_ranges_and_names() -> None:
    first, *rows, _axis, last = draw(regions(x_range=(-1.5, 20.25), y_range=(-3, 1e6)), 70, 20).plain.split("\n")
    assert first.startswith("height")
    assert rows[0].split("│")[0].strip() == "1e+06"
    assert rows[-1].split("│")[0].strip() == "-3"
    assert last.split() == ["-1.5", "width", "20.2"]
    assert cell_len(last) == 70
    close = draw(regions(x_range=(20241121.0, 20241122.0), points=[]), 70, 20).plain.split("\n")[-1].split()
    assert (close[0], close[2]) == ("20241121", "20241122")


def test_verdicts_say_right_and_wrong() -> None:
    text = draw(samples(), 110, 30, colour=False).plain
    assert "cat (0.98) ✓" in text
    assert "dog ✗ 한국어" in text
    assert "한국어 ✗ dog" in text
    assert text.startswith("6 of 8 right"), "of those that are shown"
    plain = draw(samples(), 110, 30, ascii=True).plain
    assert "cat (0.98) ok" in plain
    assert "dog not ???" in plain
    small = draw(samples(), 20, 5).plain
    assert "✓" in small
    assert "✗" in small


@pytest.mark.parametrize("ascii", [False, True])
def test_a_picture_is_bright_where_its_pixels_are(ascii: bool) -> None:
    lines = draw(samples(), 76, 18, ascii=ascii, colour=False).plain.split("\n")[1:8]
    shades = ASCII_SHADES if ascii else SHADES
    block = [line.ljust(14)[:14] for line in lines]
    assert block[3][7] == shades[-1]
    assert block[0][:14].strip() == ""
    assert {c for line in block for c in line} <= set(shades)


def test_the_sign_of_a_weight_is_seen_without_colour() -> None:
    for ascii in (False, True):
        line = draw(weights(), 76, 18, ascii=ascii, colour=False).plain.split("\n")[1]
        tile = line.split()[0]
        assert tile == "#" * (len(tile) // 2) + "=" * (len(tile) // 2)
    header = draw(weights(), 76, 18, ascii=True).plain.split("\n")[0]
    assert header.startswith("-0.25 ===")
    assert "10 of 64 units of input" in header


@pytest.mark.parametrize("size", [(24, 8), (30, 12), (46, 12), (54, 24), (64, 32), (110, 30), (200, 60)])
def test_what_is_said_of_pictures_is_said_of_those_that_are_shown(size: tuple[int, int]) -> None:
    lines = draw(samples(), *size, colour=False).plain.split("\n")
    right, wrong = (sum(line.count(sign) for line in lines) for sign in "✓✗")
    assert lines[0].startswith(f"{right} of {right + wrong} right")
    lines = draw(weights(), *size, colour=False).plain.split("\n")
    numbers = [word for line in lines[1:] for word in line.split() if word.isdigit()]
    if numbers:
        assert f"{len(numbers)} of 64 units" in lines[0] or size[0] < 40
        assert int(numbers[-1]) == len(numbers)


def test_a_long_name_does_not_push_its_probability_out() -> None:
    figure = samples(
        classes=["Norwegian forest cat of the finest breed", "dog", "x"], predicted=[0] * 12, true=[0] * 12
    )
    for size in ((54, 24), (80, 20), (110, 30), (30, 8)):
        text = draw(figure, *size, colour=False).plain
        assert text.count("(0.98) ✓") == text.count("✓") > 0
        assert "Norw" in text or "Nor…" in text


def test_what_is_taken_for_what_is_told_with_and_without_colours() -> None:
    for colour in (True, False):
        text = draw(confusion(), 54, 24, colour=colour).plain
        assert text.startswith("28 of 30 test samples right")
        assert "2 of 10  versicolor taken for virginica" in text
        rows = [line for line in text.split("\n") if line.startswith("versicolor")]
        assert rows[0].split()[1:] == ["·", "8", "2" if colour else "(2)"]
    assert "759 right of 1,000 of 10,000 test samples" in draw(
        confusion(n=1000, total=10_000, counts=[(0, 0, 759), (0, 1, 241)]), 60, 20
    ).plain.replace("\n", " ")
    perfect = draw(confusion(n=2, total=2, counts=[(0, 0, 2)]), 54, 24).plain
    assert "nothing is taken for anything else" in perfect


def test_many_classes_become_a_list_of_mistakes_the_most_frequent_first() -> None:
    names = [f"class {i}" for i in range(40)]
    figure = confusion(classes=names, n=12, total=12, counts=[(3, 3, 5), (7, 9, 2), (30, 1, 4), (8, 8, 1)])
    lines = draw(figure, 54, 24).plain.split("\n")
    assert lines[0] == "6 of 12 test samples right"
    assert [line.split("  ")[1] for line in lines[1:3]] == ["class 30 taken for class 1", "class 7 taken for class 9"]


def test_ten_classes_fit_beside_the_plots_of_120_columns() -> None:
    names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    counts = [(i, i, 95) for i in range(10)] + [(i, (i + 3) % 10, 5) for i in range(10)]
    lines = draw(confusion(classes=names, n=1000, total=10_000, counts=counts), 52, 22).plain.split("\n")
    row = next(line for line in lines if "Sneaker" in line or "8 Sne" in line)
    assert row.split().count("95") == 1


def test_exact_predictions_stand_on_the_diagonal() -> None:
    lines = draw(predictions(), 60, 24).plain.split("\n")
    assert lines[0].startswith("R² 0.7")
    marked = [(y, x) for y, line in enumerate(lines) for x, c in enumerate(line) if c == "●"]
    on, off = marked[:-1], max(marked, key=lambda at: (at[1], at[0]))
    assert len(on) > 10
    assert off[0] > 15, "the last is predicted far too low"
    assert "mpg" in lines[-1]


def test_units_are_named_by_their_classes_where_they_are_classes() -> None:
    figure = weights(classes=["cat", "dog", "한국어"], total=3, maps=weights().maps[:3])
    text = draw(figure, 76, 18).plain
    assert "   3 units of input" in text
    assert all(name in text for name in ("cat", "dog", "한국어"))


def test_nothing_is_coloured_without_colours() -> None:
    for figure in EACH.values():
        text = draw(figure, 76, 18, colour=False)
        styles = {str(span.style) for span in text.spans} | {str(text.style)}
        assert styles <= {"dim", "bold", ""}
        assert any("#" in str(span.style) for span in draw(figure, 76, 18).spans)


@given(
    h=st.integers(1, 30), w=st.integers(1, 30), height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0)
)
def test_resampling_keeps_the_mean_and_the_range(h: int, w: int, height: int, width: int, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (h, w))
    new = resample(values.tolist(), width, height)
    assert new.shape == (height, width)
    assert new.mean() == pytest.approx(values.mean(), abs=1e-9)
    assert new.min() >= values.min() - 1e-9
    assert new.max() <= values.max() + 1e-9
    if (h, w) == (height, width):
        assert np.allclose(new, values)


# The widget.


class Views(App[None]):
    def compose(self) -> ComposeResult:
        yield FigureView()


def rows(app: App[None]) -> list[str]:
    view = app.query_one(FigureView)
    return ["".join(segment.text for segment in view.render_line(y)) for y in range(view.size.height)]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("size", [(3, 1), (20, 5), (76, 18)])
async def test_the_view_shows_any_figure_at_any_size(name: str, size: tuple[int, int]) -> None:
    app = Views()
    async with app.run_test(size=size) as pilot:
        for label in HOSTILE:
            app.query_one(FigureView).show(renamed(EACH[name], label))
            await pilot.pause()
            assert [cell_len(row) for row in rows(app)] == [size[0]] * size[1]


async def test_the_view_says_why_there_is_none() -> None:
    app = Views()
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert "no picture of this: it was made by a version that drew none" in "".join(rows(app))
        app.query_one(FigureView).show(regions())
        app.query_one(FigureView).show(None, "[/] it has 4 features")
        await pilot.pause()
        assert "no picture of this: [/] it has 4 features" in "".join(rows(app))


async def test_the_view_follows_its_size_and_what_it_is_shown() -> None:
    app = Views()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(FigureView).show(regions())
        await pilot.pause()
        assert "epoch 7" in rows(app)[0]
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert [cell_len(row) for row in rows(app)] == [40] * 12
        app.query_one(FigureView).show(samples())
        await pilot.pause()
        shown = sum(row.count("✓") + row.count("✗") for row in rows(app))
        assert rows(app)[0].startswith(f"1 of {shown} right")


async def test_nothing_is_painted_where_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Views()
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(FigureView)
        view.show(regions())
        await pilot.pause()
        painted: list[Any] = []
        drawn: list[Figure] = []
        monkeypatch.setattr(view, "refresh", lambda *areas, **_options: painted.append(areas))
        real_draw = figure_module.draw
        monkeypatch.setattr(figure_module, "draw", lambda f, *a, **k: (drawn.append(f), real_draw(f, *a, **k))[1])
        view.show(regions())
        assert (painted, drawn) == ([], [])
        view.show(regions(step=71))
        assert (len(painted), len(drawn)) == (0, 1), "drawn alike: nothing to paint"
        view.show(regions(epoch=8))
        assert [area.y for area in painted[0]] == [0], "only the line that says the epoch"


@pytest.mark.parametrize("colours", [True, False])
async def test_the_view_uses_half_blocks_only_where_there_are_colours(
    colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLORTERM", raising=False)
    if colours:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(figure_module, "plot_marker", lambda: "braille")
    app = Views()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(FigureView).show(samples())
        await pilot.pause()
        assert ("▀" in "".join(rows(app))) == colours
        assert ("█" in "".join(rows(app))) != colours


async def test_a_terminal_without_utf8_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_module, "plot_marker", lambda: ".")
    app = Views()
    async with app.run_test(size=(80, 24)) as pilot:
        for figure in EACH.values():
            app.query_one(FigureView).show(figure)
            await pilot.pause()
            assert "".join(rows(app)).isascii()
