"""The canvas: bands behind, curves that meet take turns, signs beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.canvas import Canvas
from tui.charts.inks import Inks
from tui.charts.palette import BLUE, FAINT, GREEN, ORANGE, PURPLE, seen_on
from tui.system.contrast import contrast

X = np.linspace(0, 1, 200)


def drawn(canvas: Canvas) -> tuple[str, list[str]]:
    """All characters, and the styles of all runs."""
    lines = canvas.text("│")
    return "\n".join(line.plain for line in lines), [str(span.style) for line in lines for span in line.spans]


@pytest.mark.parametrize("marker", ["braille", "hd", "."])
def test_neither_of_two_curves_that_are_the_same_is_hidden(marker: str) -> None:
    canvas = Canvas(40, 8, marker)
    canvas.line("train", X, np.full(200, 0.5), "#0000ff")
    canvas.line("test", X, np.full(200, 0.5), "#ff0000")
    _text, styles = drawn(canvas)
    counts = [styles.count(colour) for colour in ("#0000ff", "#ff0000")]
    assert min(counts) >= 8
    assert abs(counts[0] - counts[1]) <= 1


def test_signs_in_one_cell_stand_beside_each_other() -> None:
    canvas = Canvas(40, 8, "braille")
    for name, sign in (("train", "●"), ("valid.", "×"), ("test", "+")):
        canvas.signs(name, np.array([0.5]), np.array([0.5]), sign, "bold")
    text, _styles = drawn(canvas)
    assert [text.count(sign) for sign in "●×+"] == [1, 1, 1]
    canvas = Canvas(40, 8, "braille")
    for name, sign in (("train", "●"), ("test", "+")):
        canvas.signs(name, np.array([1.0]), np.array([1.0]), sign, "bold")
    assert drawn(canvas)[0].split("\n")[0].endswith("+●")


def test_a_band_reaches_from_the_lowest_to_the_highest_in_each_column() -> None:
    canvas = Canvas(10, 10, "braille")
    x = np.repeat((np.arange(10) + 0.5) / 10, 2)
    low, high = np.full(20, 0.2), np.full(20, 0.5)
    high[9] = 0.9
    wide = canvas.band(x, low, high, "░")
    assert wide.all()
    rows = canvas.text("│")
    in_column = [[y for y in range(10) if rows[y].plain[column] == "░"] for column in range(10)]
    assert in_column[0] == [5, 6, 7]
    assert in_column[4] == [1, 2, 3, 4, 5, 6, 7], "one spike, in its column alone"
    assert in_column[5] == [5, 6, 7]


def test_what_is_thinner_than_a_row_is_no_band() -> None:
    canvas = Canvas(10, 10, "braille")
    assert not canvas.band(X, np.full(200, 0.50), np.full(200, 0.53), "░").any()
    assert drawn(canvas)[0].strip() == ""


def test_lines_are_drawn_over_a_band_that_goes_on_behind_them() -> None:
    canvas = Canvas(20, 6, "braille")
    canvas.band(X, np.full(200, 0.1), np.full(200, 0.9), "on #303030")
    canvas.line("smooth", X, np.full(200, 0.5), "#ff00ff", thick=True)
    _text, styles = drawn(canvas)
    assert "#ff00ff on #303030" in styles
    assert "#ff00ff" not in styles


@pytest.mark.parametrize(
    "ground", [(0, 0, 0), (18, 18, 18), (40, 42, 54), (224, 224, 224), (255, 255, 255), (0, 43, 54)]
)
def test_curves_are_seen_on_every_ground(ground: tuple[int, int, int]) -> None:
    inks = Inks(ground)
    band = inks.band.removeprefix("on #")
    behind = tuple(int(band[i : i + 2], 16) for i in (0, 2, 4))
    for colour in (BLUE, ORANGE, GREEN, PURPLE, FAINT):
        shown = seen_on(colour, behind)  # type: ignore[arg-type]
        assert inks.of(colour) == "#{:02x}{:02x}{:02x}".format(*shown)
        assert contrast(shown, behind) >= 3  # type: ignore[arg-type]
        assert contrast(shown, ground) >= 3


@pytest.mark.parametrize("marker", ["braille", "hd", "."])
def test_lines_are_told_apart_without_a_colour(marker: str) -> None:
    cells = {}
    for dash in ("", "dashed", "dotted"):
        canvas = Canvas(40, 8, marker)
        canvas.line("a", X, np.full(200, 0.5), "", dash=dash)
        cells[dash] = drawn(canvas)[0]
    assert len(set(cells.values())) == 3
    assert all(text.strip() for text in cells.values())


@pytest.mark.parametrize("slope", [0.0, 1.0, -1.0])
@pytest.mark.parametrize("points", [2, 50, 5000])
def test_a_broken_line_is_broken_wherever_it_goes_and_however_many_points_it_has(slope: float, points: int) -> None:
    dots = []
    for dash in ("", "dashed"):
        canvas = Canvas(30, 30, "braille")
        x = np.linspace(0, 1, points)
        canvas.line("a", x, 0.5 + slope * (x - 0.5), "", dash=dash)
        dots.append(sum(bin(ord(char) - 0x2800).count("1") for char in drawn(canvas)[0] if char >= "\u2800"))
    assert 0.5 < dots[1] / dots[0] < 0.65  # 9 of 16


def test_what_lies_on_top_is_not_taken_in_turns() -> None:
    canvas = Canvas(40, 8, "braille")
    canvas.line("top", X, np.full(200, 0.5), "#0000ff", thick=True, on_top=True)
    canvas.line("other", X, np.full(200, 0.5), "#ff0000")
    canvas.signs("other", np.array([0.5]), np.array([0.5]), "+", "#ff0000")
    text, styles = drawn(canvas)
    assert set(styles) == {"#0000ff"}
    assert "+" not in text


def test_each_band_has_its_own_ground() -> None:
    canvas = Canvas(10, 10, "braille")
    canvas.band(X, np.full(200, 0.1), np.full(200, 0.4), "on #300000")
    canvas.band(X, np.full(200, 0.6), np.full(200, 0.9), "on #003000")
    assert {"on #300000", "on #003000"} <= set(drawn(canvas)[1])
