"""What stands beside the form follows its settings, and a trial is made where and when it can be."""

from __future__ import annotations

import threading
from pathlib import Path

import on_screen
import pytest

from core.data.prepare import load_data
from core.experiment import resolve
from core.runs.find import all_runs
from core.training import cost as trial
from tui.app import NntuiApp
from tui.live.looker import Looker
from tui.live.trainer import Trainer
from tui.screens.run.screen import TrainScreen
from tui.screens.start.runs import Runs
from tui.screens.start.screen import StartScreen


def test_another_data_folder_is_looked_into(fashion_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNTUI_DATA_DIR", raising=False)  # it would come before the config's
    looker = Looker(Trainer(tmp_path))
    there = resolve.load("fashion-mlp", [("data_dir", str(fashion_dir))])
    found = looker.look(there)
    assert found is not None
    assert found.data is not None
    elsewhere = looker.look(resolve.load("fashion-mlp", [("data_dir", str(tmp_path / "nowhere"))]))
    assert elsewhere is not None
    assert "nowhere" in elsewhere.refusal


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    settings = [("dataset.name", "csv"), ("dataset.path", str(table)), ("dataset.target", "kind")]
    looker, sizes = Looker(Trainer(tmp_path)), []
    for n in (20, 40):
        table.write_text("x,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(n)))
        looked = looker.look(resolve.load("iris-net", settings))
        assert looked is not None
        assert looked.data is not None, looked.refusal
        sizes.append(sum(looked.data.sizes.values()))
    assert sizes == [20, 40]


def test_a_trial_waits_for_the_one_before_to_end_its_step(tmp_path: Path) -> None:
    trainer = Trainer(tmp_path)
    looker = Looker(trainer)
    look = looker.look(resolve.load("iris-net"))
    assert look is not None
    trainer.quiet.acquire()
    threading.Timer(0.3, trainer.quiet.release).start()
    measured = looker.with_cost(look)
    assert measured is not None
    assert measured.cost is not None
    assert measured.cost.seconds is not None


def test_what_is_closed_holds_no_data(tmp_path: Path) -> None:
    looker = Looker(Trainer(tmp_path))
    looker.look(resolve.load("iris-net"))
    looker.close()
    assert looker._data is None
    assert looker._preview is None


def test_no_trial_that_would_not_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = resolve.load("iris-net", [("model.hidden", "1000,1000")])  # 1,009,003 parameters
    data = load_data(chosen)
    monkeypatch.setattr(trial, "free_memory", lambda: 30e6)
    refused = trial.measure(chosen, data)
    assert refused is not None
    assert refused.seconds is None
    assert "needs 16 MB of memory for its weights, of 30 MB free" in refused.warning
    monkeypatch.setattr(trial, "free_memory", lambda: 35e6)
    measured = trial.measure(chosen, data)
    assert measured is not None
    assert measured.seconds is not None


async def test_a_run_that_this_version_does_not_know_is_refused(app: NntuiApp, until, tmp_path: Path) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.trainer.phase == "ended")
        (run_dir,) = all_runs(tmp_path / "models")
        run_dir.config.write_text(run_dir.config.read_text().replace('name = "adam"', 'name = "lion"'))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, StartScreen) and bool(app.screen.query_one(Runs).rows))
        await pilot.press("tab", "c")
        await until(pilot, lambda: any("lion" in note for note in on_screen.notes(app)))
        assert isinstance(app.screen, StartScreen)


async def test_a_run_that_is_being_resumed_opens_live(app: NntuiApp, until, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.sessions import network, session

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")  # `long`
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.history.step > 50)
        await pilot.press("s")
        await until(pilot, lambda: app.trainer.phase == "ended" and app.screen.state == "stopped")
        run_id, go, real = app.trainer.run_id, threading.Event(), network.resume

        def slowly(*arguments: object) -> session.Session:
            go.wait(30)
            return real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(network, "resume", slowly)
        await pilot.press("r")
        await until(pilot, lambda: app.trainer.phase == "loading")
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)
        app.screen.post_message(StartScreen.Open(run_id))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        go.set()
        await until(pilot, lambda: app.screen.history.session == 2 and app.screen.state == "training")
        await pilot.press("s")
        await until(pilot, lambda: app.trainer.phase == "ended")
