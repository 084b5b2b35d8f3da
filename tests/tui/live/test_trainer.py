"""The trainer while a session is being opened: a stop must reach a run that does not exist yet."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from core.experiment import resolve
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.find import all_runs
from core.sessions import network, session
from tui.app import NntuiApp
from tui.dialogs.dialogs import Question
from tui.live.trainer import Trainer


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """`session.start` waits until it is set: the data takes its time."""
    opened = threading.Event()
    start = network.start

    def slow(*arguments: Any) -> session.Session:
        assert opened.wait(60)
        return start(*arguments)

    monkeypatch.setattr(network, "start", slow)
    return opened


LONG = resolve.load("iris-net", [("epochs", "100000"), ("device", "cpu")])


def state_of_the_only_run(root: Path) -> History:
    (run_dir,) = all_runs(root)
    return History.fold(read_events(run_dir.events))


def test_a_run_that_is_stopped_while_it_loads_ends_before_its_first_step(tmp_path: Path, gate: threading.Event) -> None:
    trainer = Trainer(tmp_path)
    trainer.train(LONG)
    assert trainer.phase == "loading"
    stopped: list[bool] = []
    waiter = threading.Thread(target=lambda: stopped.append(trainer.stop_and_wait("the link is gone", 60)))
    waiter.start()
    gate.set()
    waiter.join(60)
    assert stopped == [True]
    history = state_of_the_only_run(tmp_path)
    assert (history.state, history.reason, history.step) == ("stopped", "the link is gone", 0)
    assert trainer.phase == "ended"


def test_waiting_has_an_end(tmp_path: Path, gate: threading.Event) -> None:
    trainer = Trainer(tmp_path)
    trainer.train(LONG)
    assert not trainer.stop_and_wait("now", 0.05), "it is still loading"
    gate.set()
    assert trainer.stop_and_wait("now", 60)


def test_stopping_what_was_never_started(tmp_path: Path) -> None:
    assert Trainer(tmp_path).stop_and_wait("now", 0)


async def test_quitting_while_a_run_loads_waits_for_it_and_leaves_it_stopped(
    app: NntuiApp, until: Any, gate: threading.Event, tmp_path: Path
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.trainer.phase == "loading")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert app.return_value is None, "left while the run was loading"
        gate.set()
        await until(pilot, lambda: app.return_value == 0)
    assert state_of_the_only_run(tmp_path / "models").state == "stopped"
