"""Stacked training against `fit`, trial by trial: the same weights, metrics and ends, whatever the neighbours are."""

from __future__ import annotations

import dataclasses
import functools
import io
import itertools
import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core.components.registry import Origin
from core.data.parts import Data, Part
from core.data.prepare import load_data
from core.errors import RunError
from core.events.commands import TrainingFailed
from core.events.events import Evaluated, Event, StepsEnded
from core.experiment import resolve
from core.experiment import schema as configs_
from core.experiment.schema import RunConfig
from core.network.build import build_model
from core.stack import evaluate
from core.stack.plan import key_of, padded_parameters, plan, units_of
from core.stack.state import StackEvent, StackProgressed, StackState, TrialLeft
from core.stack.train import one_thread, train_stack
from core.training import steering
from core.training.state import TrainState
from core.training.textbook import fit

Pairs = tuple[tuple[str, str], ...]


def trial(*pairs: tuple[str, str], preset: str = "iris-net") -> RunConfig:
    return resolve.load(preset, [("device", "cpu"), ("epochs", "5"), *pairs])


@functools.cache
def data_of(preset: str = "iris-net", *pairs: tuple[str, str]) -> Data:
    return load_data(trial(*pairs, preset=preset))


def mixed(
    n: int, *pairs: tuple[str, str], preset: str = "iris-net", seed: int = 0, **own: Sequence[str]
) -> list[RunConfig]:
    """Trials of random depth, width, learning rate and seed; `own`: choices for keys of the optimizer."""
    rng = random.Random(seed)
    trials = []
    for i in range(n):
        hidden = [rng.randint(1, 24) for _layer in range(rng.randint(0, 4))]
        lr = ("optimizer.lr", str(10 ** rng.uniform(-3.5, -1.5)))
        extra = [(f"optimizer.{key}", rng.choice(choices)) for key, choices in own.items()]
        chosen = [("model.hidden", str(hidden)), ("seed", str(100 * seed + i)), lr, *extra]
        trials.append(trial(*pairs, *chosen, preset=preset))
    return trials


def double(data: Data) -> Data:
    def of(part: Part) -> Part:
        y = part.y.double() if part.y.is_floating_point() else part.y
        return dataclasses.replace(part, x=part.x.double(), y=y)

    return dataclasses.replace(data, splits={name: of(part) for name, part in data.splits.items()})


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@dataclasses.dataclass
class Alone:
    """What `fit` makes of a trial."""

    state_dict: dict[str, Tensor]
    epochs: dict[int, dict[str, float]]
    losses: list[float]
    end: tuple[str, str, int]
    """Status, reason, epochs that were over."""


def alone(config: RunConfig, data: Data) -> Alone:
    state = TrainState.new(config, data)
    events: list[Event] = []
    stream = fit(config, state, data)
    try:
        while True:
            events.append(next(stream))
    except StopIteration as stop:
        end = ("completed", stop.value, state.epoch)
    except TrainingFailed as error:
        end = ("failed", str(error), state.epoch)
    epochs: dict[int, dict[str, float]] = {}
    for event in events:
        if isinstance(event, Evaluated):
            for name, value in event.metrics.items():
                column = name if name == "last_batch_accuracy" else f"{event.split}_{name}"
                epochs.setdefault(event.epoch, {})[column] = value
    losses = [loss for event in events if isinstance(event, StepsEnded) for loss in event.losses]
    return Alone(dict(state.model.state_dict()), epochs, losses, end)


def stacked(configs: Sequence[RunConfig], data: Data) -> tuple[StackState, list[StackEvent]]:
    state = StackState.new(configs, data)
    return state, list(train_stack(state, data))


def left(events: Sequence[StackEvent]) -> dict[int, TrialLeft]:
    found = [event for event in events if isinstance(event, TrialLeft)]
    assert len({event.number for event in found}) == len(found), "told once each"
    return {event.number: event for event in found}


def progress(events: Sequence[StackEvent]) -> list[StackProgressed]:
    return [event for event in events if isinstance(event, StackProgressed)]


def columns_of(number: int, events: Sequence[StackEvent]) -> dict[int, dict[str, float]]:
    """By epoch what was measured of one trial."""
    epochs: dict[int, dict[str, float]] = {}
    for event in progress(events):
        if number in event.numbers:
            row = {name: values[event.numbers.index(number)] for name, values in event.columns.items()}
            measured = {name: value for name, value in row.items() if name != "batch_loss" and not math.isnan(value)}
            if measured:
                assert event.epoch not in epochs
                epochs[event.epoch] = measured
    return epochs


def distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """The largest ‖Δ‖/‖w‖ of their tensors, which must have the same names, shapes and types."""
    assert list(one) == list(other)
    assert one
    for name in one:
        assert (one[name].shape, one[name].dtype) == (other[name].shape, other[name].dtype)
    return max(float((one[name] - other[name]).norm() / other[name].norm()) for name in one)


def assert_bit_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    """A NaN equals a NaN."""
    assert list(one) == list(other)
    assert one
    assert all(torch.allclose(one[name], other[name], rtol=0, atol=0, equal_nan=True) for name in one)


def assert_trained_as_alone(configs: Sequence[RunConfig], data: Data, tolerance: float) -> None:
    state, events = stacked(configs, data)
    ends = left(events)
    assert sorted(ends) == list(range(len(configs)))
    moved = []
    for number, config in enumerate(configs):
        by_itself = alone(config, data)
        assert by_itself.end == ("completed", "", config.epochs)
        assert distance(ends[number].state_dict, by_itself.state_dict) <= tolerance, f"trial {number}"
        started = TrainState.new(config, data).model.state_dict()
        moved.append(distance(ends[number].state_dict, started))
    assert statistics.median(moved) > 10 * tolerance, "equal weights would mean little"
    assert_padding_is_zero(state)


def assert_padding_is_zero(state: StackState) -> None:
    network = state.network
    assert int(network.weights.count_nonzero()) > 0
    for i in range(len(network)):
        for view in network.parameters_of(i):
            view.zero_()
    assert int(network.weights.count_nonzero()) == 0


# The same weights as alone.

OPTIMIZERS: dict[str, tuple[Pairs, dict[str, Sequence[str]]]] = {
    "adam": ((("optimizer.name", "adam"),), {}),
    "adam with decay": ((("optimizer.name", "adam"), ("optimizer.betas", "0.8,0.99")), {"weight_decay": ["0", "0.1"]}),
    "adamw": ((("optimizer.name", "adamw"),), {"weight_decay": ["0", "0.01", "0.5"]}),
    "sgd": ((("optimizer.name", "sgd"),), {}),
    "sgd with momentum": ((("optimizer.name", "sgd"), ("optimizer.momentum", "0.9")), {"weight_decay": ["0", "0.1"]}),
    "nesterov": (
        (("optimizer.name", "sgd"), ("optimizer.momentum", "0.8"), ("optimizer.nesterov", "true")),
        {"weight_decay": ["0.01", "0.1"]},
    ),
    "rmsprop": ((("optimizer.name", "rmsprop"), ("optimizer.alpha", "0.9")), {"weight_decay": ["0", "0.1"]}),
    "rmsprop with momentum": ((("optimizer.name", "rmsprop"), ("optimizer.momentum", "0.5")), {}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_trains_as_alone(name: str) -> None:
    pairs, own = OPTIMIZERS[name]
    assert_trained_as_alone(mixed(12, *pairs, **own), data_of(), 1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_trains_as_alone_in_float64(name: str, float64: None) -> None:
    pairs, own = OPTIMIZERS[name]
    assert_trained_as_alone(mixed(12, *pairs, seed=1, **own), double(data_of()), 1e-11)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trials_with_one_learning_rate_train_as_alone(name: str, float64: None) -> None:
    """PyTorch's optimizer then takes the whole step, weight decay and schedule and all."""
    shared = (("optimizer.lr", "0.01"), ("optimizer.weight_decay", "0.1"), ("schedule.name", "cosine"))
    pairs = (*OPTIMIZERS[name][0], *shared)
    trials = [trial(*pairs, ("model.hidden", str(h)), ("seed", str(i))) for i, h in enumerate([[9], [16, 5], []])]
    assert_trained_as_alone(trials, double(data_of()), 1e-11)


TWO_CLASSES = ("label_map", "0,1,1")

SETTINGS: dict[str, tuple[str, Pairs]] = {
    "label smoothing": ("iris-net", (("loss.label_smoothing", "0.2"),)),
    "nll": ("iris-net", (("loss.name", "nll"), ("model.output_activation", "log-softmax"))),
    "bce": ("iris-net", (TWO_CLASSES, ("loss.name", "bce"), ("model.output_activation", "sigmoid"))),
    "bce-logits": ("iris-net", (TWO_CLASSES, ("loss.name", "bce-logits"))),
    "mse": ("diabetes-regression", ()),
    "mae": ("diabetes-regression", (("loss.name", "mae"),)),
    "huber": ("diabetes-regression", (("loss.name", "huber"), ("loss.delta", "0.5"))),
    "tanh": ("iris-net", (("model.activation", "tanh"),)),
    "sigmoid": ("iris-net", (("model.activation", "sigmoid"),)),
    "linear layers": ("iris-net", (("model.activation", "none"),)),
    "no activation at first": ("iris-net", (("model.input_activation", "none"),)),
    "sigmoid at first, tanh after": ("iris-net", (("model.input_activation", "sigmoid"), ("model.activation", "tanh"))),
    "relu at last": ("iris-net", (("model.output_activation", "relu"),)),
    "tanh at last": ("iris-net", (("model.output_activation", "tanh"),)),
    "step schedule": ("iris-net", (("schedule.name", "step"), ("schedule.every", "2"))),
    "cosine": ("iris-net", (("schedule.name", "cosine"), ("schedule.warmup_epochs", "1.5"))),
    "one-cycle": ("iris-net", (("schedule.name", "one-cycle"), ("optimizer.name", "adamw"))),
    "clipping": ("iris-net", (("clip_grad_norm", "0.3"), ("optimizer.name", "sgd"), ("optimizer.momentum", "0.9"))),
    "a short last batch": ("iris-net", (("batch_size", "50"),)),
    "one sample at a time": ("iris-net", (("batch_size", "1"), ("epochs", "1"))),
    "more than there are": ("iris-net", (("batch_size", "1000"),)),
    "not shuffled": ("iris-net", (("shuffle", "false"),)),
    "two classes, not shuffled": ("iris-net", (TWO_CLASSES, ("loss.name", "bce-logits"), ("shuffle", "false"))),
    "pictures": ("digits-mlp", (("batch_size", "128"), ("epochs", "2"))),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_trains_as_alone(name: str, float64: None) -> None:
    preset, pairs = SETTINGS[name]
    data = double(data_of(preset, *pairs))
    assert_trained_as_alone(mixed(6, *pairs, preset=preset, seed=2), data, 1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_trains_as_alone_in_float32(name: str) -> None:
    preset, pairs = SETTINGS[name]
    assert_trained_as_alone(mixed(6, *pairs, preset=preset, seed=3), data_of(preset, *pairs), 1e-4)


def test_linear_models_stack_too(float64: None) -> None:
    rates = ["0.1", "0.03", "0.003"]
    trials = [trial(("model.name", "linear"), ("optimizer.lr", lr), ("seed", lr[-1])) for lr in rates]
    assert_trained_as_alone(trials, double(data_of()), 1e-11)


@pytest.mark.parametrize(
    "activation", ["relu", *(pytest.param(name, marks=pytest.mark.slow) for name in ("tanh", "sigmoid", "none"))]
)
def test_padding_stays_zero_to_the_end_of_a_whole_run(activation: str) -> None:
    pairs = (("epochs", "100"), ("model.activation", activation), ("optimizer.name", "adamw"))
    state, events = stacked(mixed(8, *pairs, weight_decay=["0.1", "0.01"]), data_of())
    assert len(left(events)) == 8
    assert_padding_is_zero(state)


def test_trials_start_from_the_weights_that_fit_starts_from() -> None:
    configs = mixed(6)
    state = StackState.new(configs, data_of())
    for number, config in enumerate(configs):
        started = TrainState.new(config, data_of()).model.state_dict()
        assert_bit_equal(state.state_dict_of(number), dict(started))


def test_a_trials_own_weights_are_those_of_the_network_of_its_config() -> None:
    pairs: Pairs = (("model.layer_names", "a,b"), ("model.hidden", "[7]"))
    configs = [trial(), trial(("model.n_layers", "3"), ("model.n_units", "20")), trial(*pairs)]
    state, _events = stacked(configs, data_of())
    x = data_of().splits["test"].x
    before = torch.get_rng_state()
    for number, config in enumerate(configs):
        weights = state.state_dict_of(number)
        assert torch.equal(torch.get_rng_state(), before), "it must not draw from the global generator"
        torch.manual_seed(0)
        model = build_model(config, data_of().inputs)
        model.load_state_dict(weights)
        trial_first = state.numbers.index(number)
        z, _seen = state.network.forward(x.expand(len(configs), *x.shape))
        assert torch.allclose(model(x), z[trial_first].mT, atol=1e-5)
        before = torch.get_rng_state()


# The same metrics as alone.

WHEN: dict[str, tuple[str, Pairs]] = {
    "after each epoch": ("iris-net", ()),
    "test only": ("iris-net", (("evaluate.splits", "test"),)),
    "test only, a short last batch": ("iris-net", (("evaluate.splits", "test"), ("batch_size", "50"))),
    "test only, not shuffled": ("iris-net", (("evaluate.splits", "test"), ("shuffle", "false"))),
    "at the end": ("iris-net", (("evaluate.when", "end"),)),
    "test at the end": ("iris-net", (("evaluate.when", "end"), ("evaluate.splits", "test"))),
    "at the start, too": ("iris-net", (("evaluate.when", "start,epoch,end"),)),
    "at the start and the end": ("iris-net", (("evaluate.when", "start,end"),)),
    "never": ("iris-net", (("evaluate.when", ""),)),
    "a validation split": ("iris-net", (("split.validation", "0.25"),)),
    "two metrics": ("iris-net", (("metrics", "accuracy,macro_f1"),)),
    "two metrics, running": ("iris-net", (("metrics", "macro_f1,accuracy"), ("evaluate.splits", "test"))),
    "no metrics": ("iris-net", (("metrics", ""),)),
    "two classes": ("iris-net", (TWO_CLASSES, ("loss.name", "bce-logits"))),
    "probabilities": (
        "iris-net",
        (TWO_CLASSES, ("loss.name", "bce"), ("model.output_activation", "sigmoid"), ("evaluate.splits", "test")),
    ),
    "values": ("diabetes-regression", ()),
    "values, running": ("diabetes-regression", (("evaluate.splits", "test"), ("standardise", "features"))),
    "pictures": ("digits-mlp", (("batch_size", "128"), ("epochs", "2"))),
}


@pytest.mark.parametrize("at_a_time", [1, 3000, 10**9])
@pytest.mark.parametrize("name", WHEN)
def test_metrics_are_those_of_fit(name: str, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "WORK_AT_A_TIME", at_a_time)
    preset, pairs = WHEN[name]
    pairs = (("epochs", "2"), *pairs)
    data = data_of(preset, *pairs)
    configs = mixed(3, *pairs, preset=preset, seed=4)
    _state, events = stacked(configs, data)
    for number, config in enumerate(configs):
        expected, told = alone(config, data).epochs, columns_of(number, events)
        assert list(told) == sorted(expected)
        for epoch in expected:
            assert told[epoch] == pytest.approx(expected[epoch], rel=1e-4, abs=1e-6)
            assert set(told[epoch]) == set(expected[epoch])


def test_accuracies_are_exact_fractions() -> None:
    configs = mixed(6, ("epochs", "3"), seed=5)
    _state, events = stacked(configs, data_of())
    for number, config in enumerate(configs):
        expected = alone(config, data_of()).epochs
        for epoch, row in columns_of(number, events).items():
            for name in ("train_accuracy", "test_accuracy", "last_batch_accuracy"):
                assert row[name] == expected[epoch][name]


@pytest.mark.parametrize("report_every", [0.0, 1e9])
def test_batch_losses_are_told_once_each(report_every: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step, or as their mean over the epoch."""
    monkeypatch.setattr(steering, "REPORT_EVERY", report_every)
    configs = mixed(3, ("epochs", "2"), seed=6)
    _state, events = stacked(configs, data_of())
    told = [event for event in progress(events) if "batch_loss" in event.columns]
    steps = [10, 20] if report_every else list(range(1, 21))
    assert [event.step for event in told] == steps
    assert [event.epoch for event in told] == [(step - 1) // 10 + 1 for step in steps]
    for number, config in enumerate(configs):
        losses = alone(config, data_of()).losses
        means = [statistics.fmean(losses[a:b]) for a, b in itertools.pairwise([0, *steps])]
        values = [event.columns["batch_loss"][event.numbers.index(number)] for event in told]
        assert values == pytest.approx(means, rel=1e-4)


def test_a_long_evaluation_gives_the_consumer_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "REPORT_EVERY", 0.0)
    monkeypatch.setattr(evaluate, "WORK_AT_A_TIME", 1)
    _state, events = stacked(mixed(2, ("epochs", "1"), ("metrics", "macro_f1")), data_of())
    turns = [event for event in progress(events) if not event.columns]
    assert len(turns) == 150 + 2 * 2, "each sample, and each metric of each split and trial"


# How trials end.


def assert_ends_as_alone(configs: Sequence[RunConfig], data: Data) -> list[str]:
    """The reasons."""
    _state, events = stacked(configs, data)
    ends = left(events)
    for number, config in enumerate(configs):
        by_itself, end = alone(config, data), ends[number]
        status, reason, epochs = by_itself.end
        assert (end.status, end.reason) == (status, reason)
        assert end.epoch == epochs + (status == "failed"), "a trial fails in an epoch that is not over"
        told = columns_of(number, events)
        expected = {epoch: row for epoch, row in by_itself.epochs.items() if status == "completed" or epoch <= epochs}
        assert list(told) == sorted(expected)
        for epoch in told:
            assert told[epoch] == pytest.approx(expected[epoch], rel=1e-3, abs=1e-6)
    return [ends[number].reason for number in range(len(configs))]


@pytest.mark.parametrize(
    "pairs",
    [
        (("stop.patience", "1"), ("stop.monitor", "test_accuracy")),
        (("stop.patience", "2"), ("stop.monitor", "train_loss"), ("stop.min_delta", "0.03")),
        (("stop.target", "test_accuracy>=0.7"),),
        (("stop.target", "train_loss<0.9"), ("evaluate.splits", "test")),
        (("stop.target", "train_loss<0.9"), ("evaluate.when", "start,end")),
        (("stop.target", "train_accuracy>0.6"), ("evaluate.when", "end"), ("evaluate.splits", "test")),
    ],
)
def test_early_stopping_ends_a_trial_in_the_epoch_in_which_fit_ends_it(pairs: Pairs) -> None:
    configs = mixed(8, ("epochs", "6"), *pairs, seed=7)
    reasons = assert_ends_as_alone(configs, data_of())
    assert len([reason for reason in reasons if reason]) >= 2, "some stop"
    assert len(set(reasons)) > 2, "in different epochs"


@pytest.mark.parametrize("batch_size", ["12", "120"])
@pytest.mark.parametrize(
    "pairs",
    [
        (),
        (("loss.name", "bce"), TWO_CLASSES, ("model.output_activation", "sigmoid")),
        (("clip_grad_norm", "1"),),
        (("evaluate.when", "end"),),
    ],
)
def test_a_trial_that_diverges_fails_alone_and_for_the_reason_that_fit_tells(pairs: Pairs, batch_size: str) -> None:
    """In a batch; or, where an epoch is one batch, in the evaluation after it."""
    own = (("optimizer.name", "sgd"), ("epochs", "2"), ("batch_size", batch_size), *pairs)
    configs = mixed(3, *own, seed=8)
    configs.insert(1, trial(*own, ("model.hidden", "[30,30]"), ("optimizer.lr", "1e38")))
    reasons = assert_ends_as_alone(configs, data_of("iris-net", *own))
    assert [bool(reason) for reason in reasons] == [False, True, False, False]


def follow(state: StackState, data: Data, at: int, act: Callable[[], object]) -> list[StackEvent]:
    """Train to the end, and call `act` at the yield that tells of step `at`."""
    events: list[StackEvent] = []
    for event in train_stack(state, data):
        events.append(event)
        if event.step == at and progress([event]):
            act()
    return events


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_what_fails_does_to_the_others_what_dropping_it_does(optimizer: str, every_step: None) -> None:
    """Not one bit of a NaN gets across: the others go on as if a healthy trial of that shape had been taken out."""
    own = (("optimizer.name", optimizer), ("epochs", "2"))
    others = mixed(4, *own, seed=9)
    wild, tame = (trial(*own, ("model.hidden", "[30,30]"), ("optimizer.lr", lr)) for lr in ("1e38", "0.01"))
    _state, events = stacked([*others, wild], data_of())
    failed = left(events)[4]
    assert failed.status == "failed"
    assert failed.step < 20
    state = StackState.new([*others, tame], data_of())
    dropped = left(follow(state, data_of(), failed.step, lambda: state.drop(4)))
    assert sorted(dropped) == [0, 1, 2, 3]
    for number, end in dropped.items():
        assert_bit_equal(left(events)[number].state_dict, end.state_dict)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("same_rate", [False, True])
def test_what_is_dropped_leaves_the_others_as_they_are_alone(
    name: str, same_rate: bool, every_step: None, float64: None
) -> None:
    """Dropped in the middle of an epoch, at its end and in an evaluation, until one is left."""
    pairs, own = OPTIMIZERS[name]
    data = double(data_of())
    configs = mixed(5, *pairs, ("epochs", "3"), seed=10, **own)
    if same_rate:
        same = {"lr": 0.01, "weight_decay": 0.1}
        configs = [config.model_copy(update={"optimizer": {**config.optimizer, **same}}) for config in configs]
    state = StackState.new(configs, data)
    drops = {7: 0, 10: 4, 22: 1, 30: 2}
    sizes = []
    events = []
    for event in train_stack(state, data):
        events.append(event)
        if event.step in drops and progress([event]):
            state.drop(drops.pop(event.step))
        sizes.append(len(state.network.weights))
    assert sorted(left(events)) == [3]
    assert distance(left(events)[3].state_dict, alone(configs[3], data).state_dict) <= 1e-11
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 2, "it shrinks with the next epoch; after the last one there is none"
    for event in progress(events):
        gone = {number for number, step in {0: 7, 4: 10, 1: 22, 2: 30}.items() if event.step > step}
        assert not gone & set(event.numbers)


def test_a_stack_shrinks_to_what_its_widest_trial_needs() -> None:
    configs = [trial(("model.hidden", hidden)) for hidden in ("[8]", "[500,500]", "[8,8]")]
    state = StackState.new(configs, data_of())
    state.drop(1)
    next(train_stack(state, data_of()))
    networks = [build_model(config, data_of().inputs) for config in (configs[0], configs[2])]
    assert len(state.network.weights) == sum(p.numel() for model in networks for p in model.parameters())


def test_a_stack_whose_trials_are_all_dropped_ends() -> None:
    state = StackState.new(mixed(2), data_of())
    stream = train_stack(state, data_of())
    next(stream)
    state.drop(0)
    state.drop(1)
    assert list(stream) == []
    assert list(train_stack(state, data_of())) == []


# Going on after an interruption.


def interrupted(configs: Sequence[RunConfig], data: Data, stops: Sequence[int]) -> list[StackEvent]:
    """Train in several sessions, each begun from a file that was saved at event `stops[i]` of the session before."""
    state, events = StackState.new(configs, data), list[StackEvent]()
    for stop in stops:
        stream = train_stack(state, data)
        events += itertools.islice(stream, stop + 1)
        file = io.BytesIO()
        torch.save(state.state_dict(), file)
        stream.close()
        file.seek(0)
        state = StackState.load(configs, data, torch.load(file, weights_only=True))
    return [*events, *train_stack(state, data)]


def assert_same_story(events: Sequence[StackEvent], whole: Sequence[StackEvent]) -> None:
    """To the last bit; but an evaluation that was interrupted is begun again."""
    ends, expected = left(events), left(whole)
    assert ends.keys() == expected.keys()
    for number, end in ends.items():
        assert dataclasses.replace(end, state_dict={}) == dataclasses.replace(expected[number], state_dict={})
        assert_bit_equal(end.state_dict, expected[number].state_dict)
    told, expected_told = ([event for event in progress(each) if len(event.columns) > 1] for each in (events, whole))
    assert len(told) == len(expected_told)
    for event, other in zip(told, expected_told, strict=True):
        assert (event.epoch, event.step, event.numbers) == (other.epoch, other.step, other.numbers)
        for name, values in other.columns.items():
            if name != "batch_loss":  # since the last event, which may have come before the interruption
                assert event.columns[name] == pytest.approx(values, rel=0, abs=0, nan_ok=True)


RESUMED: dict[str, Pairs] = {
    "adam": (),
    "adam, one learning rate": (("optimizer.lr", "0.01"),),
    "momentum": (("optimizer.name", "sgd"), ("optimizer.momentum", "0.9"), ("optimizer.weight_decay", "0.1")),
    "rmsprop": (("optimizer.name", "rmsprop"), ("optimizer.momentum", "0.5")),
    "running metrics": (("evaluate.splits", "test"), ("batch_size", "50"), ("metrics", "accuracy,macro_f1")),
    "stopping early": (("evaluate.when", "start,end"), ("stop.target", "train_loss<1.1")),
    "patience": (("stop.patience", "1"), ("stop.monitor", "train_accuracy")),
    "a schedule": (("schedule.name", "cosine"),),
}


@functools.cache
def resumable(name: str) -> tuple[list[RunConfig], list[StackEvent]]:
    """Trials of which one fails early, and their story without an interruption."""
    pairs = (("epochs", "3"), *RESUMED[name])
    configs = mixed(4, *pairs, seed=11)
    if "one learning rate" in name:
        optimizer = configs[0].optimizer
        configs = [config.model_copy(update={"optimizer": optimizer}) for config in configs]
    else:
        configs.append(trial(*pairs, ("model.hidden", "[9,9]"), ("optimizer.lr", "1e38")))
    whole = stacked(configs, data_of())[1]
    epochs = {end.epoch for end in left(whole).values() if end.status == "completed"}
    assert len(epochs) == (2 if "stop" in name or "patience" in name else 1)
    return configs, whole


@pytest.mark.parametrize("name", RESUMED)
@given(stops=st.lists(st.integers(0, 50), min_size=1, max_size=3))
@settings(max_examples=6)
def test_a_continued_stack_is_bit_equal_to_one_that_was_never_interrupted(name: str, stops: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steering, "REPORT_EVERY", 0.0)
        patch.setattr(evaluate, "WORK_AT_A_TIME", 10**5)
        configs, whole = resumable(name)
        assert_same_story(interrupted(configs, data_of(), stops), whole)


def test_a_stack_of_another_version_is_not_loaded() -> None:
    configs = mixed(2)
    saved = StackState.new(configs, data_of()).state_dict()
    with pytest.raises(RunError, match="another version"):
        StackState.load(configs, data_of(), {**saved, "format": 0})


# How the stream behaves.


def test_nothing_is_yielded_with_gradients_off(every_step: None) -> None:
    state = StackState.new(mixed(2, ("epochs", "1")), data_of())
    for _event in train_stack(state, data_of()):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_one_thread_is_given_back() -> None:
    torch.set_num_threads(2)
    try:
        with one_thread():
            inside = torch.get_num_threads()
        assert inside == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_training_draws_nothing_from_the_global_generator() -> None:
    state = StackState.new(mixed(3), data_of())
    before = torch.get_rng_state()
    list(train_stack(state, data_of()))
    assert torch.equal(torch.get_rng_state(), before)


# Which trials share a stack.


@pytest.mark.parametrize(
    ("pairs", "shared"),
    [
        ((("model.hidden", "[3,3,3,3]"),), True),
        ((("model.hidden", "[]"),), True),
        ((("model.n_layers", "2"), ("model.n_units", "5")), True),
        ((("model.layer_names", "a,b,c"),), True),
        ((("optimizer.lr", "0.5"),), True),
        ((("optimizer.weight_decay", "0.5"),), True),
        ((("seed", "5"),), True),
        ((("name", "other"), ("summary", "another")), True),
        ((("epochs", "6"),), False),
        ((("batch_size", "13"),), False),
        ((("shuffle", "false"),), False),
        ((("model.activation", "tanh"),), False),
        ((("model.input_activation", "none"),), False),
        ((("model.output_activation", "relu"),), False),
        ((("optimizer.name", "adamw"),), False),
        ((("optimizer.betas", "0.9,0.99"),), False),
        ((("loss.label_smoothing", "0.1"),), False),
        ((("schedule.name", "cosine"),), False),
        ((("clip_grad_norm", "1"),), False),
        ((("stop.patience", "3"),), False),
        ((("evaluate.splits", "test"),), False),
        ((("metrics", "macro_f1"),), False),
        ((("device", "auto"),), False),
    ],
)
def test_trials_share_a_stack_if_they_differ_only_in_what_each_may_have(pairs: Pairs, shared: bool) -> None:
    first, other = trial(), trial(*pairs)
    assert key_of(first, data_of()) is not None
    assert (key_of(other, data_of()) == key_of(first, data_of())) is shared
    if shared:
        StackState.new([first, other], data_of())
    else:
        with pytest.raises(ValueError, match="cannot share a stack"):
            StackState.new([first, other], data_of())


def test_trials_with_different_data_do_not_share_a_stack() -> None:
    """The blobs are drawn by the seed of the trial."""
    trials = [trial(("seed", seed), preset="blobs-binary") for seed in "01"]
    one, other = (key_of(config, load_data(config)) for config in trials)
    assert None not in (one, other)
    assert one != other


@pytest.mark.parametrize(
    ("preset", "pairs"),
    [
        ("iris-net", (("model.dropout", "0.1"),)),
        ("digits-mlp", (("model.name", "cnn"),)),
        ("iris-net", (("device", "mps"),)),
        ("iris-net", (("schedule.name", "plateau"),)),
    ],
)
def test_what_cannot_be_stacked_has_no_key(preset: str, pairs: Pairs) -> None:
    config = trial(*pairs, preset=preset)
    assert key_of(config, data_of(preset)) is None
    with pytest.raises(ValueError, match="cannot share a stack"):
        StackState.new([config], data_of(preset))


@pytest.mark.parametrize("kind", ["loss", "optimizer"])
def test_a_component_that_stacks_know_nothing_of_has_no_key(kind: str, register: Callable[..., None]) -> None:
    build = configs_.REGISTRIES[kind]["cross-entropy" if kind == "loss" else "adam"].build
    register(kind, "new", build)
    assert key_of(trial((f"{kind}.name", "new")), data_of()) is None


@pytest.mark.parametrize("setting", [("schedule.name", "new"), ("metrics", "accuracy,new")])
def test_a_schedule_or_a_metric_of_the_users_own_has_no_key(
    setting: tuple[str, str], register: Callable[..., None]
) -> None:
    """What it raises would end all trials of its stack."""
    kind = "metric" if setting[0] == "metrics" else "schedule"
    known = configs_.REGISTRIES[kind]["accuracy" if kind == "metric" else "constant"].build
    register(kind, "new", known)
    assert key_of(trial(setting), data_of()) is not None
    registry = configs_.REGISTRIES[kind]
    registry.restore(
        {**registry.registered(), "new": dataclasses.replace(registry["new"], origin=Origin(path="/new.py"))}
    )
    assert key_of(trial(setting), data_of()) is None


LAYERS = st.lists(st.integers(1, 200), max_size=4)


@given(st.lists(LAYERS, max_size=30), st.none() | st.integers(1, 9))
@settings(max_examples=60)
def test_a_plan_has_every_trial_once_and_no_stack_that_is_too_large(hidden: list[list[int]], most: int | None) -> None:
    configs = [trial(("model.hidden", str(layers))) for layers in hidden]
    stacks = plan(configs, data_of().inputs, most)
    assert sorted(i for stack in stacks for i in stack) == list(range(len(configs)))
    assert all(1 <= len(stack) <= (most or len(configs)) for stack in stacks)


@given(st.lists(LAYERS, min_size=1, max_size=6))
@settings(max_examples=30)
def test_a_plan_knows_how_large_a_stack_is(hidden: list[list[int]]) -> None:
    units = np.array([layers + [0] * (4 - len(layers)) for layers in hidden])
    configs = [trial(("model.hidden", str(layers))) for layers in hidden]
    sizes = [len(StackState.new(configs[:n], data_of()).network.weights) for n in range(1, len(configs) + 1)]
    assert padded_parameters(units, data_of().inputs).tolist() == sizes


def grid(repeats: int) -> list[RunConfig]:
    """The iris document's search."""
    cells = itertools.product(range(1, 5), range(8, 65, 8), range(repeats))
    return [trial(("model.n_layers", str(n)), ("model.n_units", str(w)), ("seed", str(s))) for n, w, s in cells]


def widths(configs: Sequence[RunConfig], stack: Sequence[int]) -> list[int]:
    return sorted({max(units_of(configs[i])) for i in stack})


def test_few_networks_make_one_stack_and_many_make_stacks_of_similar_width() -> None:
    inputs = data_of().inputs
    assert len(plan(grid(1), inputs)) == 1
    configs = grid(10)
    stacks = [widths(configs, stack) for stack in plan(configs, inputs)]
    assert 3 <= len(stacks) <= 8
    assert list(itertools.chain(*stacks)) == list(range(8, 65, 8)), "from narrow to wide, and none is cut in two"


def test_a_wide_network_is_not_what_narrow_ones_are_padded_to() -> None:
    configs = [trial(("model.hidden", hidden)) for hidden in (*["[8]"] * 20, "[3000,3000]", *["[8]"] * 20)]
    assert plan(configs, data_of().inputs) == [[*range(20), *range(21, 41)], [20]]


def test_a_stack_is_no_larger_than_its_step_is_short() -> None:
    """Networks of MNIST's size gain nothing from a stack, but would make a stop wait."""
    configs = [trial(("model.hidden", "[1000,1000]"), ("batch_size", "64"))] * 10
    assert all(len(stack) == 1 for stack in plan(configs, data_of().inputs))
