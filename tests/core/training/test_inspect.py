"""The network as it is inspected at epoch ends, against forward passes written out by hand; and that it changes
nothing."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from made import run_started
from torch import Tensor, nn

from core.data.parts import Data
from core.data.prepare import load_data
from core.events import commands
from core.events.codec import decode, encode
from core.events.commands import Set, Stop
from core.events.events import EpochEnded, Evaluated, Event, NetworkInspected, RunResumed, SettingChanged, StepsEnded
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.history.history import History
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network, session
from core.training import inspect as inspect_network
from core.training.inspect import Inspector, dead_share
from core.training.state import TrainState
from core.training.textbook import fit


@pytest.fixture
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short it is, and however long the inspection took."""
    monkeypatch.setattr(inspect_network, "EVERY", 0.0)
    monkeypatch.setattr(inspect_network, "SHARE", math.inf)


def resolved(name: str, *pairs: tuple[str, str]) -> RunConfig:
    return resolve.load(name, [("device", "cpu"), ("epochs", "3"), *pairs])


def iris(*pairs: tuple[str, str]) -> RunConfig:
    return resolved("iris-net", *pairs)


def trained(run_config: RunConfig) -> tuple[TrainState, Data, list[Event]]:
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    return state, data, list(fit(run_config, state, data))


def inspections(told: list[Event]) -> list[NetworkInspected]:
    return [event for event in told if isinstance(event, NetworkInspected)]


def assert_equal_weights(a: nn.Module, b: nn.Module) -> None:
    assert all(torch.equal(one, other) for one, other in zip(a.parameters(), b.parameters(), strict=True))


# What is measured.


def test_the_dead_units_of_a_trained_mlp_are_those_of_a_forward_pass_by_hand() -> None:
    state, data, told = trained(iris(("epochs", "60"), ("optimizer.lr", "0.05")))
    *_, last = inspections(told)  # a slow machine makes more than one
    w1, b1, w2, b2, w3, b3 = state.model.parameters()
    x, y = data.splits["test"].x, data.splits["test"].target
    with torch.no_grad():
        first = (x @ w1.T + b1).clamp(min=0)
        second = (first @ w2.T + b2).clamp(min=0)
        guesses = (second @ w3.T + b3).argmax(1)
    by_hand = {"input_relu": first, "hidden_1_relu": second}
    assert last.dead == {name: sum(not units.any() for units in out.T) / 16 for name, out in by_hand.items()}
    assert 0 < last.dead["input_relu"] < 1, "or this test would prove little"
    assert last.predicted == [int((guesses == number).sum()) for number in range(3)]
    assert last.actual == [int((y == number).sum()) for number in range(3)] == [10, 9, 11]
    assert (last.epoch, last.step, last.samples) == (60, 600, 30)


def test_a_feature_map_is_one_unit() -> None:
    run_config = resolved("digits-mlp", ("model.name", "cnn"), ("model.channels", "3,4"), ("epochs", "1"))
    state, data, _told = trained(run_config)
    layers = dict(state.model.named_children())
    with torch.no_grad():
        layers["conv_1"].bias[1] = -1e3  # type: ignore[index]
        layers["conv_2"].bias[:3] = -1e3  # type: ignore[index]
        layers["conv_2"].weight.abs_()  # type: ignore[operator]
        layers["conv_2"].bias[3] = 1.0  # type: ignore[index]
    dead = Inspector(state, data).inspect().dead
    assert dead["conv_1_relu"] == pytest.approx(1 / 3)
    assert dead["conv_2_relu"] == 3 / 4
    assert list(dead) == ["conv_1_relu", "conv_2_relu", "hidden_1_relu"]


@pytest.mark.parametrize(
    ("output", "share"),
    [
        (torch.tensor([[0.0, 1.0], [0.0, 0.0]]), 0.5),
        (torch.zeros(3, 4), 1.0),
        (torch.tensor([[0.0, math.nan]]), 0.5),
        (torch.zeros(2, 5, 3, 3).index_fill(1, torch.tensor([4]), 1.0), 0.8),
    ],
)
def test_dead_is_what_is_0_for_all_samples_everywhere(output: Tensor, share: float) -> None:
    assert dead_share(output) == pytest.approx(share)


def test_a_network_without_relu_has_no_dead_units() -> None:
    _state, _data, told = trained(iris(("model.activation", "tanh")))
    assert inspections(told)[-1].dead == {}


def test_regression_predicts_no_classes() -> None:
    _state, _data, told = trained(resolved("diabetes-regression"))
    (last,) = inspections(told)
    assert (last.predicted, last.actual, last.samples) == ([], [], 89)


def test_two_classes_with_one_output() -> None:
    state, data, told = trained(resolved("blobs-binary", ("epochs", "50")))
    (last,) = inspections(told)
    with torch.no_grad():
        ones = int((state.model(data.splits["test"].x) >= 0.5).sum())
    assert last.predicted == [20 - ones, ones]
    assert last.actual == [10, 10]


def test_a_large_test_split_is_not_inspected_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_network, "SAMPLES", 10)
    state, data, told = trained(iris())
    (last,) = inspections(told)
    with torch.no_grad():
        guesses = state.model(data.splits["test"].x[:10]).argmax(1)
    assert (last.samples, sum(last.actual)) == (10, 10)
    assert last.predicted == guesses.bincount(minlength=3).tolist()


# When.


def test_an_inspection_comes_after_the_evaluations_of_its_epoch(every_epoch: None) -> None:
    _state, _data, told = trained(iris(("epochs", "2")))
    kinds = [type(event) for event in told if not isinstance(event, StepsEnded)]
    assert kinds == [Evaluated, Evaluated, NetworkInspected, EpochEnded] * 2
    assert [(event.epoch, event.step) for event in inspections(told)] == [(1, 10), (2, 20)]


@pytest.mark.parametrize("when", ["", "start", "end", "epoch"])
def test_the_network_is_inspected_whenever_it_is_evaluated(when: str) -> None:
    _state, _data, told = trained(iris(("evaluate.when", when)))
    assert [event.epoch for event in inspections(told)] == [3]
    assert isinstance(told[-2], NetworkInspected)


def test_the_last_epoch_of_a_run_that_stops_early_is_inspected() -> None:
    _state, _data, told = trained(iris(("epochs", "50"), ("stop.target", "train_loss<0.9")))
    (last,) = inspections(told)
    assert last.epoch == told[-1].epoch < 50  # type: ignore[attr-defined]


@pytest.mark.parametrize(("an_epoch", "expected"), [(0.3, [4, 8, 10]), (1.0, [*range(1, 11)]), (7.0, [*range(1, 11)])])
def test_epochs_shorter_than_a_second_share_an_inspection(an_epoch: float, expected: list[int]) -> None:
    clock, found = [100.0], []
    run_config = iris(("epochs", "10"), ("evaluate.when", "end"))
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    state.now = lambda: clock[0]
    for event in fit(run_config, state, data):
        clock[0] += an_epoch * (
            isinstance(event, StepsEnded) and event.first_step + len(event.losses) - 1 == 10 * event.epoch
        )
        found += [event.epoch] if isinstance(event, NetworkInspected) else []
    assert found == expected


def test_a_slow_inspection_waits_the_longer_for_the_next() -> None:
    """Below one per cent of the time, whatever the network."""
    clock = [100.0]
    state = TrainState.new(iris(), load_data(iris()))
    state.now = lambda: clock[0]
    inspector = Inspector(state, load_data(iris()))
    state.model.register_forward_hook(lambda *_: clock.__setitem__(0, clock[0] + 0.25))
    inspector.inspect()
    clock[0] += 49
    assert not inspector.due
    clock[0] += 2
    assert inspector.due


# It changes nothing.


@pytest.mark.parametrize("preset", ["iris-net", "digits-mlp"])
def test_weights_and_generators_are_the_same_with_and_without_inspections(
    preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a network with dropout, which draws from the global generator in every step."""
    run_config = resolved(preset, ("model.dropout", "0.25"))
    quiet, _data, told = trained(run_config)
    after: Tensor = torch.get_rng_state()
    assert len(inspections(told)) == 1
    monkeypatch.setattr(inspect_network, "EVERY", 0.0)
    monkeypatch.setattr(inspect_network, "SHARE", math.inf)
    inspected, _data, told = trained(run_config)
    assert len(inspections(told)) == 3
    assert_equal_weights(quiet.model, inspected.model)
    assert torch.equal(torch.get_rng_state(), after)


def test_the_network_is_left_as_it_was() -> None:
    run_config = iris(("model.dropout", "0.5"))
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    for training in (True, False):
        state.model.train(training)
        before: Tensor = torch.get_rng_state()
        first, second = Inspector(state, data).inspect(), Inspector(state, data).inspect()
        assert first == second, "dropout is off"
        assert torch.equal(torch.get_rng_state(), before)
        assert all(module.training is training for module in state.model.modules())
        assert not any(module._forward_hooks for module in state.model.modules())
        assert all(p.grad is None for p in state.model.parameters())


def test_hooks_and_mode_survive_a_network_that_raises() -> None:
    data = load_data(iris())
    state = TrainState.new(iris(), data)
    state.model.append(nn.Linear(7, 7))  # type: ignore[operator]  # does not fit
    with pytest.raises(RuntimeError):
        Inspector(state, data).inspect()
    assert state.model.training
    assert not any(module._forward_hooks for module in state.model.modules())
    assert not torch.is_inference_mode_enabled()


def test_nothing_is_told_in_inference_mode(every_epoch: None) -> None:
    for event in fit(iris()):
        assert torch.is_grad_enabled(), event
        assert not torch.is_inference_mode_enabled(), event


def test_a_command_sent_at_an_inspection_is_carried_out(every_epoch: None) -> None:
    stream, answers = fit(iris()), []
    for event in stream:
        if isinstance(event, NetworkInspected):
            answers.append(stream.send(Set("optimizer.lr", 0.01)))
    assert [type(answer) for answer in answers] == [SettingChanged] * 3


# Stop, resume, history.


def test_stopping_at_an_inspection_and_going_on_changes_nothing(every_epoch: None) -> None:
    whole, data, _told = trained(iris())
    state = TrainState.new(iris(), data)
    stream = fit(iris(), state, data)
    while not isinstance(next(stream), NetworkInspected):
        pass
    with pytest.raises(StopIteration):
        stream.send(Stop())
    told = list(fit(iris(), state, data))
    assert [event.epoch for event in inspections(told)] == [1, 2, 3], "the interrupted epoch is measured again"
    assert_equal_weights(state.model, whole.model)


def logged(run_dir: RunDir) -> list[Event]:
    return list(read_events(run_dir.events))


def test_a_resumed_run_tells_each_inspection_once(tmp_path: Path, every_epoch: None) -> None:
    made: list[session.Session] = []

    def stop(event: Event) -> None:
        if isinstance(event, NetworkInspected) and event.epoch == 2:
            made[0].run.stop()

    made.append(network.start(iris(), tmp_path, recorders=[stop]))
    made[0].run.execute()
    run_dir = made[0].run_dir
    assert [event.epoch for event in inspections(logged(run_dir))] == [1, 2]
    network.resume(run_dir).run.execute()
    assert [event.epoch for event in inspections(logged(run_dir))] == [1, 2, 3]
    raw = [event for line in run_dir.events.read_bytes().splitlines() if (event := decode(line))]
    assert [event.epoch for event in inspections(raw)] == [1, 2, 2, 3]
    assert History.fold(raw).inspection == History.fold(logged(run_dir)).inspection == inspections(raw)[-1]


def made(epoch: int) -> NetworkInspected:
    return NetworkInspected(epoch=epoch, step=10 * epoch, samples=30, dead={"a": 0.5}, predicted=[30], actual=[30])


STARTED = run_started(iris().to_dict())


@pytest.mark.parametrize(
    ("resumed", "kept"),
    [
        (RunResumed(step=20, session=2, epoch=2), True),
        (RunResumed(step=25, session=2, epoch=2), True),
        (RunResumed(step=20, session=2, epoch=1), False),
        (RunResumed(step=19, session=2, epoch=1), False),
        (RunResumed(step=10, session=2, epoch=1), False),
    ],
)
def test_a_history_forgets_an_inspection_of_what_is_trained_again(resumed: RunResumed, kept: bool) -> None:
    steps = StepsEnded(epoch=3, first_step=1, losses=[1.0] * 30, lr=0.01, samples=360, seconds=0.1, grad_norm=1.0)
    history = History.fold([STARTED, steps, made(1), made(2)])
    assert history.inspection == made(2)
    history.apply(resumed)
    assert history.inspection == (made(2) if kept else None)


def test_an_inspection_survives_its_line() -> None:
    event = made(3)
    assert decode(encode(event)) == event


def test_a_loss_that_is_no_number_is_not_inspected() -> None:
    stream = fit(iris(("optimizer.name", "sgd"), ("optimizer.lr", "1e30")))
    seen: list[Event] = []
    with pytest.raises(commands.TrainingFailed):
        seen.extend(stream)
    assert inspections(seen) == []
