"""How each screen and its important states look, at 80×24 and 120×40: `pytest --snapshot-update` after a look at the
change. Everything in view is fixed: the runs are written event by event, and the trial's cost is given."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from core import config, events, figures
from core.events import EpochEnded, Evaluated, Event, NetworkInspected, RunEnded, RunStarted, StepsEnded
from core.figures import Regions
from core.run_dir import RunDir
from core.trial import Cost
from tui.app import NntuiApp
from tui.look import Look, Looker
from tui.screens.experiment import ExperimentScreen
from tui.screens.run_view import RunView
from tui.screens.train import TrainScreen
from tui.terminal import plot_marker
from tui.trainer import Trainer
from tui.widgets.form import Form

SIZES = [(80, 24), (120, 40)]
PER_EPOCH = 100

Before = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever terminal the tests run in, the pictures are of this one."""
    for name, value in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NNTUI_MARKERS": "braille"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("NNTUI_DATA_DIR", raising=False)
    plot_marker.cache_clear()


@pytest.fixture(autouse=True)
def one_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_cost(_self: Looker, look: Look) -> Look:
        return replace(look, cost=Cost(10, 2000, 45_000.0, 900_000.0, 0.7))

    monkeypatch.setattr(Looker, "with_cost", with_cost)


def write_run(root: Path, number: int, name: str, epochs: int, ending: list[Event], *, sick: bool = False) -> RunDir:
    """A run of 10 epochs of which `epochs` were trained."""
    run_dir = RunDir(root / f"20260101-12000{number}-{name}-ab0{number}")
    run_dir.path.mkdir(parents=True)
    preset = config.load("iris-net", [("epochs", "10"), ("name", name)])
    run_dir.config.write_text(preset.to_toml(), encoding="utf-8")
    started = RunStarted(
        run_id=run_dir.run_id,
        config=preset.to_dict(),
        parameters=403,
        layers=[],
        steps_per_epoch=PER_EPOCH,
        sizes={"train": 1200, "test": 300},
        data_sha256="",
        device="cpu",
        versions={},
        host="",
        git_commit=None,
        argv=[],
        seed=0,
        started="2026-01-01T12:00:00+00:00",
    )
    told: list[Event] = [started]
    rng = np.random.default_rng(number)
    for epoch in range(1, epochs + 1):
        first = (epoch - 1) * PER_EPOCH + 1
        level = 1.1 * np.exp(-np.arange(first, first + PER_EPOCH) / 250) + 0.1
        losses = level * rng.uniform(0.8, 1.2, PER_EPOCH)
        if sick:
            losses = 1.1 + rng.normal(0, 0.02, PER_EPOCH)
        step = epoch * PER_EPOCH
        told.append(
            StepsEnded(
                epoch=epoch,
                first_step=first,
                losses=losses.round(6).tolist(),
                lr=0.01,
                samples=1200,
                seconds=0.5,
                grad_norm=0.6,
            )
        )
        for split, n, shift in (("train", 1200, 0.0), ("test", 300, 0.02)):
            accuracy = 0.34 if sick else 1 - 0.66 * math.exp(-epoch / 3) - shift
            metrics = {"loss": float(losses[-10:].mean()) + shift, "accuracy": accuracy}
            told.append(
                Evaluated(
                    epoch=epoch,
                    step=step,
                    split=split,
                    n=n,
                    metrics=metrics,
                    batch_loss_sum=1.0,
                    batches=10,
                    seconds=0.01,
                )
            )
        if sick:
            dead = {"input_relu": 1.0, "hidden_1_relu": 0.9375}
            told.append(
                NetworkInspected(
                    epoch=epoch, step=step, samples=300, dead=dead, predicted=[300, 0, 0], actual=[100, 100, 100]
                )
            )
        told.append(EpochEnded(epoch=epoch, step=step, seconds=0.5))
    lines = [events.encode(replace(event, seq=i, t=round(0.15 * i, 2))) for i, event in enumerate([*told, *ending])]
    run_dir.events.write_text("\n".join(lines) + "\n")
    return run_dir


def ended(status: str, reason: str = "") -> list[Event]:
    return [RunEnded(status=status, reason=reason, run_id="x")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four runs, each ended in its own way."""
    root = tmp_path / "runs"
    done = write_run(root, 1, "done", 10, ended("completed"))
    write_run(root, 2, "half", 4, ended("stopped", "stopped by the user"))
    write_run(root, 3, "broken", 3, ended("failed", "loss became NaN at step 301; try a lower learning rate"))
    write_run(root, 4, "sick", 10, ended("completed"), sick=True)
    grid = [[int(x > 40 + 15 * math.sin(y / 6)) for x in range(80)] for y in range(40)]
    certain = [[0.5 + min(0.5, abs(x - 40 - 15 * math.sin(y / 6)) / 30) for x in range(80)] for y in range(40)]
    points = [(math.cos(i), math.sin(1.7 * i), int(math.cos(i) > 0), "train" if i % 3 else "test") for i in range(60)]
    regions = Regions(
        epoch=10,
        step=1000,
        x_range=(-1.2, 1.2),
        y_range=(-1.2, 1.2),
        cells=grid,
        probability=certain,
        points=points,
        classes=["0", "1"],
        features=("x1", "x2"),
    )
    figures.write(done, {"regions": regions})
    return root


async def opened(pilot: Pilot[int], run: str) -> RunView:
    """The train screen of one of the runs, read and painted."""
    app = pilot.app
    assert isinstance(app, NntuiApp)
    (path,) = app.trainer.root.glob(f"*-{run}-*")
    app._show_run(path.name)
    await wait(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen._read)
    await pilot.pause(1.2)  # both turns of painting
    return app.screen.query_one(RunView)


async def wait(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        await pilot.pause(0.05)
    pytest.fail("the app did not get there in 60 seconds")


async def loaded(pilot: Pilot[int]) -> None:
    """The start screen with all that comes behind its first paint."""
    screen = pilot.app.screen
    await wait(pilot, lambda: bool(screen._layers) and screen.query_one("#runs", OptionList).option_count > 0)
    await pilot.pause()


async def form(pilot: Pilot[int]) -> ExperimentScreen:
    await loaded(pilot)
    await pilot.press("c")
    await wait(pilot, lambda: isinstance(pilot.app.screen, ExperimentScreen))
    screen = pilot.app.screen
    assert isinstance(screen, ExperimentScreen)
    await wait(pilot, lambda: screen._look is not None and screen._look.cost is not None)
    await pilot.pause()
    return screen


async def start_runs(pilot: Pilot[int]) -> None:
    await loaded(pilot)
    pilot.app.screen.query_one("#runs").focus()
    await pilot.pause()


async def form_wrong(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen._draft.set("dataset.name", "diabetes")
    screen._draft.set("epochs", "many")
    screen._show()
    screen.query_one(Form).focus_key("epochs")
    await pilot.pause(0.2)


async def form_changed(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen._draft.set("optimizer.name", "sgd")
    screen._draft.set("model.hidden", "32,8")
    screen._look = None
    screen._show()
    screen.query_one(Form).focus_key("optimizer.momentum")
    await wait(pilot, lambda: screen._look is not None and screen._look.cost is not None)
    await pilot.pause()


async def choices(pilot: Pilot[int]) -> None:
    screen = await form(pilot)
    screen._draft.set("dataset.name", "diabetes")
    screen._show()
    screen.query_one(Form).focus_key("loss.name")
    await pilot.pause(0.2)
    await pilot.press("enter")
    await pilot.pause(0.2)


def run(name: str, *keys: str) -> Before:
    async def look(pilot: Pilot[int]) -> None:
        await opened(pilot, name)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.7)

    return look


STATES: dict[str, Before] = {
    "start": loaded,
    "start-runs": start_runs,
    "form": form,
    "form-wrong": form_wrong,
    "form-changed": form_changed,
    "form-choices": choices,
    "run-completed": run("done"),
    "run-stopped": run("half"),
    "run-failed": run("broken"),
    "run-sick": run("sick"),
    "run-zoomed": run("done", "left", "plus", "plus", "y", "x"),
    "run-regions": run("done", "v"),
    "run-doctor": run("sick", "d"),
    "run-help": run("done", "question_mark"),
    "run-search": run("done", "slash"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", STATES)
def test_looks_as_it_did(state: str, size: tuple[int, int], root: Path, snap_compare) -> None:
    app = NntuiApp(Trainer(root))
    assert snap_compare(app, terminal_size=size, run_before=STATES[state])


def test_the_first_run_of_all_looks_as_it_did(tmp_path: Path, snap_compare) -> None:
    assert snap_compare(NntuiApp(Trainer(tmp_path / "none")), terminal_size=(80, 24), run_before=loaded)


def test_a_window_that_is_too_small_says_so(tmp_path: Path, snap_compare) -> None:
    assert snap_compare(NntuiApp(Trainer(tmp_path / "none")), terminal_size=(50, 12), run_before=loaded)
