"""Files that an experiment lacks: asked for, fetched with a bar, stopped; from a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from types import ModuleType

import pytest
from on_screen import choose, lines, notes, screen_text, shown_keys

from core.datasets import DATASETS, Download
from core.experiment.resolve import read
from tui.app import NntuiApp
from tui.dialogs.download import DownloadDialog
from tui.live.trainer import Trainer
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.run.screen import TrainScreen
from tui.screens.start.screen import StartScreen
from tui.widgets.gauge import Gauge

NAMES = [*DATASETS["mnist"].facts["download"].files]


@pytest.fixture
def files(fashion_dir: Path) -> dict[str, bytes]:
    """The small MNIST as a server has it."""
    raw = fashion_dir / "MNIST" / "raw"
    return {f"{name}.gz": gzip.compress((raw / name).read_bytes(), mtime=0) for name in NAMES}


@pytest.fixture
def app(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NntuiApp:
    """Where MNIST is not, and would be these files."""
    for name in ("NNTUI_OFFLINE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    md5s = {name: hashlib.md5(files[f"{name}.gz"]).hexdigest() for name in NAMES}
    small = Download("MNIST/raw", md5s, ("http://127.0.0.1:9/",), size=sum(map(len, files.values())))
    component = DATASETS["mnist"]
    facts = {**component.facts, "download": small}
    monkeypatch.setitem(DATASETS._components, "mnist", type(component)("dataset", "mnist", component.build, facts))
    return NntuiApp(Trainer(tmp_path / "models", data_dir=str(tmp_path / "data")))


def left_behind(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def chosen(app: NntuiApp, until, pilot) -> None:
    await until(pilot, lambda: "No download" in screen_text(app))
    choose(app, "mnist-softmax")
    await until(pilot, lambda: "Lacks the files of mnist" in screen_text(app))


async def ask(app: NntuiApp, until, pilot, key: str = "enter") -> DownloadDialog:
    await chosen(app, until, pilot)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, DownloadDialog))
    assert isinstance(app.screen, DownloadDialog)
    return app.screen


async def test_enter_asks_for_the_files_fetches_them_and_trains(
    app: NntuiApp, server: ModuleType, files: dict[str, bytes], until, tmp_path: Path, monkeypatch
) -> None:
    with server.serving(files) as mirror:
        monkeypatch.setenv("NNTUI_MIRROR", mirror.url)
        async with app.run_test(size=(80, 24)) as pilot:
            await ask(app, until, pilot)
            assert "mnist-softmax needs the files of mnist, which are not here." in screen_text(app)
            assert not mirror.asked, "not before it was asked for"
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, TrainScreen))
            assert {path.name for path in left_behind(tmp_path / "data")} == set(NAMES)
            await until(pilot, lambda: app.trainer.phase == "ended")


@pytest.mark.slow
async def test_a_key_fetches_without_training(
    app: NntuiApp, server: ModuleType, files: dict[str, bytes], until, monkeypatch
) -> None:
    with server.serving(files) as mirror:
        monkeypatch.setenv("NNTUI_MIRROR", mirror.url)
        async with app.run_test(size=(120, 40)) as pilot:
            await chosen(app, until, pilot)
            await pilot.press("F")
            await until(pilot, lambda: "The files of mnist are here" in screen_text(app))
            assert "Fetch files" not in shown_keys(app)
            assert app.trainer.phase == "idle"


@pytest.mark.parametrize("way", ["dripping", pytest.param("silent", marks=pytest.mark.slow)])
async def test_it_shows_how_far_it_is_and_can_be_stopped(
    way: str, app: NntuiApp, server: ModuleType, files: dict[str, bytes], until, tmp_path: Path, monkeypatch
) -> None:
    with server.serving(files, getattr(server, way)) as mirror:
        monkeypatch.setenv("NNTUI_MIRROR", mirror.url)
        async with app.run_test(size=(80, 24)) as pilot:
            dialog = await ask(app, until, pilot, "F")
            await until(pilot, lambda: bool(mirror.asked) and dialog.query_one(Gauge).display)
            await until(pilot, lambda: " of " in screen_text(app) and "/s, " in screen_text(app))
            await pilot.press("escape")
            assert isinstance(app.screen, StartScreen)
            if way == "dripping":
                await until(pilot, lambda: not left_behind(tmp_path / "data"))
            assert "Fetch files" in shown_keys(app)


async def test_why_it_cannot_be_fetched_is_said_whole_and_tried_again(
    app: NntuiApp, server: ModuleType, files: dict[str, bytes], until, monkeypatch
) -> None:
    monkeypatch.setenv("NNTUI_MIRROR", "http://127.0.0.1:9/")
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(app, until, pilot, "F")
        await until(pilot, lambda: "✗ cannot fetch" in screen_text(app) and "Enter tries again." in screen_text(app))
        with server.serving(files) as mirror:
            monkeypatch.setenv("NNTUI_MIRROR", mirror.url)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, StartScreen))


@pytest.mark.slow
async def test_offline_it_is_said(app: NntuiApp, until, monkeypatch) -> None:
    monkeypatch.setenv("NNTUI_OFFLINE", "1")
    async with app.run_test(size=(80, 24)) as pilot:
        await ask(app, until, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "NNTUI_OFFLINE is set" in screen_text(app))
        assert any("by hand" in line or "put" in line for line in lines(app.screen))
        await pilot.press("escape")
        assert isinstance(app.screen, StartScreen)
        assert not notes(app)


async def test_the_form_does_not_go_ahead_without_the_files(
    app: NntuiApp, server: ModuleType, files: dict[str, bytes], until, monkeypatch
) -> None:
    with server.serving(files) as mirror:
        monkeypatch.setenv("NNTUI_MIRROR", mirror.url)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "No download" in screen_text(app))
            app.post_message(StartScreen.Change(read("mnist-softmax")))
            await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
            await pilot.press("ctrl+r")
            await until(pilot, lambda: isinstance(app.screen, DownloadDialog))
            await pilot.press("escape")
            assert isinstance(app.screen, ExperimentScreen)
            assert app.trainer.phase == "idle"
            await pilot.press("ctrl+r", "enter")
            await until(pilot, lambda: isinstance(app.screen, TrainScreen))
            await until(pilot, lambda: app.trainer.phase == "ended")
