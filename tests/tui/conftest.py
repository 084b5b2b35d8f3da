"""Shared by the screens' tests: an app on a models folder of its own, and waiting for what threads do."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import run_started
from textual import _wait
from textual.pilot import Pilot

from core import presets
from core.events import codec
from core.events.events import (
    EpochEnded,
    Evaluated,
    Event,
    NetworkInspected,
    RunEnded,
    RunPaused,
    StepsEnded,
)
from core.experiment import resolve
from core.figures import kinds
from core.figures.kinds import Regions
from core.gradients import snapshot as gradients
from core.gradients.snapshot import Snapshot
from core.runs.folder import RunDir
from core.two_layer.net import Net
from tui.app import NntuiApp
from tui.live import background
from tui.live.trainer import Trainer
from tui.system import responsive

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
def frozen_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all tests, not by each app: it would keep what the tests before have left."""
    monkeypatch.setattr(responsive, "loaded", lambda: None)
    monkeypatch.setattr(responsive, "leaving", lambda: None)


@pytest.fixture(autouse=True)
def idle_while_it_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key Textual waits until the process has nothing to do, for two seconds at most: as long as it trains, it
    would be always. What must be at rest is the thread of the screen; training has one of its own."""
    monkeypatch.setattr(_wait, "process_time", time.thread_time)


@pytest.fixture(autouse=True)
def nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What trains or loads behind a closed screen takes the next test's time; at the end of all tests Python aborts."""
    trainers, opened = list[Trainer](), Trainer._open

    def open_(trainer: Trainer, *arguments: Any) -> None:
        trainers.append(trainer)
        opened(trainer, *arguments)

    monkeypatch.setattr(Trainer, "_open", open_)
    yield
    for trainer in trainers:
        assert not trainer.busy or trainer.stop_and_wait("the test is over", 60)
    for thread in [each for each in threading.enumerate() if each.name == background.NAME]:
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The theme that whoever runs the tests has chosen is not theirs."""
    monkeypatch.setattr("tui.system.settings.user_config_path", lambda *_args, **_kwargs: tmp_path / "config")


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


def write_run(root: Path, number: int, name: str, epochs: int, ending: list[Event], *, sick: bool = False) -> RunDir:
    """A run of 10 epochs of which `epochs` were trained."""
    run_dir = RunDir(root / f"20260101-12000{number}-{name}-ab0{number}")
    run_dir.path.mkdir(parents=True)
    preset = resolve.load("iris-net", [("epochs", "10"), ("name", name)])
    run_dir.config.write_text(preset.to_toml(), encoding="utf-8")
    started = run_started(
        preset.to_dict(),
        run_id=run_dir.run_id,
        parameters=403,
        steps_per_epoch=100,
        sizes={"train": 1200, "test": 300},
    )
    told: list[Event] = [started]
    rng = np.random.default_rng(number)
    for epoch in range(1, epochs + 1):
        first = (epoch - 1) * 100 + 1
        level = 1.1 * np.exp(-np.arange(first, first + 100) / 250) + 0.1
        losses = level * rng.uniform(0.8, 1.2, 100)
        if sick:
            losses = 1.1 + rng.normal(0, 0.02, 100)
        step = epoch * 100
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
    lines = [codec.encode(replace(event, seq=i, t=round(0.15 * i, 2))) for i, event in enumerate([*told, *ending])]
    run_dir.events.write_text("\n".join(lines) + "\n")
    return run_dir


def ended(status: str, reason: str = "") -> list[Event]:
    return [RunEnded(status=status, reason=reason, run_id="x")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four runs, each ended in its own way, one that is paused and one that trains: for who finds no process at them,
    both are interrupted."""
    root = tmp_path / "runs"
    done = write_run(root, 1, "done", 10, ended("completed"))
    write_run(root, 2, "half", 4, ended("stopped", "stopped by the user"))
    write_run(root, 3, "broken", 3, ended("failed", "loss became NaN at step 301; try a lower learning rate"))
    write_run(root, 4, "sick", 10, ended("completed"), sick=True)
    write_run(root, 5, "held", 6, [RunPaused()])
    write_run(root, 6, "busy", 7, [])
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
    kinds.write(done, {"regions": regions})
    return root


# Runs of the two-layer net.


def write_net_run(
    root: Path, number: int, name: str, dataset: str = "digits", ending: Sequence[Event] = (), **settings: str
) -> RunDir:
    """A run of the two-layer net that is half-way through its 400 steps, without a snapshot of its gradients."""
    run_dir = RunDir(root / f"20260101-13000{number}-{name}-cd0{number}")
    run_dir.path.mkdir(parents=True)
    wanted = {"dataset.name": dataset, "iterations": "400", "name": name, **settings}
    preset = resolve.load("two-layer", list(wanted.items()))
    run_dir.config.write_text(preset.to_toml(), encoding="utf-8")
    started = run_started(
        preset.to_dict(),
        run_id=run_dir.run_id,
        parameters=910,
        steps_per_epoch=100,
        sizes={"train": 1000, "test": 300},
        started="2026-01-01T13:00:00+00:00",
    )
    told: list[Event] = [started]
    for epoch in (1, 2):
        first = (epoch - 1) * 100 + 1
        told.append(
            StepsEnded(
                epoch=epoch,
                first_step=first,
                losses=[round(2.3 / (1 + step / 100), 6) for step in range(first, first + 100)],
                lr=0.1,
                samples=10_000,
                seconds=2.0,
                grad_norm=0.4,
            )
        )
        for split, n in (("train", 1000), ("test", 300)):
            accuracy = 0.1 + 0.3 * epoch - (split == "test") / 50
            metrics = {"loss": 2.3 / (1 + epoch), "accuracy": accuracy}
            told.append(
                Evaluated(
                    epoch=epoch,
                    step=first,
                    split=split,
                    n=n,
                    metrics=metrics,
                    batch_loss_sum=1.0,
                    batches=10,
                    seconds=0.01,
                )
            )
        told.append(EpochEnded(epoch=epoch, step=epoch * 100, seconds=2.0))
    lines = [codec.encode(replace(event, seq=i, t=round(0.4 * i, 2))) for i, event in enumerate([*told, *ending])]
    run_dir.events.write_text("\n".join(lines) + "\n")
    return run_dir


def snapshot(shape: tuple[int, ...] = (1, 8, 8), classes: int = 10, step: int = 200, seed: int = 0) -> Snapshot:
    """Of a net of 12 hidden units; the times are given, and the picture's left column is always 0."""
    random, inputs = np.random.RandomState(seed), math.prod(shape)
    x = random.randint(0, 5, (20, inputs)) / 4.0
    x[:, :: shape[-1]] = 0.0
    return Snapshot(
        epoch=2,
        step=step,
        net=Net.drawn(random, inputs, 12, classes, 0.3),
        x=x,
        labels=random.randint(0, classes, 20),
        shape=shape,
        eps=1e-7,
        h=1e-4,
        seconds={"literal": 16.9, "numerical": 0.0424, "backprop": 0.000412, "autograd": 0.000734},
        estimated=frozenset({"literal", "numerical"}),
    )


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    """Runs of the two-layer net: on pictures, on rows, one that has left no snapshot, one of an unreadable one."""
    root = tmp_path / "nets"
    gradients.write(write_net_run(root, 1, "pictures", ending=ended("completed")), snapshot())
    rows = write_net_run(root, 2, "rows", "iris", ended("stopped", "stopped by the user"))
    gradients.write(rows, snapshot((4,), 3))
    inputs = {
        "task": "classification",
        "shape": [4],
        "classes": ["setosa", "[/]", "a\x1b]52;c;aGk=\x07b"],
        "reading": "logits",
        "features": ["petal length (cm)", "[@click=app.quit]x[/]", "\x1b[31mred", "이름 한글 열" * 20],
        "dtype": "float64",
    }
    rows.inputs.write_text(json.dumps(inputs), encoding="utf-8")
    write_net_run(root, 3, "none", ending=ended("completed"))
    unreadable = write_net_run(root, 4, "torn", ending=ended("completed"))
    unreadable.figures.mkdir()
    (unreadable.figures / gradients.FILE).write_bytes(b"PK\x03\x04 and no more")
    return root
