"""`nntui resume`: with other settings, after an edit, from a damaged checkpoint: one line for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

IRIS = ("--set", "device=cpu", "--set", "epochs=3")


@pytest.fixture
def diverged(cli: Any) -> Path:
    """A run that failed before its first checkpoint."""
    result = cli.call("run", "iris-net", *IRIS, "--set", "optimizer.name=sgd", "--set", "optimizer.lr=1e30")
    assert result.code == 1
    (run,) = (cli.cwd / "saved_models").iterdir()
    return run


def test_with_another_learning_rate_after_a_divergence(cli: Any, diverged: Path) -> None:
    again = cli.call("resume", "last")
    assert again.code == 1
    assert "with the same settings it will again" in again.err
    assert f"nntui resume {diverged.name} --set optimizer.lr=" in again.err
    refused = cli.call("resume", "last", "--set", "batch_size=7", "--set", "optimizer.lr=0.01").refused()
    assert "--set batch_size: 12 cannot become 7" in refused
    assert "no key 'optimizer.rate'" in cli.call("resume", "last", "--set", "optimizer.rate=1").refused()
    assert "write KEY=VALUE" in cli.call("resume", "last", "--set", "optimizer.lr").refused()
    result = cli.call("resume", "last", "--set", "optimizer.lr=0.01", "--set", "epochs=4")
    assert (result.code, result.err) == (0, "")
    assert "optimizer.lr changed from 1e+30 to 0.01 after step 0" in result.out
    assert "epochs changed from 3 to 4 after step 0" in result.out
    assert "Epoch 4/4" in result.out
    shown = cli.call("show", "last", "--json").json()
    assert (shown["config"]["optimizer"]["lr"], shown["config"]["epochs"], shown["epochs"]) == (0.01, 4, 4)


def test_an_edited_config_is_refused_or_told(cli: Any, diverged: Path) -> None:
    config = diverged / "config.toml"
    text = config.read_text()
    config.write_text(text.replace("seed = 0", "seed = 5"))
    refused = cli.call("resume", "last").refused()
    assert "config.toml says seed = 5, but the run was begun with 0" in refused
    config.write_text(text.replace("lr = 1e+30", "lr = 0.01").replace("lr = 1e30", "lr = 0.01"))
    result = cli.call("resume", "last", "--json")
    assert result.code == 0
    changes = [event for event in map(json.loads, result.out.splitlines()) if event["type"] == "SettingChanged"]
    assert [(event["key"], event["new"]) for event in changes] == [("optimizer.lr", 0.01)]


def test_a_damaged_checkpoint_is_one_line(cli: Any) -> None:
    cli.call("run", "iris-net", *IRIS)
    (run,) = (cli.cwd / "saved_models").iterdir()
    cli.call("resume", "last", "--set", "epochs=4")
    assert (run / "checkpoint.previous.pt").is_file()
    (run / "checkpoint.pt").write_bytes((run / "checkpoint.pt").read_bytes()[:-7])
    result = cli.call("resume", "last", "--set", "epochs=5", "--quiet")
    assert (result.code, result.out) == (0, f"{run.name}\n")
    assert result.err.count("\n") == 1
    assert "checkpoint.pt is damaged" in result.err


def test_a_search_goes_on_as_it_was_only(cli: Any) -> None:
    cli.call("run", "iris-net", *IRIS, "--set", "optimizer.lr=0.01,0.02")
    assert "is a search" in cli.call("resume", "last", "--set", "optimizer.lr=0.1").refused()
