"""Checkpoints: what comes back is what was saved, generators included; what is damaged is refused in one line."""

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import RunError
from core.events.commands import Stop
from core.events.events import EpochEnded
from core.experiment import resolve, schema
from core.training import checkpoint
from core.training.state import TrainState
from core.training.textbook import fit

RESOLVED = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3")])


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data(RESOLVED)


def in_mid_epoch(data: Data, resolved: schema.RunConfig = RESOLVED) -> TrainState:
    """A state that was stopped after 3 of 10 batches of its second epoch."""
    state = TrainState.new(resolved, data)
    stream = fit(resolved, state, data)
    for _event in stream:
        if state.epoch == 1 and state.batch == 3:
            break
    with pytest.raises(StopIteration):
        stream.send(Stop())
    return state


def flat(value: Any) -> Any:
    """Tensors as lists, so that nested dicts can be compared."""
    if isinstance(value, torch.Tensor):
        return (str(value.dtype), value.tolist())
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [flat(item) for item in value]
    return value


def test_everything_comes_back(data: Data, tmp_path: Path, every_step: None) -> None:
    state = in_mid_epoch(data)
    checkpoint.save(state, tmp_path / "c.pt")
    fresh = TrainState.new(RESOLVED, data)
    assert flat(fresh.model.state_dict()) != flat(state.model.state_dict())
    checkpoint.load(fresh, tmp_path / "c.pt")
    assert (fresh.epoch, fresh.batch, fresh.step) == (1, 3, 13)
    assert fresh.sums == state.sums
    assert fresh.sums.batch_loss > 0
    assert flat(fresh.model.state_dict()) == flat(state.model.state_dict())
    assert flat(fresh.optimizer.state_dict()) == flat(state.optimizer.state_dict())


def test_every_field_of_the_state_is_saved(data: Data, tmp_path: Path) -> None:
    """A field that is added to TrainState and forgotten here would make resuming inexact without a sound."""
    checkpoint.save(TrainState.new(RESOLVED, data), tmp_path / "c.pt")
    saved = torch.load(tmp_path / "c.pt", weights_only=True)
    made_anew = {"loss", "device", "inputs", "rows", "now", "answer", "vector", "threads", "step_limit"}
    assert {f.name for f in dataclasses.fields(TrainState)} - made_anew <= saved.keys()


def test_the_generators_come_back(data: Data, tmp_path: Path) -> None:
    def draw() -> tuple[list[float], list[float], list[float], float, float]:
        return (
            torch.rand(3).tolist(),
            np.random.rand(3).tolist(),
            [random.random() for _ in range(3)],
            float(np.random.normal()),
            random.gauss(0, 1),
        )

    np.random.normal()  # leaves a second number in stock, which is part of the state
    random.gauss(0, 1)
    checkpoint.save(TrainState.new(RESOLVED, data), tmp_path / "c.pt")
    expected = draw()
    draw()
    checkpoint.load(TrainState.new(RESOLVED, data), tmp_path / "c.pt")
    assert draw() == expected


def test_saving_draws_nothing(data: Data, tmp_path: Path) -> None:
    state = TrainState.new(RESOLVED, data)
    before = torch.get_rng_state()
    checkpoint.save(state, tmp_path / "c.pt")
    checkpoint.save_model(state, tmp_path / "m.pt")
    assert torch.equal(torch.get_rng_state(), before)


def test_both_files_load_without_trusting_them(data: Data, tmp_path: Path) -> None:
    state = TrainState.new(RESOLVED, data)
    checkpoint.save(state, tmp_path / "c.pt")
    checkpoint.save_model(state, tmp_path / "m.pt")
    assert torch.load(tmp_path / "c.pt", weights_only=True)["step"] == 0
    weights = torch.load(tmp_path / "m.pt", weights_only=True)
    assert flat(dict(weights)) == flat(dict(state.model.state_dict()))
    assert all(type(tensor) is torch.Tensor and tensor.device.type == "cpu" for tensor in weights.values())


def test_equal_states_make_equal_files(data: Data, tmp_path: Path) -> None:
    state = TrainState.new(RESOLVED, data)
    checkpoint.save_model(state, tmp_path / "one.pt")
    checkpoint.save_model(state, tmp_path / "another.pt")
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


@pytest.mark.parametrize("save", [checkpoint.save, checkpoint.save_model], ids=lambda f: f.__name__)
def test_a_save_that_fails_leaves_the_previous_one(
    save: Any, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = TrainState.new(RESOLVED, data)
    path = tmp_path / "c.pt"
    save(state, path)
    before = path.read_bytes()

    def full_disk(_what: Any, file: Any) -> None:
        file.write(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save(state, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# Damage.


def refusal(path: Path, data: Data, resolved: schema.RunConfig = RESOLVED) -> str:
    with pytest.raises(RunError) as error:
        checkpoint.load(TrainState.new(resolved, data), path)
    message = str(error.value)
    assert message.splitlines() == [message]
    return message


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(kept: float, data: Data, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    checkpoint.save(TrainState.new(RESOLVED, data), path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert str(path) in refusal(path, data)


@pytest.mark.parametrize(
    "content",
    [
        *({}, [], 3, {"format": 1}, {"format": 1, "model": {}}),
        pytest.param({"format": 1, "model": {"input.weight": torch.zeros(2, 2)}}, id="other shapes"),
    ],
    ids=repr,
)
def test_a_file_of_something_else_is_refused(content: Any, data: Data, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    torch.save(content, path)
    assert str(path) in refusal(path, data)


def test_text_is_refused(data: Data, tmp_path: Path) -> None:
    (tmp_path / "c.pt").write_text("not a checkpoint\nat all\n")
    assert str(tmp_path / "c.pt") in refusal(tmp_path / "c.pt", data)


def test_a_folder_is_refused(data: Data, tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(tmp_path, data)


def test_a_missing_one_is_told_by_the_run(data: Data, tmp_path: Path) -> None:
    run = tmp_path / "20261101-120000-iris-net-abcd"
    run.mkdir()
    message = refusal(run / "checkpoint.pt", data)
    assert run.name in message
    assert "no checkpoint" in message


def test_another_version_is_told(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    checkpoint.save(TrainState.new(RESOLVED, data), path)
    torch.save({**torch.load(path, weights_only=True), "format": 99}, path)
    assert "another version" in refusal(path, data)


def test_the_checkpoint_of_another_network_is_refused(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    checkpoint.save(TrainState.new(RESOLVED, data), path)
    wider = resolve.load("iris-net", [("device", "cpu"), ("model.hidden", "8,8")])
    assert str(path) in refusal(path, data, wider)


class Hostile:
    """Unpickled, it would make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def test_code_inside_a_checkpoint_is_not_run(data: Data, tmp_path: Path) -> None:
    path, target = tmp_path / "c.pt", tmp_path / "proof"
    torch.save({"format": 1, "model": Hostile(target)}, path)
    refusal(path, data)
    assert not target.exists()
    torch.load(path, weights_only=False)  # the file is as hostile as it claims
    assert target.exists()


def test_a_module_with_buffers_comes_back_too(data: Data, tmp_path: Path, register: Any, every_step: None) -> None:
    """Running means of a normalisation are state that no gradient tells of."""

    def normalised(shape: tuple[int, ...], outputs: int) -> nn.Module:
        """A toy."""
        return nn.Sequential(nn.Linear(shape[0], 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, outputs))

    register("model", "normalised", normalised)
    resolved = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3"), ("model.name", "normalised")])
    unbroken = TrainState.new(resolved, data)
    list(fit(resolved, unbroken, data))
    checkpoint.save(in_mid_epoch(data, resolved), tmp_path / "c.pt")
    resumed = TrainState.new(resolved, data)
    checkpoint.load(resumed, tmp_path / "c.pt")
    list(fit(resolved, resumed, data))
    assert flat(dict(resumed.model.state_dict())) == flat(dict(unbroken.model.state_dict()))


def test_saved_weights_have_memory_of_their_own(data: Data, tmp_path: Path) -> None:
    """Though they were parts of one vector while they were trained: safetensors refuses what shares memory."""
    state = TrainState.new(RESOLVED, data)
    for event in fit(RESOLVED, state, data):
        if isinstance(event, EpochEnded):
            break
    checkpoint.save_model(state, tmp_path / "model.pt")
    saved = torch.load(tmp_path / "model.pt", weights_only=True)
    assert len({tensor.untyped_storage().data_ptr() for tensor in saved.values()}) == len(saved)
    assert all(tensor.untyped_storage().nbytes() == tensor.nbytes for tensor in saved.values())
    assert all(torch.equal(tensor, state.model.state_dict()[name]) for name, tensor in saved.items())
