"""Weights that are no numbers any more end a run as failed, whatever is measured, and never reach a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.data.prepare import load_data
from core.errors import ConfigError
from core.events.commands import Set, TrainingFailed
from core.events.events import Event, RunEnded, TrialEnded
from core.experiment import open, resolve, schema
from core.experiment.search import SearchConfig
from core.sessions import network
from core.sessions import search as search_session
from core.training import checkpoint
from core.training.finite import check_weights, why_spoilt
from core.training.state import TrainState

FLOAT32 = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(st.lists(FLOAT32, min_size=1, max_size=6))
def test_exactly_what_is_not_finite_is_spoilt(values: list[float]) -> None:
    tensors = [torch.tensor(values[:1]), torch.tensor(values[1:]), torch.tensor([3])]
    assert bool(why_spoilt(tensors, 1)) == (not all(map(math.isfinite, values)))


def test_large_weights_are_no_infinite_ones() -> None:
    assert why_spoilt([torch.full((4,), 3e38)], 1) == ""


def test_buffers_count_too() -> None:
    model = nn.BatchNorm1d(2)
    check_weights(model, 1)
    model.running_var.fill_(math.inf)  # type: ignore[union-attr]
    with pytest.raises(TrainingFailed, match=r"weights became infinite by step 7; .*optimizer\.lr"):
        check_weights(model, 7)


def spoil(state: TrainState) -> None:
    """One dead unit's worth: its ReLU hides -inf from the loss."""
    with torch.no_grad():
        next(state.model.parameters())[0] = -math.inf


def iris(*pairs: tuple[str, str]) -> schema.RunConfig:
    return resolve.load("iris-net", [("device", "cpu"), ("log", "plain"), *pairs])


def executed(run_config: schema.RunConfig, root: Path) -> tuple[RunEnded, Path]:
    opened = network.start(run_config, root)
    return opened.run.execute(), opened.run_dir.path


@pytest.mark.parametrize("when", ["start", "", "start,epoch,end"])
@pytest.mark.parametrize(
    "pairs", [[], [("model.name", "two-layer"), ("gradient", "backprop")]], ids=["mlp", "two-layer"]
)
def test_a_run_does_not_complete_with_them(
    when: str, pairs: list[tuple[str, str]], tmp_path: Path, register: Any
) -> None:
    """An update that spoils one hidden unit, in the last step of all."""

    class Spoiling(torch.optim.SGD):
        steps = 0

        def step(self, *_: Any) -> None:  # type: ignore[override]
            Spoiling.steps += 1
            if Spoiling.steps == 3:
                parameter = self.param_groups[0]["params"][0]
                with torch.no_grad():
                    parameter.view(-1)[0] = -math.inf

    def spoiling(parameters: Any, *, lr: float = 0.1) -> Any:
        return Spoiling(parameters, lr=lr)

    register("optimizer", "spoiling", spoiling)
    chosen = [*pairs, ("optimizer.name", "spoiling"), ("evaluate.when", when), ("epochs", "3"), ("batch_size", "120")]
    ended, folder = executed(iris(*chosen), tmp_path)
    assert ended.status == "failed"
    assert "step 3" in ended.reason
    assert "lower learning rate" in ended.reason
    assert not (folder / "model.pt").exists()
    assert not (folder / "error.txt").exists()


def test_a_good_checkpoint_stays(tmp_path: Path) -> None:
    run_config = iris()
    state = TrainState.new(run_config, load_data(run_config))
    good, model = tmp_path / "checkpoint.pt", tmp_path / "model.pt"
    checkpoint.save(state, good)
    checkpoint.save_model(state, model)
    before = good.read_bytes(), model.read_bytes()
    spoil(state)
    for save, path in ((checkpoint.save, good), (checkpoint.save_model, model)):
        with pytest.raises(TrainingFailed, match="weights became infinite"):
            save(state, path)
    assert (good.read_bytes(), model.read_bytes()) == before


@pytest.mark.parametrize("lrs", ["3e38", "0.01,3e38"], ids=["alike", "one of two"])
def test_only_the_trials_that_have_them_fail(lrs: str, tmp_path: Path) -> None:
    """In a stack, with one rate for all or one for each; nothing but the running loss is measured."""
    pairs = [("optimizer.lr", lrs), ("epochs", "1"), ("batch_size", "120"), ("evaluate.when", "start")]
    pairs += [("repeats", "2"), ("rank", "train_loss"), ("device", "cpu")]
    pairs += [("optimizer.name", "adamw"), ("optimizer.weight_decay", "10")] if "," in lrs else []
    pairs += [] if "," in lrs else [("model.n_units", "4,8")]
    search = open.load("iris-net", pairs)
    assert isinstance(search, SearchConfig)
    told: list[Event] = []
    search_session.start(search, tmp_path, recorders=[told.append]).run.execute()
    ended = [event for event in told if isinstance(event, TrialEnded)]
    assert len(ended) == 4
    failed = {event.number for event in ended if event.status == "failed"}
    for event in ended:
        saved = (Path(event.path) / "model.pt").exists()
        assert saved == (event.number not in failed)
    assert len(failed) == (2 if "," in lrs else 4)


# Numbers that float32 cannot hold are refused before training.


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("optimizer.lr", "1e300"),
        ("optimizer.lr", "1e-60"),
        ("optimizer.weight_decay", "1e39"),
        ("clip_grad_norm", "4e38"),
        ("clip_grad_norm", "1e-50"),
        ("loss.label_smoothing", "1e-70"),
    ],
)
def test_refused_by_key(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{key} = .*float32 holds"):
        iris((key, value))


def test_refused_in_schedules_and_axes_too() -> None:
    with pytest.raises(ConfigError, match=r"schedule\.final_divisor = 1e\+60: float32"):
        iris(("schedule.name", "one-cycle"), ("schedule.final_divisor", "1e60"))
    with pytest.raises(ConfigError, match=r"optimizer\.lr = 1e\+300: float32"):
        open.load("iris-net", [("optimizer.lr", "0.1,1e300")])


@given(st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False))
def test_a_rate_while_training_is_one_that_float32_holds(value: float) -> None:
    held = torch.tensor(value, dtype=torch.float64).float()
    fits = bool(held.isfinite()) and value >= 1.401298464324817e-45 and value <= torch.finfo(torch.float32).max
    if fits:
        assert Set("optimizer.lr", value).value == value
    else:
        with pytest.raises(ValueError, match=r"optimizer\.lr = .*float32"):
            Set("optimizer.lr", value)


def test_a_step_that_overflows_is_told_in_one_line(tmp_path: Path) -> None:
    """Adam divides its rate by 1 - β₁: the rate fits, the step does not."""
    ended, folder = executed(iris(("optimizer.lr", "3e38"), ("epochs", "1")), tmp_path)
    assert (ended.status, ended.reason) == (
        "failed",
        "a step became infinite; try a lower learning rate: optimizer.lr",
    )
    assert not (folder / "error.txt").exists()
