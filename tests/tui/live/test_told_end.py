"""Which ends are told to who looks elsewhere, and how; in the app and on the command line."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import on_screen
import pytest

from core.experiment import resolve
from tui.app import NntuiApp
from tui.live import announcer, told_end
from tui.live.announcer import Announcer
from tui.live.progress import Progress
from tui.live.told_end import End, tell
from tui.live.trainer import Trainer
from tui.screens.run.screen import TrainScreen
from tui.system import settings


@pytest.mark.parametrize(
    ("state", "seconds", "told"),
    [("completed", 60, True), ("failed", 61, True), ("stopped", 999, False), ("completed", 59.9, False)],
)
def test_what_took_longer_than_a_minute(state: str, seconds: float, told: bool) -> None:
    written: list[str] = []
    assert tell(End("iris-net", state, "", seconds), written.append, print) is None
    assert written == ["\x07"] * told


@pytest.mark.parametrize(("way", "expected"), [("off", []), ("bell", ["\x07"]), ("a fanfare", ["\x07"])])
def test_as_the_settings_have_it(way: str, expected: list[str]) -> None:
    settings.write_notify(way)
    written: list[str] = []
    tell(End("iris-net", "completed", "", 100), written.append, print)
    assert written == expected


def test_in_words() -> None:
    assert str(End("a", "failed", "loss became NaN at step 3", 70)) == "a failed, loss became NaN at step 3"
    assert End("a", "completed", "", 70.4).facts["NNTUI_SECONDS"] == "70"


def keeping(target: Path) -> str:
    code = f"import json, os; json.dump(dict(os.environ), open({str(target)!r}, 'w'))"
    return shlex.join([sys.executable, "-c", code])


class Screens:
    """What an Announcer asks of the app."""

    TITLE, screen, _driver = "nntui", None, None

    def __init__(self) -> None:
        self.notes: list[str] = []

    def set_reactive(self, *_title: object) -> None:
        pass

    def notify(self, message: str, **_options: object) -> None:
        self.notes.append(message)


@pytest.mark.parametrize(("seconds", "told"), [(59, 0), (61, 1)])
def test_the_time_of_a_run_is_from_when_it_was_seen_first(
    seconds: float, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(Announcer, "_write", lambda _self, codes: written.append(codes))
    clock, now = [1000.0], [Progress()]
    monkeypatch.setattr(announcer, "progress_of", lambda _trainer: now[0])
    screens: Any = Screens()
    looking = Announcer(screens, Trainer(tmp_path), lambda: clock[0])
    for progress, later in ((Progress(), 500), (Progress("loading", "a"), 1), (Progress("training", "a"), seconds - 1)):
        now[0] = progress
        looking.look()
        clock[0] += later
    now[0] = Progress("completed", "a", 1.0)
    looking.look()
    assert written.count("\x07") == told
    assert screens.notes == ["✓ a completed"]
    looking.look()
    assert written.count("\x07") == told, "once"


@pytest.mark.slow
async def test_in_the_app(app: NntuiApp, until: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_end, "LONG", 0.0)
    written: list[str] = []
    monkeypatch.setattr(Announcer, "_write", lambda _self, codes: written.append(codes))
    target = tmp_path / "facts.json"
    settings.write_on_end(keeping(target))
    async with app.run_test(size=(100, 30)) as pilot:
        app._train(resolve.load("iris-net", [("epochs", "9000"), ("device", "cpu"), ("optimizer.name", "sgd")]))
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and on_screen.history(app).step > 5)
        await pilot.pause(1.2)
        app.trainer.set("optimizer.lr", 1e30)
        await until(pilot, lambda: target.is_file() and target.read_text().endswith("}"))
        assert "\x07" in written
        found = json.loads(target.read_text())
        assert found["NNTUI_RUN"] == app.trainer.run_id
        assert found["NNTUI_STATE"] == "failed"
        assert "NaN" in found["NNTUI_REASON"] or "infinite" in found["NNTUI_REASON"]
        assert found["NNTUI_SCORE"].startswith("test accuracy")
        assert Path(found["NNTUI_PATH"]).name == found["NNTUI_RUN"]
