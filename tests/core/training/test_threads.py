"""How many threads a run is computed on: chosen once, kept, gone on with, and one where others want the cores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.data.prepare import load_data
from core.events.events import Event, RunResumed, SettingChanged, StepsEnded
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.runs.event_log import read_events, read_started
from core.runs.folder import RunDir
from core.sessions.open import resume, start
from core.training import threads
from core.training.state import TrainState
from core.training.textbook import fit
from core.training.threads import Choice, Watch, choose, used


@pytest.fixture
def two_threads() -> Iterator[None]:
    with used(2):
        yield


def config(*pairs: tuple[str, str]) -> RunConfig:
    return resolve.load("digits-mlp", [("device", "cpu"), ("epochs", "2"), *pairs])


LARGE = (("model.hidden", "256,128"), ("model.dropout", "0.5"))


def chosen(run_config: RunConfig, known: int = 0) -> Choice:
    data = load_data(run_config)
    return choose(run_config, TrainState.new(run_config, data), data, known)


def test_a_small_network_has_one(two_threads: None) -> None:
    assert chosen(config(("model.hidden", "16"))) == Choice(1)


def test_where_there_is_one_there_is_nothing_to_choose() -> None:
    with used(1):
        assert chosen(config(*LARGE)) == Choice(1)


def test_it_is_as_was_said_or_is_known(two_threads: None) -> None:
    assert chosen(config(*LARGE, ("threads", "1"))) == Choice(1)
    found = chosen(config(*LARGE, ("threads", "2")))
    assert (found.threads, found.tried) == (2, True)
    assert 0 < found.limit < 10, "seconds"
    assert chosen(config(*LARGE), known=2).threads == 2
    assert chosen(config(*LARGE, ("threads", "2")), known=1) == Choice(1), "changed in the middle of the run"


@pytest.mark.parametrize(("seconds", "best"), [({1: 4.0, 2: 1.0}, 2), ({1: 4.0, 2: 3.9}, 1), ({1: 1.0, 2: 9.0}, 1)])
def test_the_quickest_is_taken(
    monkeypatch: pytest.MonkeyPatch, two_threads: None, seconds: dict[int, float], best: int
) -> None:
    monkeypatch.setattr(threads, "_tried", lambda _config, _state, _data, _candidates: seconds)
    found = chosen(config(*LARGE))
    assert (found.threads, found.tried) == (best, True)
    assert found.limit == (1.5 * seconds[1] if best > 1 else float("inf"))


def test_to_try_it_changes_nothing(two_threads: None) -> None:
    run_config = config(*LARGE)
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    generator = torch.get_rng_state()
    assert choose(run_config, state, data).tried
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.model.state_dict().items())
    assert state.optimizer.state_dict()["state"] == {}
    assert torch.get_num_threads() == 2


def steps(seconds: float, n: int = 10) -> StepsEnded:
    return StepsEnded(epoch=1, first_step=1, losses=[0.5] * n, lr=0.1, samples=n, seconds=seconds, grad_norm=1.0)


def test_slow_steps_are_told_apart_from_a_hiccup(two_threads: None) -> None:
    run_config = config()
    state = TrainState.new(run_config, load_data(run_config))
    state.threads, state.step_limit = 2, 0.01
    watch = Watch(state)
    assert [watch.saw(steps(seconds)) for seconds in (0.05, 1.4, 0.05, 1.4, 0.09)] == [None] * 5
    assert watch.saw(steps(0.8)) is None
    assert watch.saw(steps(0.8)) == SettingChanged(step=0, key="threads", old=2.0, new=1.0)
    assert (state.threads, torch.get_num_threads()) == (1, 1)
    assert watch.saw(steps(100.0)) is None, "once"


def test_training_goes_on_on_one_and_says_so(every_step: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "PATIENCE", 0.0)
    run_config = config(("epochs", "1"))
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    state.threads, state.step_limit = 2, 0.0
    on: list[int] = []
    with used(1):
        told = []
        for event in fit(run_config, state, data):
            told.append(event)
            on.append(torch.get_num_threads())
        assert torch.get_num_threads() == 1
    (at,) = [i for i, event in enumerate(told) if isinstance(event, SettingChanged)]
    assert told[at] == SettingChanged(step=1, key="threads", old=2.0, new=1.0)
    assert isinstance(told[at - 1], StepsEnded)
    assert set(on[:at]) == {2} or at == 1
    assert set(on[at:]) == {1}


def test_a_run_keeps_its_number(tmp_path: Path, two_threads: None) -> None:
    session = start(config(*LARGE), tmp_path)
    session.run.stop("before it begins")
    session.run.execute()
    run_dir = session.run_dir
    begun = read_started(run_dir)
    assert begun is not None
    assert begun.threads in (1, 2)
    assert begun.config["threads"] == begun.threads
    assert resolve.load(str(run_dir.config)).threads == begun.threads, "so that it can be repeated"
    other = 3 - begun.threads
    resume(run_dir, settings=[("threads", str(other))]).run.execute()
    told = next(event for event in read_events(run_dir.events) if isinstance(event, SettingChanged))
    assert (told.key, told.old, told.new) == ("threads", begun.threads, other)
    assert resumed_on(run_dir) == [other]


def resumed_on(run_dir: RunDir) -> list[int]:
    return [event.threads for event in read_events(run_dir.events) if isinstance(event, RunResumed)]


def test_a_resumed_run_goes_on_on_as_many_as_it_was_changed_to(
    tmp_path: Path, every_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "PATIENCE", 0.0)
    monkeypatch.setattr(threads, "choose", lambda *_args: Choice(2, limit=0.0, tried=True))

    def stop(event: Event) -> None:
        if isinstance(event, SettingChanged):
            session.run.stop("enough")

    session = start(config(), tmp_path, recorders=[stop])
    assert session.run.execute().status == "stopped"
    (changed,) = [event for event in read_events(session.run_dir.events) if isinstance(event, SettingChanged)]
    assert (changed.key, changed.old, changed.new) == ("threads", 2.0, 1.0)
    monkeypatch.undo()
    with used(2):
        assert resume(session.run_dir).run.execute().status == "completed"
    assert resumed_on(session.run_dir) == [1]
