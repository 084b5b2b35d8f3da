"""Which weights of a run are its newest, and what is said where there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from core.errors import RunError
from core.events.events import EpochEnded, Event
from core.experiment import resolve
from core.network.weights import newest_weights
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.sessions import network, session

RESOLVED = resolve.load(
    "iris-net", [("device", "cpu"), ("epochs", "3"), ("stop.keep_best", "true"), ("stop.monitor", "train_loss")]
)


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    begun = network.start(RESOLVED, tmp_path)
    begun.run.execute()
    return begun.run_dir


def test_a_run_that_ended_has_its_model(run_dir: RunDir) -> None:
    found = newest_weights(run_dir)
    assert (found.path, found.step) == (run_dir.model, 30)
    expected = torch.load(run_dir.model, weights_only=True)
    assert all(torch.equal(found.state_dict[name], expected[name]) for name in expected)


def test_a_run_that_was_cut_off_has_its_checkpoint(run_dir: RunDir) -> None:
    expected = torch.load(run_dir.model, weights_only=True)
    run_dir.model.unlink()
    found = newest_weights(run_dir)
    assert (found.path, found.step) == (run_dir.checkpoint, 30)
    assert all(torch.equal(found.state_dict[name], expected[name]) for name in expected)


def test_a_run_that_has_only_its_best_epoch_has_that(run_dir: RunDir) -> None:
    run_dir.model.unlink()
    run_dir.checkpoint.unlink()
    found = newest_weights(run_dir)
    assert found.path == run_dir.best
    assert found.step in (10, 20, 30)


def test_after_a_resume_the_checkpoint_is_newer_than_the_model(tmp_path: Path) -> None:
    longer = RESOLVED.model_copy(update={"epochs": 400})
    made: list[session.Session] = []
    stops = iter([2, 3])

    def act(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == epochs:
            made[-1].run.stop()

    epochs = next(stops)
    made.append(network.start(longer, tmp_path, recorders=[act]))
    made[-1].run.execute()
    run_dir = made[0].run_dir
    old = tmp_path / "model.pt"
    shutil.copy(run_dir.model, old)
    epochs = next(stops)
    made.append(network.resume(run_dir, recorders=[act]))
    made[-1].run.execute()
    before_its_end = [line for line in run_dir.events.read_text().splitlines() if '"ModelSaved"' not in line]
    first = next(line for line in run_dir.events.read_text().splitlines() if '"ModelSaved"' in line)
    at = next(i for i, line in enumerate(before_its_end) if '"RunResumed"' in line)
    run_dir.events.write_text("\n".join([*before_its_end[:at], first, *before_its_end[at:]]) + "\n")
    shutil.copy(old, run_dir.model)  # newer by its date, older by its step
    found = newest_weights(run_dir)
    assert found.path == run_dir.checkpoint
    assert found.step is not None
    assert found.step > 20


@pytest.mark.parametrize("damage", [b"", b"PK no archive", None])
def test_a_damaged_file_gives_way_to_the_next(run_dir: RunDir, damage: bytes | None) -> None:
    if damage is None:
        torch.save([1, 2], run_dir.model)
    else:
        run_dir.model.write_bytes(damage)
    assert newest_weights(run_dir).path == run_dir.checkpoint
    run_dir.checkpoint.write_bytes(b"no checkpoint")
    run_dir.best.unlink()
    with pytest.raises(RunError, match=r"cannot read the weights .*model\.pt") as error:
        newest_weights(run_dir)
    assert "\n" not in str(error.value)


def test_without_a_log_the_step_is_not_known(run_dir: RunDir) -> None:
    run_dir.events.unlink()
    run_dir.checkpoint.unlink()
    found = newest_weights(run_dir)
    assert (found.path, found.step) == (run_dir.model, None)


def test_no_weights_yet(run_dir: RunDir) -> None:
    for path in (run_dir.model, run_dir.checkpoint, run_dir.best):
        path.unlink()
    with pytest.raises(RunError, match="ended before it saved any weights; start it again: nntui run "):
        newest_weights(run_dir)
    log = EventLog(run_dir)  # as a process does that trains it
    with pytest.raises(RunError, match=r"has saved no weights yet: .* with \^s where it trains; try again then"):
        newest_weights(run_dir)
    log.close()
