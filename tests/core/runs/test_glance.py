"""A run at a glance: the same as its log says, as far as it says it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from made import run_started

from core.errors import RunError
from core.events import codec
from core.events.events import EpochEnded, Evaluated, Event, RunEnded, StepsEnded
from core.runs import glance, summary
from core.runs.folder import RunDir

SAME = ("run_id", "name", "status", "reason", "epoch", "epochs", "step", "steps", "metrics", "parameters", "dataset")
SAME_TOO = ("model", "optimizer", "lr", "seed", "device", "started", "seconds", "sessions", "trials", "table")


def log(path: Path, epochs: int, ended: Event | None = None, steps: int = 20) -> RunDir:
    """A run whose loss falls, of 50 epochs in all."""
    path.mkdir(parents=True, exist_ok=True)
    config = {"name": "toy", "epochs": 50, "optimizer": {"name": "sgd", "lr": 0.5}, "metrics": ["accuracy"]}
    told: list[Event] = [run_started(config, steps_per_epoch=steps, sizes={"train": 1, "test": 1}, parameters=7)]
    for epoch in range(1, epochs + 1):
        first = (epoch - 1) * steps + 1
        losses = [math.exp(-step / (20 * steps)) for step in range(first, first + steps)]
        told.append(StepsEnded(epoch=epoch, first_step=first, losses=losses, lr=0.5, samples=9, seconds=1, grad_norm=1))
        for split in ("train", "test"):
            metrics = {"loss": losses[-1], "accuracy": epoch / 50}
            told.append(
                Evaluated(
                    epoch=epoch,
                    step=epoch * steps,
                    split=split,
                    n=1,
                    metrics=metrics,
                    batch_loss_sum=1,
                    batches=1,
                    seconds=0.1,
                )
            )
        told.append(EpochEnded(epoch=epoch, step=epoch * steps, seconds=1))
    told += [] if ended is None else [ended]
    numbered = [dataclasses.replace(event, seq=seq, t=float(seq)) for seq, event in enumerate(told)]
    RunDir(path).events.write_text("".join(codec.encode(event) + "\n" for event in numbered))
    return RunDir(path)


@pytest.mark.parametrize(
    ("epochs", "ended", "steps"),
    [
        (50, RunEnded(status="completed", reason="", run_id="r"), 20),
        (50, RunEnded(status="completed", reason="", run_id="r"), 400),  # longer than what is looked through
        (7, RunEnded(status="failed", reason="loss became NaN at step 140", run_id="r"), 20),
        (7, None, 20),
        (0, None, 20),
    ],
)
def test_it_says_what_the_whole_log_says(tmp_path: Path, epochs: int, ended: Event | None, steps: int) -> None:
    run_dir = log(tmp_path / "run", epochs, ended, steps)
    found, whole = glance.glance(run_dir), summary.read(run_dir)
    assert {name: getattr(found, name) for name in SAME} == {name: getattr(whole, name) for name in SAME}
    assert {name: getattr(found, name) for name in SAME_TOO} == {name: getattr(whole, name) for name in SAME_TOO}
    assert found.log_bytes < 0, "it is not taken for a summary of the log"
    if epochs > 1:
        loss = found.curves["loss"]
        assert len(loss) >= 3
        assert loss == sorted(loss, reverse=True)
        assert loss[0] > 0.9
        assert loss[-1] == pytest.approx(math.exp(-epochs / 20), abs=0.1)


def test_torn_lines_and_other_files_are_no_crash(tmp_path: Path) -> None:
    run_dir = log(tmp_path / "run", 3)
    with run_dir.events.open("ab") as file:
        file.write(b'{"v": 1, "seq": 99, "type": "StepsEn')
    assert glance.glance(run_dir).epoch == 3
    run_dir.events.write_bytes(b"\x00\xff no log\n" * 100)
    assert glance.glance(run_dir).epoch == 0
    run_dir.events.unlink()
    with pytest.raises(RunError, match="cannot read"):
        glance.glance(run_dir)


def test_config_of_another_making_is_told(tmp_path: Path) -> None:
    run_dir = log(tmp_path / "run", 3)
    run_dir.events.write_text(run_dir.events.read_text().replace('"epochs": 50', '"epochs": [3]'))
    with pytest.raises(RunError, match="cannot be understood"):
        glance.glance(run_dir)
