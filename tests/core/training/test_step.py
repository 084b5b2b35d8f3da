"""`fit` does not know how its steps are made: whole runs by hand and by PyTorch are equal in every bit, whatever the
experiment, where they are cut and which of the two goes on."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.components.models import MODELS
from core.components.registry import Origin
from core.data.parts import Data
from core.data.prepare import load_data
from core.events.commands import Stop
from core.events.events import Evaluated, Event, StepsEnded
from core.experiment import resolve
from core.experiment.schema import SECTIONS, RunConfig
from core.flat.step import FlatStep
from core.training import checkpoint, steering, step, textbook
from core.training.state import TrainState


def one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


KEYS = st.fixed_dictionaries(
    {
        "epochs": one_of("1", "2"),
        "batch_size": one_of("7", "12", "50", "500"),
        "shuffle": one_of("true", "false"),
        "model.hidden": one_of("[]", "5", "16,3", "8,8,8"),
        "model.activation": one_of("relu", "tanh", "sigmoid", "none"),
        "evaluate.when": one_of("epoch", "start,epoch", "end"),
        "evaluate.splits": one_of("train,test", "test"),
        "seed": one_of("0", "1"),
    },
    optional={
        "model.dropout": one_of("0.3"),
        "clip_grad_norm": one_of("0.01", "1"),
        "schedule.name": one_of("cosine", "one-cycle", "step"),
        "loss.label_smoothing": one_of("0.1"),
        "evaluate.batch_size": one_of("10", "1000"),
        "split.validation": one_of("0.2"),
    },
)
OPTIMIZERS = st.sampled_from(
    [
        {"name": "sgd"},
        {"name": "sgd", "momentum": "0.9", "nesterov": "true"},
        {"name": "sgd", "momentum": "0.5", "weight_decay": "0.01"},
        {"name": "adam"},
        {"name": "adam", "weight_decay": "0.1", "betas": "0.8,0.99"},
        {"name": "adamw"},
        {"name": "rmsprop", "momentum": "0.5"},
        {"name": "rmsprop", "weight_decay": "0.1"},
    ]
)
TARGETS = st.sampled_from(
    [
        ("iris-net", {}),
        ("iris-net", {"loss.name": "nll", "model.output_activation": "log-softmax"}),
        ("iris-net", {"label_map": "0,1,1", "loss.name": "bce", "model.output_activation": "sigmoid"}),
        ("iris-net", {"label_map": "0,1,1", "loss.name": "bce-logits"}),
        ("diabetes-regression", {}),
        ("diabetes-regression", {"loss.name": "huber"}),
        ("diabetes-regression", {"loss.name": "mae", "standardise": "[]"}),
    ]
)


@st.composite
def experiments(draw: st.DrawFn) -> RunConfig:
    preset, target = draw(TARGETS)
    given_keys = {**draw(KEYS), **{f"optimizer.{key}": value for key, value in draw(OPTIMIZERS).items()}, **target}
    if target.get("loss.name", "cross-entropy") != "cross-entropy" or preset != "iris-net":
        given_keys.pop("loss.label_smoothing", None)
    if preset != "iris-net":
        given_keys["batch_size"] = draw(one_of("32", "100", "1000"))
    plain = [("device", "cpu"), ("log", "plain"), ("stop.patience", "none"), ("stop.keep_best", "false")]
    return resolve.load(preset, [*plain, *given_keys.items()])


def by_pytorch(_config: RunConfig, state: TrainState) -> step.Step:
    return step.TextbookStep(state, _config.clip_grad_norm)


def trained(
    config: RunConfig, state: TrainState, data: Data, make: Any, stop_at: int | None = None
) -> list[float | tuple[str, dict[str, float]]]:
    """What is told of losses and metrics, step by step."""
    told: list[float | tuple[str, dict[str, float]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steering, "REPORT_EVERY", 0.0)
        patch.setattr(textbook, "step_for", make)
        stream = textbook.fit(config, state, data)
        command = None
        while True:
            try:
                event: Event = stream.send(command)
            except StopIteration:
                return told
            if isinstance(event, StepsEnded):
                told += event.losses
                told.append(("norm", {"": event.grad_norm}))
            if isinstance(event, Evaluated):
                told.append((event.split, event.metrics))
            command = Stop("enough") if stop_at is not None and state.step >= stop_at else None


@settings(max_examples=25)
@given(experiments(), st.data())
def test_a_run_is_the_same_by_hand(config: RunConfig, drawn: st.DataObject) -> None:
    data = load_data(config)
    whole = TrainState.new(config, data)
    losses = trained(config, whole, data, by_pytorch)

    quick = TrainState.new(config, data)
    assert repr(trained(config, quick, data, step.step_for)) == repr(losses)
    assert quick.vector is not None, "or nothing was compared"
    assert_equal(quick, whole)

    cut = drawn.draw(st.integers(0, whole.step))
    first, second = drawn.draw(st.permutations([by_pytorch, step.step_for]))
    broken = TrainState.new(config, data)
    trained(config, broken, data, first, stop_at=cut)
    with TemporaryDirectory() as folder:
        checkpoint.save(broken, Path(folder) / "checkpoint.pt")
        resumed = TrainState.new(config, data)
        checkpoint.load(resumed, Path(folder) / "checkpoint.pt")
    trained(config, resumed, data, second)
    assert_equal(resumed, whole)


def assert_equal(one: TrainState, other: TrainState) -> None:
    assert (one.step, one.epoch, one.batch) == (other.step, other.epoch, other.batch)
    pairs = zip(one.model.state_dict().items(), other.model.state_dict().items(), strict=True)
    assert all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)
    mine, its = one.optimizer.state_dict()["state"], other.optimizer.state_dict()["state"]
    assert mine.keys() == its.keys()
    for at, state in mine.items():
        assert state.keys() == its[at].keys()
        assert all(torch.equal(value, its[at][name]) for name, value in state.items() if value is not None)


def test_components_of_ones_own_are_left_to_pytorch(register: Any) -> None:
    plain = resolve.load("iris-net", [("device", "cpu")])
    state = TrainState.new(plain, load_data(plain))
    assert isinstance(step.step_for(plain, state), FlatStep)
    register("model", "mine", lambda shape, outputs: MODELS["linear"].build(shape, outputs))
    registry = SECTIONS["model"]
    registry.restore(
        {**registry.registered(), "mine": dataclasses.replace(registry["mine"], origin=Origin(path="/mine.py"))}
    )
    own = resolve.load("iris-net", [("device", "cpu"), ("model.name", "mine")])
    assert isinstance(step.step_for(own, state), step.TextbookStep)
