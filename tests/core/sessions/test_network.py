"""Sessions: a run that was stopped, or killed, and resumed ends where one that was never broken ends, bit for bit."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from pydantic import Field
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn
from torchvision.datasets import FashionMNIST

from core.errors import DataError, RunError, UserError
from core.events import codec
from core.events.commands import Checkpoint, Pause, Set, Stop, Unpause
from core.events.events import (
    BestModelSaved,
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    Event,
    ModelSaved,
    RunEnded,
    RunResumed,
    RunStarted,
    SettingChanged,
    StepsEnded,
)
from core.experiment import resolve as config
from core.experiment.schema import RunConfig
from core.history.history import History
from core.runs import export, summary
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network as session
from core.sessions import pacing, started
from core.sessions.session import Session
from core.training import checkpoint
from core.training.batches import batch_order

Act = Callable[[Event, Session], None]


def iris(*pairs: tuple[str, str]) -> RunConfig:
    return config.load("iris-net", [("device", "cpu"), ("epochs", "3"), *pairs])


def begin(resolved: RunConfig, root: Path, act: Act | None = None, argv: tuple[str, ...] = ()) -> Session:
    """Train in this thread; `act(event, session)` is called at every event."""
    return _execute(lambda recorders: session.start(resolved, root, argv, recorders), act)


def go_on(run_dir: RunDir, act: Act | None = None, data_dir: str | None = None) -> Session:
    return _execute(lambda recorders: session.resume(run_dir, data_dir, recorders), act)


def _execute(make: Callable[[list[Any]], Session], act: Act | None) -> Session:
    made: list[Session] = []
    made.append(make([lambda event: act(event, made[0])] if act else []))
    made[0].run.execute()
    return made[0]


def stop_at(step: int) -> Act:
    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step + len(event.losses) - 1 == step:
            made.run.stop()

    return act


def logged(made: Session | RunDir) -> list[Event]:
    return list(read_events((made.run_dir if isinstance(made, Session) else made).events))


def weights(made: Session | RunDir) -> list[torch.Tensor]:
    run_dir = made.run_dir if isinstance(made, Session) else made
    return list(torch.load(run_dir.model, weights_only=True).values())


def rows(made: Session | RunDir) -> list[dict[str, Any]]:
    """The epochs as the CSV has them, without their times."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in export.rows(logged(made), "epochs")]


def assert_equal_runs(broken: Session | RunDir, unbroken: Session | RunDir) -> None:
    """The same weights, losses, evaluations and table, to the last bit."""
    pairs = list(zip(weights(broken), weights(unbroken), strict=True))
    assert pairs
    assert all(torch.equal(a, b) for a, b in pairs)
    one, other = History.fold(logged(broken)), History.fold(logged(unbroken))
    assert one.losses == other.losses
    assert one.metrics == other.metrics
    assert (one.last, one.best) == (other.last, other.best)
    assert (one.state, one.epoch, one.step) == (other.state, other.epoch, other.step)
    assert rows(broken) == rows(unbroken)


def killed_copy(made: Session, root: Path, torn: bytes = b'{"v": 1, "seq": 99, "t": 1.0, "type": "StepsEn') -> RunDir:
    """What kill -9 would leave of a live run at this moment: a copy of its folder, with a torn last line."""
    copy = RunDir(root / "killed" / made.run_dir.run_id)
    shutil.copytree(made.run_dir.path, copy.path)
    with copy.events.open("ab") as file:
        file.write(torn)
    return copy


@pytest.fixture(scope="module")
def unbroken() -> Iterator[Session]:
    """Three epochs of iris in one go."""
    with tempfile.TemporaryDirectory() as folder:
        yield begin(iris(), Path(folder))


# A run from start to end.


def test_a_run_tells_its_story_in_order(tmp_path: Path) -> None:
    made = begin(iris(), tmp_path)
    kinds = [type(event) for event in logged(made)]
    assert kinds[0] is RunStarted
    assert kinds[-3:] == [CheckpointSaved, ModelSaved, RunEnded]
    assert kinds.count(RunEnded) == kinds.count(RunStarted) == 1
    assert [event.seq for event in logged(made)] == list(range(len(kinds)))
    assert made.run.ended == logged(made)[-1]


def test_what_a_run_says_of_itself(tmp_path: Path) -> None:
    resolved = iris(("seed", "5"))
    made = begin(resolved, tmp_path, argv=("nntui", "run", "iris-net"))
    started = logged(made)[0]
    assert isinstance(started, RunStarted)
    assert started.run_id == made.run_dir.run_id == made.run_dir.path.name
    assert config.resolve(started.config) == resolved
    assert started.parameters == (4 * 16 + 16) + (16 * 16 + 16) + (16 * 3 + 3)
    linear = [(layer["name"], layer["output"], layer["parameters"]) for layer in started.layers if layer["parameters"]]
    assert linear == [("input", [16], 80), ("hidden_1", [16], 272), ("output", [3], 51)]
    assert [layer["type"] for layer in started.layers] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    assert (started.steps_per_epoch, started.sizes) == (10, {"train": 120, "test": 30})
    assert (started.device, started.seed, started.argv) == ("cpu", 5, ["nntui", "run", "iris-net"])
    assert started.versions["torch"] == torch.__version__.partition("+")[0]
    assert started.started.endswith("+00:00")


@pytest.mark.parametrize("password", ["secret", "se:cret", "se/cret", "se%40cret"])
def test_passwords_are_not_kept(password: str, tmp_path: Path) -> None:
    url = f"postgresql://user:{password}@host/db"
    made = begin(iris(("epochs", "1")), tmp_path, argv=("nntui", "--storage", url, f"--storage={url}"))
    started = logged(made)[0]
    assert isinstance(started, RunStarted)
    assert started.argv == [
        *("nntui", "--storage", "postgresql://user:***@host/db", "--storage=postgresql://user:***@host/db"),
    ]
    assert password not in made.run_dir.events.read_text()


def test_the_log_has_every_loss_that_the_loop_computed(unbroken: Session) -> None:
    """A loop in plain PyTorch, reading `.item()` at every step."""
    x, y = load_iris(return_X_y=True)
    x, _x, y, _y = train_test_split(x, y, train_size=0.8, random_state=42)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    losses = []
    for epoch in range(3):
        order = batch_order(iris(), epoch, 120)
        assert order is not None
        for chosen in order.split(12):
            loss = nn.functional.cross_entropy(network(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert [value for event in logged(unbroken) if isinstance(event, StepsEnded) for value in event.losses] == losses
    assert all(torch.equal(a, b) for a, b in zip(weights(unbroken), network.parameters(), strict=True))


def test_the_config_in_the_folder_repeats_the_run(tmp_path: Path, unbroken: Session) -> None:
    assert_equal_runs(begin(config.load(str(unbroken.run_dir.config)), tmp_path), unbroken)


def test_the_saved_weights_load_into_a_hand_written_network(tmp_path: Path) -> None:
    made = begin(iris(("epochs", "60")), tmp_path)
    network = nn.Sequential(
        OrderedDict(
            input=nn.Linear(4, 16), r0=nn.ReLU(), hidden_1=nn.Linear(16, 16), r1=nn.ReLU(), output=nn.Linear(16, 3)
        )
    )
    network.load_state_dict(torch.load(made.run_dir.model, weights_only=True))
    x, y = load_iris(return_X_y=True)
    _x, x_test, _y, y_test = train_test_split(x, y, train_size=0.8, random_state=42)
    guesses = network(torch.tensor(x_test, dtype=torch.float32)).argmax(1).numpy()
    assert History.fold(logged(made)).last["test_accuracy"] == (guesses == y_test).mean()
    assert (guesses == y_test).mean() > 0.8


def test_the_saved_fashion_weights_reproduce_the_reported_accuracy(
    any_fashion_dir: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rate = "0.001" if "real" in request.node.name else "0.05"  # a few hundred pictures need larger steps to learn from
    resolved = config.load(
        "fashion-mlp",
        [("device", "cpu"), ("data_dir", str(any_fashion_dir)), ("epochs", "1"), ("optimizer.lr", rate)],
    )
    made = begin(resolved, tmp_path)
    network = nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10), nn.ReLU())
    )
    saved = torch.load(made.run_dir.model, weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), saved.values(), strict=True)))
    test = FashionMNIST(str(any_fashion_dir), train=False)
    with torch.no_grad():
        guesses = network(test.data / 255).argmax(1)
    correct = int((guesses == test.targets).sum())
    assert History.fold(logged(made)).last["test_accuracy"] == correct / len(test)
    assert correct / len(test) > 0.15, "guessing gets a tenth"


def test_checkpoints_are_saved_at_epoch_ends_when_they_are_worth_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: clock[0])

    def slow(event: Event, _made: Session) -> None:
        clock[0] += 0.6 * isinstance(event, EpochEnded)

    made = begin(iris(("epochs", "7")), tmp_path / "slow", slow)
    assert [event.epoch for event in logged(made) if isinstance(event, CheckpointSaved)] == [2, 4, 6, 7]
    made = begin(iris(("epochs", "7")), tmp_path / "fast")
    assert [event.epoch for event in logged(made) if isinstance(event, CheckpointSaved)] == [7]


# Failing.


def test_a_run_whose_loss_explodes_is_failed_and_says_at_which_step(tmp_path: Path, every_step: None) -> None:
    made = begin(iris(("optimizer.name", "sgd"), ("optimizer.lr", "1e30")), tmp_path)
    *_before, steps, ended = logged(made)
    assert isinstance(steps, StepsEnded)
    assert isinstance(ended, RunEnded)
    assert not math.isfinite(steps.losses[-1])
    assert ended.status == "failed"
    assert ended.reason.endswith(f"at step {steps.first_step}; try a lower learning rate")
    assert not (made.run_dir.path / "error.txt").exists()
    again = go_on(made.run_dir)
    assert again.run.ended is not None
    assert (again.run.ended.status, again.run.ended.reason) == ("failed", ended.reason)
    resumed = next(event for event in logged(made) if isinstance(event, RunResumed))
    assert "with the same settings it will again" in resumed.notes[0]
    assert "--set optimizer.lr=1e+29" in resumed.notes[0]


def test_a_crash_leaves_its_traceback(tmp_path: Path, register: Callable[..., None], every_step: None) -> None:
    class Crashing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            if self.calls == 4:
                raise ZeroDivisionError("a defect of ours")
            return nn.functional.cross_entropy(output, y)

    register("loss", "crashing", lambda: Crashing())
    made = begin(iris(("loss.name", "crashing")), tmp_path)
    ended = logged(made)[-1]
    assert isinstance(ended, RunEnded)
    assert ended.status == "failed"
    assert "a defect of ours" in ended.reason
    assert "in forward" in (made.run_dir.path / "error.txt").read_text()
    assert len([event for event in logged(made) if isinstance(event, StepsEnded)]) == 3


def test_nothing_is_left_behind_when_the_data_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        session.start(config.load("fashion-mlp", [("data_dir", str(tmp_path))]), tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind_when_the_device_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError):
        session.start(iris(("device", "cuda")), tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind_when_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(RunError, match="--models-dir"):
        session.start(iris(), tmp_path / "models")
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_nothing_is_left_behind_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any, **_kwargs: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(RunError, match="No space left on device"):
        session.start(iris(), tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_no_run_is_left_behind_when_starting_fails_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(started, "layers_of", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        session.start(iris(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_utf8_leaves_nothing_behind_or_works(tmp_path: Path) -> None:
    """`--set name=$'caf\\xe9'` reaches us as a lone surrogate."""
    try:
        made = begin(iris(("name", os.fsdecode(b"caf\xe9")), ("epochs", "1")), tmp_path)
    except UserError:
        assert list(tmp_path.iterdir()) == []
    else:
        assert made.run.ended is not None
        assert made.run.ended.status == "completed"


def test_an_argument_that_is_not_utf8_does_not_fail_the_run(tmp_path: Path) -> None:
    made = begin(iris(("epochs", "1")), tmp_path, argv=("nntui", os.fsdecode(b"--models-dir=caf\xe9")))
    assert made.run.ended is not None
    assert made.run.ended.status == "completed", made.run.ended.reason


def test_a_split_that_leaves_nothing_to_train_on_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        session.start(iris(("split.train_size", "0.001")), tmp_path)
    assert "split.train_size" in str(error.value)
    assert list(tmp_path.iterdir()) == []


# Stop and resume.


@pytest.mark.parametrize("step", [1, 5, 9, 10, 11, 17, 29, 30])
def test_a_run_stopped_in_the_middle_of_an_epoch_and_resumed_equals_an_unbroken_one(
    step: int, tmp_path: Path, unbroken: Session, every_step: None
) -> None:
    made = begin(iris(), tmp_path, stop_at(step))
    assert History.fold(logged(made)).state == "stopped"
    assert History.fold(logged(made)).step == step
    resumed = go_on(made.run_dir)
    assert resumed.run_dir == made.run_dir
    assert_equal_runs(resumed, unbroken)


def test_three_sessions(tmp_path: Path, unbroken: Session, every_step: None) -> None:
    made = begin(iris(), tmp_path, stop_at(7))
    go_on(made.run_dir, stop_at(8))
    go_on(made.run_dir, stop_at(23))
    go_on(made.run_dir)
    assert_equal_runs(made.run_dir, unbroken)
    story = logged(made)
    assert [(e.step, e.session) for e in story if isinstance(e, RunResumed)] == [(7, 2), (8, 3), (23, 4)]
    assert [event.seq for event in story] == list(range(len(story)))
    times = [event.t for event in story]
    assert times == sorted(times), "the clock stands still between two sessions"
    assert History.fold(story).session == 4
    assert [e.status for e in story if isinstance(e, RunEnded)] == ["stopped"] * 3 + ["completed"]


def test_a_run_stopped_at_any_event_and_resumed_equals_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_step: None
) -> None:
    """At every single one, from RunStarted to the last checkpoint: also between two evaluations."""
    resolved = iris(("epochs", "2"), ("evaluate.when", "start,epoch"), ("evaluate.batch_size", "50"))
    whole = begin(resolved, tmp_path / "whole")
    for number, event in enumerate(logged(whole)[:-2]):

        def act(event: Event, made: Session, number: int = number) -> None:
            if event.seq == number:
                made.run.stop()

        made = begin(resolved, tmp_path / str(number), act)
        ended = History.fold(logged(made))
        if ended.epoch < ended.epochs:
            assert ended.state == "stopped", event
            go_on(made.run_dir)
        else:
            assert ended.state == "completed", "nothing was left to do"
        try:
            assert_equal_runs(made.run_dir, whole)
        except AssertionError as error:
            raise AssertionError(f"stopped at event {number}, {event}: {error}") from error


EVERYTHING = (
    *(("schedule.name", "one-cycle"), ("model.dropout", "0.3"), ("clip_grad_norm", "0.5"), ("standardise", "features")),
    *(("split.validation", "0.2"), ("stop.patience", "2"), ("stop.keep_best", "true"), ("evaluate.splits", "test")),
    *(("metrics", "accuracy,macro_f1"), ("optimizer.weight_decay", "0.01"), ("epochs", "9")),
)


@pytest.mark.slow
def test_with_everything_at_once_a_stopped_run_still_equals_an_unbroken_one(tmp_path: Path, every_step: None) -> None:
    """Dropout, a schedule, clipping, running metrics, early stopping and best weights: stopped at every 7th event."""
    resolved = iris(*EVERYTHING)
    whole = begin(resolved, tmp_path / "whole")
    told = logged(whole)
    assert any(isinstance(event, BestModelSaved) for event in told)
    best = torch.load(whole.run_dir.best, weights_only=True)
    for number in range(0, len(told) - 4, 7):

        def act(event: Event, made: Session, number: int = number) -> None:
            if event.seq == number:
                made.run.stop()

        made = begin(resolved, tmp_path / str(number), act)
        if History.fold(logged(made)).state != "completed":
            go_on(made.run_dir)
        assert_equal_runs(made.run_dir, whole)
        again = torch.load(made.run_dir.best, weights_only=True)
        assert all(torch.equal(again[name], tensor) for name, tensor in best.items()), number
        assert History.fold(logged(made)).reason == History.fold(told).reason


def dropout_model(
    shape: tuple[int, ...],
    outputs: int,
    *,
    units: Annotated[int, Field(ge=1, description="hidden units")] = 12,
    noise: Annotated[float, Field(description="of NumPy")] = 0.1,
) -> nn.Module:
    """A toy with dropout from torch and noise from NumPy's global generator."""

    class Noise(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + noise * float(np.random.normal()) if self.training else x

    return nn.Sequential(*(nn.Linear(shape[0], units), nn.Dropout(0.3), Noise(), nn.ReLU(), nn.Linear(units, outputs)))


@pytest.mark.parametrize("step", [1, 13, 20])
def test_a_network_that_draws_random_numbers_resumes_exactly(
    step: int, tmp_path: Path, register: Callable[..., None], every_step: None
) -> None:
    register("model", "dropout", dropout_model)
    resolved = iris(("model.name", "dropout"))
    np.random.seed(0)  # only torch's generator is seeded by the run
    whole = begin(resolved, tmp_path / "whole")
    np.random.seed(0)
    made = begin(resolved, tmp_path / "broken", stop_at(step))
    torch.rand(17)  # whatever else this process may have drawn
    np.random.normal(size=17)
    assert_equal_runs(go_on(made.run_dir), whole)


def test_a_changed_learning_rate_survives_the_stop(tmp_path: Path, every_step: None) -> None:
    def change_at_5(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 5:
            made.run.set("optimizer.lr", 0.05)

    def change_and_stop(event: Event, made: Session) -> None:
        change_at_5(event, made)
        stop_at(14)(event, made)

    whole = begin(iris(), tmp_path / "whole", change_at_5)
    made = begin(iris(), tmp_path / "broken", change_and_stop)
    assert_equal_runs(go_on(made.run_dir), whole)
    assert [e.lr for e in logged(made) if isinstance(e, StepsEnded)] == [0.01] * 5 + [0.05] * 25


@pytest.mark.parametrize("commands", [[Checkpoint(), Set("optimizer.lr", 0.05), Stop()]], ids=["checkpoint, set, stop"])
@pytest.mark.parametrize("paused", [False, True])
def test_a_learning_rate_that_is_changed_after_a_checkpoint_survives_the_stop(
    commands: list[Any], paused: bool, tmp_path: Path, every_step: None
) -> None:
    """No step lies between them, but something has changed since the checkpoint."""

    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 5:
            for command in [*([Pause()] if paused else []), *commands]:
                made.run.send(command)

    made = begin(iris(("epochs", "1")), tmp_path, act)
    assert SettingChanged in [type(event) for event in logged(made)]
    go_on(made.run_dir)
    assert [e.lr for e in logged(made) if isinstance(e, StepsEnded)] == [0.01] * 5 + [0.05] * 5


def test_a_setting_before_the_first_step_holds_from_it_on(tmp_path: Path, every_step: None) -> None:
    def act(event: Event, made: Session) -> None:
        if isinstance(event, RunStarted | RunResumed):
            made.run.set("optimizer.lr", 0.03 if isinstance(event, RunStarted) else 0.04)
        stop_at(5)(event, made)

    made = begin(iris(("epochs", "1")), tmp_path, act)
    go_on(made.run_dir, act)
    assert [e.lr for e in logged(made) if isinstance(e, StepsEnded)] == [0.03] * 5 + [0.04] * 5
    assert [(e.step, e.old, e.new) for e in logged(made) if isinstance(e, SettingChanged)] == [
        (0, 0.01, 0.03),
        (5, 0.03, 0.04),
    ]


def test_a_failed_run_resumes_from_its_last_checkpoint(
    tmp_path: Path, register: Callable[..., None], every_step: None
) -> None:
    """The network was fine, the loss was not: after the repair it goes on."""
    broken = [True]

    class Sometimes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            loss = nn.functional.cross_entropy(output, y)
            return loss * math.nan if broken[0] and self.calls > 12 else loss

    register("loss", "sometimes", lambda: Sometimes())
    resolved = iris(("epochs", "1"), ("loss.name", "sometimes"), ("batch_size", "6"))

    def save_at_8(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 8:
            made.run.checkpoint()

    made = begin(resolved, tmp_path / "broken", save_at_8)
    assert History.fold(logged(made)).state == "failed"
    broken[0] = False
    assert_equal_runs(go_on(made.run_dir), begin(resolved, tmp_path / "whole"))


# Killed.


def kill_after_a_checkpoint(
    resolved: RunConfig, root: Path, save_at: int, kill_at: int, how: Callable[[Session], RunDir]
) -> RunDir:
    """Save at event `save_at`; at event `kill_at` the run's folder is what `how` makes of it."""
    found: list[RunDir] = []

    def act(event: Event, made: Session) -> None:
        if event.seq == save_at:
            made.run.checkpoint()
        if event.seq == kill_at:
            found.append(how(made))

    begin(resolved, root, act)
    return found[0]


@pytest.mark.parametrize("later", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("save_at", [0, 1, 5, 9, 10, 11, 12, 13, 14, 20])
def test_a_killed_run_resumed_from_its_checkpoint_equals_an_unbroken_one(
    save_at: int, later: int, tmp_path: Path, every_step: None
) -> None:
    """The log tells of later events than the checkpoint has; they happen again, and are told once."""
    resolved = iris(("epochs", "2"))
    killed = kill_after_a_checkpoint(
        resolved, tmp_path, save_at, save_at + later, lambda made: killed_copy(made, tmp_path)
    )
    go_on(killed)
    whole = begin(resolved, tmp_path / "whole")
    assert_equal_runs(killed, whole)
    kinds = [type(event).__name__ for event in logged(killed)]
    told = [kind for kind in kinds if kind in ("RunStarted", "StepsEnded", "EpochEnded")]
    assert told == ["RunStarted", *(["StepsEnded"] * 10 + ["EpochEnded"]) * 2]


def test_a_run_killed_after_an_epochs_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: Session, every_step: None
) -> None:
    """The checkpoint that every run saves of itself, with seven later steps and half a line in the log."""
    clock = [0.0]
    monkeypatch.setattr(pacing, "monotonic", lambda: clock[0])
    copies: list[RunDir] = []

    def act(event: Event, made: Session) -> None:
        clock[0] += 10 * isinstance(event, EpochEnded)
        if isinstance(event, StepsEnded) and event.first_step == 17:
            copies.append(killed_copy(made, tmp_path))

    begin(iris(), tmp_path, act)
    (killed,) = copies
    raw = [event for line in killed.events.read_bytes().splitlines() if (event := codec.decode(line))]
    assert [e.first_step for e in raw if isinstance(e, StepsEnded)] == list(range(1, 18))
    assert History.fold(logged(killed)).state == "training"
    resumed = go_on(killed)
    assert_equal_runs(resumed, unbroken)
    steps = [e.first_step for e in logged(killed) if isinstance(e, StepsEnded)]
    assert steps == list(range(1, 31)), "steps 11 to 17 were trained twice and are told once"
    raw = [event for line in killed.events.read_bytes().splitlines() if (event := codec.decode(line))]
    assert len([e for e in raw if isinstance(e, StepsEnded)]) == 37, "the log itself forgets nothing"


CHILD = """
import os, signal, sys
from pathlib import Path
import torch
from core.events.events import StepsEnded
from core.experiment import resolve
from core.sessions import network
from core.training import steering

torch.set_num_threads(1)
steering.REPORT_EVERY = 0.0

def record(event):
    if isinstance(event, StepsEnded) and event.first_step == 13:
        made.run.checkpoint()
    if isinstance(event, StepsEnded) and event.first_step == 22:
        os.kill(os.getpid(), signal.SIGKILL)

resolved = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3")])
made = network.start(resolved, Path(sys.argv[1]), recorders=[record])
made.run.execute()
"""


def test_kill_minus_9(tmp_path: Path, unbroken: Session) -> None:
    child = subprocess.run([sys.executable, "-P", "-c", CHILD, str(tmp_path)], check=False, timeout=60)
    assert child.returncode == -signal.SIGKILL
    (run,) = tmp_path.iterdir()
    assert not RunDir(run).live
    assert History.fold(logged(RunDir(run))).step == 22
    assert_equal_runs(go_on(RunDir(run)), unbroken)


# What cannot be resumed.


def refusal(run_dir: RunDir, data_dir: str | None = None) -> str:
    before = run_dir.events.read_bytes()
    with pytest.raises(UserError) as error:
        session.resume(run_dir, data_dir)
    message = str(error.value)
    assert message.splitlines() == [message]
    assert run_dir.events.read_bytes() == before, "a refusal is no session"
    return message


@pytest.fixture
def stopped(tmp_path: Path, every_step: None) -> RunDir:
    return begin(iris(), tmp_path, stop_at(13)).run_dir


def test_a_completed_run(tmp_path: Path) -> None:
    assert "complete" in refusal(begin(iris(("epochs", "1")), tmp_path).run_dir)


def test_a_run_without_a_checkpoint(stopped: RunDir) -> None:
    stopped.checkpoint.unlink()
    message = refusal(stopped)
    assert "no checkpoint" in message
    assert stopped.run_id in message


@pytest.mark.parametrize("content", [b"", b"garbage", "half"])
def test_a_run_with_a_damaged_checkpoint(content: bytes | str, stopped: RunDir) -> None:
    whole = stopped.checkpoint.read_bytes()
    stopped.checkpoint.write_bytes(whole[: len(whole) // 2] if isinstance(content, str) else content)
    assert str(stopped.checkpoint) in refusal(stopped)


def test_a_run_without_a_beginning(stopped: RunDir) -> None:
    stopped.events.write_bytes(b'{"v": 1, "seq": 0, "t": 0.0, "type": "RunSta')
    assert "ended before it began" in refusal(stopped)


def test_a_run_with_a_broken_config(stopped: RunDir) -> None:
    stopped.config.write_text("epochs = ")
    assert "config.toml" in refusal(stopped)


def test_a_run_that_another_process_is_training(stopped: RunDir) -> None:
    code = (
        "import fcntl, sys; file = open(sys.argv[1], 'ab'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(stopped.events)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert stopped.live
        assert "being trained by another process" in refusal(stopped)
    finally:
        holder.communicate()
    assert not stopped.live
    assert go_on(stopped).run.ended is not None


def test_a_run_that_is_being_trained_in_this_process(tmp_path: Path, every_step: None) -> None:
    seen: list[str] = []

    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step == 3:
            assert made.run_dir.live
            seen.append(refusal(made.run_dir))

    made = begin(iris(("epochs", "1")), tmp_path, act)
    assert "being trained" in seen[0]
    assert not made.run_dir.live


def fashion_run(data_dir: Path, root: Path) -> RunDir:
    pairs = [("device", "cpu"), ("data_dir", str(data_dir)), ("epochs", "1"), ("model.hidden", "8")]
    return begin(config.load("fashion-mlp", pairs), root, stop_at(3)).run_dir


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_run_whose_data_has_changed(name: str, fashion_dir: Path, tmp_path: Path, every_step: None) -> None:
    data = tmp_path / "data"
    shutil.copytree(fashion_dir, data)
    stopped = fashion_run(data, tmp_path / "models")
    file = data / "FashionMNIST" / "raw" / name
    original = file.read_bytes()
    file.write_bytes(original[:-1] + bytes([(original[-1] + 1) % 10]))  # one pixel or label
    assert "has changed" in refusal(stopped)
    file.write_bytes(original)
    go_on(stopped)
    assert History.fold(logged(stopped)).state == "completed"


def test_a_run_whose_data_has_moved(fashion_dir: Path, tmp_path: Path, every_step: None) -> None:
    data, moved = tmp_path / "data", tmp_path / "moved"
    shutil.copytree(fashion_dir, data)
    stopped = fashion_run(data, tmp_path / "models")
    data.rename(moved)
    assert "FashionMNIST" in refusal(stopped, str(tmp_path / "elsewhere"))
    go_on(stopped, data_dir=str(moved))
    assert History.fold(logged(stopped)).state == "completed"
    whole = begin(config.load(str(stopped.config)).model_copy(update={"data_dir": str(moved)}), tmp_path / "whole")
    assert_equal_runs(stopped, whole)


# On its own thread, with commands from here.


def test_pausing_and_unpausing_changes_nothing(tmp_path: Path, unbroken: Session, every_step: None) -> None:
    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded | Evaluated):
            for command in (Pause(), Checkpoint(), Unpause()):
                made.run.send(command)

    assert_equal_runs(begin(iris(), tmp_path, act), unbroken)


def test_a_checkpoint_asked_for_is_a_point_to_resume_from(tmp_path: Path, every_step: None) -> None:
    steps: list[int] = []

    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step in (4, 15):
            made.run.checkpoint()
        if isinstance(event, CheckpointSaved):
            saved = torch.load(made.run_dir.checkpoint, weights_only=True)
            steps.append(saved["step"])
            assert (saved["epoch"], saved["step"]) == (event.epoch, event.step)
            assert event.path == str(made.run_dir.checkpoint)

    begin(iris(("epochs", "2")), tmp_path, act)
    assert steps == [4, 15, 20]


def test_an_older_checkpoint_outlives_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: Session, every_step: None
) -> None:
    """The disk fills up while the second checkpoint is written: the run fails, and resumes from the first."""
    real, calls = checkpoint.save, []

    def save(state: Any, path: Path) -> None:
        calls.append(state.step)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(state, path)

    monkeypatch.setattr(checkpoint, "save", save)

    def act(event: Event, made: Session) -> None:
        if isinstance(event, StepsEnded) and event.first_step in (4, 15):
            made.run.checkpoint()

    made = begin(iris(), tmp_path, act)
    assert made.run.ended is not None
    assert made.run.ended.status == "failed"
    assert "No space left on device" in made.run.ended.reason
    assert_equal_runs(go_on(made.run_dir), unbroken)


def test_the_summary_of_a_resumed_run_is_that_of_its_log(tmp_path: Path, every_step: None) -> None:
    """The session that resumes has read events which its own RunResumed takes back."""
    resolved = iris(("epochs", "2"))
    killed = kill_after_a_checkpoint(resolved, tmp_path, 5, 14, lambda made: killed_copy(made, tmp_path))
    go_on(killed, stop_at(6))  # before the evaluation that the killed session had already seen
    cached = summary.read(killed)
    assert cached.log_bytes == killed.events.stat().st_size
    killed.summary.unlink()
    assert summary.read(killed) == cached
    assert json.loads(json.dumps(dataclasses.asdict(cached)))["metrics"] == {}


def test_run_ids_are_dated_and_named(tmp_path: Path) -> None:
    made = begin(iris(("epochs", "1"), ("name", "My Iris!")), tmp_path)
    assert re.fullmatch(r"\d{8}-\d{6}-My-Iris-[0-9a-f]{4}", made.run_dir.run_id)
