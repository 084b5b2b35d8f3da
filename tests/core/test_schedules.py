"""Schedules against torch.optim.lr_scheduler, and in a run: resumed, changed, told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from core import config
from core.config import RunConfig
from core.data import load_data
from core.events import Event, Set, SettingChanged, StepsEnded
from core.schedules import SCHEDULES
from core.state import TrainState
from core.train import fit

STEPS, PER_EPOCH = 120, 12
ORACLES: dict[str, tuple[dict[str, Any], Callable[[torch.optim.Optimizer], Any]]] = {
    "constant": ({}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    "step": ({"every": 3, "factor": 0.5}, lambda o: lr_scheduler.StepLR(o, 3 * PER_EPOCH, gamma=0.5)),
    "cosine": ({"final": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1 * 0.4)),
    "one-cycle": (
        {"warmup": 0.25, "start_divisor": 10, "final_divisor": 100},
        lambda o: lr_scheduler.OneCycleLR(
            o, 0.4, total_steps=STEPS, pct_start=0.25, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
    ),
}


def test_every_schedule_has_an_oracle() -> None:
    assert set(ORACLES) == set(SCHEDULES.names)


@pytest.mark.parametrize("name", ORACLES)
def test_the_learning_rate_is_that_of_pytorch(name: str) -> None:
    given, make = ORACLES[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = make(optimizer)
    factor = SCHEDULES[name].build(STEPS, PER_EPOCH, **given)
    for step in range(STEPS):
        assert 0.4 * factor(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9), step
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", ORACLES)
def test_a_very_short_run_has_finite_rates(name: str, steps: int) -> None:
    factor = SCHEDULES[name].build(steps, steps, **SCHEDULES[name].resolve({}))
    assert all(0 <= factor(step) <= 1 for step in range(steps))


def cosine(*pairs: tuple[str, str]) -> RunConfig:
    settings = [("schedule.name", "cosine"), ("epochs", "3"), ("device", "cpu"), *pairs]
    return config.load("iris-net", settings)


def rates(events: list[Event]) -> list[float]:
    return [event.lr for event in events if isinstance(event, StepsEnded)]


def test_a_run_follows_its_schedule(every_step: None) -> None:
    told = rates(list(fit(cosine())))
    factor = SCHEDULES["cosine"].build(30, 10, final=0.0)
    assert told == pytest.approx([0.01 * factor(step) for step in range(30)])
    assert told[0] == 0.01


def test_a_resumed_run_goes_on_where_its_schedule_was(every_step: None) -> None:
    whole_config = cosine()
    data = load_data(whole_config)
    whole = TrainState.new(whole_config, data)
    told = rates(list(fit(whole_config, whole, data)))
    broken = TrainState.new(whole_config, data)
    stream, first = fit(whole_config, broken, data), []
    for event in stream:
        first.append(event)
        if broken.step == 17:
            break
    stream.close()
    rest = list(fit(whole_config, broken, data))
    assert rates(first) + rates(rest) == told
    for a, b in zip(whole.model.parameters(), broken.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_set_changes_what_the_schedule_multiplies(every_step: None) -> None:
    stream = fit(cosine())
    events: list[Event] = [next(stream)]
    changed = stream.send(Set("optimizer.lr", 0.1))
    assert isinstance(changed, SettingChanged)
    assert (changed.old, changed.new) == (0.01, 0.1)
    events += list(stream)
    factor = SCHEDULES["cosine"].build(30, 10, final=0.0)
    assert rates(events)[1:] == pytest.approx([0.1 * factor(step) for step in range(1, 30)])
