"""summary.json: a cache that is never believed more than the log."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from made import run_started

from core.errors import RunError, WriteError
from core.events import codec
from core.events.events import Evaluated, Event, RunEnded, RunPaused, RunUnpaused, StepsEnded
from core.experiment import resolve
from core.history.history import History
from core.runs import summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.runs.summary import Summary
from core.sessions import network


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    resolved = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3"), ("seed", "4")])
    made = network.start(resolved, tmp_path_factory.mktemp("models"))
    made.run.execute()
    return made.run_dir


@pytest.fixture
def run_dir(short_run: RunDir, tmp_path: Path) -> RunDir:
    """A short run of iris, for this test alone."""
    return RunDir(Path(shutil.copytree(short_run.path, tmp_path / short_run.run_id)))


def rebuilt(run_dir: RunDir) -> Summary:
    return Summary.of(run_dir, History.fold(read_events(run_dir.events)), run_dir.events.stat().st_size)


def test_a_run_leaves_a_summary_that_its_log_confirms(run_dir: RunDir) -> None:
    saved = json.loads(run_dir.summary.read_text())
    assert Summary(**saved) == summary.read(run_dir) == rebuilt(run_dir)


def test_what_it_tells(run_dir: RunDir) -> None:
    found = summary.read(run_dir)
    logged = list(read_events(run_dir.events))
    last = {e.split: e.metrics for e in logged if isinstance(e, Evaluated)}
    assert (found.status, found.reason) == ("completed", "")
    assert (found.epoch, found.epochs, found.step, found.steps) == (3, 3, 30, 30)
    assert (found.run_id, found.name, found.sessions) == (run_dir.run_id, "iris-net", 1)
    assert (found.dataset, found.model, found.optimizer, found.lr) == ("iris", "mlp", "adam", 0.01)
    assert (found.seed, found.device, found.parameters) == (4, "cpu", 403)
    assert found.metrics["test_accuracy"] == last["test"]["accuracy"]
    assert found.metrics["train_loss"] == last["train"]["loss"]
    assert found.best["test_loss"]["value"] == min(
        e.metrics["loss"] for e in logged if isinstance(e, Evaluated) and e.split == "test"
    )
    assert found.seconds == logged[-1].t


@pytest.mark.parametrize(
    "content",
    [
        *(None, b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b'{"run_id": "x"}'),
        pytest.param(b'{"colour": "red"}', id="other keys"),
    ],
)
def test_a_summary_that_is_missing_or_damaged_is_made_from_the_log(content: bytes | None, run_dir: RunDir) -> None:
    if content is None:
        run_dir.summary.unlink(missing_ok=True)
    else:
        run_dir.summary.write_bytes(content)
    assert summary.read(run_dir) == rebuilt(run_dir)


@pytest.mark.parametrize("change", [{"log_bytes": 1}, {"format": 99}], ids=repr)
def test_a_stale_summary_is_made_anew(change: dict[str, int], run_dir: RunDir) -> None:
    lie = {**rebuilt(run_dir).to_dict(), "epoch": 77}
    run_dir.summary.write_text(json.dumps(lie))
    assert summary.read(run_dir).epoch == 77, "as long as the log has the length that it names"
    run_dir.summary.write_text(json.dumps({**lie, **change}))
    assert summary.read(run_dir) == rebuilt(run_dir)


def test_of_a_run_that_nobody_resumed_the_cache_of_the_version_before_is_completed(run_dir: RunDir) -> None:
    """It lacked the config; the log is not read whole for that."""
    whole = rebuilt(run_dir)
    assert whole.config["optimizer.lr"] == 0.01
    assert whole.config["model.hidden"] == [16, 16]
    old = {name: value for name, value in whole.to_dict().items() if name != "config"} | {"format": 5, "epoch": 77}
    run_dir.summary.write_text(json.dumps(old))
    assert summary.read(run_dir) == dataclasses.replace(whole, epoch=77)
    for change in ({"sessions": 2}, {"log_bytes": 1}, {"format": 4}):
        run_dir.summary.write_text(json.dumps({**old, **change}))
        assert summary.read(run_dir) == whole


def test_a_run_without_a_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read"):
        summary.read(RunDir(tmp_path))


# Logs made by hand.

STARTED = run_started(
    {"name": "toy", "epochs": 2, "optimizer": {"name": "sgd", "lr": 0.5}},
    steps_per_epoch=1,
    sizes={"train": 1, "test": 1},
    started="2026-11-01T12:00:00+00:00",
)
STEP = StepsEnded(epoch=1, first_step=1, losses=[1.0], lr=0.5, samples=1, seconds=0.1, grad_norm=1.0)


def measured(loss: float) -> Evaluated:
    metrics = {"loss": loss, "accuracy": 0.5}
    return Evaluated(epoch=1, step=1, split="test", n=1, metrics=metrics, batch_loss_sum=loss, batches=1, seconds=0.1)


def written(root: Path, given: Iterable[Event]) -> RunDir:
    run_dir = RunDir(root)
    numbered = [dataclasses.replace(event, seq=seq) for seq, event in enumerate(given)]
    run_dir.events.write_text("".join(codec.encode(event) + "\n" for event in numbered))
    return run_dir


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_numbers_again_when_read(loss: float, tmp_path: Path) -> None:
    """A run that failed on a NaN must not have a text among the numbers that a table sorts by."""
    ended = RunEnded(status="failed", reason="test loss became NaN at step 1", run_id="r")
    run_dir = written(tmp_path, [STARTED, STEP, measured(loss), ended])
    history = History.fold(read_events(run_dir.events))
    summary.write(run_dir, history)
    cached = summary.read(run_dir)
    assert type(cached.metrics["test_loss"]) is float
    assert repr(cached) == repr(rebuilt(run_dir))


def test_plain_json_has_no_nan(tmp_path: Path) -> None:
    run_dir = written(tmp_path, [STARTED, STEP, measured(math.nan)])
    text = json.dumps(rebuilt(run_dir).to_dict(), allow_nan=False)
    assert json.loads(text)["metrics"]["test_loss"] == "nan"


def test_a_run_that_died_is_interrupted(tmp_path: Path) -> None:
    """Its log stops in the middle and nobody holds it."""
    run_dir = written(tmp_path, [STARTED, STEP])
    assert not run_dir.live
    assert summary.read(run_dir).status == "interrupted"


def test_a_live_run_is_training(tmp_path: Path) -> None:
    seen: list[str] = []
    resolved = resolve.load("iris-net", [("device", "cpu"), ("epochs", "1")])

    def look(event: Event) -> None:
        if isinstance(event, StepsEnded):
            seen.append(summary.read(made.run_dir).status)

    made = network.start(resolved, tmp_path, recorders=[look])
    made.run.execute()
    assert set(seen) == {"training"}
    assert summary.read(made.run_dir).status == "completed"


def test_a_log_without_its_beginning_still_makes_a_row(tmp_path: Path) -> None:
    found = summary.read(written(tmp_path, [STEP]))
    assert (found.name, found.epochs, found.step) == ("", 0, 1)


def test_it_is_written_at_most_once_a_second_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    writes: list[float] = []
    monkeypatch.setattr(summary, "write", lambda *_args: writes.append(clock[0]))
    writer = summary.SummaryWriter(RunDir(tmp_path), History(), lambda: clock[0])
    for _ in range(40):
        writer.record(STEP)
        clock[0] += 0.125
    assert writes == [100.0, 101.0, 102.0, 103.0, 104.0]
    writer.record(RunEnded(status="completed", reason="", run_id="r"))
    assert writes[-1] == clock[0]
    assert len(writes) == 6


def test_a_log_of_another_making_is_told_and_hides_no_other(run_dir: RunDir) -> None:
    """An event whose config is not one: `nntui runs` goes on with the next run."""
    first, *rest = run_dir.events.read_text().splitlines()
    broken = json.loads(first)
    broken["config"]["epochs"] = [3, 5]
    run_dir.events.write_text("\n".join([json.dumps(broken), *rest, ""]))
    run_dir.summary.unlink()
    with pytest.raises(RunError, match=r"events\.jsonl cannot be understood .*; move its folder away"):
        summary.read(run_dir)


def test_who_reads_a_log_leaves_a_summary(run_dir: RunDir) -> None:
    """So that a list of runs that lost theirs is slow once."""
    run_dir.summary.unlink()
    found = summary.read(run_dir)
    assert summary.cached(run_dir) == found
    assert found.curves["loss"]
    assert len(found.curves["test_accuracy"]) == 3


def test_not_of_a_run_that_trains_nor_where_nothing_can_be_written(
    run_dir: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_dir.summary.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(RunDir, "live", True)
        summary.read(run_dir)
        assert not run_dir.summary.exists()

    def refuse(*_arguments: object, **_options: object) -> None:
        raise WriteError(30, "Read-only file system", str(run_dir.summary))

    monkeypatch.setattr(summary, "write_atomically", refuse)
    assert summary.read(run_dir) == rebuilt(run_dir)


def test_a_pause_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes after it that would."""
    writes: list[str] = []
    history = History()
    monkeypatch.setattr(summary, "write", lambda _run_dir, history: writes.append(history.state))
    writer = summary.SummaryWriter(RunDir(tmp_path), history, lambda: 100.0)
    for event in (STARTED, STEP, RunPaused(), RunUnpaused(), STEP):
        writer.record(event)
    assert writes == ["training", "paused", "training"]
