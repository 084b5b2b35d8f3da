"""The start screen: what it lists, what it tells of the chosen one, and how it follows what trains."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from on_screen import choose, history, lines, screen_text, shown_keys

from core.experiment import resolve
from core.runs import summary
from core.runs.find import all_runs
from core.runs.folder import RunDir
from core.sessions import network
from tui.app import NntuiApp
from tui.live.trainer import Trainer
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.start.experiments import Experiments
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen
from tui.words.finding import fits


async def test_first_run_shows_how_to_begin_and_what_the_experiment_does(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Your runs will stand here" in screen_text(app))
        await until(pilot, lambda: "403 parameters" in screen_text(app))  # once PyTorch has loaded
        assert "A first classifier" in screen_text(app)
        assert "No download; about 2 s" in screen_text(app)
        await until(pilot, lambda: "versicolor" in screen_text(app))  # a picture of its data
        app.screen.query_one("#about").scroll_end(animate=False)
        await until(pilot, lambda: "200 of 10 steps" in screen_text(app))


async def test_no_pane_is_empty_in_a_large_window(app: NntuiApp, until) -> None:
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: "versicolor" in screen_text(app) and "Your runs" in screen_text(app))
        for pane in app.screen.query("#experiments, #runs, #about"):
            x, y, width, height = pane.content_region
            said = [line[x : x + width] for line in lines(app.screen)[y : y + height]]
            assert sum(map(bool, map(str.strip, said))) >= 2, pane
        about = app.screen.query_one("#about").content_region
        rows = [line[about.x : about.right] for line in lines(app.screen)[about.y : about.bottom]]
        assert sum(bool(row.strip()) for row in rows) > 0.8 * about.height, "a picture fills what there is"


async def test_a_models_folder_that_cannot_be_listed_is_said(app: NntuiApp, until, monkeypatch) -> None:
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.runs.find.os.listdir", refuse)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Permission denied" in screen_text(app))


async def test_what_does_not_fit_beside_the_lists_can_be_scrolled_by_keyboard(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        about = app.screen.query_one("#about")
        await until(pilot, lambda: about.max_scroll_y > 0)
        await pilot.press("tab", "tab")
        assert app.focused is about
        assert isinstance(app.screen, StartScreen)
        assert "iris-net" in screen_text(app), "what it is about stays chosen"
        await pilot.press("down")
        await until(pilot, lambda: about.scroll_y > 0)
        await pilot.press("end")
        await until(pilot, lambda: about.scroll_y == about.max_scroll_y)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        app.trainer.stop()
        await until(pilot, lambda: not app.trainer.busy)


# The mouse.


async def test_a_click_chooses_and_a_double_click_trains(app: NntuiApp, until) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        experiments = app.screen.query_one(Experiments)
        await pilot.click(experiments, offset=(5, 3))
        assert experiments.key == "long"
        assert isinstance(app.screen, StartScreen)
        assert app.trainer.phase == "idle"
        await pilot.click(experiments, offset=(5, 3), times=2)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        assert app.trainer.title == "long"
        app.trainer.stop()
        await until(pilot, lambda: not app.trainer.busy)


@pytest.mark.slow
async def test_a_click_on_a_run_does_not_open_it(past: NntuiApp, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        runs = past.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) == 6)
        await pilot.click(runs, offset=(5, 3))
        assert runs.has_focus
        assert runs.key == runs.rows[1].run_id
        assert isinstance(past.screen, StartScreen)
        await pilot.click(runs, offset=(5, 3), times=2)
        await until(pilot, lambda: isinstance(past.screen, TrainScreen))


@pytest.fixture
def past(root: Path, preset_folder: Path) -> NntuiApp:
    return NntuiApp(Trainer(root))


# Runs.


async def test_a_run_stands_there_with_its_score_its_loss_and_its_time(past: NntuiApp, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(past.screen.query_one(Runs).rows) == 6)
        await until(pilot, lambda: summary.cached(RunDir(next(past.trainer.root.glob("*-done-*")))) is not None)
        row = next(line for line in lines(past.screen) if "✓ done" in line)
        assert "95.6 %" in row, "its test accuracy"
        assert "█" in row
        assert "▁" in row
        assert "6.2 s" in row
        assert next(line for line in lines(past.screen) if "✗ broken" in line)


async def test_of_a_run_its_curves_its_score_in_large_digits_and_its_figure(past: NntuiApp, until) -> None:
    async with past.run_test(size=(200, 50)) as pilot:
        runs = past.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) == 6)
        await pilot.press("tab")
        runs.choose(next(run.run_id for run in runs.rows if run.name == "done"))
        await until(pilot, lambda: "Decision regions" in screen_text(past))
        assert "█▀█" in screen_text(past), "9 in large digits"
        assert "test accuracy, best 95.6 % in epoch 10" in screen_text(past)
        assert "Loss  ─ batches  ● train  + test" in screen_text(past)
        assert "Accuracy %  ● train  + test" in screen_text(past)


async def test_a_run_that_trains_shows_how_far_it_is_and_that_it_has_ended(app: NntuiApp, until) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
        await pilot.press("escape")

        def row() -> str:
            return next((line for line in lines(app.screen) if "long" in line and ("▶" in line or "■" in line)), "")

        await until(pilot, lambda: "▶ long" in row() and " %" in row())
        await until(pilot, lambda: "▶ long" in lines(app.screen)[0])
        await until(pilot, lambda: "Watch training" in shown_keys(app))
        (run_dir,) = all_runs(app.trainer.root)
        before = summary.cached(run_dir)
        await until(pilot, lambda: summary.cached(run_dir) != before)
        await until(pilot, lambda: app.title.startswith("▶"))
        app.trainer.stop()
        await until(pilot, lambda: "■ long" in row())
        await until(pilot, lambda: "■ long stopped, test accuracy" in lines(app.screen)[0])
        assert "Watch training" not in shown_keys(app)
        await until(pilot, lambda: app.title.startswith("■ long"))


async def _paused_before_its_end(app: NntuiApp, until, pilot) -> None:
    """A run of `short`, which ends by itself once it goes on; with the start screen in view."""
    choose(app, "short")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, TrainScreen) and history(app).step > 20)
    await pilot.press("space")
    await until(pilot, lambda: history(app).state == "paused")
    await pilot.press("escape")
    await until(pilot, lambda: re.search(r"short \d+ % paused", lines(app.screen)[0]) is not None)


@pytest.fixture
def short(preset_folder: Path, app: NntuiApp) -> NntuiApp:
    text = (preset_folder / "iris-net.toml").read_text()
    (preset_folder / "short.toml").write_text(re.sub(r"(?m)^epochs = .*", "epochs = 300", text))
    return app


async def test_a_run_that_ends_by_itself_is_seen_here(short: NntuiApp, until) -> None:
    async with short.run_test(size=(80, 24), notifications=True) as pilot:
        await _paused_before_its_end(short, until, pilot)
        await until(pilot, lambda: " w Watch training" in lines(short.screen)[-1])
        short.trainer.unpause()
        await until(pilot, lambda: "✓ short completed, test accuracy" in lines(short.screen)[0])
        await until(pilot, lambda: any(line.startswith("│ ✓ short ") for line in lines(short.screen)))
        await until(pilot, lambda: short.title.startswith("✓ short"))
        row = next(line for line in lines(short.screen) if line.startswith("│ ✓ short "))
        score = re.search(r"\d+\.\d %", row)
        assert score is not None, row
        assert f"test accuracy {score[0]}" in lines(short.screen)[0]
        assert short.title == f"✓ short {score[0]} · nntui"
        assert "training" not in screen_text(short).partition("Runs")[2]
        assert "Watch" not in lines(short.screen)[-1]
        (run_dir,) = all_runs(short.trainer.root)
        found = summary.cached(run_dir)
        assert found is not None
        assert (found.status, found.epochs) == ("completed", 300)


@pytest.mark.slow
async def test_its_end_is_said_on_another_screen(short: NntuiApp, until) -> None:
    async with short.run_test(size=(80, 24), notifications=True) as pilot:
        await _paused_before_its_end(short, until, pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(short.screen, ExperimentScreen))
        short.trainer.unpause()
        await until(pilot, lambda: "✓ short completed, test accuracy" in screen_text(short))
        assert isinstance(short.screen, ExperimentScreen)
        assert short.title.startswith("✓ short ")


async def test_a_run_of_another_process_is_followed(app: NntuiApp, until) -> None:
    """It is written here as another process writes it."""
    config = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3"), ("name", "elsewhere")])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Your runs will stand here" in screen_text(app))
        session = network.start(config, app.trainer.root)
        await until(pilot, lambda: bool(app.screen.query_one(Runs).rows))
        session.run.execute()
        await until(pilot, lambda: "✓ elsewhere" in screen_text(app))


async def test_while_nothing_changes_nothing_is_painted(past: NntuiApp, until) -> None:
    async with past.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(past.screen.query_one(Runs).rows) == 6)
        await until(pilot, lambda: "versicolor" in screen_text(past))
        await pilot.pause(1.2)
        painted = []
        shown = past._display
        past._display = lambda screen, renderable: (painted.append(renderable), shown(screen, renderable))  # type: ignore[assignment,method-assign]
        await pilot.pause(2.5)
        assert not painted


# Many runs.


async def test_runs_without_summaries_are_there_at_once_and_get_them(
    past: NntuiApp, root: Path, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the logs take that are read whole."""
    (done,) = root.glob("*-done-*")
    for i in range(40):
        shutil.copytree(done, root / f"20260102-1200{i:02}-done-{i:04x}")
    read, slow = summary.read, [True]

    def slowly(run_dir: RunDir) -> summary.Summary:
        while slow[0]:
            pass_time(0.01)
        return read(run_dir)

    monkeypatch.setattr(summary, "read", slowly)
    async with past.run_test(size=(80, 24)) as pilot:
        runs = past.screen.query_one(Runs)
        try:
            await until(pilot, lambda: len(runs.rows) == 46)
            assert "95.6 %" in screen_text(past)
            assert not list(root.glob("*/summary.json"))
        finally:
            slow[0] = False
        await until(pilot, lambda: len(list(root.glob("*/summary.json"))) >= 44)  # not those that seem to train
        await pilot.press("tab", "end")
        assert runs.key == runs.rows[-1].run_id


def pass_time(seconds: float) -> None:
    import time

    time.sleep(seconds)


@pytest.mark.slow
async def test_the_cursor_stays_on_its_run_when_another_one_comes(past: NntuiApp, root: Path, until) -> None:
    async with past.run_test(size=(80, 24)) as pilot:
        runs = past.screen.query_one(Runs)
        await until(pilot, lambda: len(runs.rows) == 6)
        await pilot.press("tab", "down", "down")
        chosen = runs.key
        (done,) = root.glob("*-done-*")
        shutil.copytree(done, root / "20270102-120000-done-ffff")
        first = json.loads((done / "events.jsonl").read_text().partition("\n")[0])
        assert first["started"] < "2027"
        await until(pilot, lambda: len(runs.rows) == 7)
        assert runs.key == chosen


# Files that are missing.


async def test_the_experiments_stand_in_the_order_of_learning(until, tmp_path: Path) -> None:
    app = NntuiApp(Trainer(tmp_path / "models", data_dir=str(tmp_path / "nowhere")))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "↓ 12 MB" in screen_text(app))
        names = [row.name for row in app.screen.query_one(Experiments).rows]
        assert names[0] == "iris-net"
        assert all(row.teaches for row in app.screen.query_one(Experiments).rows)
        missing = [bool(row.missing) for row in app.screen.query_one(Experiments).rows]
        assert missing == sorted(missing), "first what needs no download"
        choose(app, "fashion-mlp")
        await until(pilot, lambda: "Fetch files" in shown_keys(app) and "31 MB: F" in screen_text(app))


async def test_rows_are_found_by_what_is_written_in_them(root: Path, preset_folder: Path, until) -> None:
    app = NntuiApp(Trainer(root))
    async with app.run_test(size=(80, 24)) as pilot:
        runs, experiments = app.screen.query_one(Runs), app.screen.query_one(Experiments)
        await until(pilot, lambda: len(runs.rows) == 6)
        await pilot.press("tab", "down", "down", "slash", *"BROK")
        await until(pilot, lambda: "Runs  1 of 6 fit 'BROK'" in screen_text(app))
        assert [row.name for row in runs.rows] == ["broken"]
        assert len(experiments.rows) == 2, "the other list has a line of its own"
        await pilot.press("enter")
        assert app.focused is runs
        assert "loss became NaN" in screen_text(app), "what is told is of the one that was found"
        for wanted, names in {
            "completed": ["sick", "done"],
            "95.6 accuracy": ["done"],
            "01-01 12:00 test half": ["half"],
        }.items():
            assert [row.name for row in runs.every if fits(wanted, runs.words_of(row))] == names
        await pilot.press("slash", "left_square_bracket", "slash", "backslash", "down")
        assert "0 of 6 fit '[/\\'" in screen_text(app)
        assert "None of them fits" in screen_text(app)
        await pilot.press("enter", "c")
        assert isinstance(app.screen, StartScreen), "there is nothing to open"
        assert "Clear" in shown_keys(app)
        await pilot.press("escape")
        await until(pilot, lambda: len(runs.rows) == 6 and "fit" not in screen_text(app))
        assert "Clear" not in shown_keys(app)
        await pilot.press("shift+tab", "slash", *"long q")
        await until(pilot, lambda: not experiments.rows)
        await pilot.press("escape")
        await until(pilot, lambda: len(experiments.rows) == 2)
        assert app.focused is experiments


async def test_a_thousand_runs_are_found_without_a_pause(root: Path, app: NntuiApp, until) -> None:
    one = summary.read(RunDir(next(root.glob("*done*"))))
    many = [replace(one, run_id=f"20260101-12{i:04}-a-{i:04}", name=f"run {i}") for i in range(1000)]
    async with app.run_test(size=(80, 24)) as pilot:
        runs = app.screen.query_one(Runs)
        await until(pilot, lambda: "Your runs will stand here" in screen_text(app))
        runs.show(many)
        began = time.perf_counter()
        runs.find("77 un")
        seconds = time.perf_counter() - began
        assert [row.name for row in runs.rows] == [f"run {i}" for i in range(1000) if "77" in str(i)]
        assert seconds < 0.1
