"""Shared by the screens' tests: an app on a models folder of its own, and waiting for what threads do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core import presets
from tui import responsive
from tui.app import NntuiApp
from tui.trainer import Trainer

LONG = """
summary = "Iris for as long as one likes"
log = "iris"
epochs = 100000
batch_size = 12
[dataset]
name = "iris"
[model]
name = "mlp"
hidden = [16, 16]
[loss]
name = "cross-entropy"
[optimizer]
name = "adam"
lr = 0.001
[evaluate]
batch_size = 1000
"""


@pytest.fixture(autouse=True)
def collect_again() -> Iterator[None]:
    """As the program does when it leaves."""
    yield
    responsive.leaving()


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The theme that whoever runs the tests has chosen is not theirs."""
    monkeypatch.setattr("tui.settings.user_config_path", lambda *_args, **_kwargs: tmp_path / "config")


@pytest.fixture
def preset_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two experiments: `iris-net` as it comes, and `long`, which does not end by itself."""
    folder = tmp_path / "presets"
    folder.mkdir()
    (folder / "iris-net.toml").write_text((presets.FOLDER / "iris-net.toml").read_text())
    (folder / "long.toml").write_text(LONG)
    monkeypatch.setattr(presets, "FOLDER", folder)
    return folder


@pytest.fixture
def app(preset_folder: Path, tmp_path: Path) -> NntuiApp:
    return NntuiApp(Trainer(tmp_path / "models"))


Wait = Callable[[Pilot[int], Callable[[], bool]], object]


@pytest.fixture
def until() -> Wait:
    """Let the app run until a condition holds; fail after 60 seconds."""

    async def wait(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
        for _ in range(1200):
            if condition():
                return
            await pilot.pause(0.05)
        pytest.fail("the app did not get there in 60 seconds")

    return wait
