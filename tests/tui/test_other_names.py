"""Screens go by what a component's registration says, not by its name: one of another name gets the same ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.components.models import MODELS
from core.components.registry import Registry
from core.datasets import DATASETS
from tui.app import NntuiApp
from tui.dialogs.choose import Choose
from tui.live.trainer import Trainer
from tui.screens.experiment.form import Choice
from tui.screens.experiment.screen import ExperimentScreen
from tui.screens.gradients.screen import GradientScreen
from tui.screens.own_table.file_screen import FilesScreen
from tui.screens.own_table.screen import TableScreen
from tui.screens.run.screen import TrainScreen


def called(registry: Registry, name: str, other: str) -> Iterator[str]:
    """A component under another name too."""
    registry.add(other, **registry[name].facts)(registry[name].build)
    yield other
    registry.remove(other)


@pytest.fixture
def net() -> Iterator[str]:
    yield from called(MODELS, "two-layer", "other-net")


@pytest.fixture
def table() -> Iterator[str]:
    yield from called(DATASETS, "csv", "zz-table")


async def test_the_gradient_screen(net: str, nets: Path, until) -> None:
    (run,) = nets.glob("*-pictures-*")
    log = run / "events.jsonl"
    text, n = re.subn(r'("model": ?\{"name": ?")two-layer"', rf'\1{net}"', log.read_text(encoding="utf-8"))
    assert n == 1
    log.write_text(text, encoding="utf-8")
    app = NntuiApp(Trainer(nets))
    async with app.run_test(size=(80, 24)) as pilot:
        app._show_run(run.name)
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.is_read)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, GradientScreen))


async def test_a_table_keeps_the_dataset_that_was_chosen(
    app: NntuiApp, table: str, until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "t.csv").write_text("u,v,y\n" + "".join(f"{x / 8},{x % 7 / 2},{'ab'[x % 2]}\n" for x in range(40)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("z", "enter")
        await until(pilot, lambda: isinstance(app.screen, FilesScreen) and app.screen._listed is not None)
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TableScreen) and app.screen.table.survey is not None)
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen) and isinstance(app.focused, Choice))
        screen = app.screen
        assert isinstance(screen, ExperimentScreen)
        assert screen.draft.text("dataset.name") == table
        assert screen.check_action("table", ())
