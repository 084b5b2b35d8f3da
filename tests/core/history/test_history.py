"""History: the fold over hand-made events, over a live run, and over its log."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import run_started

from core.events import codec
from core.events.events import (
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    ModelSaved,
    RunEnded,
    RunPaused,
    RunResumed,
    RunUnpaused,
    SettingChanged,
    StepsEnded,
)
from core.experiment import resolve
from core.history.history import Best, History, Speed, column, lower_is_better
from core.runs.event_log import read_events
from core.sessions import network

STARTED = run_started(
    {"name": "toy", "epochs": 10, "optimizer": {"name": "sgd", "lr": 0.5}, "evaluate": {"when": ["epoch"]}},
    run_id="20261101-120000-toy-abcd",
    parameters=12,
    started="2026-11-01T12:00:00+00:00",
)


def steps(first: int, *losses: float, **fields: Any) -> StepsEnded:
    made = {"epoch": (first - 1) // 10 + 1, "lr": 0.5, "samples": 12 * len(losses), "seconds": 0.1, "grad_norm": 1.0}
    return StepsEnded(first_step=first, losses=list(losses), **{**made, **fields})


def evaluated(epoch: int, split: str = "test", seconds: float = 0.25, **metrics: float) -> Evaluated:
    return Evaluated(
        epoch=epoch,
        step=10 * epoch,
        split=split,  # type: ignore[arg-type]
        n=30,
        metrics=metrics,
        batch_loss_sum=0.0,
        batches=1,
        seconds=seconds,
    )


def epoch_ended(epoch: int) -> EpochEnded:
    return EpochEnded(epoch=epoch, step=10 * epoch, seconds=0.5)


def numbered(given: Iterable[Event], first: int = 0) -> list[Event]:
    return [dataclasses.replace(event, seq=seq, t=seq / 8) for seq, event in enumerate(given, start=first)]


def fold(*given: Event) -> History:
    return History.fold(numbered(given))


def test_an_empty_fold_knows_nothing() -> None:
    history = fold()
    assert (history.state, history.run, history.step, history.epochs, history.total_steps) == (
        "starting",
        None,
        0,
        0,
        0,
    )
    assert history.seconds_left is None
    assert history.live


def test_steps_become_a_curve_of_losses() -> None:
    history = fold(STARTED, steps(1, 3.0, 2.5), steps(3, 2.0, lr=0.25, grad_norm=7.0))
    np.testing.assert_array_equal(history.losses.x, [1, 2, 3])
    np.testing.assert_array_equal(history.losses.mean, [3.0, 2.5, 2.0])
    assert (history.step, history.lr, history.grad_norm) == (3, 0.25, 7.0)
    assert (history.total_steps, history.epochs, history.epoch) == (100, 10, 0)
    assert (history.seq, history.t) == (2, 0.25)


def test_the_learning_rate_is_known_before_the_first_step() -> None:
    assert fold(STARTED).lr == 0.5


def test_evaluations_become_curves_by_column() -> None:
    history = fold(
        STARTED,
        evaluated(1, "train", loss=1.0, accuracy=0.5, last_batch_accuracy=0.75),
        evaluated(1, "test", loss=2.0, accuracy=0.25),
        epoch_ended(1),
        evaluated(2, "test", loss=1.5, accuracy=0.5),
        epoch_ended(2),
    )
    assert set(history.metrics) == {
        *("train_loss", "train_accuracy", "last_batch_accuracy", "test_loss", "test_accuracy"),
    }
    np.testing.assert_array_equal(history.metrics["test_loss"].x, [10, 20])
    np.testing.assert_array_equal(history.metrics["test_loss"].mean, [2.0, 1.5])
    np.testing.assert_array_equal(history.metrics["last_batch_accuracy"].mean, [0.75])
    assert history.last["test_accuracy"] == 0.5
    assert history.last["train_accuracy"] == 0.5
    assert history.epoch == 2


def test_the_best_loss_is_the_lowest_and_the_best_accuracy_the_highest() -> None:
    history = fold(
        STARTED,
        *(evaluated(1, loss=2.0, accuracy=0.5), evaluated(2, loss=1.0, accuracy=0.75)),
        *(evaluated(3, loss=1.0, accuracy=0.75), evaluated(4, loss=3.0, accuracy=0.25)),
    )
    assert history.best["test_loss"] == Best(1.0, epoch=2, step=20), "the first of equals"
    assert history.best["test_accuracy"] == Best(0.75, epoch=2, step=20)


def test_nan_is_never_the_best() -> None:
    """Not even as long as nothing else was measured: every comparison with it is false, so it would stay for ever."""
    history = fold(STARTED, evaluated(1, loss=math.nan), evaluated(2, loss=2.0), evaluated(3, loss=math.nan))
    assert history.best["test_loss"] == Best(2.0, epoch=2, step=20)


@pytest.mark.parametrize("name", ["loss", "train_loss", "test_loss", "validation_loss"])
def test_a_loss_should_fall(name: str) -> None:
    assert lower_is_better(name)


@pytest.mark.parametrize("name", ["test_accuracy", "last_batch_accuracy"])
def test_an_accuracy_should_rise(name: str) -> None:
    assert not lower_is_better(name)


def test_columns() -> None:
    assert column("test", "accuracy") == "test_accuracy"
    assert column("train", "last_batch_accuracy") == "last_batch_accuracy"


@pytest.mark.parametrize(
    ("given", "state", "live"),
    [
        ([], "training", True),
        ([steps(1, 1.0)], "training", True),
        ([EvaluationProgressed(epoch=1, step=10, split="test", done=5, n=30)], "evaluating", True),
        (
            [EvaluationProgressed(epoch=1, step=10, split="test", done=5, n=30), evaluated(1, loss=1.0)],
            "training",
            True,
        ),
        ([RunPaused()], "paused", True),
        ([RunPaused(), CheckpointSaved(epoch=0, step=0, path="p")], "paused", True),
        ([RunPaused(), RunUnpaused()], "training", True),
        ([RunPaused(), RunEnded(status="stopped", reason="enough", run_id="r")], "stopped", False),
        ([RunEnded(status="completed", reason="", run_id="r")], "completed", False),
        ([RunEnded(status="failed", reason="why", run_id="r")], "failed", False),
        ([RunEnded(status="stopped", reason="enough", run_id="r"), RunResumed(step=0, session=2)], "training", True),
    ],
)
def test_states(given: list[Event], state: str, live: bool) -> None:
    history = fold(STARTED, *given)
    assert (history.state, history.live) == (state, live)


def test_how_it_ended_is_kept_until_it_is_resumed() -> None:
    ended = RunEnded(status="failed", reason="loss became NaN at step 3", run_id="r")
    assert fold(STARTED, ended).reason == "loss became NaN at step 3"
    resumed = fold(STARTED, ended, RunResumed(step=0, session=2))
    assert (resumed.reason, resumed.session) == ("", 2)


def test_what_was_saved_and_changed() -> None:
    history = fold(
        STARTED,
        steps(1, 1.0, 1.0),
        CheckpointSaved(epoch=0, step=2, path="/c"),
        SettingChanged(step=2, key="optimizer.lr", old=0.5, new=0.125),
        ModelSaved(step=2, path="/m"),
    )
    assert (history.checkpoint_step, history.model_path, history.lr) == (2, "/m", 0.125)


def test_an_evaluation_under_way_is_shown_until_it_ends() -> None:
    progress = EvaluationProgressed(epoch=1, step=10, split="test", done=5, n=30)
    assert dataclasses.replace(fold(STARTED, progress).evaluation or progress, seq=-1, t=0.0) == progress
    assert fold(STARTED, progress).evaluation is not None
    for after in (evaluated(1, loss=1.0), steps(11, 1.0), RunEnded(status="stopped", reason="", run_id="r")):
        assert fold(STARTED, progress, after).evaluation is None


# Speed and the time that is left.


def test_speed_is_samples_over_seconds() -> None:
    speed = Speed()
    assert speed.per_second == 0.0
    for _ in range(50):
        speed.add(12, 0.1)
        assert speed.per_second == pytest.approx(120)


def test_speed_follows_a_change() -> None:
    speed = Speed()
    for _ in range(100):
        speed.add(100, 1.0)
    for _ in range(100):
        speed.add(10, 1.0)
    assert speed.per_second == pytest.approx(10, rel=0.01)


def test_seconds_left_counts_the_training_and_the_evaluations_to_come() -> None:
    history = fold(
        STARTED,
        steps(1, *[1.0] * 10, seconds=1.0),  # 120 samples a second
        evaluated(1, "train", seconds=0.25, loss=1.0),
        evaluated(1, "test", seconds=0.5, loss=1.0),
        epoch_ended(1),
    )
    assert history.training.per_second == pytest.approx(120)
    assert history.seconds_left == pytest.approx(9 * 120 / 120 + 9 * (0.25 + 0.5))


def test_seconds_left_with_one_evaluation_at_the_end_or_none() -> None:
    for when, evaluations in ((["end"], 1), ([], 0)):
        started = dataclasses.replace(STARTED, config={**STARTED.config, "evaluate": {"when": when}})
        history = fold(started, evaluated(0, seconds=0.5, loss=1.0), steps(1, *[1.0] * 20, seconds=2.0))
        assert history.seconds_left == pytest.approx(80 * 12 / 120 + evaluations * 0.5)


def test_seconds_left_is_unknown_before_the_first_step_and_nothing_at_the_end() -> None:
    assert fold(STARTED).seconds_left is None
    done = fold(STARTED, steps(1, *[1.0] * 100, seconds=1.0), evaluated(10, loss=1.0), epoch_ended(10))
    assert done.seconds_left == pytest.approx(0)


# Resuming.

FIRST_SESSION = [
    STARTED,
    steps(1, *[3.0] * 10),
    evaluated(1, loss=3.0, accuracy=0.75),
    epoch_ended(1),
    CheckpointSaved(epoch=1, step=10, path="/c"),
    steps(11, *[2.0] * 10),
    evaluated(2, loss=2.0, accuracy=0.5),
    epoch_ended(2),
    CheckpointSaved(epoch=2, step=20, path="/c"),
    steps(21, *[1.0] * 7),
]


def test_resuming_drops_what_came_later() -> None:
    history = fold(*FIRST_SESSION, RunResumed(step=10, session=2))
    assert (history.step, history.epoch, history.session) == (10, 1, 2)
    np.testing.assert_array_equal(history.losses.x, range(1, 11))
    np.testing.assert_array_equal(history.metrics["test_loss"].mean, [3.0])


def test_a_resumed_run_goes_on_from_there() -> None:
    history = fold(*FIRST_SESSION, RunResumed(step=15, session=2), steps(16, 9.0, 8.0), steps(18, 7.0))
    np.testing.assert_array_equal(history.losses.x, range(1, 19))
    np.testing.assert_array_equal(history.losses.mean, [3.0] * 10 + [2.0] * 5 + [9.0, 8.0, 7.0])
    assert history.step == 18


def test_an_evaluation_that_is_repeated_after_a_resume_counts_once() -> None:
    """A run that stops between its two evaluations measures the first again."""
    history = fold(*FIRST_SESSION[:3], RunResumed(step=10, session=2), evaluated(1, loss=3.0, accuracy=0.75))
    np.testing.assert_array_equal(history.metrics["test_loss"].x, [10])


@pytest.mark.parametrize("step", [0, 5, 10, 15, 20])
def test_a_fold_that_saw_the_lost_steps_equals_one_that_did_not(step: int, tmp_path: Path) -> None:
    """A screen that stays open, and summary.json, see the dropped events; a replay of the log does not."""
    lived = numbered([*FIRST_SESSION, RunResumed(step=step, session=2)])
    log = tmp_path / "events.jsonl"
    log.write_text("".join(codec.encode(event) + "\n" for event in lived))
    live, replay = History.fold(lived), History.fold(read_events(log))
    for name in ("step", "epoch", "session", "state", "last", "best"):
        assert (name, getattr(live, name)) == (name, getattr(replay, name))
    np.testing.assert_array_equal(live.losses.mean, replay.losses.mean)
    for name, series in live.metrics.items():
        np.testing.assert_array_equal(series.mean, replay.metrics[name].mean if name in replay.metrics else [])


def test_a_live_fold_equals_a_replay_of_the_log(tmp_path: Path, every_step: None) -> None:
    resolved = resolve.load("iris-net", [("epochs", "3"), ("device", "cpu")])
    made = network.start(resolved, tmp_path)
    made.run.execute()
    lived, overflowed = made.run.drain()
    logged = list(read_events(made.run_dir.events))
    assert not overflowed
    assert logged == lived
    assert History.fold(logged) == History.fold(lived)
    assert History.fold(lived).state == "completed"
    assert len(History.fold(lived).losses) == 30
