"""Cells are numbered by the axes as they were given, in every session and when a search is repeated from its config."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.prepare import load_data
from core.errors import ConfigError
from core.events.events import Evaluated, Event, TrialEnded
from core.experiment import open as search_config
from core.experiment import resolve
from core.experiment.search import SearchConfig
from core.history.trials import Trials
from core.runs.folder import RunDir
from core.search.cells import listed_cells
from core.search.propose import open_study
from core.search.study import Told
from core.sessions import open as experiment
from core.sessions.session import Session
from core.training.evaluate import evaluate
from core.training.state import TrainState

AXES = {
    "optimizer.lr": "0.003,0.01,0.03",
    "model.dropout": "0.1,0.3",
    "batch_size": "10,20",
    "epochs": "2,3",
    "model.n_layers": "0,1,2",
    "optimizer.weight_decay": "0.0..0.1",
    "split.train_size": "0.5,0.8",
    "clip_grad_norm": "none,1",
    "optimizer.name": "adam,sgd",
}


def searched(*pairs: tuple[str, str]) -> SearchConfig:
    found = search_config.load("iris-net", [("device", "cpu"), *pairs])
    assert isinstance(found, SearchConfig)
    return found


def asked_of(chosen: SearchConfig, batches: int = 3) -> list[Any]:
    """The first trials of a search, each with its own config, where scores follow from numbers."""
    study = open_study(chosen, Trials(), {})
    found = []
    for _ in range(batches):
        for each in study.ask() or []:
            found.append((each.number, each.cell, chosen.trial(each.cell, each.number).to_dict()))
            study.tell(each.number, Told("completed", 3, each.number * 0.37 % 1))
    return found


@given(
    st.lists(st.sampled_from(list(AXES)), min_size=1, max_size=4, unique=True),
    st.sampled_from(["grid", "random", "tpe"]),
    st.integers(0, 3),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_a_stored_config_is_the_same_search(tmp_path_factory: Any, keys: list[str], method: str, seed: int) -> None:
    if method == "grid":
        keys = [key for key in keys if ".." not in AXES[key]] or ["optimizer.lr"]
    trials = [] if method == "grid" else [("trials", "12")]
    chosen = searched(*((key, AXES[key]) for key in keys), ("method", method), ("seed", str(seed)), *trials)
    path = tmp_path_factory.mktemp("run") / "config.toml"
    path.write_text(chosen.to_toml())
    again = search_config.load(str(path))
    assert isinstance(again, SearchConfig)
    assert again.axes == chosen.axes
    assert asked_of(again) == asked_of(chosen)
    assert again.to_toml() == chosen.to_toml()


def test_an_order_can_be_chosen() -> None:
    lr, dropout = ("optimizer.lr", "0.01,0.1"), ("model.dropout", "0.1,0.3")
    assert [axis.key for axis in searched(dropout, lr).axes] == ["model.dropout", "optimizer.lr"]
    chosen = searched(dropout, lr, ("axes", "optimizer.lr,model.dropout"))
    assert [tuple(cell.values()) for cell in listed_cells(chosen)] == [*itertools.product((0.01, 0.1), (0.1, 0.3))]
    assert [axis.key for axis in searched(dropout, lr, ("axes", "optimizer.lr")).axes] == [
        "optimizer.lr",
        "model.dropout",
    ]
    with pytest.raises(
        ConfigError, match=r"axes: 'optimizer.lrr' is no axis of this search; choose from model.dropout"
    ):
        searched(dropout, ("axes", "optimizer.lrr"))
    with pytest.raises(ConfigError, match=r"axes: 'optimizer.lr' is no axis"):
        searched(dropout, ("axes", "optimizer.lr"))
    with pytest.raises(ConfigError, match="axes is for a search"):
        searched(("axes", "optimizer.lr"))


def test_a_stored_config_can_be_changed(tmp_path: Path) -> None:
    """An axis that has become one value, or has no place any more, is out of the order; a new one is its last."""
    path = tmp_path / "config.toml"
    path.write_text(searched(("optimizer.lr", "0.01,0.1"), ("model.n_units", "4,8"), ("batch_size", "10,20")).to_toml())
    for more, wanted in (
        ([("optimizer.lr", "0.01"), ("seed", "1,2")], ["model.n_units", "batch_size", "seed"]),
        ([("model.name", "linear")], ["optimizer.lr", "batch_size"]),
        ([("batch_size", "5,6,7")], ["optimizer.lr", "model.n_units", "batch_size"]),
    ):
        found = search_config.load(str(path), more)
        assert isinstance(found, SearchConfig)
        assert [axis.key for axis in found.axes] == wanted
    path.write_text(path.read_text().replace('"optimizer.lr"', '"optimizer.rate"'))
    with pytest.raises(ConfigError, match=r"axes: 'optimizer.rate' is no axis"):
        search_config.load(str(path))


def rows_of(run_dir: RunDir) -> list[dict[str, str]]:
    with run_dir.results.open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def test_out_of_the_files_order_a_search_goes_on_as_it_began(tmp_path: Path) -> None:
    chosen = searched(("optimizer.lr", "0.003,0.01,0.03"), ("model.dropout", "0.1,0.3,0.5"), ("epochs", "4"))
    whole = experiment.start(chosen, tmp_path / "whole")
    whole.run.execute()
    sessions: list[Session] = []
    ends = 0

    def stop(event: Event) -> None:
        nonlocal ends
        ends += isinstance(event, TrialEnded)
        if ends == 4:
            sessions[0].run.stop()

    sessions.append(experiment.start(chosen, tmp_path / "broken", recorders=[stop]))
    run_dir = sessions[0].run_dir
    assert sessions[0].run.execute().status == "stopped"
    experiment.resume(run_dir).run.execute()
    assert rows_of(run_dir) == rows_of(whole.run_dir)
    assert len({(row["lr"], row["dropout"]) for row in rows_of(run_dir)}) == 9
    assert_rows_are_of_their_networks(run_dir)


def assert_rows_are_of_their_networks(run_dir: RunDir) -> None:
    for row in rows_of(run_dir):
        folder = run_dir.trial(int(row["trial"]))
        own = resolve.load(str(folder.config))
        told = {"lr": own.optimizer["lr"], "dropout": own.model.get("dropout"), "seed": own.seed}
        assert {name: str(value) for name, value in told.items() if name in row} == {
            name: row[name] for name in told if name in row
        }
        data = load_data(own)
        state = TrainState.new(own, data)
        state.model.load_state_dict(torch.load(folder.model, weights_only=True))
        measured = {event.split: event.metrics for event in evaluate(own, state, data) if isinstance(event, Evaluated)}
        assert measured["test"]["accuracy"] == float(row["test_accuracy"])
        assert measured["test"]["loss"] == pytest.approx(float(row["test_loss"]), rel=1e-5)


@pytest.mark.parametrize("log", [None, "", '{"v": 1, "seq": 0, "t": 0.0, "type": "RunStar'])
def test_killed_before_its_first_checkpoint_a_search_begins_again(tmp_path: Path, log: str | None) -> None:
    """Also before its first event, or in the middle of it."""
    chosen = searched(("optimizer.lr", "0.0003,0.003,0.03"), ("model.hidden", "[[4],[16],[8,8]]"), ("epochs", "4"))
    whole = experiment.start(chosen, tmp_path / "whole")
    whole.run.execute()
    session = experiment.start(chosen, tmp_path / "broken")
    run_dir = session.run_dir
    if log is None:
        lines: list[Event] = []

        def lose(event: Event) -> None:
            lines.append(event)
            if sum(isinstance(each, TrialEnded) for each in lines) == 2:
                raise KeyboardInterrupt  # passes through all: nothing is saved any more

        session = experiment.start(chosen, tmp_path / "broken", recorders=[lose])
        run_dir = session.run_dir
        with pytest.raises(KeyboardInterrupt):
            session.run.execute()
        assert not run_dir.checkpoint.exists()
    else:
        run_dir.events.write_text(log)
    del session
    assert experiment.resume(run_dir).run.execute().status == "completed"
    assert rows_of(run_dir) == rows_of(whole.run_dir)
    assert_rows_are_of_their_networks(run_dir)
