"""A run that gets another length: bit for bit the one that was planned so, where its schedule does not depend on that;
else the rates that are documented, against a loop written out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn

from core.errors import RunError
from core.events.events import EpochEnded, Evaluated, RunResumed, StepsEnded
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.history.history import History
from core.runs import export
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network
from core.training.batches import batch_order

Pairs = tuple[tuple[str, str], ...]
IRIS: Pairs = (("device", "cpu"), ("evaluate.when", "end"))


def trained(pairs: Pairs, root: Path, name: str = "iris-net") -> RunDir:
    session = network.start(resolve.load(name, [*IRIS, *pairs]), root)
    assert session.run.execute().status == "completed"
    return session.run_dir


def longer(run_dir: RunDir, *settings: tuple[str, str]) -> RunDir:
    session = network.resume(run_dir, None, [], settings)
    assert session.run.execute().status == "completed"
    return session.run_dir


def losses(run_dir: RunDir) -> list[float]:
    return [loss for each in read_events(run_dir.events) if isinstance(each, StepsEnded) for loss in each.losses]


def weights(run_dir: RunDir) -> list[torch.Tensor]:
    return list(torch.load(run_dir.model, weights_only=True).values())


def notes(run_dir: RunDir) -> list[str]:
    return [note for each in read_events(run_dir.events) if isinstance(each, RunResumed) for note in each.notes]


def assert_same(one: RunDir, other: RunDir) -> None:
    assert losses(one) == losses(other)
    assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param((), id="constant"),
        pytest.param((("batch_size", "50"),), id="ragged", marks=SLOW),
        pytest.param((("schedule.name", "warmup"), ("schedule.warmup_epochs", "2.5")), id="warmup", marks=SLOW),
        pytest.param((("schedule.name", "step"), ("schedule.every", "2"), ("batch_size", "50")), id="step"),
        pytest.param(
            (("schedule.name", "plateau"), ("schedule.patience", "0"), ("evaluate.when", "epoch")), id="plateau"
        ),
        pytest.param(
            (("model.dropout", "0.2"), ("optimizer.name", "sgd"), ("optimizer.momentum", "0.9")),
            id="dropout",
            marks=SLOW,
        ),
        pytest.param(
            (
                *(("stop.patience", "3"), ("stop.keep_best", "true")),
                *(("evaluate.when", "epoch"), ("optimizer.lr", "0.1")),
            ),
            id="patience",
        ),
    ],
)
def test_more_epochs_are_those_of_a_run_that_was_planned_so(pairs: Pairs, tmp_path: Path) -> None:
    run_dir = longer(trained((*pairs, ("epochs", "3")), tmp_path), ("epochs", "8"))
    whole = trained((*pairs, ("epochs", "8")), tmp_path / "whole")
    assert_same(run_dir, whole)
    assert notes(run_dir) == []
    found, planned = (History.fold(read_events(each.events)) for each in (run_dir, whole))
    assert (found.epoch, found.reason, found.last) == (planned.epoch, planned.reason, planned.last)
    assert run_dir.best.is_file() == whole.best.is_file()
    assert resolve.load(str(run_dir.config)) == resolve.load(str(whole.config))


def cosine(lr: float, step: int, steps: int) -> float:
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


def one_cycle(lr: float, step: int, steps: int) -> float:
    """As PyTorch has it, closed."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps, cycle_momentum=False)
    for _ in range(step):
        optimizer.step()
        schedule.step()
    return float(optimizer.param_groups[0]["lr"])


def by_hand(config: RunConfig, rates: list[float]) -> tuple[list[float], nn.Module]:
    """The iris document's loop, with these learning rates."""
    data = load_iris()
    x, y = torch.tensor(data.data, dtype=torch.float), torch.tensor(data.target, dtype=torch.long)
    x, _test_x, y, _test_y = train_test_split(x, y, train_size=0.8, random_state=42)
    torch.manual_seed(config.seed)
    layers = [nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)]
    model = nn.Sequential(*layers)
    optimizer, found, epoch = torch.optim.Adam(model.parameters(), lr=1.0), list[float](), 0
    while len(found) < len(rates):
        order = batch_order(config, epoch, len(x))
        assert order is not None
        for chosen in order.split(config.batch_size):
            optimizer.param_groups[0]["lr"] = rates[len(found)]
            loss = nn.CrossEntropyLoss()(model(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        epoch += 1
    return found, model


@pytest.mark.parametrize(("name", "rate"), [("cosine", cosine), pytest.param("one-cycle", one_cycle, marks=SLOW)])
def test_a_schedule_of_the_length_is_that_of_the_new_length_from_there_on(
    name: str, rate: Callable[[float, int, int], float], tmp_path: Path
) -> None:
    pairs = (("schedule.name", name), ("epochs", "3"))
    run_dir = longer(trained(pairs, tmp_path), ("epochs", "5"))
    rates = [rate(0.01, step, 30 if step < 30 else 50) for step in range(50)]
    config = resolve.load(str(run_dir.config))
    expected, model = by_hand(config, rates)
    assert losses(run_dir) == pytest.approx(expected, rel=1e-6)
    for found, wanted in zip(weights(run_dir), model.parameters(), strict=True):
        torch.testing.assert_close(found, wanted.detach(), rtol=1e-4, atol=1e-6)
    told = [row["lr"] for row in export.rows(read_events(run_dir.events), "steps")]
    assert told == pytest.approx(rates, rel=1e-9, abs=1e-15)
    (note,) = notes(run_dir)
    assert f"the schedule {name} is from here on that of a run of 5 epochs" in note
    assert f"from {rates[29]:.3g} to {rates[30]:.3g} with step 31" in note


def test_the_bits_of_a_longer_cosine_do_not_depend_on_where_it_was_told(tmp_path: Path) -> None:
    """Made longer in two sessions, or in the middle of one that was stopped: each step's rate follows from the length
    that held then."""
    pairs = (("schedule.name", "cosine"), ("epochs", "2"))
    twice = longer(longer(trained(pairs, tmp_path), ("epochs", "4")), ("epochs", "5"))
    rates = [cosine(0.01, step, 20 if step < 20 else 40 if step < 40 else 50) for step in range(50)]
    expected, _model = by_hand(resolve.load(str(twice.config)), rates)
    assert losses(twice) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("condition", [("stop.target", "train_loss<=1.0"), ("stop.patience", "1")])
def test_a_run_that_ended_early_says_what_to_lift(condition: tuple[str, str], tmp_path: Path) -> None:
    rate = ("optimizer.lr", "1.0" if condition[0] == "stop.patience" else "0.01")
    pairs = (condition, rate, ("evaluate.when", "epoch"), ("epochs", "30"))
    run_dir = trained(pairs, tmp_path)
    done = History.fold(read_events(run_dir.events)).epoch
    assert done < 30
    with pytest.raises(RunError, match=f"is complete: {done} of 30 epochs .* --set {condition[0]}=none"):
        network.resume(run_dir, None, [], [("epochs", "40")])
    longer(run_dir, ("epochs", str(done + 2)), (condition[0], "none"))
    assert_same(run_dir, trained((rate, ("evaluate.when", "epoch"), ("epochs", str(done + 2))), tmp_path / "whole"))


def test_fewer_epochs_than_are_done_are_refused(tmp_path: Path) -> None:
    run_dir = trained((("epochs", "3"),), tmp_path)
    before = run_dir.config.read_text(), run_dir.events.read_bytes()
    for text in ("2", "3", "0", "many"):
        with pytest.raises(Exception, match=r"epochs|is complete") as error:
            network.resume(run_dir, None, [], [("epochs", text)])
        assert len(str(error.value).splitlines()) == 1
    assert (run_dir.config.read_text(), run_dir.events.read_bytes()) == before


NUMPY: Pairs = (
    *(("dataset.name", "iris"), ("model.hidden", "5"), ("batch_size", "10"), ("gradient", "backprop")),
    *(("log", "plain"), ("evaluate.when", "epoch")),
)


@pytest.mark.parametrize(
    ("first", "then"), [(25, 40), *(pytest.param(*n, marks=SLOW) for n in ((24, 40), (30, 31), (13, 60)))]
)
def test_more_iterations(first: int, then: int, tmp_path: Path) -> None:
    """12 are an epoch: a run that ended in the middle of one goes on there."""
    run_dir = longer(trained((*NUMPY, ("iterations", str(first))), tmp_path, "two-layer"), ("iterations", str(then)))
    whole = trained((*NUMPY, ("iterations", str(then))), tmp_path / "whole", "two-layer")
    assert_same(run_dir, whole)
    for kind in (EpochEnded, Evaluated):
        found, planned = (
            [(each.epoch, each.step) for each in read_events(run.events) if isinstance(each, kind)]
            for run in (run_dir, whole)
        )
        assert found == planned


def test_the_running_loss_of_an_epoch_that_was_broken_off_is_that_of_all_its_iterations(tmp_path: Path) -> None:
    pairs = (*NUMPY, ("evaluate.splits", "test"))
    run_dir = trained((*pairs, ("iterations", "30")), tmp_path, "two-layer")
    longer(run_dir, ("iterations", "36"))
    whole = trained((*pairs, ("iterations", "36")), tmp_path / "whole", "two-layer")
    found, planned = (History.fold(read_events(each.events)).last["train_loss"] for each in (run_dir, whole))
    assert found == pytest.approx(planned, rel=1e-12)


def test_iterations_are_no_epochs(tmp_path: Path) -> None:
    run_dir = trained((*NUMPY, ("iterations", "13")), tmp_path, "two-layer")
    with pytest.raises(RunError, match=r"counts iterations, 13 of them, not epochs; .* --set iterations=26"):
        network.resume(run_dir, None, [], [("epochs", "9")])
    with pytest.raises(RunError, match="--set iterations=26"):
        network.resume(run_dir)
