"""Ending early: targets, patience, the best epoch; and that a resumed run judges as an unbroken one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.errors import ConfigError
from core.events.events import BestModelSaved, Evaluated, Event, RunEnded
from core.experiment import resolve
from core.experiment.schema import RunConfig, StopConfig
from core.experiment.target import Target
from core.runs.event_log import read_events
from core.sessions import network
from core.sessions.session import Session
from core.training.stopping import Stopping


@pytest.mark.parametrize(
    ("text", "metrics", "reached"),
    [
        ("test_accuracy>=0.97", {"test_accuracy": 0.97}, True),
        ("test_accuracy>0.97", {"test_accuracy": 0.97}, False),
        (" train_loss < 1e-2 ", {"train_loss": 0.009}, True),
        ("train_loss<=0.1", {"train_loss": 0.11}, False),
        ("test_accuracy>=0.97", {"train_accuracy": 1.0}, False),
        ("test_loss<5", {"test_loss": float("nan")}, False),
    ],
)
def test_targets(text: str, metrics: dict[str, float], reached: bool) -> None:
    assert Target.parse(text).reached(metrics) is reached
    assert Target.parse(str(Target.parse(text))) == Target.parse(text)


@pytest.mark.parametrize("text", ["test_accuracy>=0.9999999", "test_loss<1e-09", "train_mae<=1234567.25"])
def test_a_target_keeps_every_digit(text: str) -> None:
    assert str(Target.parse(text)) == text


@pytest.mark.parametrize("text", ["", "test_accuracy", "test_accuracy=0.9", "test_accuracy>=much", ">=3", "a>=nan"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(ValueError, match=r"stop\.target = .*: write it as test_accuracy>=0\.97"):
        Target.parse(text)


def judged(values: list[float], stop: StopConfig) -> Stopping:
    stopping = Stopping()
    for epoch, value in enumerate(values, start=1):
        stopping.saw("validation", {stop.monitor.partition("_")[2] if stop.monitor else "loss": value})
        stopping.end_epoch(stop, epoch)
        if stopping.reason:
            break
    return stopping


def test_patience_counts_epochs_without_a_better_one() -> None:
    stop = StopConfig(patience=2, monitor="validation_loss")
    stopping = judged([3.0, 2.0, 2.5, 1.9, 2.0, 1.9, 0.1], stop)
    assert (stopping.best, stopping.best_epoch) == (1.9, 4)
    assert stopping.reason.startswith("validation_loss has not become better for 2 epochs (best 1.9 in epoch 4")


def test_higher_is_better_where_it_is() -> None:
    stopping = judged([0.5, 0.9, 0.7], StopConfig(patience=9, monitor="validation_accuracy"))
    assert (stopping.best, stopping.best_epoch, stopping.reason) == (0.9, 2, "")


def test_min_delta_is_what_counts_as_better() -> None:
    stopping = judged([1.0, 0.95, 0.85], StopConfig(patience=9, min_delta=0.1, monitor="validation_loss"))
    assert (stopping.best, stopping.best_epoch) == (0.85, 3)


def test_a_nan_is_never_the_best() -> None:
    stopping = judged([float("nan"), 2.0, float("nan")], StopConfig(patience=9, monitor="validation_loss"))
    assert (stopping.best, stopping.best_epoch) == (2.0, 2)


def iris(*pairs: tuple[str, str]) -> RunConfig:
    return resolve.load("iris-net", [("device", "cpu"), *pairs])


def run(resolved: RunConfig, root: Path) -> tuple[Session, list[Event], RunEnded]:
    made = network.start(resolved, root)
    ended = made.run.execute()
    return made, list(read_events(made.run_dir.events)), ended


def test_a_run_ends_when_its_target_is_reached(tmp_path: Path) -> None:
    made, events, ended = run(iris(("stop.target", "test_accuracy>=0.9")), tmp_path)
    accuracies = [e.metrics["accuracy"] for e in events if isinstance(e, Evaluated) and e.split == "test"]
    assert accuracies[-1] >= 0.9
    assert all(accuracy < 0.9 for accuracy in accuracies[:-1])
    assert (ended.status, ended.reason) == ("completed", f"test_accuracy>=0.9 reached in epoch {len(accuracies)}")
    with pytest.raises(Exception, match=r"is complete: .* nothing to resume"):
        network.resume(made.run_dir)


def test_a_target_on_running_train_metrics(tmp_path: Path) -> None:
    _made, events, ended = run(iris(("evaluate.splits", "test"), ("stop.target", "train_accuracy>0.8")), tmp_path)
    accuracies = [e.metrics["accuracy"] for e in events if isinstance(e, Evaluated) and e.split == "train"]
    assert accuracies[-1] > 0.8
    assert all(accuracy <= 0.8 for accuracy in accuracies[:-1])
    assert ended.status == "completed"


def test_what_is_measured_at_the_end_is_measured_at_an_early_end_too(tmp_path: Path) -> None:
    resolved = iris(("evaluate.when", "end"), ("evaluate.splits", "test"), ("stop.target", "train_loss<0.7"))
    _made, events, _ended = run(resolved, tmp_path)
    tests = [e for e in events if isinstance(e, Evaluated) and e.split == "test"]
    trains = [e for e in events if isinstance(e, Evaluated) and e.split == "train"]
    assert [e.epoch for e in tests] == [len(trains)]
    assert len(trains) < 200


PATIENT = (
    *(("split.validation", "0.25"), ("stop.patience", "3"), ("stop.keep_best", "true"), ("optimizer.lr", "0.05")),
    ("epochs", "60"),
)


def test_the_best_weights_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    made, events, ended = run(iris(*PATIENT), tmp_path)
    assert ended.status == "completed"
    bests = [e for e in events if isinstance(e, BestModelSaved)]
    losses = [e.metrics["loss"] for e in events if isinstance(e, Evaluated) and e.split == "validation"]
    assert bests[-1].value == min(losses)
    assert bests[-1].epoch == losses.index(min(losses)) + 1 == len(losses) - 3
    shorter, _events, _ended = run(iris(*PATIENT, ("epochs", str(bests[-1].epoch)), ("stop.patience", "99")), tmp_path)
    best = torch.load(made.run_dir.best, weights_only=True)
    for name, tensor in torch.load(shorter.run_dir.model, weights_only=True).items():
        assert torch.equal(best[name], tensor)


def test_a_run_that_was_stopped_judges_as_an_unbroken_one(tmp_path: Path) -> None:
    whole, _events, ended = run(iris(*PATIENT), tmp_path)

    def recorder(event: Event) -> None:
        if isinstance(event, Evaluated) and event.epoch == 5:
            made.run.stop()

    made = network.start(iris(*PATIENT), tmp_path, recorders=[recorder])
    assert made.run.execute().status == "stopped"
    resumed = network.resume(made.run_dir)
    again = resumed.run.execute()
    assert (again.status, again.reason) == (ended.status, ended.reason)
    ours, theirs = (torch.load(each.run_dir.model, weights_only=True) for each in (resumed, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    ours, theirs = (torch.load(each.run_dir.best, weights_only=True) for each in (resumed, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("text", ["test_accuracy>=1", "test_accuracy<=0", "train_loss<1000", "train_loss>1000"])
def test_conditions_at_the_edge_of_what_can_be_are_allowed(text: str) -> None:
    assert iris(("stop.target", text)).stop.target == text


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([("stop.target", "accuracy>=0.9")], "write a split and what is measured on it"),
        ([("stop.target", "test_mae<3")], "mae is not measured; choose from loss, accuracy"),
        ([("stop.target", "validation_loss<3")], "validation is not measured after each epoch"),
        ([("stop.target", "test_loss<3"), ("evaluate.when", "end")], "test is not measured after each epoch"),
        ([("stop.monitor", "test_r2"), ("stop.patience", "3")], "r2 is not measured"),
        ([("stop.monitor", "test_f1")], "f1 is not measured; choose from loss, accuracy"),
        ([("stop.monitor", "loss")], "write a split and what is measured on it"),
        (
            [("stop.target", "test_accuracy>=97")],
            "accuracy is a fraction, at most 1; write test_accuracy>=0.97 for 97 %",
        ),
        ([("stop.target", "train_accuracy>1")], "stop.target = train_accuracy>1: accuracy is at most 1; it never goes"),
        ([("stop.target", "test_accuracy>=1000")], "accuracy is at most 1; it never goes above"),
        ([("stop.target", "test_accuracy<0")], "accuracy is at least 0; it never goes below"),
        ([("stop.patience", "0")], "greater than or equal to 1"),
        ([("stop.target", "high")], "write it as test_accuracy>=0.97"),
    ],
)
def test_conditions_that_can_never_hold_are_refused(pairs: list[tuple[str, str]], reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        iris(*pairs)
    assert reason in str(error.value)
