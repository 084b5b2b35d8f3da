"""fit against the documents' own loops, written out by hand in plain PyTorch: weights equal to the last bit."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import ToTensor

from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import ConfigError, DataError
from core.events.commands import Checkpoint, Set, Stop, TrainingFailed
from core.events.events import (
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    NetworkInspected,
    SettingChanged,
    StepsEnded,
)
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.network.build import pick_device
from core.system import clock
from core.training import steering
from core.training.batches import batch_order
from core.training.state import TrainState
from core.training.textbook import fit

E = TypeVar("E", bound=Event)


class IrisNet(nn.Module):
    """The iris document's `Net`, as it stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.input = nn.Linear(in_features=4, out_features=16)
        self.hidden_1 = nn.Linear(in_features=16, out_features=16)
        self.output = nn.Linear(in_features=16, out_features=3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.input(x))
        x = F.relu(self.hidden_1(x))
        return self.output(x)


class FashionNet(nn.Module):
    """The FashionMNIST document's `NeuralNetwork`, as it stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(28 * 28, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_relu_stack(self.flatten(x))


@dataclass
class ByHand:
    """What a hand-written run has computed."""

    model: nn.Module
    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    epochs: list[dict[str, float]] = field(default_factory=list)


def iris_splits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(x_train, x_test, y_train, y_test) as the document makes them."""
    iris = load_iris()
    x, y = torch.tensor(iris.data, dtype=torch.float), torch.tensor(iris.target, dtype=torch.long)
    x_train, x_test, y_train, y_test = train_test_split(x, y, train_size=0.8, random_state=42)
    return x_train, x_test, y_train, y_test


def iris_by_hand(
    resolved: RunConfig,
    make: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    rates: dict[int, float] | None = None,
) -> ByHand:
    """The iris document's loop. `rates`: from which step on which learning rate holds."""
    x_train, x_test, y_train, y_test = iris_splits()
    torch.manual_seed(resolved.seed)
    run = ByHand(IrisNet())
    optimizer = make(run.model.parameters(), lr=resolved.optimizer["lr"])
    for epoch in range(resolved.epochs):
        order = batch_order(resolved, epoch, len(x_train))
        assert order is not None
        correct, total = 0, 0.0
        for start in range(0, len(x_train), resolved.batch_size):
            chosen = order[start : start + resolved.batch_size]
            x, y = x_train[chosen], y_train[chosen]
            for group in optimizer.param_groups:
                group["lr"] = (rates or {}).get(len(run.losses) + 1, group["lr"])
            preds = run.model(x)
            pred_labels = torch.argmax(preds, dim=1)
            loss = nn.CrossEntropyLoss()(preds, y)
            optimizer.zero_grad()
            loss.backward()
            run.grad_norms.append(math.sqrt(sum(float((p.grad**2).sum()) for p in run.model.parameters())))
            optimizer.step()
            run.losses.append(loss.item())
            correct += int((pred_labels == y).sum())
            total += loss.item() * len(y)
        with torch.no_grad():
            test_labels = torch.argmax(run.model(x_test), dim=1)
            train_labels = torch.argmax(run.model(x_train), dim=1)
            run.epochs.append(
                {
                    "last_batch_accuracy": torch.mean((pred_labels == y).float()).item(),
                    "test_accuracy": int((test_labels == y_test).sum()) / len(y_test),
                    "train_accuracy": int((train_labels == y_train).sum()) / len(y_train),
                    "test_loss": F.cross_entropy(run.model(x_test).double(), y_test).item(),
                    "train_loss": F.cross_entropy(run.model(x_train).double(), y_train).item(),
                    "running_accuracy": correct / len(y_train),
                    "running_loss": total / len(y_train),
                }
            )
    return run


def fashion_by_hand(root: Path, seed: int, epochs: int) -> ByHand:
    """The FashionMNIST document's script: its DataLoaders, its train_loop and test_loop."""
    training_data = datasets.FashionMNIST(root=str(root), train=True, download=False, transform=ToTensor())
    test_data = datasets.FashionMNIST(root=str(root), train=False, download=False, transform=ToTensor())
    torch.manual_seed(seed)
    run = ByHand(FashionNet())
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(run.model.parameters(), lr=1e-3)
    for _epoch in range(epochs):
        running = 0
        for x, y in DataLoader(training_data, batch_size=64):
            pred = run.model(x)
            loss = loss_fn(pred, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.losses.append(loss.item())
            running += int((pred.argmax(1) == y).sum())
        test_loss, correct, true_sum = 0.0, 0.0, 0.0
        with torch.no_grad():
            for x, y in DataLoader(test_data, batch_size=64):
                pred = run.model(x)
                test_loss += loss_fn(pred, y).item()
                correct += (pred.argmax(1) == y).type(torch.float).sum().item()
                true_sum += F.cross_entropy(pred.double(), y, reduction="sum").item()
        run.epochs.append(
            {
                "batch_loss_sum": test_loss,
                "test_accuracy": correct / len(test_data),
                "test_loss": true_sum / len(test_data),
                "running_accuracy": running / len(training_data),
            }
        )
    return run


def iris(*pairs: tuple[str, str]) -> RunConfig:
    return resolve.load("iris-net", [("device", "cpu"), ("epochs", "5"), *pairs])


def fashion(root: Path, *pairs: tuple[str, str]) -> RunConfig:
    return resolve.load("fashion-mlp", [("device", "cpu"), ("data_dir", str(root)), ("epochs", "5"), *pairs])


def trained(
    resolved: RunConfig, data: Data | None = None, now: Callable[[], float] = clock.now
) -> tuple[TrainState, list[Event]]:
    data = data or load_data(resolved)
    state = TrainState.new(resolved, data)
    state.now = now
    return state, list(fit(resolved, state, data))


def of(kind: type[E], events: Iterable[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def losses_of(events: Iterable[Event]) -> list[float]:
    return [loss for event in of(StepsEnded, events) for loss in event.losses]


def assert_equal_weights(a: nn.Module, b: nn.Module) -> None:
    """In order: the documents' networks name their layers differently."""
    pairs = list(zip(a.parameters(), b.parameters(), strict=True))
    assert pairs
    for i, (one, other) in enumerate(pairs):
        assert torch.equal(one, other), f"tensor {i} differs by up to {(one - other).abs().max():g}"


# The documents' runs.


@pytest.mark.parametrize("any_fashion_dir", ["synthetic", pytest.param("real", marks=pytest.mark.slow)], indirect=True)
def test_fashion_mlp_trains_to_the_documents_weights(any_fashion_dir: Path, request: pytest.FixtureRequest) -> None:
    epochs = 1 if "real" in request.node.name else 5
    resolved = fashion(any_fashion_dir, ("epochs", str(epochs)), ("seed", "3"))
    state, events = trained(resolved)
    by_hand = fashion_by_hand(any_fashion_dir, 3, epochs)
    assert_equal_weights(state.model, by_hand.model)
    assert losses_of(events) == by_hand.losses
    tests = [event for event in of(Evaluated, events) if event.split == "test"]
    runnings = [event for event in of(Evaluated, events) if event.split == "train"]
    assert [event.batch_loss_sum for event in tests] == [epoch["batch_loss_sum"] for epoch in by_hand.epochs]
    assert [event.metrics["accuracy"] for event in tests] == [epoch["test_accuracy"] for epoch in by_hand.epochs]
    for event, epoch in zip(tests, by_hand.epochs, strict=True):
        assert event.metrics["loss"] == pytest.approx(epoch["test_loss"], abs=1e-6)
    assert [event.metrics["accuracy"] for event in runnings] == [epoch["running_accuracy"] for epoch in by_hand.epochs]
    assert {event.seconds for event in runnings} == {0.0}, "running values cost nothing"


@pytest.mark.parametrize(("name", "make"), [("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)])
def test_iris_net_trains_to_the_documents_weights(name: str, make: Callable[..., torch.optim.Optimizer]) -> None:
    resolved = iris(("optimizer.name", name), ("optimizer.lr", "0.01"), ("seed", "7"))
    state, events = trained(resolved)
    by_hand = iris_by_hand(resolved, make)
    assert_equal_weights(state.model, by_hand.model)
    assert losses_of(events) == by_hand.losses


def test_iris_net_learns_iris_as_the_document_does() -> None:
    """All 200 epochs: the same weights, and the accuracies of the document's two curves."""
    resolved = iris(("epochs", "200"))
    state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    assert_equal_weights(state.model, by_hand.model)
    tests = [event.metrics["accuracy"] for event in of(Evaluated, events) if event.split == "test"]
    assert tests == [epoch["test_accuracy"] for epoch in by_hand.epochs]
    assert tests[-1] > 0.9


def test_iris_metrics_are_those_of_a_hand_written_evaluation() -> None:
    resolved = iris()
    _state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    for split, n in (("train", 120), ("test", 30)):
        measured = [event for event in of(Evaluated, events) if event.split == split]
        for event, epoch in zip(measured, by_hand.epochs, strict=True):
            assert event.n == n
            assert event.metrics["accuracy"] == epoch[f"{split}_accuracy"]
            assert event.metrics["loss"] == pytest.approx(epoch[f"{split}_loss"], abs=1e-6)
            if split == "train":
                expected = epoch["last_batch_accuracy"]  # a float32 of twelfths in the document
                assert event.metrics["last_batch_accuracy"] == pytest.approx(expected, abs=1e-7)


def test_running_metrics_are_those_of_the_batches_before_their_updates() -> None:
    resolved = iris(("evaluate.splits", "test"))
    _state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    runnings = [event for event in of(Evaluated, events) if event.split == "train"]
    for event, epoch in zip(runnings, by_hand.epochs, strict=True):
        assert event.metrics["accuracy"] == epoch["running_accuracy"]
        assert event.metrics["loss"] == pytest.approx(epoch["running_loss"], abs=1e-9)
        assert event.metrics["last_batch_accuracy"] == pytest.approx(epoch["last_batch_accuracy"], abs=1e-7)
        assert (event.n, event.batches) == (120, 10)


@pytest.mark.parametrize("size", [1, 7, 29, 30, 31])
def test_the_evaluation_batch_size_does_not_change_the_metrics(size: int) -> None:
    resolved = iris(("epochs", "2"), ("evaluate.batch_size", str(size)))
    _state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    tests = [event for event in of(Evaluated, events) if event.split == "test"]
    for event, epoch in zip(tests, by_hand.epochs, strict=True):
        assert event.metrics["accuracy"] == epoch["test_accuracy"]
        assert event.metrics["loss"] == pytest.approx(epoch["test_loss"], abs=1e-6)
        assert event.batches == math.ceil(30 / size)


def test_the_gradient_norm_is_that_of_the_last_step(every_step: None) -> None:
    resolved = iris(("epochs", "2"))
    _state, events = trained(resolved)
    norms = [event.grad_norm for event in of(StepsEnded, events)]
    assert norms == pytest.approx(iris_by_hand(resolved).grad_norms, rel=1e-5)


# What is told, and when.


def test_the_order_of_events() -> None:
    _state, events = trained(iris(("epochs", "2")))
    told = [(type(e).__name__, getattr(e, "split", "")) for e in events if not isinstance(e, StepsEnded)]
    first = [("Evaluated", "train"), ("Evaluated", "test"), ("EpochEnded", "")]
    assert told == [*first, *first[:2], ("NetworkInspected", ""), ("EpochEnded", "")]
    assert [(e.epoch, e.step) for e in of(EpochEnded, events)] == [(1, 10), (2, 20)]
    assert [(e.epoch, e.step) for e in of(Evaluated, events)] == [(1, 10), (1, 10), (2, 20), (2, 20)]


def test_steps_are_told_once_each_and_in_order() -> None:
    _state, events = trained(iris(("batch_size", "7")))
    step = 1
    for event in of(StepsEnded, events):
        assert event.first_step == step
        assert event.epoch == (step - 1) // 18 + 1
        step += len(event.losses)
    assert step - 1 == 5 * 18
    assert sum(event.samples for event in of(StepsEnded, events)) == 5 * 120


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("start", [(0, "test"), (1, "train"), (2, "train"), (3, "train")]),
        ("end", [(1, "train"), (2, "train"), (3, "train"), (3, "test")]),
        ("epoch", [(1, "train"), (1, "test"), (2, "train"), (2, "test"), (3, "train"), (3, "test")]),
        (
            "start,epoch,end",
            [(0, "test"), (1, "train"), (1, "test"), (2, "train"), (2, "test"), (3, "train"), (3, "test")],
        ),
        ("", [(1, "train"), (2, "train"), (3, "train")]),
    ],
)
def test_when_is_evaluated(when: str, expected: list[tuple[int, str]]) -> None:
    resolved = iris(("epochs", "3"), ("evaluate.when", when), ("evaluate.splits", "test"))
    state, events = trained(resolved)
    assert [(event.epoch, event.split) for event in of(Evaluated, events)] == expected
    assert_equal_weights(state.model, iris_by_hand(resolved).model)


@pytest.mark.parametrize("when", ["end", "start,end"])
def test_the_train_split_is_measured_where_the_experiment_says_and_running_elsewhere(when: str) -> None:
    resolved = iris(("epochs", "3"), ("evaluate.when", when), ("evaluate.splits", "train"))
    _state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    values = [event.metrics["accuracy"] for event in of(Evaluated, events) if event.epoch]
    expected = [epoch["running_accuracy"] for epoch in by_hand.epochs[:2]] + [by_hand.epochs[2]["train_accuracy"]]
    assert values == expected


def test_the_evaluation_at_the_start_is_of_the_untrained_weights() -> None:
    resolved = iris(("epochs", "1"), ("evaluate.when", "start"))
    _state, events = trained(resolved)
    x_train, x_test, y_train, y_test = iris_splits()
    torch.manual_seed(resolved.seed)
    untrained = IrisNet()
    first, second = events[:2]
    for event, x, y in ((first, x_train, y_train), (second, x_test, y_test)):
        assert isinstance(event, Evaluated)
        assert (event.epoch, event.step) == (0, 0)
        assert event.metrics.keys() == {"loss", "accuracy"}, "no batch has gone by yet"
        assert event.metrics["accuracy"] == int((untrained(x).argmax(1) == y).sum()) / len(y)
        assert event.metrics["loss"] == pytest.approx(F.cross_entropy(untrained(x), y).item(), abs=1e-6)


def test_a_long_evaluation_tells_its_progress(every_step: None) -> None:
    _state, events = trained(iris(("epochs", "1"), ("evaluate.batch_size", "7")))
    progress = [(e.split, e.done, e.n) for e in of(EvaluationProgressed, events)]
    assert progress == [("train", done, 120) for done in range(7, 120, 7)] + [("test", d, 30) for d in range(7, 30, 7)]


def test_reports_come_by_the_clock_and_lose_no_loss() -> None:
    """A clock that ticks 20 ms at every look: 50 ms are over at the third batch."""
    ticks = iter(range(1_000_000))
    resolved = iris(("epochs", "2"))
    _state, events = trained(resolved, now=lambda: next(ticks) * 0.02)
    assert [len(event.losses) for event in of(StepsEnded, events)] == [3, 3, 3, 1] * 2
    assert losses_of(events) == iris_by_hand(resolved).losses


def test_metrics_do_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of floats depend on how they are grouped; the groups are the clock's, the metrics must not be."""
    told = []
    for report_every in (0.0, 1e9):
        monkeypatch.setattr(steering, "REPORT_EVERY", report_every)
        _state, events = trained(iris(("evaluate.splits", "test")))
        told.append([(e.split, e.metrics, e.batch_loss_sum) for e in of(Evaluated, events)])
    assert told[0] == told[1]


def test_the_time_of_an_epoch_is_the_time_of_its_steps() -> None:
    """And neither that of the evaluations nor that which the consumer took: a pause is no training."""
    clock = [0.0]
    data = load_data(iris())
    state = TrainState.new(iris(), data)
    state.now = lambda: clock[0]
    inner = state.loss

    class Slow(nn.Module):
        def forward(self, output: Tensor, y: Tensor) -> Tensor:
            clock[0] += 0.25
            return inner(output, y)  # type: ignore[no-any-return]

    state.loss = Slow()
    events = []
    for event in fit(iris(("epochs", "1"), ("evaluate.splits", "test")), state, data):
        clock[0] += 1000.0  # the consumer sleeps
        events.append(event)
    assert [event.seconds for event in of(StepsEnded, events)] == [0.25] * 10
    assert [event.seconds for event in of(EpochEnded, events)] == [2.5]
    assert [event.seconds for event in of(Evaluated, events) if event.split == "test"] == [0.25]


def test_nothing_is_told_where_gradients_are_off(every_step: None) -> None:
    """The consumer would inherit it: its tensors would refuse to train."""
    resolved = iris(("epochs", "1"), ("evaluate.batch_size", "7"), ("evaluate.when", "start,epoch,end"))
    stream, seen = fit(resolved, data=load_data(resolved)), set()
    for event in stream:
        assert torch.is_grad_enabled(), event
        assert not torch.is_inference_mode_enabled(), event
        seen.add(type(event))
    assert seen == {StepsEnded, EvaluationProgressed, Evaluated, NetworkInspected, EpochEnded}


class Watching(nn.Module):
    """Passes on what it gets, and notes in which mode it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bool, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append((self.training, torch.is_grad_enabled()))
        return x


def test_training_and_evaluating_are_different_modes() -> None:
    """Dropout on and gradients kept in the one, off in the other, and back again in the next epoch."""
    resolved = iris(("epochs", "2"), ("evaluate.when", "start,epoch"), ("evaluate.batch_size", "60"))
    state, watching = TrainState.new(resolved, load_data(resolved)), Watching()
    state.model.append(watching)  # type: ignore[operator]  # the network is an nn.Sequential
    list(fit(resolved, state, load_data(resolved)))
    evaluation, epoch = [(False, False)] * (120 // 60 + 1), [(True, True)] * 10
    inspection = [(False, False)]
    assert watching.seen == [*evaluation, *epoch, *evaluation, *epoch, *evaluation, *inspection]


def test_dropout_is_off_while_evaluating(register: Callable[..., None]) -> None:
    def dropout(shape: tuple[int, ...], outputs: int) -> nn.Module:
        """A toy."""
        return nn.Sequential(nn.Linear(shape[0], 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, outputs))

    register("model", "dropout", dropout)
    state, events = trained(iris(("epochs", "3"), ("model.name", "dropout")))
    _x_train, x_test, _y_train, y_test = iris_splits()
    state.model.eval()
    last = [event for event in of(Evaluated, events) if event.split == "test"][-1]
    with torch.no_grad():
        assert last.metrics["loss"] == pytest.approx(F.cross_entropy(state.model(x_test), y_test).item(), abs=1e-6)


# Lazy.


def test_calling_fit_does_nothing_until_it_is_pulled(tmp_path: Path) -> None:
    stream = fit(fashion(tmp_path))  # there is no data there
    with pytest.raises(DataError):
        next(stream)


def test_a_consumer_that_stops_pulling_stops_the_training(every_step: None) -> None:
    resolved = iris()
    data = load_data(resolved)
    state = TrainState.new(resolved, data)
    stream = fit(resolved, state, data)
    for _ in range(3):
        next(stream)
    assert state.step == 3
    weights = copy.deepcopy(state.model)
    stream.close()
    assert state.step == 3
    assert_equal_weights(state.model, weights)
    with pytest.raises(StopIteration):
        next(stream)


def test_fit_alone_is_enough() -> None:
    """No state, no data, no folder: the textbook's call."""
    losses = losses_of(fit(iris()))
    assert losses == iris_by_hand(iris()).losses


# Seeds and orders.


def test_the_same_seed_trains_to_the_same_weights_and_another_does_not() -> None:
    one, again, other = (trained(iris(("seed", seed)))[0] for seed in ("1", "1", "2"))
    assert_equal_weights(one.model, again.model)
    assert not any(torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


def test_the_batch_order_is_a_permutation_that_depends_on_seed_and_epoch_alone() -> None:
    orders = {}
    for seed in ("0", "1"):
        for epoch in (0, 1):
            before = torch.get_rng_state()
            order = batch_order(iris(("seed", seed)), epoch, 120)
            assert order is not None
            assert torch.equal(torch.get_rng_state(), before), "it must not draw from the global generator"
            assert sorted(order.tolist()) == list(range(120))
            torch.rand(5)
            again = batch_order(iris(("seed", seed)), epoch, 120)
            assert again is not None
            assert torch.equal(order, again)
            orders[seed, epoch] = tuple(order.tolist())
    assert len(set(orders.values())) == 4


def test_without_shuffling_batches_come_in_the_order_of_the_data() -> None:
    assert batch_order(iris(("shuffle", "false")), 0, 120) is None
    resolved = iris(("shuffle", "false"), ("epochs", "1"), ("batch_size", "120"))
    _state, events = trained(resolved)
    x_train, _x_test, y_train, _y_test = iris_splits()
    torch.manual_seed(resolved.seed)
    assert losses_of(events) == [F.cross_entropy(IrisNet()(x_train), y_train).item()]


@pytest.mark.parametrize("size", ["1", "7", "119", "120", "121", "1000000"])
def test_any_batch_size(size: str) -> None:
    resolved = iris(("batch_size", size), ("epochs", "2"))
    state, events = trained(resolved)
    by_hand = iris_by_hand(resolved)
    assert losses_of(events) == by_hand.losses
    assert_equal_weights(state.model, by_hand.model)


# Commands.

IRIS_DATA = load_data(iris())


def interrupted(resolved: RunConfig, stops: list[int]) -> tuple[TrainState, list[Event]]:
    """Train in several sessions of the same state, each stopped at its event number `stops[i]`."""
    state, events = TrainState.new(resolved, IRIS_DATA), []
    for stop in stops:
        stream = fit(resolved, state, IRIS_DATA)
        for i, event in enumerate(stream):
            events.append(event)
            if i == stop:
                with pytest.raises(StopIteration):
                    stream.send(Stop())
                break
    events += fit(resolved, state, IRIS_DATA)
    return state, events


@functools.cache
def three_epochs_by_hand() -> ByHand:
    return iris_by_hand(iris(("epochs", "3")))


@given(st.lists(st.integers(0, 45), min_size=1, max_size=3))
@settings(max_examples=25)
def test_stopping_anywhere_and_going_on_changes_nothing(stops: list[int]) -> None:
    """In the middle of an epoch, between two evaluations, at the very end: the weights are equal to the last bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steering, "REPORT_EVERY", 0.0)
        resolved = iris(("epochs", "3"), ("evaluate.batch_size", "40"))
        state, events = interrupted(resolved, stops)
    by_hand = three_epochs_by_hand()
    assert losses_of(events) == by_hand.losses
    assert_equal_weights(state.model, by_hand.model)
    assert (state.epoch, state.batch, state.step) == (3, 0, 30)
    last = {event.epoch: event.metrics for event in of(Evaluated, events) if event.split == "train"}
    for number, epoch in enumerate(by_hand.epochs, start=1):
        assert last[number]["accuracy"] == epoch["train_accuracy"]
        assert last[number]["last_batch_accuracy"] == pytest.approx(epoch["last_batch_accuracy"], abs=1e-7)


@pytest.mark.parametrize("stop", [0, 4, 9, 10, 11, 17])
def test_running_metrics_survive_a_stop(stop: int, every_step: None) -> None:
    resolved = iris(("epochs", "2"), ("evaluate.splits", "test"))
    _state, events = interrupted(resolved, [stop])
    expected = [epoch["running_accuracy"] for epoch in iris_by_hand(resolved).epochs]
    last = {event.epoch: event.metrics["accuracy"] for event in of(Evaluated, events) if event.split == "train"}
    assert list(last.values()) == expected


def test_set_changes_the_learning_rate_from_the_next_step_on(every_step: None) -> None:
    resolved = iris(("epochs", "2"))
    state = TrainState.new(resolved, IRIS_DATA)
    stream, events = fit(resolved, state, IRIS_DATA), []
    for event in stream:
        events.append(event)
        if isinstance(event, StepsEnded) and event.first_step == 4:
            answer = stream.send(Set("optimizer.lr", 0.05))
            assert isinstance(answer, SettingChanged)
            assert (answer.step, answer.key, answer.old, answer.new) == (4, "optimizer.lr", 0.01, 0.05)
            answer = stream.send(Set("optimizer.lr", 0.03))
            assert isinstance(answer, SettingChanged)
            assert (answer.old, answer.new) == (0.05, 0.03)
    by_hand = iris_by_hand(resolved, rates={5: 0.03})
    assert losses_of(events) == by_hand.losses
    assert_equal_weights(state.model, by_hand.model)
    assert [event.lr for event in of(StepsEnded, events)] == [0.01] * 4 + [0.03] * 16


def test_a_command_at_every_event_is_answered_and_changes_nothing_else(every_step: None) -> None:
    resolved = iris(("epochs", "2"), ("evaluate.batch_size", "7"))
    state = TrainState.new(resolved, IRIS_DATA)
    stream, told, answers = fit(resolved, state, IRIS_DATA), 0, 0
    for _event in stream:
        told += 1
        answers += isinstance(stream.send(Set("optimizer.lr", 0.01)), SettingChanged)
    assert told == answers
    assert_equal_weights(state.model, iris_by_hand(resolved).model)


def test_fit_does_not_save_files() -> None:
    stream = fit(iris(), data=IRIS_DATA)
    next(stream)
    with pytest.raises(TypeError):
        stream.send(Checkpoint())


# Failing.


class Poisoned(nn.Module):
    """Cross-entropy, until call number `at`."""

    def __init__(self, at: int, value: float) -> None:
        super().__init__()
        self.at, self.value, self.calls = at, value, 0

    def forward(self, output: Tensor, y: Tensor) -> Tensor:
        self.calls += 1
        loss = F.cross_entropy(output, y)
        return loss * self.value if self.calls >= self.at else loss


def collect(stream: Iterable[Event], seen: list[Event]) -> None:
    """`seen` keeps what came before the stream raised."""
    seen.extend(stream)


@pytest.mark.parametrize(("value", "word"), [(math.nan, "NaN"), (math.inf, "infinite")])
@pytest.mark.parametrize("report_every", [0.0, 1e9])
def test_a_loss_that_is_no_number_ends_the_stream(
    value: float, word: str, report_every: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the clock has grouped the steps, the step is named, and no loss comes after that one."""
    monkeypatch.setattr(steering, "REPORT_EVERY", report_every)
    resolved = iris(("epochs", "1"))
    state = TrainState.new(resolved, IRIS_DATA)
    state.loss = Poisoned(7, value)
    events: list[Event] = []
    with pytest.raises(TrainingFailed, match=f"loss became {word} at step 7; try a lower learning rate"):
        collect(fit(resolved, state, IRIS_DATA), events)
    assert isinstance(events[-1], StepsEnded)
    losses = losses_of(events)
    assert losses[:6] == iris_by_hand(resolved).losses[:6]
    assert len(losses) == 7
    assert not math.isfinite(losses[6])


def test_a_learning_rate_that_is_too_high_fails_at_the_step_where_it_explodes() -> None:
    resolved = iris(("optimizer.name", "sgd"), ("optimizer.lr", "1e30"))
    by_hand = iris_by_hand(resolved, torch.optim.SGD)
    step = next(i for i, loss in enumerate(by_hand.losses, start=1) if not math.isfinite(loss))
    events: list[Event] = []
    with pytest.raises(TrainingFailed, match=f"at step {step};"):
        collect(fit(resolved, data=IRIS_DATA), events)
    assert losses_of(events)[:-1] == by_hand.losses[: step - 1]
    assert len(losses_of(events)) == step


def test_a_test_loss_that_is_no_number_ends_the_stream_too() -> None:
    resolved = iris(("epochs", "1"), ("evaluate.splits", "test"))
    state = TrainState.new(resolved, IRIS_DATA)
    state.loss = Poisoned(11, math.nan)  # after the epoch's ten batches
    events: list[Event] = []
    with pytest.raises(TrainingFailed, match="test loss became NaN at step 10"):
        collect(fit(resolved, state, IRIS_DATA), events)
    last = events[-1]
    assert isinstance(last, Evaluated)
    assert math.isnan(last.metrics["loss"])


# Devices.


def test_auto_is_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")


@pytest.mark.parametrize("wish", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_a_user_error(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=f"device = {wish}"):
        pick_device(wish)


def test_training_draws_nothing_from_the_global_generators() -> None:
    """Initial weights do, from their seed; the loop does not, unless the network itself does (dropout)."""
    resolved = iris(("epochs", "2"))
    state = TrainState.new(resolved, IRIS_DATA)
    before: Any = torch.get_rng_state()
    list(fit(resolved, state, IRIS_DATA))
    assert torch.equal(torch.get_rng_state(), before)
