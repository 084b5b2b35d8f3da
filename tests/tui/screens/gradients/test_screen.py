"""The Gradient screen by keyboard: on runs with a given snapshot, and on one that trains; and what its panes draw."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import on_screen
import pytest
from rich.text import Text
from textual.pilot import Pilot

from core.experiment import resolve
from core.gradients import compare
from core.gradients import snapshot as gradients
from core.gradients.compare import Errors
from core.gradients.snapshot import Snapshot
from core.runs.folder import RunDir
from tui.app import NntuiApp
from tui.charts.drawing import Drawing
from tui.charts.ink import SIGNED, Look, resample
from tui.live.trainer import Trainer
from tui.screens.gradients import four_gradients, loss_slope, step_error, unit_picture
from tui.screens.gradients.four_gradients import Run
from tui.screens.gradients.gradient_numbers import ratio, short, step, time_of
from tui.screens.gradients.screen import GradientScreen
from tui.screens.gradients.study import STEPS, Choice, Study, Wanted, reach, study, turned
from tui.screens.gradients.view import GradientView
from tui.screens.run.screen import TrainScreen
from tui.system.terminal import plot_marker
from tui.widgets.run_log import RunLog

SIZES = [
    *((80, 24), (120, 36)),
    *(pytest.param(size, marks=pytest.mark.slow) for size in ((60, 18), (100, 36), (200, 50))),
]

Open = Callable[[Pilot[int], str], Awaitable[GradientView]]


@pytest.fixture
def app(nets: Path) -> NntuiApp:
    return NntuiApp(Trainer(nets))


@pytest.fixture
def open_gradients(until) -> Open:
    """By g, from the train screen; with its study, if the run has one."""

    async def open_gradients(pilot: Pilot[int], run: str) -> GradientView:
        app = pilot.app
        assert isinstance(app, NntuiApp)
        (path,) = app.trainer.root.glob(f"*-{run}-*")
        app._show_run(path.name)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, GradientScreen) and app.screen.is_read)
        view = app.screen.query_one(GradientView)
        if run not in ("none", "torn"):
            await until(pilot, lambda: view._study is not None)
        await pilot.pause()
        return view

    return open_gradients


def seen(app: NntuiApp) -> str:
    return on_screen.text(app.screen)


def panes(view: GradientView) -> set[str]:
    """That can be seen."""
    names = {"unit", "weight", "step", "training"}
    found = {name for name in names if view.query_one(f"#{name}").region.area}
    return found | ({"log"} if view.query_one(RunLog).region.area else set())


def shown(view: GradientView) -> Study:
    assert view._study is not None
    return view._study


async def settled(pilot: Pilot[int], view: GradientView, until) -> Study:
    """When what was asked for is seen."""
    await until(
        pilot,
        lambda: not view._working and view._asked == replace(view._wanted, written=shown(view).wanted.written),
    )
    await pilot.pause()
    return shown(view)


# What there is to see.


async def test_the_table_tells_time_ratio_norms_and_differences(app: NntuiApp, open_gradients: Open) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        text = seen(app)
        assert "Gradients of one batch  step 200 of 400" in text
        assert "≈ 17 s 41,000 ×" in text
        assert "≈ 1.9 h" in text, "400 times 16.9 s"
        assert "the same differences as numerical" in text
        assert "▸numerical" in text
        assert f"literal computes {2 * (64 * 12 + 12 + 120 + 10):,} losses of the batch" in text
        norm = np.linalg.norm(shown(view).comparison.backprop.W1)
        (line,) = [line for line in text.splitlines() if " backprop " in line and "412 µs" in line]
        assert f"412 µs      1 × ≈ 160 ms {short(float(norm)):>7}" in line
        for part in ("train acc, test acc", "Hidden unit", "Loss along W1", "Error by h", "Accuracy %", "20 samples"):
            assert part in text, part


async def test_gradients_are_in_the_footer_of_such_runs_only(
    app: NntuiApp, open_gradients: Open, root: Path, until
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_gradients(pilot, "pictures")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await pilot.pause()
        assert "D Gradients" in seen(app)
    other = NntuiApp(Trainer(root))
    async with other.run_test(size=(120, 40)) as pilot:
        other._show_run(next(root.glob("*-done-*")).name)
        await until(pilot, lambda: isinstance(other.screen, TrainScreen) and other.screen.is_read)
        await pilot.pause()
        assert "D Gradients" not in seen(other)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_pane_can_be_seen_in_every_window(app: NntuiApp, open_gradients: Open, until, size) -> None:
    async with app.run_test(size=size) as pilot:
        view = await open_gradients(pilot, "pictures")
        table = view.query_one("#table", Drawing)
        begun = panes(view)
        met: set[str] = set()
        for _ in range(len(view._views)):
            met |= panes(view)
            assert table.region.height >= 7, "the table is always there"
            assert app.focused is not None
            for name in panes(view):
                assert view.query_one(f"#{name}" if name != "log" else RunLog).region.height >= 5, (name, size)
            await pilot.press("v")
            await pilot.pause()
        assert met == {"unit", "weight", "step", "training", "log"}
        assert panes(view) == begun
        if size[0] >= 120 and size[1] >= 36:
            assert begun == met, "a large window shows all of it"
        await pilot.press("V")
        await pilot.pause()
        assert panes(view) != begun
        await pilot.press("v")
        await pilot.resize_terminal(50, 12)
        await until(pilot, lambda: "60×18 needed" in seen(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: len(panes(view)) == 5)
        assert "Hidden unit" in seen(app)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ("none", "this run has left no gradients"),
        ("torn", "its snapshot cannot be read: figures/gradients.npz"),
    ],
)
async def test_why_there_is_nothing_to_see(app: NntuiApp, open_gradients: Open, until, run, reason) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, run)
        await until(pilot, lambda: reason in seen(app))
        await pilot.press(
            "v",
            "V",
            "f",
            "h",
            "H",
            "0",
            "right_square_bracket",
            "left_square_bracket",
            "W",
            "p",
            "plus",
            "minus",
            "left",
            "down",
            "v",
        )
        assert view._study is None
        assert isinstance(app.screen, GradientScreen)


async def test_names_from_data_are_only_text(app: NntuiApp, open_gradients: Open, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "rows")
        text = seen(app)
        assert "0 petal length (cm)" in text
        assert "1 [@click=app.quit]x[/]" in text
        assert "3 이름" in text
        await pilot.press("W", "W")
        await settled(pilot, view, until)
        assert "1 [/]" in seen(app)
        assert "\x1b" not in seen(app)


# Keys.


async def test_the_dial_changes_what_is_shown(app: NntuiApp, open_gradients: Open, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        at_first = shown(view)
        assert "training keeps 1e-4" in seen(app)
        await pilot.press("h")
        view.action_turn(5)
        found = await settled(pilot, view, until)
        assert found.h == pytest.approx(0.1)
        assert found.snapshot is at_first.snapshot, "nothing is read again"
        assert found.errors is at_first.errors
        assert found.comparison.difference("numerical") > 100 * at_first.comparison.difference("numerical")
        assert "h = 0.1" in seen(app)
        assert "truncated: the loss bends within the step" in seen(app)
        assert "training keeps 1e-4" in seen(app)
        await pilot.press("0")
        assert (await settled(pilot, view, until)).h == 1e-4
        await pilot.press("H")
        view.action_turn(-30)
        assert (await settled(pilot, view, until)).h == 1e-12
        assert "lost in rounding: L(w+h), L(w-h) hardly differ" in seen(app)


async def test_a_weight_is_chosen_in_the_picture(app: NntuiApp, open_gradients: Open, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        gradient = shown(view).comparison.backprop
        best = np.unravel_index(np.abs(gradient.W1).argmax(), gradient.W1.shape)
        assert shown(view).choice.index == best, "where the gradient is largest"
        await pilot.press("shift+up", "shift+up", "shift+left", "shift+left")
        found = await settled(pilot, view, until)
        assert found.choice.input == 0
        assert "pixel (0, 0)" in seen(app)
        assert "flat: this input is 0 in all 20 samples of the batch" in seen(app)
        await pilot.press("down", "shift+right", "right")
        assert (await settled(pilot, view, until)).choice.input == 8 + 6
        assert f"Loss along W1[14, {best[1]}]" in seen(app)
        await pilot.press("right_square_bracket")
        found = await settled(pilot, view, until)
        assert found.choice.unit == (best[1] + 1) % 12
        assert found.errors.unit == found.choice.unit
        await pilot.press("p")
        found = await settled(pilot, view, until)
        assert found.choice.input == np.abs(gradient.W1[:, found.choice.unit]).argmax()
        for name, entries in (("b1", 12), ("W2", 10), ("b2", 10)):
            await pilot.press("W", *(["g", "G"] if name == "W2" else ["pagedown", "pagedown"]))
            found = await settled(pilot, view, until)
            assert found.choice.name == name
            assert found.choice.at == entries - 1, "no further than the last"
            assert f"Loss along {name}[" in seen(app)
        await pilot.press("W")
        assert (await settled(pilot, view, until)).choice.name == "W1"
        await pilot.press("G")
        assert (await settled(pilot, view, until)).choice.input == 63


async def test_zooming_from_a_few_steps_to_units_of_weight(app: NntuiApp, open_gradients: Open, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        assert "w+4e-4" in seen(app)
        await pilot.press("plus", "minus", "minus")  # closer than the closest it does not go
        found = await settled(pilot, view, until)
        assert found.slice.xs[-1] - found.slice.weight == pytest.approx(4e-3)
        view.action_zoom(20)
        found = await settled(pilot, view, until)
        assert found.slice.xs[-1] - found.slice.weight == pytest.approx(10)
        assert "w±h" in seen(app)


# While it changes.


def newer(nets: Path, run: str, step: int) -> None:
    (path,) = nets.glob(f"*-{run}-*")
    gradients.write(RunDir(path), replace(shot(step), step=step))


def shot(seed: int) -> Snapshot:
    """Another one of the run on pictures."""
    random = np.random.RandomState(seed)
    (path,) = [random.randint(0, 5, (20, 64)) / 4.0]
    net = compare.Net.drawn(random, 64, 12, 10, 0.3)
    seconds = {"literal": 1.0, "numerical": 0.01, "backprop": 0.001, "autograd": 0.002}
    return Snapshot(2, seed, net, path, random.randint(0, 10, 20), (1, 8, 8), 1e-7, 1e-4, seconds, frozenset())


async def test_it_follows_the_newest_batch_unless_it_is_held(
    app: NntuiApp, open_gradients: Open, nets: Path, until
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        choice = shown(view).choice
        newer(nets, "pictures", 210)
        await until(pilot, lambda: shown(view).snapshot.step == 210)
        assert shown(view).choice == choice, "the same weight of another batch"
        await pilot.press("f")
        newer(nets, "pictures", 220)
        view.show_next()
        await pilot.press("h", "right", "right_square_bracket")
        found = await settled(pilot, view, until)
        assert (found.snapshot.step, found.choice.unit) == (210, (choice.unit + 1) % 12)
        assert "held, f follows" in seen(app)
        await pilot.press("f")
        await until(pilot, lambda: shown(view).snapshot.step == 220)
        await until(pilot, lambda: "held" not in seen(app))


async def test_nothing_is_computed_or_painted_while_nothing_changes(
    app: NntuiApp, open_gradients: Open, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        await settled(pilot, view, until)
        painted: list[object] = []
        monkeypatch.setattr("tui.screens.gradients.view.study", lambda *_args: pytest.fail("computed again"))
        for drawing in view.query(Drawing):
            monkeypatch.setattr(drawing, "refresh", lambda *regions, **_how: painted.append(regions))
        for _ in range(3):
            view.show_next()
        view._show_study()
        await pilot.pause()
        assert not painted


async def test_a_damaged_snapshot_leaves_the_one_before(app: NntuiApp, open_gradients: Open, nets: Path, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        view = await open_gradients(pilot, "pictures")
        (path,) = nets.glob("*-pictures-*")
        (path / "figures" / gradients.FILE).write_bytes(b"torn")
        before = view._asked
        view.show_next()
        await until(pilot, lambda: not view._working and view._asked != before)
        assert shown(view).snapshot.step == 200
        assert "≈ 17 s 41,000 ×" in seen(app)


@pytest.mark.slow
async def test_a_run_that_trains(tmp_path: Path, until) -> None:
    """Keys steer it, its gradients follow it, and the screen below has missed nothing when it is back."""
    app = NntuiApp(Trainer(tmp_path / "models"))
    settings = [("dataset.name", "digits"), ("gradient", "backprop"), ("iterations", "1000000")]
    async with app.run_test(size=(120, 40)) as pilot:
        app._train(resolve.load("two-layer", settings))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 0)
        below = app.screen
        assert isinstance(below, TrainScreen)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, GradientScreen))
        screen = app.screen
        assert isinstance(screen, GradientScreen)
        view = screen.query_one(GradientView)
        await until(pilot, lambda: view._study is not None)
        first = shown(view).snapshot.step
        await until(pilot, lambda: shown(view).snapshot.step > first)
        assert "training goes by backprop" in seen(app)
        await pilot.press("space")
        await until(pilot, lambda: screen.state == "paused")
        await pilot.press("space")
        await until(pilot, lambda: screen.state == "training")
        step = below.history.step
        await until(pilot, lambda: screen.history.step > step)
        assert below.history.step == step, "one of them drains the run"
        await pilot.press("s")
        await until(pilot, lambda: screen.state == "stopped")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is below and below._state == "stopped")
        assert below.history.step == screen.history.step
        assert below.history.losses.points.sum() == below.history.step


# What the panes draw.


@pytest.fixture
def looked(nets: Path) -> Callable[..., Study]:
    def looked(run: str = "pictures", **wanted: object) -> Study:
        (path,) = nets.glob(f"*-{run}-*")
        found = study(RunDir(path), Wanted(1, **wanted), None)  # type: ignore[arg-type]
        assert found is not None
        return found

    return looked


PLAIN = Look(ascii=True, colour=False)


@pytest.mark.slow
@pytest.mark.parametrize("look", [Look(), Look(colour=False), PLAIN], ids=["colour", "no colour", "ASCII"])
@pytest.mark.parametrize("run", ["pictures", "rows"])
def test_every_pane_fits_into_any_size(looked, run: str, look: Look) -> None:
    for choice in (None, Choice("b1", 3), Choice("W2", 3, 0, 1), Choice("b2", 0, 0, 2), Choice("W1", 0, 0)):
        for h in (1e-4, 1e-12, 1.0):
            found = looked(run, choice=choice, h=h)
            for width, height in ((0, 0), (1, 1), (20, 3), (30, 2), (32, 4), (40, 7), (61, 15), (78, 10), (150, 40)):
                for draw in (unit_picture.unit, loss_slope.slope, step_error.error):
                    text = draw(found, width, height, look)
                    lines = text.split("\n", allow_blank=True)
                    assert len(lines) <= max(1, height), (draw, width, height)
                    assert max(line.cell_len for line in lines) <= width, (draw, width, height)
            for width, height in ((58, 6), (78, 6), (78, 7)):
                lines = four_gradients.table(found, Run(10, "numerical"), width, height, look).split("\n")
                assert len(lines) <= height
                assert max(line.cell_len for line in lines) <= width


def test_ascii_terminals_get_ascii(looked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNTUI_MARKERS", "ascii")
    plot_marker.cache_clear()
    try:
        found = looked()
        for draw in (unit_picture.unit, loss_slope.slope, step_error.error):
            assert draw(found, 78, 12, PLAIN).plain.isascii(), draw
    finally:
        monkeypatch.undo()
        plot_marker.cache_clear()


def test_without_colour_signs_tell_the_sign(looked) -> None:
    found = looked(choice=Choice("W1", 3, 20))
    text = unit_picture.unit(found, 78, 12, Look(colour=False)).plain
    assert {"+", "-"} <= set(text)
    assert text.count("▸") == text.count("◂") == 2, "the cursor, in both pictures"
    assert "== -" in text or "= -" in text


def test_a_small_picture_is_enlarged_and_a_large_one_shrunk(looked) -> None:
    def size(width: int, height: int) -> tuple[int, int] | None:
        return unit_picture._size(28, 28, width, height)

    assert size(28, 14) == (28, 28)
    assert size(70, 30) == (56, 56)
    assert size(100, 10) == (20, 20)
    assert size(100, 2) is None
    assert unit_picture._size(8, 8, 70, 30) == (56, 56)


def test_the_cursor_is_on_its_pixel_in_every_size(looked) -> None:
    """The picture is a single bright pixel: what stands between the arrows."""
    for times in (1, 2, 3, 5):
        for x, y in ((0, 0), (7, 7), (3, 4)):
            image = np.zeros((8, 8))
            image[y, x] = 1.0
            size = (8 * times, 8 * times)
            lines = SIGNED.lines(resample(image, *size), Look(colour=False))
            lines = [Text(" ").append_text(line).append(" ") for line in lines]
            unit_picture._point(lines, image, x, y, size, Look(colour=False))
            (line,) = [line.plain for line in lines if "▸" in line.plain]
            between = line[line.index("▸") + 1 : line.index("◂")]
            assert len(between) == times
            assert set(between) <= {"#", "+"}, (times, x, y, line)


def test_the_points_of_the_difference_and_the_two_slopes(looked) -> None:
    found = looked(h=1e-3)
    text = loss_slope.slope(found, 58, 14, Look()).plain
    assert text.count("●") == 2
    assert "◆" in text
    assert "w-h" in text
    assert f"L(w+h) {found.slice.above:.4f}"[:10] in text
    above, below, h = found.slice.above, found.slice.below, 1e-3
    assert found.slice.quotient == (above - below) / (2 * h)
    assert f"/ 2h = {found.slice.quotient:.3f}"[:9] in text
    far = loss_slope.slope(looked(zoomed_out=9), 58, 14, Look()).plain
    assert "w±h" in far, "the three are one cell"


def test_the_sentence_says_on_which_side_the_step_is() -> None:
    steps = np.array(STEPS)
    errors = Errors(0, steps, 1e-16 / steps + steps**2)
    assert errors.best == pytest.approx(10**-5.5)
    assert step_error.sentence(errors, 1e-10)[1].startswith("lost in rounding")
    assert step_error.sentence(errors, 1e-1)[1].startswith("truncated")
    assert step_error.sentence(errors, 1e-5) == (
        "h = 1e-5: relative error 1.1e-10",
        "good: smaller is lost in rounding, larger truncates",
    )
    flat = Errors(0, steps, np.zeros(len(steps)))
    assert "no error" in "".join(line.plain for line in step_error.plot(flat, 1e-4, 50, 10, Look()))


def test_the_dial_has_the_runs_own_step_on_it() -> None:
    assert turned(1e-4, 1, 1e-4) == pytest.approx(10**-3.5)
    assert turned(1e-4, -1, 1e-4) == pytest.approx(10**-4.5)
    assert turned(2e-4, 1, 2e-4) == pytest.approx(10**-3.5)
    assert turned(10**-3.5, -1, 2e-4) == 2e-4
    assert turned(1.0, 1, 1e-4) == 1.0
    assert turned(1e-12, -1, 1e-4) == 1e-12
    assert reach(1e-4, 0) == 4e-4
    assert reach(0.1, 20) == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (time_of(16.9, 2), "17 s"),
        (time_of(0.000412), "412 µs"),
        (time_of(0.0424), "42.4 ms"),
        (time_of(59.96, 2), "60 s"),
        (time_of(16.9 * 10_000, 2), "47 h"),
        (time_of(5400), "90 min"),
        (time_of(6760), "1.9 h"),
        (time_of(1e6), "12 d"),
        (time_of(2e-9), "0.002 µs"),
        (time_of(math.nan), "?"),
        (ratio(41_019.4), "41,000 ×"),
        (ratio(1.78), "1.8 ×"),
        (ratio(155.4), "160 ×"),
        (ratio(math.inf), "?"),
        (short(0.03124), "0.0312"),
        (short(-1.234e-5), "-1.23e-5"),
        (short(0.0), "0"),
        (short(math.inf), "inf"),
        (step(1e-4), "1e-4"),
        (step(10**-4.5), "3.2e-5"),
        (step(0.1), "0.1"),
        (step(1.0), "1"),
    ],
)
def test_numbers_are_short(text: str, expected: str) -> None:
    assert text == expected
