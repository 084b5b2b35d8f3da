"""`nntui run A B C.toml`, `--repeats`, `--from`: several runs one after the other, and from weights that there are."""

from __future__ import annotations

import os
import signal
from typing import Any

import pandas as pd
import pytest
import tomli_w
import torch

FAST = ("--epochs", "2", "--device", "cpu")


@pytest.fixture
def experiments(cli: Any) -> None:
    """`good`, one that diverges, and one whose file is not there when it has its turn."""
    tables = cli.call("run", "iris-net", *FAST, "--dry-run", "--json").json()["config"]
    changes: dict[str, dict[str, Any]] = {
        "good": {},
        "bad": {"optimizer": {"name": "sgd", "lr": 1e30}},
        "gone": {"initial_weights": "none.pt"},
    }
    for name, change in changes.items():
        (cli.cwd / f"{name}.toml").write_text(tomli_w.dumps({**tables, **change, "name": name}))


def test_a_failed_one_does_not_stop_the_rest(cli: Any, experiments: None) -> None:
    result = cli.call("run", "bad.toml", "gone.toml", "iris-net", "good.toml", *FAST, "--csv", "all.csv")
    assert result.code == 1
    headings = [line for line in result.out.splitlines() if line.startswith("===")]
    assert headings == [
        *("=== 1 of 4: bad, seed 0 ===", "=== 2 of 4: gone, seed 0 ==="),
        *("=== 3 of 4: iris-net, seed 0 ===", "=== 4 of 4: good, seed 0 ==="),
    ]
    assert "gone, seed 0: cannot read the weights" in result.err
    assert result.err.splitlines()[-1] == "nntui: 2 of 4 failed: bad, seed 0; gone, seed 0"
    assert [(row["name"], row["status"]) for row in cli.runs()] == [
        *(("bad", "failed"), ("iris-net", "completed"), ("good", "completed"))
    ]
    table = pd.read_csv(cli.cwd / "all.csv")
    ids = [row["run_id"] for row in cli.runs() if row["status"] == "completed"]
    assert [run for run in dict.fromkeys(table["run"]) if run in ids] == ids
    assert list(table[table["run"] == ids[0]]["epoch"]) == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("iris-net", "none.toml"), "cannot read the experiment"),
        (("iris-net", "iris-nett"), "did you mean iris-net"),
        (("iris-net", "blobs-binary", "--set", "model.layers=3"), "no key 'model.layers'"),
        (("iris-net", "--repeats", "0"), "--repeats = 0: must be a whole number, 1 to 1000"),
        (("iris-net", "--repeats", "many"), "--repeats = many"),
        (("iris-net", "--seed", "4294967295", "--repeats", "2"), "begin with a smaller one"),
        (("iris-net", "iris-search", "--csv", "x.csv"), "train them apart"),
        (("iris-net", "iris-net", "--workers", "2"), "are for one search"),
        (("iris-net", "--from", "last"), "no runs in"),
        (("iris-net", "--from", "none.pt"), "there is no file"),
        ((), "name an EXPERIMENT"),
    ],
)
def test_what_is_wrong_is_told_before_anything_trains(cli: Any, arguments: tuple[str, ...], said: str) -> None:
    assert said in cli.call("run", *arguments).refused()
    assert not cli.saved.exists()


def test_repeats_are_runs_of_their_own(cli: Any) -> None:
    result = cli.call("run", "iris-net", "blobs-binary", *FAST, "--seed", "3", "--repeats", "2", "--quiet")
    assert (result.code, result.err) == (0, "")
    rows = cli.runs()
    assert result.out.split() == [row["run_id"] for row in rows]
    assert [(row["name"], row["seed"]) for row in rows] == [
        *(("iris-net", 3), ("iris-net", 4), ("blobs-binary", 3), ("blobs-binary", 4))
    ]
    shown = [cli.call("show", row["run_id"], "--json").json()["config"] for row in rows]
    assert {config["dataset"].get("random_state") for config in shown[2:]} == {3}, "the same points"
    lone = cli.at(cli.cwd / "lone")
    settings = ("--seed", "4", "--set", "dataset.random_state=3", "--quiet")
    assert lone.call("run", "blobs-binary", *FAST, *settings).code == 0
    one, other = (
        torch.load(path / "model.pt", weights_only=True) for path in (cli.saved / rows[3]["run_id"], lone.only_run)
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_repeats_of_a_search_are_its_own_key(cli: Any) -> None:
    described = cli.call("run", "iris-search", "--repeats", "3", "--dry-run", "--json").json()
    assert described["search"]["repeats"] == 3
    several = cli.call("run", "iris-net", "iris-search", "--repeats", "2", "--dry-run", "--json").json()
    assert [each["config"].get("repeats", each["config"].get("seed")) for each in several] == [0, 1, 2]
    assert (
        "=== 3 of 3: iris-search ===" in cli.call("run", "iris-net", "iris-search", "--repeats", "2", "--dry-run").out
    )


def test_events_of_several_say_whose_they_are(cli: Any) -> None:
    result = cli.call("run", "iris-net", "iris-net", *FAST, "--json")
    events = result.events()
    kinds = [event["type"] for event in events if event["type"] in ("RunStarted", "RunEnded")]
    assert kinds == ["RunStarted", "RunEnded"] * 2
    ids = [event["run_id"] for event in events if event["type"] in ("RunStarted", "RunEnded")]
    assert ids == [row["run_id"] for row in cli.runs() for _ in range(2)]


def test_a_branch_has_the_settings_of_its_parent(cli: Any) -> None:
    cli.call("run", "iris-net", *FAST, "--set", "stop.keep_best=true", "--seed", "5")
    parent = cli.only_run.name
    result = cli.call("run", "--from", "last@best", "--lr", "0.002", "--quiet")
    assert result.code == 0
    run_id = result.out.strip()
    shown = cli.call("show", run_id, "--json").json()
    assert (shown["seed"], shown["config"]["optimizer"]["lr"], shown["epochs"]) == (5, 0.002, 2)
    assert (shown["parent"], shown["started_from"]["run"]) == (f"{parent}@best", parent)
    assert f"Started from {parent}@best, step" in cli.call("show", run_id).out
    refused = cli.call("run", "iris-search", "--from", parent).refused()
    assert "is a search, whose networks begin with weights of their own" in refused
    shape = cli.call("run", "iris-net", "--set", "model.hidden=7", "--from", parent).refused()
    assert "does not fit the network of iris-net" in shape
    again = cli.call("run", f"saved_models/{run_id}/config.toml", "--quiet")
    one, other = (torch.load(cli.saved / name / "model.pt", weights_only=True) for name in (run_id, again.out.strip()))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_more_epochs(cli: Any) -> None:
    cli.call("run", "iris-net", *FAST)
    complete = cli.call("resume", "last").refused()
    assert "is complete: 2 of 2 epochs; nothing to resume. To train it longer: nntui resume" in complete
    assert complete.rstrip().endswith("--epochs 4")
    assert "1" in cli.call("resume", "last", "--epochs", "1").refused()
    result = cli.call("resume", "last", "--epochs", "4", "--csv", "curve.csv")
    assert (result.code, result.err) == (0, "")
    assert list(pd.read_csv(cli.cwd / "curve.csv")["epoch"]) == [1, 2, 3, 4]
    cli.call("run", "iris-net", *FAST, "--set", "schedule.name=cosine")
    result = cli.call("resume", "last", "--epochs", "4", "--quiet")
    assert "the schedule cosine is from here on that of a run of 4 epochs: the learning rate goes from" in result.err


@pytest.mark.slow
def test_a_signal_stops_all_that_follow(cli: Any, tools: Any) -> None:
    child = cli.spawn("run", "iris-net", "blobs-binary", "digits-mlp", "--epochs", "1000000")
    tools.wait_until(lambda: tools.last_step(cli.saved) > 20, child)
    os.kill(child.pid, signal.SIGINT)
    result = tools.finish(child)
    assert result.code == 130
    assert "nntui: not begun: blobs-binary, seed 0; digits-mlp, seed 0" in result.err
    assert [row["status"] for row in cli.runs()] == ["stopped"]
