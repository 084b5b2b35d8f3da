"""Schedules against torch.optim.lr_scheduler, and in a run: resumed, changed, told."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from core.components.learning_rate import LearningRate
from core.components.plateau import Watched
from core.components.schedules import SCHEDULES
from core.data.prepare import load_data
from core.errors import ConfigError
from core.events.commands import Set
from core.events.events import (
    EpochEnded,
    Evaluated,
    Event,
    LearningRateReduced,
    RunResumed,
    RunStarted,
    SettingChanged,
    StepsEnded,
)
from core.experiment import resolve as config
from core.experiment.schema import RunConfig
from core.history.history import History
from core.runs import export
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.runs.step_rates import StepRates
from core.sessions import network, session
from core.training import steering
from core.training.state import TrainState
from core.training.textbook import fit

STEPS, PER_EPOCH = 120, 12
ORACLES: dict[str, tuple[dict[str, Any], Callable[[torch.optim.Optimizer], Any]]] = {
    "constant": ({}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    "step": ({"every": 3, "factor": 0.5}, lambda o: lr_scheduler.StepLR(o, 3 * PER_EPOCH, gamma=0.5)),
    "cosine": ({"final": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1 * 0.4)),
    "warmup": (
        {"warmup_epochs": 2, "warmup_start": 0.1},
        lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=2 * PER_EPOCH),
    ),
    "one-cycle": (
        {"warmup": 0.25, "start_divisor": 10, "final_divisor": 100},
        lambda o: lr_scheduler.OneCycleLR(
            o, 0.4, total_steps=STEPS, pct_start=0.25, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
    ),
}


WARM = {"warmup_epochs": 1.5, "warmup_start": 0.2}
WARMED: dict[str, tuple[dict[str, Any], Callable[[torch.optim.Optimizer], Any]]] = {
    "step": ({"every": 3, "factor": 0.5}, lambda o: lr_scheduler.StepLR(o, 3 * PER_EPOCH, gamma=0.5)),
    "cosine": ({"final": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS - 18, eta_min=0.1 * 0.4)),
}
"""Those that may rise first, after a LinearLR of 18 steps."""


def test_every_schedule_has_an_oracle() -> None:
    assert {*ORACLES, "plateau"} == set(SCHEDULES.names)


@pytest.mark.parametrize("name", WARMED)
def test_a_schedule_after_a_warm_up_is_a_sequence_of_pytorch(name: str) -> None:
    given, make = WARMED[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    rise = lr_scheduler.LinearLR(optimizer, start_factor=0.2, total_iters=18)
    scheduler = lr_scheduler.SequentialLR(optimizer, [rise, make(optimizer)], milestones=[18])
    factor = SCHEDULES[name].build(STEPS, PER_EPOCH, **given, **WARM)
    for step in range(STEPS):
        assert 0.4 * factor(step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9), step
        optimizer.step()
        scheduler.step()


VALUES = st.lists(st.floats(-3, 3) | st.just(math.nan), max_size=60)


@given(
    values=VALUES,
    factor=st.floats(0.01, 0.99),
    patience=st.integers(0, 4),
    threshold=st.sampled_from([0.0, 1e-4, 0.1]),
    cooldown=st.integers(0, 3),
    min_lr=st.sampled_from([0.0, 0.001, 0.05, 0.5]),
    monitor=st.sampled_from(["test_loss", "validation_accuracy"]),
)
def test_a_plateau_lowers_the_rate_when_pytorch_does(
    values: list[float],
    factor: float,
    patience: int,
    threshold: float,
    cooldown: int,
    min_lr: float,
    monitor: str,
) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        *(optimizer, "min" if monitor.endswith("loss") else "max", factor, patience),
        **{"threshold": threshold, "cooldown": cooldown, "min_lr": min_lr},
    )
    given = {"factor": factor, "patience": patience, "threshold": threshold, "cooldown": cooldown, "min_lr": min_lr}
    rate, watched = LearningRate({"name": "plateau", "monitor": monitor, **given}, 600, 10), Watched()
    for epoch, value in enumerate(values, 1):
        scheduler.step(value)
        before = rate.at(0.1, 10 * epoch - 1, watched.drops)
        told = rate.judge(watched, 0.1, epoch, 10 * epoch, {monitor: value})
        lr = rate.at(0.1, 10 * epoch, watched.drops)
        assert lr == optimizer.param_groups[0]["lr"], epoch
        assert told == (None if lr == before else (before, lr))
        assert rate.judge(watched, 0.1, epoch, 10 * epoch, {monitor: value}) is None, "an epoch is judged once"


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([("schedule.monitor", "validation_loss")], "schedule.monitor = validation_loss: validation is not measured"),
        ([("schedule.monitor", "loss")], "schedule.monitor = loss: write a split"),
        ([("evaluate.when", "end")], "schedule.monitor = test_loss: test is not measured after each epoch"),
        ([("schedule.factor", "1")], "schedule.factor = 1: must be less than 1"),
        ([("schedule.warmup_epochs", "4")], "schedule.warmup_epochs = 4: the run has 3 epochs"),
    ],
)
def test_a_plateau_that_cannot_be_is_refused(pairs: list[tuple[str, str]], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        config.load("iris-net", [("epochs", "3"), ("schedule.name", "plateau"), *pairs])
    assert str(error.value).startswith(says)


def test_a_plateau_watches_the_validation_split_where_there_is_one() -> None:
    plain = config.load("iris-net", [("schedule.name", "plateau")])
    held_out = config.load("iris-net", [("schedule.name", "plateau"), ("split.validation", "0.2")])
    assert (plain.schedule["monitor"], held_out.schedule["monitor"]) == ("test_loss", "validation_loss")


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


# steps.csv.

EPOCHS, BATCHES = 6, 10
OF_A_RUN: dict[str, tuple[list[tuple[str, str]], Callable[[torch.optim.Optimizer], Any]]] = {
    "constant": ([], lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    "step": ([("every", "2"), ("factor", "0.5")], lambda o: lr_scheduler.StepLR(o, 20, gamma=0.5)),
    "cosine": ([], lambda o: lr_scheduler.CosineAnnealingLR(o, 60)),
    "warmup": ([("warmup_epochs", "2.5")], lambda o: lr_scheduler.LinearLR(o, start_factor=0.01, total_iters=25)),
    "one-cycle": ([], lambda o: lr_scheduler.OneCycleLR(o, o.param_groups[0]["lr"], total_steps=60)),
    "plateau": (
        [("factor", "0.5"), ("patience", "0"), ("threshold", "0.2")],
        lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=0.2),
    ),
}


def of_pytorch(name: str, lr: float, losses: list[float]) -> list[float]:
    """The rate of each step of a run whose test loss after each epoch was among `losses`."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)
    scheduler, found = OF_A_RUN[name][1](optimizer), []
    for step in range(EPOCHS * BATCHES):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if name != "plateau":
            if step + 1 < EPOCHS * BATCHES:
                scheduler.step()
        elif (step + 1) % BATCHES == 0:
            scheduler.step(losses[step // BATCHES])
    return found


def as_csv(run_dir: RunDir, root: Path) -> list[float]:
    export.write_csv([run_dir], "steps", root / "steps.csv")
    lines = (root / "steps.csv").read_text().splitlines()[1:]
    assert [int(line.split(",")[1]) for line in lines] == list(range(1, len(lines) + 1))
    return [float(line.split(",")[3]) for line in lines]


@pytest.mark.parametrize("how", ["fresh", "resumed", "changed", "every step"])
@pytest.mark.parametrize("name", OF_A_RUN)
def test_every_row_of_steps_csv_has_the_rate_that_pytorch_used(
    name: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fresh`: all steps of an epoch are told in one report. `resumed`: stopped in mid-epoch and at an epoch's end.
    `changed`: by hand, in mid-epoch."""
    monkeypatch.setattr(steering, "REPORT_EVERY", 3600.0 if how == "fresh" else 0.0)
    keys = [(f"schedule.{key}", value) for key, value in OF_A_RUN[name][0]]
    resolved = config.load(
        "iris-net",
        [("device", "cpu"), ("epochs", str(EPOCHS)), ("schedule.name", name), *keys, ("optimizer.lr", "0.02")],
    )
    stops = {17, 40} if how == "resumed" else set()
    made: list[session.Session] = []

    def act(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step + len(event.losses) - 1 in stops:
            made[-1].run.stop()
        if isinstance(event, StepsEnded) and how == "changed" and event.first_step == 23:
            made[-1].run.set("optimizer.lr", 0.004)

    made.append(network.start(resolved, tmp_path, recorders=[act]))
    while made[-1].run.execute().status != "completed":
        stops -= {History.fold(read_events(made[-1].run_dir.events)).step}
        made.append(network.resume(made[-1].run_dir, recorders=[act]))
    run_dir = made[-1].run_dir
    assert len(made) == (3 if how == "resumed" else 1)
    story = list(read_events(run_dir.events))
    if how == "resumed":
        assert len({event.first_step for event in story if isinstance(event, StepsEnded)}) == 60
    losses = [event.metrics["loss"] for event in story if isinstance(event, Evaluated) and event.split == "test"]
    expected = of_pytorch(name, 0.02, losses)
    if how == "changed":
        expected = expected[:23] + of_pytorch(name, 0.004, losses)[23:]
    assert as_csv(run_dir, tmp_path) == pytest.approx(expected, rel=1e-9)
    lowered = [event for event in story if isinstance(event, LearningRateReduced)]
    assert bool(lowered) == (name == "plateau")
    told = {event.first_step + len(event.losses) - 1: event.lr for event in story if isinstance(event, StepsEnded)}
    assert [expected[step - 1] for step in told] == pytest.approx(list(told.values()), rel=1e-9)
    assert History.fold(story).lr == pytest.approx(expected[-1], rel=1e-9)


def test_the_rates_of_a_run_that_was_made_longer_follow_its_new_length(tmp_path: Path, every_step: None) -> None:
    resolved = config.load("iris-net", [("device", "cpu"), ("epochs", "3"), ("schedule.name", "cosine")])
    made = network.start(resolved, tmp_path, recorders=[lambda event: stop_at_13(event)])

    def stop_at_13(event: Event) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 13:
            made.run.stop()

    made.run.execute()
    network.resume(made.run_dir, None, [], [("epochs", "5")]).run.execute()
    short, long = (SCHEDULES["cosine"].build(steps, 10) for steps in (30, 50))
    expected = [0.01 * short(step) for step in range(13)] + [0.01 * long(step) for step in range(13, 50)]
    assert as_csv(made.run_dir, tmp_path) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("report", [0.0, 3600.0], ids=["each step", "each epoch"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("monitor", "train_loss"), ("factor", "0.25"), ("min_lr", "0.008"), ("cooldown", "1"), ("warmup_epochs", "4")],
)
def test_the_rates_after_a_schedule_was_changed_are_those_of_pytorch(
    key: str, value: str, report: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plateau that lowered the rate before it went on with other settings. Its warm-up comes with them too, so that
    the steps of a report differ."""
    monkeypatch.setattr(steering, "REPORT_EVERY", report)
    pairs = [("name", "plateau"), ("factor", "0.5"), ("patience", "0"), ("threshold", "0.9")]
    settings = [("device", "cpu"), ("epochs", "6"), ("optimizer.lr", "0.02")]
    chosen = config.load("iris-net", [*settings, *((f"schedule.{name}", each) for name, each in pairs)])
    made = network.start(chosen, tmp_path, recorders=[lambda event: stop_at_epoch_3(event)])

    def stop_at_epoch_3(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 3:
            made.run.stop()

    assert made.run.execute().status == "stopped"
    changed = [(f"schedule.{key}", value)]
    if key == "monitor":
        changed.append(("schedule.warmup_epochs", "4"))
    network.resume(made.run_dir, None, [], changed).run.execute()
    story = list(read_events(made.run_dir.events))
    drops = [event for event in story if isinstance(event, LearningRateReduced)]
    assert any(event.epoch <= 3 for event in drops)
    found, lr = [], 0.02
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.02)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.9)
    split = "test"
    values = {(e.split, e.epoch): e.metrics["loss"] for e in story if isinstance(e, Evaluated)}
    for step in range(60):
        if step == 30:
            if key == "monitor":
                split = "train"
                optimizer.param_groups[0]["lr"] = 0.02
                scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.9)
            elif key == "factor":  # the drops before are of the new factor too
                scheduler.factor = 0.25
                optimizer.param_groups[0]["lr"] = 0.02 * 0.25 ** len([e for e in drops if e.epoch <= 3])
            elif key == "min_lr":
                scheduler.min_lrs = [0.008]
                optimizer.param_groups[0]["lr"] = max(0.008, optimizer.param_groups[0]["lr"])
            elif key == "cooldown":
                scheduler.cooldown = 1
        lr = optimizer.param_groups[0]["lr"]
        warm = step >= 30 and any(name == "schedule.warmup_epochs" for name, _value in changed) and step < 40
        found.append(lr * (0.01 + 0.99 * step / 40) if warm else lr)
        optimizer.step()
        if step % 10 == 9:
            scheduler.step(values[split, step // 10 + 1])
    assert as_csv(made.run_dir, tmp_path) == pytest.approx(found, rel=1e-9)


def test_the_rates_up_to_where_a_killed_session_is_gone_on_from(tmp_path: Path) -> None:
    """Of a report that was cut there nothing says what the rate was: it follows from the settings."""
    tables = config.load("iris-net", [("schedule.name", "plateau"), ("optimizer.lr", "0.02")]).to_dict()
    other = {**tables, "schedule": {**tables["schedule"], "monitor": "train_loss"}}
    faster = {**other, "optimizer": {**other["optimizer"], "lr": 0.08}}
    made = network.start(config.load("iris-net", [("epochs", "1")]), tmp_path)
    made.run.execute()
    started = next(read_events(made.run_dir.events))
    assert isinstance(started, RunStarted)
    rates = StepRates()
    lowered = LearningRateReduced(epoch=1, step=10, old=0.02, new=0.002, drops=1, monitor="test_loss", best=1.0)
    cut = StepsEnded(epoch=2, first_step=11, losses=[1.0, 1.0], lr=9.0, samples=144, seconds=1.0, grad_norm=1.0)
    rates.apply(dataclasses.replace(started, config=tables))
    rates.apply(lowered)
    assert rates.of(cut) == pytest.approx([0.002, 0.002])
    rates.apply(RunResumed(step=10, session=2, epoch=1, config=other))
    assert rates.of(cut) == pytest.approx([0.02, 0.02])
    rates.apply(RunResumed(step=10, session=3, epoch=1, config=faster))  # killed before it told of each setting
    assert rates.of(cut) == pytest.approx([0.08, 0.08])


def test_a_log_of_before_tells_the_rates_too(tmp_path: Path) -> None:
    """Its config has no keys of warming up, and where its config was edited without a word, what was told counts."""
    resolved = config.load("iris-net", [("device", "cpu"), ("epochs", "2"), ("schedule.name", "cosine")])
    made = network.start(resolved, tmp_path)
    made.run.execute()
    text = made.run_dir.events.read_text()
    assert ', "warmup_epochs": 0.0, "warmup_start": 0.01' in text
    made.run_dir.events.write_text(text.replace(', "warmup_epochs": 0.0, "warmup_start": 0.01', ""))
    factor = SCHEDULES["cosine"].build(20, 10)
    assert as_csv(made.run_dir, tmp_path) == pytest.approx([0.01 * factor(step) for step in range(20)])
    made.run_dir.events.write_text(text.replace('"epochs": 2', '"epochs": 9'))
    told = [e for e in read_events(made.run_dir.events) if isinstance(e, StepsEnded)]
    assert as_csv(made.run_dir, tmp_path) == [event.lr for event in told for _loss in event.losses]


def test_a_plateau_is_a_part_of_the_state(tmp_path: Path, every_step: None) -> None:
    """Stopped at every second event, and resumed: it is told of once, and the weights are those of one go."""
    pairs = [("schedule.name", "plateau"), ("schedule.patience", "0"), ("schedule.threshold", "0.3")]
    resolved = config.load("iris-net", [("device", "cpu"), ("epochs", "4"), ("batch_size", "60"), *pairs])
    whole = network.start(resolved, tmp_path)
    whole.run.execute()
    story = list(read_events(whole.run_dir.events))
    lowered = [(e.epoch, e.old, e.new, e.drops) for e in story if isinstance(e, LearningRateReduced)]
    assert lowered
    for number in range(0, len(story) - 4, 2):
        made: list[session.Session] = []

        def act(event: Event, made: list[session.Session] = made, number: int = number) -> None:
            if event.seq == number:
                made[0].run.stop()

        made.append(network.start(resolved, tmp_path / str(number), recorders=[act]))
        if made[0].run.execute().status == "stopped":
            network.resume(made[0].run_dir).run.execute()
        again = list(read_events(made[0].run_dir.events))
        assert [(e.epoch, e.old, e.new, e.drops) for e in again if isinstance(e, LearningRateReduced)] == lowered
        one, other = (torch.load(each.run_dir.model, weights_only=True) for each in (made[0], whole))
        assert all(torch.equal(one[key], other[key]) for key in other), number
        assert as_csv(made[0].run_dir, tmp_path) == as_csv(whole.run_dir, tmp_path)
