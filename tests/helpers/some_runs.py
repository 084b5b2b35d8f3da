"""Runs that were never trained: folders with a config, a log and, where they are many, nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from made import run_started

from core.events import codec
from core.events.events import Evaluated, Event, RunEnded, StepsEnded
from core.runs.folder import RunDir

CONFIG: dict[str, Any] = {
    "name": "toy",
    "epochs": 2,
    "seed": 0,
    "dataset": {"name": "iris"},
    "model": {"name": "mlp", "hidden": [16, 16]},
    "optimizer": {"name": "adam", "lr": 0.01},
}


def events_of(
    run_id: str, config: Mapping[str, Any] = CONFIG, *, score: float = 0.5, status: str = "completed", **fields: Any
) -> list[Event]:
    """Of a run of one step; the status `training` leaves its end away."""
    told: list[Event] = [
        run_started(config, run_id=run_id, steps_per_epoch=1, **fields),
        StepsEnded(epoch=1, first_step=1, losses=[1.0], lr=0.01, samples=1, seconds=0.1, grad_norm=1.0, t=5.0),
        Evaluated(
            epoch=1,
            step=1,
            split="test",
            n=1,
            metrics={"loss": 1 - score, "accuracy": score},
            batch_loss_sum=1.0,
            batches=1,
            seconds=0.1,
            t=6.0,
        ),
    ]
    if status != "training":
        told.append(RunEnded(status=status, reason="", run_id=run_id, t=7.0))  # type: ignore[arg-type]
    return [dataclasses.replace(event, seq=seq) for seq, event in enumerate(told)]


def made_run(root: Path, run_id: str, events: Sequence[Event] | None = None, **fields: Any) -> RunDir:
    """A folder of that name; `fields` as `events_of` has them."""
    run_dir = RunDir(root / run_id)
    run_dir.path.mkdir(parents=True)
    run_dir.config.write_text("epochs = 2\n")
    events = events_of(run_id, **fields) if events is None else events
    run_dir.events.write_text("".join(codec.encode(event) + "\n" for event in events))
    return run_dir


def run_id(number: int, name: str = "toy") -> str:
    """Of run-ids the one of that number, by their time."""
    return f"20261101-{number // 3600:02}{number // 60 % 60:02}{number % 60:02}-{name}-{number:04x}"
