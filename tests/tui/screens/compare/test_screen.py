"""The compare screen, by its keys."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import on_screen
import pytest
from textual.pilot import Pilot

from core.runs.event_log import EventLog
from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.compare.overlay import best_first
from tui.screens.compare.screen import CompareScreen
from tui.screens.compare.view import CompareView
from tui.screens.run.screen import TrainScreen

RUNS = ("0000", "0001", "0002", "0003", "0004")


async def opened(pilot: Pilot[int], root: Path, until: Any, *names: str) -> CompareView:
    """The runs of the folder whose ids end so."""
    app = pilot.app
    ids = [next((path.name for path in root.iterdir() if path.name.endswith(name)), name) for name in names]
    await pilot.pause()
    app.push_screen(CompareScreen(root, ids))
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.is_read)
    await pilot.pause()
    assert isinstance(app.screen, CompareScreen)
    return app.screen.view


def lines_of(view: CompareView, *words: str) -> list[str]:
    """What is on the screen, of the lines with these words."""
    return [line for line in on_screen.lines(view.screen) if all(word in line for word in words)]


def row_labels(view: CompareView) -> list[str]:
    return view.overlay.comparison.labels


async def test_curves_table_and_what_differs(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        view = await opened(pilot, compared, until, *RUNS)
        text = on_screen.text(app.screen)
        assert "compare 5 runs of net" in text
        assert "Test accuracy %" in text
        assert row_labels(view) == ["lr 0.1", "lr 0.01", "lr 0.03"]
        assert "Runs 3 of 5 networks" in text
        assert lines_of(view, "lr 0.1", "±", "★")
        assert lines_of(view, "optimizer.lr", "0.1", "0.01")
        assert not lines_of(view, "batch_size"), "only what differs"
        before = view.overlay.metric
        await pilot.press("M")
        assert view.overlay.metric != before
        assert "Test loss" in on_screen.text(app.screen)


async def test_seeds_fold_and_unfold(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        view = await opened(pilot, compared, until, *RUNS)
        await pilot.press("S")
        await until(pilot, lambda: len(row_labels(view)) == 5)
        assert row_labels(view)[:2] == ["seed 0 lr 0.1", "seed 1 lr 0.1"]
        each = [track.mean for track in view.overlay.tracks()[:3] if track is not None]
        await pilot.press("S")
        await until(pilot, lambda: len(row_labels(view)) == 3)
        folded = view.overlay.tracks()[0]
        assert folded is not None
        np.testing.assert_allclose(folded.mean, np.mean(each, axis=0))
        np.testing.assert_allclose(folded.high - folded.mean, np.std(each, axis=0, ddof=1), atol=1e-12)
        assert folded.n.tolist() == [3] * 20


@pytest.mark.slow
async def test_all_values_at_the_cursor_the_best_first(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        view = await opened(pilot, compared, until, "0000", "0003", "0004")
        await pilot.press(*["shift+left"] * 6)
        assert view.overlay.place.startswith("epoch ")
        values = view.overlay.values()
        assert values is not None
        known = [value[0] for value in values if value is not None]
        assert len(known) == 3
        order = best_first(view.overlay.metric, known)
        shown = [line for line in on_screen.lines(app.screen) if "│" in line and " lr 0." in line and "·" not in line]
        assert [next(label for label in row_labels(view) if f" {label} " in line) for line in shown[-3:]] == [
            row_labels(view)[i] for i in order
        ]
        await pilot.press("escape")
        assert view.overlay.view.cursor is None
        await pilot.press("left", "end")
        assert isinstance(app.screen, CompareScreen), "Esc first put the cursor away"
        values = view.overlay.values()
        assert values is not None
        assert values[2] is None, "it was stopped before"


@pytest.mark.slow
async def test_zoom_pan_axes_smoothing(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        view = await opened(pilot, compared, until, *RUNS)
        overlay = view.overlay
        await pilot.press("plus", "plus")
        assert overlay.view.width == pytest.approx(50)
        assert "epoch 7.5-12.5" in on_screen.text(app.screen)
        await pilot.press("comma", "y", "0")
        assert overlay.view.whole
        assert overlay.view.log_y
        units = []
        for _ in range(3):
            await pilot.press("x")
            units.append((overlay.view.unit, overlay.newest))
        assert [unit for unit, _newest in units] == ["step", "time", "epoch"]
        assert units[0][1] == units[2][1] == 200
        exact = [track.mean.copy() for track in overlay.tracks() if track]
        await pilot.press("a")
        assert overlay.smoothing > 0
        assert "smoothing 0.9" in on_screen.text(app.screen)
        assert any(not np.allclose(a, b.mean) for a, b in zip(exact, overlay.tracks(), strict=True) if b)


@pytest.mark.slow
async def test_the_run_under_the_cursor_lies_on_top_and_others_can_be_hidden(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(80, 24)) as pilot:
        view = await opened(pilot, compared, until, *RUNS)
        await pilot.press("down")
        picture = view.overlay.picture(view.chosen.key if view.chosen else "")
        assert [curve.name for curve in picture.curves if curve.on_top] == ["1"]
        assert picture.curves[-1].on_top
        looks = {(curve.marker, curve.dash) for curve in picture.curves if not curve.band}
        assert len(looks) == 3, "told apart without a colour"
        await pilot.press("space")
        assert {curve.name for curve in view.overlay.picture("").curves if not curve.band} == {"0", "2"}
        assert "1 hidden" in on_screen.text(app.screen)
        await pilot.press("space")
        assert len([c for c in view.overlay.picture("").curves if not c.band]) == 3


@pytest.mark.slow
async def test_a_run_of_another_process_moves(
    compared: Path, until: Any, live_run: Callable[[], tuple[Any, Any]]
) -> None:
    app = NntuiApp(Trainer(compared))
    run_dir, add = live_run()
    log = EventLog(run_dir)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            view = await opened(pilot, compared, until, "0000", run_dir.run_id)
            assert view.overlay.comparison.entries[1].state == "training"
            add(4)
            await until(pilot, lambda: view.overlay.comparison.entries[1].epoch == 4)
            track = view.overlay.tracks()[1]
            assert track is not None
            assert track.x[-1] == 40
            assert view.overlay.end > view.overlay.newest or view.overlay.newest == 200
            log.close()
            await until(pilot, lambda: view.overlay.comparison.entries[1].state == "interrupted")
    finally:
        log.close()


@pytest.mark.slow
async def test_what_cannot_be_read_is_a_line(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(80, 24)) as pilot:
        view = await opened(pilot, compared, until, "0000", "0006", "no such run", "0003")
        text = " ".join(on_screen.text(app.screen).split())
        assert "✗" in text
        assert "does not tell how the run began" in text or "^y has them" in text
        assert row_labels(view) == ["lr 0.1", "lr 0.01"]
    async with NntuiApp(Trainer(compared)).run_test(size=(80, 24)) as pilot:
        view = await opened(pilot, compared, until, "0006", "0000")
        assert "only one network is left" in on_screen.text(pilot.app.screen)
    async with NntuiApp(Trainer(compared)).run_test(size=(80, 24)) as pilot:
        await opened(pilot, compared, until, "0006")
        assert "nothing to compare" in on_screen.text(pilot.app.screen)
        await pilot.press("M", "S", "space", "left", "plus", "x", "enter", "v", "v")
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, CompareScreen)


@pytest.mark.slow
async def test_a_search_has_a_row_for_each_cell(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        view = await opened(pilot, compared, until, "repeats-ab05")
        assert [row.n for row in view.overlay.comparison.rows] == [3, 3]
        assert row_labels(view) == ["n units 8", "n units 16"]
        await pilot.press("enter")
        await until(pilot, lambda: "Which of these?" in on_screen.text(app.screen))


@pytest.mark.slow
async def test_enter_opens_a_run_and_esc_comes_back(compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, compared, until, "0003", "0004")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        assert "net-0004" in on_screen.text(app.screen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))


@pytest.mark.slow
async def test_the_comparison_as_csv_and_as_a_command(compared: Path, until: Any, tmp_path: Path) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, compared, until, *RUNS)
        target = tmp_path / "out.csv"
        await pilot.press("e")
        await until(pilot, lambda: "one row per run" in on_screen.text(app.screen))
        await pilot.press("ctrl+u", *["backspace"] * 20)
        app.screen.query_one("Field").value = str(target)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, target.is_file)
        rows = list(csv.DictReader(target.open()))
        assert [row["n"] for row in rows] == ["3", "1", "1"]
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: "nntui compare" in on_screen.text(app.screen))


@pytest.mark.parametrize(
    "size", [(60, 18), *(pytest.param(size, marks=pytest.mark.slow) for size in [(80, 24), (120, 40), (200, 50)])]
)
async def test_every_view_fits(size: tuple[int, int], compared: Path, until: Any) -> None:
    app = NntuiApp(Trainer(compared))
    async with app.run_test(size=size) as pilot:
        view = await opened(pilot, compared, until, *RUNS, "repeats-ab05")
        for _ in range(5):
            shown = [pane for pane in view.query("OverlayChart, RunsTable, SettingsTable") if pane.display]
            assert shown
            assert all(pane.size.height >= 2 and pane.size.width >= 20 for pane in shown)
            assert app.screen.focused in shown
            assert "too small" not in on_screen.text(app.screen)
            await pilot.press("v")
            await pilot.pause()


def test_the_best_comes_first_and_what_is_not_there_last() -> None:
    assert best_first("test_accuracy", [0.1, float("nan"), 0.9]) == [2, 0, 1]
    assert best_first("test_loss", [0.1, float("nan"), 0.9]) == [0, 2, 1]
