"""Runs to compare on the screen: repeats of one network, others, a search, some that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from made import run_started

from core.events import codec
from core.events.events import EpochEnded, Evaluated, Event, RunEnded, StepsEnded
from core.experiment import resolve
from core.runs.folder import RunDir


def write(run_dir: RunDir, told: Sequence[Event], first: int = 0) -> None:
    with run_dir.events.open("a") as file:
        for i, event in enumerate(told, first):
            file.write(codec.encode(replace(event, seq=i, t=round(0.04 * i, 3))) + "\n")


def epoch_of(epoch: int, lr: float, seed: int) -> list[Event]:
    """Ten steps, and what they came to; the same every time."""
    rng = np.random.default_rng([epoch, seed, round(1000 * lr)])
    level = 1.1 * np.exp(-epoch * np.sqrt(lr) / 2) + 0.05
    told: list[Event] = [
        StepsEnded(
            epoch=epoch,
            first_step=10 * epoch - 9,
            losses=(level * rng.uniform(0.7, 1.3, 10)).round(6).tolist(),
            lr=lr,
            samples=120,
            seconds=0.04,
            grad_norm=0.5,
        )
    ]
    for split in ("train", "test"):
        right = round(30 * min(1.0, 1 - 0.6 * level * rng.uniform(0.9, 1.1)))
        metrics = {"loss": round(level * rng.uniform(0.9, 1.1), 6), "accuracy": right / 30}
        told.append(
            Evaluated(
                epoch=epoch,
                step=10 * epoch,
                split=split,  # type: ignore[arg-type]
                n=30,
                metrics=metrics,
                batch_loss_sum=1.0,
                batches=3,
                seconds=0.01,
            )
        )
    return [*told, EpochEnded(epoch=epoch, step=10 * epoch, seconds=0.04)]


def write_run(root: Path, number: int, lr: float, seed: int, epochs: int = 20, *, end: str = "completed") -> RunDir:
    run_dir = RunDir(root / f"20260101-1200{number:02}-net-{number:04x}")
    run_dir.path.mkdir(parents=True)
    settings = [("epochs", "20"), ("seed", str(seed)), ("optimizer.lr", str(lr)), ("name", "net")]
    config = resolve.load("iris-net", settings)
    run_dir.config.write_text(config.to_toml())
    told: list[Event] = [
        run_started(config.to_dict(), run_id=run_dir.run_id, seed=seed, data_sha256="aa", steps_per_epoch=10)
    ]
    for epoch in range(1, epochs + 1):
        told += epoch_of(epoch, lr, seed)
    if end:
        told.append(RunEnded(status=end, reason="", run_id=run_dir.run_id))  # type: ignore[arg-type]
    write(run_dir, told)
    return run_dir


@pytest.fixture
def compared(tmp_path: Path, searches: ModuleType) -> Path:
    """Three seeds at one rate, two runs at others of which one was stopped, a search with repeats, a broken one."""
    root = tmp_path / "compared"
    for number, (lr, seed) in enumerate([(0.1, 0), (0.1, 1), (0.1, 2), (0.01, 0)]):
        write_run(root, number, lr, seed)
    write_run(root, 4, 0.03, 0, 12, end="stopped")
    axes = [searches.axis("model.n_units", [8, 16])]
    searches.write(root, 5, "repeats", [*searches.whole(axes, repeats=3), searches.completed()])
    broken = root / "20260101-120006-broken-0006"
    broken.mkdir()
    (broken / "events.jsonl").write_text('{"v": 1, "seq": 0, "t": 0.0, "type": "RunStar')
    return root


@pytest.fixture
def live_run(compared: Path) -> Callable[[], tuple[RunDir, Callable[[int], None]]]:
    """A run of three epochs, and what adds another one to its log."""

    def begin() -> tuple[RunDir, Callable[[int], None]]:
        run_dir = write_run(compared, 9, 0.5, 0, 3, end="")
        return run_dir, lambda epoch: write(run_dir, epoch_of(epoch, 0.5, 0), first=4 * epoch - 3)

    return begin
