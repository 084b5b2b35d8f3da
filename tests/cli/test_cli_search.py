"""Searches on the command line: the documents' tables, the CSV, models that come to what it says, and cut-off ones."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch.nn.functional import relu

SMALL = ("run", "iris-search", "--set", "model.n_units=8,16", "--epochs", "4")
HEADER = [
    *("trial", "n_layers", "n_units", "train_accuracy", "test_accuracy", "last_batch_accuracy"),
    *("train_loss", "test_loss", "seed", "epochs", "best_epoch", "best_test_accuracy", "seconds", "status"),
]


def test_rows_and_the_models_they_tell_of(cli) -> None:
    """Every accuracy of the CSV, computed from the weights by hand."""
    result = cli.call("run", "iris-search", "--epochs", "20", "--csv", str(cli.cwd / "r.csv"))
    assert (result.code, result.err) == (0, "")
    table = pd.read_csv(cli.cwd / "r.csv")
    assert list(table.columns) == HEADER
    cells = list(zip(table.n_layers, table.n_units, strict=True))
    assert cells == [(layers, units) for layers in (1, 2, 3, 4) for units in range(8, 65, 8)]
    x, y = load_iris(return_X_y=True)
    _, x, _, y = train_test_split(x, y, train_size=0.8, random_state=42)
    folders = sorted((cli.only_run / "trials").iterdir(), key=lambda path: int(path.name))
    assert len(folders) == 32
    for folder in folders:
        weights = torch.load(folder / "model.pt", weights_only=True)
        layers = [key.removesuffix(".weight") for key in weights if key.endswith(".weight")]
        z = torch.tensor(x, dtype=torch.float32)
        for i, layer in enumerate(layers):
            z = z @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]
            if 0 < i < len(layers) - 1:  # none after the input layer, as in the document
                z = relu(z)
        row = table[(table.n_layers == len(layers) - 2) & (table.n_units == len(weights["input.bias"]))]
        assert float((z.argmax(1) == torch.tensor(y)).double().mean()) == row.test_accuracy.item()


def test_the_log_ends_with_the_sorted_table_and_the_best_rows(cli) -> None:
    lines = cli.call(*SMALL).out.splitlines()
    assert lines[0].startswith("Search of 8 networks: n_layers 1, 2, 3, 4 × n_units 8, 16; grid, ranked by test_acc")
    heading = next(i for i, line in enumerate(lines) if line.split()[:3] == ["trial", "n_layers", "n_units"])
    rows = [line.split()[1:3] for line in lines[heading + 1 : heading + 9]]
    assert rows == [[str(layers), str(units)] for layers in (1, 2, 3, 4) for units in (8, 16)]
    best = next(line for line in lines if "best test_accuracy, " in line)
    assert best.endswith(" %:")
    assert any("optimistic" in line for line in lines)
    assert lines[-1].startswith("Run ")


def test_json_gives_each_trial_once(cli) -> None:
    events = cli.call(*SMALL, "--json", "--csv", str(cli.cwd / "r.csv")).events()
    assert len(pd.read_csv(cli.cwd / "r.csv")) == 8
    assert [events[0]["type"], events[-1]["type"]] == ["RunStarted", "RunEnded"]
    assert [axis["name"] for axis in events[0]["search"]["axes"]] == ["n_layers", "n_units"]
    for kind in ("TrialStarted", "TrialEnded"):
        assert sorted(e["number"] for e in events if e["type"] == kind) == list(range(1, 9))


def test_lists_show_and_exports(cli) -> None:
    cli.call(*SMALL)
    assert "8/8 trials" in cli.call("runs").out
    assert "best test_accuracy" in cli.call("show", "last").out
    shown = cli.call("show", "last", "--json").json()
    assert (shown["trials"], shown["trials_ended"], len(shown["results"])) == (8, 8, 8)
    one = cli.call("show", "last/3", "--json").json()
    assert one["run_id"] == f"{cli.only_run.name}/3"
    assert one["config"]["model"]["n_layers"] == 2
    assert cli.call("predict", "last/3", "5.1", "3.5", "1.4", "0.2", "--json").json()["run_id"] == one["run_id"]
    for what in ([], ["--what", "trials"]):
        assert cli.call("export", "last", "--csv", str(cli.cwd / "t.csv"), *what).code == 0
        rows = list(csv.reader((cli.cwd / "t.csv").open(newline="")))
        assert rows == list(csv.reader((cli.only_run / "results.csv").open(newline="")))
        assert rows[0] == HEADER
    assert cli.call("export", "last/3", "--csv", str(cli.cwd / "e.csv")).code == 0
    assert pd.read_csv(cli.cwd / "e.csv").epoch.iloc[-1] == 4


@pytest.fixture(scope="module")
def searched(shared):
    here = shared.at(shared.cwd / "search")
    assert here.call(*SMALL).code == 0
    return here


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "last", "1", "2", "3", "4"], "is a search; choose one of its networks, such as"),
        (["show", "last", "--state-dict"], "is a search; choose one of its networks"),
        (["show", "last/99"], "has no trial 99; it has 1 to 8"),
        (["export", "last", "--what", "epochs", "--csv", "x.csv"], "write its trials with --what trials"),
        (["resume", "last"], "is complete: 8 of 8 trials; nothing to resume"),
    ],
)
def test_a_search_is_not_one_network(searched, arguments: list[str], said: str) -> None:
    assert said in searched.call(*arguments).refused()


def test_a_million_trials_want_a_yes(cli) -> None:
    grid = ["--set", "model.n_units=1..1000", "--set", "optimizer.lr=0.001..0.25:0.001"]
    assert "1,000,000 trials; to train so many, add --yes" in cli.call("run", "iris-search", *grid).refused()
    assert not cli.saved.exists()
    assert "Search of 1000000 networks" in cli.call("run", "iris-search", *grid, "--dry-run").out


def test_a_csv_goes_where_a_link_leads(cli) -> None:
    (cli.cwd / "real.csv").write_text("old")
    (cli.cwd / "link.csv").symlink_to(cli.cwd / "real.csv")
    assert cli.call(*SMALL, "--csv", str(cli.cwd / "link.csv"), "--quiet").code == 0
    assert (cli.cwd / "link.csv").is_symlink()
    assert (cli.cwd / "real.csv").read_text().startswith("trial,n_layers,")


def trials_under(root: Path) -> list[dict[str, Any]]:
    (log,) = root.glob("*/events.jsonl")
    lines = log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def killed_after(cli: Any, arguments: list[str], when: str, n: int) -> None:
    """Start a search and kill it -9 when the `n`-th event of a type is printed."""
    child = cli.spawn(*arguments, "--json")
    assert child.stdout is not None
    seen = 0
    for line in child.stdout:
        seen += json.loads(line)["type"] == when
        if seen == n:
            os.kill(child.pid, signal.SIGKILL)
            break
    child.communicate()
    assert child.returncode == -signal.SIGKILL


@pytest.mark.slow
def test_killed_after_16_trials_it_trains_16_more(cli) -> None:
    killed_after(cli, ["run", "iris-search", "--set", "max_stack=8"], "TrialEnded", 16)
    before = [e["number"] for e in trials_under(cli.saved) if e["type"] == "TrialEnded"]
    assert len(before) == 16
    events = cli.call("resume", "last", "--json").events()
    started = [e["number"] for e in events if e["type"] == "TrialStarted"]
    ended = [e["number"] for e in events if e["type"] == "TrialEnded"]
    assert len(started) == len(ended) == 16
    assert sorted(before + ended) == list(range(1, 33))
    table = pd.read_csv(cli.only_run / "results.csv")
    assert len(table.drop_duplicates(["n_layers", "n_units"])) == len(table) == 32
    assert set(table.status) == {"completed"}


@pytest.mark.slow
def test_killed_inside_a_group_it_goes_on_from_the_checkpoint(cli) -> None:
    settings = ["max_stack=2", "model.n_layers=1", "model.n_units=4,8,12,16", "epochs=700"]
    killed_after(cli, ["run", "iris-search", *(x for each in settings for x in ("--set", each))], "CheckpointSaved", 1)
    saved = [e for e in trials_under(cli.saved) if e["type"] == "TrialEnded"]
    events = cli.call("resume", "last", "--json", "--csv", str(cli.cwd / "r.csv")).events()
    first = [e for e in events if e["type"] == "TrialStarted"][:2]
    assert all(0 < e["epoch"] < 700 for e in first), "from its checkpoint"
    assert len(saved) + sum(e["type"] == "TrialEnded" for e in events) == 4
    assert list(pd.read_csv(cli.cwd / "r.csv").epochs) == [700] * 4


def test_interrupted_it_says_how_to_go_on(cli) -> None:
    child = cli.spawn(*SMALL[:-1], "100000")
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, _err = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGINT
    assert "Stopped after 0 of 8 trials; go on with: nntui resume" in out
