"""The trial before a run: what it tells, and that it leaves no trace."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from core.data.prepare import load_data
from core.events.events import StepsEnded
from core.experiment import resolve
from core.sessions import cost as whole_cost
from core.sessions import network
from core.training.cost import measure


@pytest.mark.parametrize("preset", ["iris-net", "blobs-binary", "diabetes-regression", "digits-mlp"])
def test_steps_and_a_time(preset: str) -> None:
    chosen = resolve.load(preset, [("stop.patience", "none"), ("epochs", "300")])
    data = load_data(chosen)
    cost = measure(chosen, data)
    assert cost is not None
    assert cost.steps_per_epoch == -(-data.sizes["train"] // chosen.batch_size)
    assert cost.steps == cost.steps_per_epoch * chosen.epochs
    assert cost.train_per_second is not None
    assert cost.evaluate_per_second is not None
    assert cost.train_per_second > 0
    if data.sizes["train"] > 100:  # of a few samples the bookkeeping is all that is measured
        assert cost.evaluate_per_second > cost.train_per_second, "evaluating costs no backward pass"
    assert cost.seconds is not None
    steps_alone = data.sizes["train"] * chosen.epochs / cost.train_per_second
    assert cost.seconds > steps_alone / 2, "the whole is measured apart from the steps, at another moment"


def test_it_draws_from_no_generator_that_lasts() -> None:
    chosen = resolve.load("iris-net", [("model.dropout", "0.5")])
    data = load_data(chosen)
    torch.manual_seed(3)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    measure(chosen, data)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]


def test_a_run_after_a_trial_has_the_same_weights(tmp_path) -> None:
    chosen = resolve.load("iris-net", [("epochs", "2")])
    network.start(chosen, tmp_path / "a").run.execute()
    measure(chosen, load_data(chosen))
    network.start(chosen, tmp_path / "b").run.execute()
    ours, theirs = (torch.load(next(tmp_path.glob(f"{x}/*/model.pt")), weights_only=True) for x in "ab")
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_it_is_cancelled_at_the_next_event() -> None:
    chosen = resolve.load("iris-net", [("epochs", "100000")])
    assert measure(chosen, load_data(chosen), cancelled=lambda: True) is None


def test_a_trial_that_diverges_says_so() -> None:
    chosen = resolve.load("diabetes-regression", [("optimizer.name", "sgd"), ("optimizer.lr", "1e9")])
    cost = measure(chosen, load_data(chosen))
    assert cost is not None
    assert "became" in cost.warning
    assert cost.seconds is None


@pytest.mark.parametrize(
    ("preset", "epochs"), [("iris-net", "200"), pytest.param("digits-mlp", "60", marks=pytest.mark.slow)]
)
def test_the_estimate_is_near_the_truth(preset: str, epochs: str, tmp_path) -> None:
    """Within a factor of 1.5; who else wants this machine meanwhile is not known to it, so once in four tries."""
    chosen = resolve.load(preset, [("epochs", epochs), ("stop.patience", "none"), ("stop.keep_best", "false")])
    data, ratios = load_data(chosen), []
    for _ in range(4):
        cost = whole_cost.measure(chosen, data)
        opened = network.start(chosen, tmp_path)
        opened.run.execute()
        taken = next(reversed(list(_times(opened.run_dir))))
        assert cost is not None
        assert cost.seconds is not None
        ratios.append(cost.seconds / taken)
        if 1 / 1.5 < ratios[-1] < 1.5:
            return
    pytest.fail(f"estimates by the time taken: {ratios}")


def steps_ended(n: int) -> StepsEnded:
    losses = [1.0] * n
    return StepsEnded(epoch=1, first_step=1, losses=losses, lr=0.1, samples=12 * n, seconds=0.0, grad_norm=1.0)


def test_what_is_loaded_and_set_up_once_is_not_counted() -> None:
    """The first steps took a second, and that for each was the estimate."""
    chosen = resolve.load("iris-net", [("epochs", "1000"), ("evaluate.when", "")])

    def trained(config, state, data, saw) -> str:
        time.sleep(0.7)
        saw(steps_ended(1))
        while True:
            time.sleep(0.02)
            saw(steps_ended(20))

    cost = measure(chosen, load_data(chosen), trained=trained)
    assert cost is not None
    assert cost.seconds is not None
    assert 10 <= cost.seconds < 20, "10,000 steps of a millisecond; sleeping may take longer"


def test_a_run_that_may_end_early_says_so() -> None:
    data = load_data(resolve.load("iris-net"))
    for settings, early in (([], False), ([("stop.patience", "2999")], True)):
        cost = measure(resolve.load("iris-net", [("epochs", "3000"), *settings]), data)
        assert cost is not None
        assert cost.at_most is early


def _times(run_dir):
    from core.runs.event_log import read_events

    return (event.t for event in read_events(run_dir.events))
