"""Networks that were never trained, for comparisons; and runs whose logs are written event by event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import run_started

from core.comparison import lines
from core.comparison.entries import Best, Entry
from core.comparison.settings import settings_of
from core.comparison.told import Points
from core.components.metrics import lower_is_better
from core.events import codec
from core.events.events import EpochEnded, Evaluated, Event, RunEnded, StepsEnded
from core.experiment import resolve
from core.runs.folder import RunDir

Make = Callable[..., Entry]


@pytest.fixture
def entry() -> Make:
    """`entry("a", {"optimizer": {"lr": 0.1}}, test_accuracy=[0.5, 0.75])`: a value for each epoch of ten steps."""

    def make(run_id: str, config: Mapping[str, Any] | None = None, **columns: Sequence[float]) -> Entry:
        tables = {"name": "net", "seed": 0, "epochs": 10, **(config or {})}
        facts = {
            "state": "completed",
            "reason": "",
            "data_sha256": "aa",
            "sizes": {"train": 120, "test": 30},
            "drawn": False,
        }
        facts |= {name: columns.pop(name) for name in list(columns) if name in facts}  # type: ignore[misc]
        best = {}
        for name, values in columns.items():
            top = int(np.argmin(values) if lower_is_better(name) else np.argmax(values))
            best[name] = Best(float(values[top]), top + 1)

        def line(name: str) -> lines.Line | None:
            if name not in columns:
                return None
            points = Points()
            for i, value in enumerate(columns[name], 1):
                points.steps.append(10.0 * i)
                points.seconds.append(0.5 * i)
                points.values.append(float(value))
            return lines.of_points(points, 10)

        epochs = max((len(values) for values in columns.values()), default=0)
        return Entry(
            run_id=run_id,
            label=str(tables["name"]),
            settings=settings_of(tables),
            seed=int(tables["seed"]),
            epoch=epochs,
            epochs=int(tables["epochs"]),
            seconds=0.5 * epochs,
            last={name: float(values[-1]) for name, values in columns.items()},
            best=best,
            line=line,
            curves=tuple(columns),
            steps_per_epoch=10,
            **facts,  # type: ignore[arg-type]
        )

    return make


def write(path: Path, told: Iterable[Event], first: int = 0) -> None:
    """At the end of a log."""
    with path.open("a") as file:
        for i, event in enumerate(told, first):
            file.write(codec.encode(replace(event, seq=i, t=round(0.05 * i, 4))) + "\n")


def report(epoch: int, first: int, losses: Sequence[float]) -> StepsEnded:
    return StepsEnded(
        epoch=epoch,
        first_step=first,
        losses=list(losses),
        lr=0.01,
        samples=12 * len(losses),
        seconds=0.05,
        grad_norm=1.0,
    )


def evaluated(epoch: int, step: int, split: str, **metrics: float) -> Evaluated:
    return Evaluated(
        epoch=epoch,
        step=step,
        split=split,  # type: ignore[arg-type]
        n=30,
        metrics=metrics,
        batch_loss_sum=1.0,
        batches=3,
        seconds=0.01,
    )


@pytest.fixture
def run_of() -> Callable[..., RunDir]:
    """A whole run of iris-net with ten steps in an epoch, its losses drawn by its seed."""

    def make(root: Path, name: str, epochs: int = 6, seed: int = 0, *, end: bool = True, **settings: str) -> RunDir:
        run_dir = RunDir(root / f"20260101-120000-{name}")
        run_dir.path.mkdir(parents=True)
        pairs = [
            ("epochs", str(epochs)),
            ("seed", str(seed)),
            *((k.replace("__", "."), v) for k, v in settings.items()),
        ]
        config = resolve.load("iris-net", pairs)
        run_dir.config.write_text(config.to_toml())
        rng = np.random.default_rng(seed)
        told: list[Event] = [
            run_started(config.to_dict(), run_id=run_dir.run_id, seed=seed, data_sha256="aa", steps_per_epoch=10)
        ]
        for epoch in range(1, epochs + 1):
            told.append(report(epoch, 10 * epoch - 9, rng.uniform(0.1, 1, 10).round(6).tolist()))
            loss, accuracy = rng.uniform(0.1, 1), int(rng.integers(10, 30)) / 30
            told.append(evaluated(epoch, 10 * epoch, "train", loss=loss, accuracy=accuracy))
            told.append(evaluated(epoch, 10 * epoch, "test", loss=2 * loss, accuracy=accuracy / 2))
            told.append(EpochEnded(epoch=epoch, step=10 * epoch, seconds=0.5))
        if end:
            told.append(RunEnded(status="completed", reason="", run_id=run_dir.run_id))
        write(run_dir.events, told)
        return run_dir

    return make


@pytest.fixture
def events() -> dict[str, Callable[..., Any]]:
    return {"write": write, "report": report, "evaluated": evaluated}
