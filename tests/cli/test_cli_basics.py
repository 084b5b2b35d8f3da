"""Version, help, the lists; and that they answer before torch and textual could be imported."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys

import pytest

COMMANDS = (
    *("run", "resume", "presets", "runs", "show", "compare", "tag", "note", "rename", "delete", "predict"),
    *("components", "keys", "export", "trash", "data", "worker"),
)


def test_version(cli):
    result = cli.launch("--version")
    assert (result.code, result.out, result.err) == (0, f"nntui {importlib.metadata.version('nntui')}\n", "")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(cli, flag):
    result = cli.call(flag)
    assert (result.code, result.err) == (0, "")
    assert re.findall(r"^  (\w+)  +\S", result.out, flags=re.MULTILINE) == list(COMMANDS)
    assert not cli.saved.exists()


def test_run_help_names_every_option(cli):
    result = cli.call("run", "--help")
    assert (result.code, result.err) == (0, "")
    options = {"--set", "--epochs", "--batch-size", "--lr", "--seed", "--device", "--data-dir", "--models-dir"}
    assert options | {"--csv", "--json", "--quiet"} <= set(re.findall(r"--[a-z-]+", result.out))
    assert "EXPERIMENT" in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli, command):
    result = cli.call(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(("Usage:", "usage:"))


def test_presets(cli):
    result = cli.call("presets")
    assert (result.code, result.err) == (0, "")
    heading, *rows = result.out.splitlines()
    assert heading.split()[:5] == ["PRESET", "DATA", "MODEL", "NETWORKS", "EPOCHS"]
    table = {row.split()[0]: row.split()[1:5] for row in rows}
    assert table["iris-net"] == ["iris", "mlp", "1", "200"]
    assert table["iris-search"] == ["iris", "mlp", "32", "200"]
    assert table["fashion-mlp"] == ["fashion-mnist", "mlp", "1", "10"]


def test_presets_as_json_are_the_documents_experiments(cli):
    result = cli.call("presets", "--json")
    assert (result.code, result.err) == (0, "")
    presets = {preset["name"]: preset for preset in json.loads(result.out)}
    iris, fashion = presets["iris-net"], presets["fashion-mlp"]
    assert (iris["epochs"], iris["batch_size"], iris["shuffle"]) == (200, 12, True)
    assert (iris["split"]["train_size"], iris["split"]["random_state"]) == (0.8, 42)
    assert iris["model"]["hidden"] == [16, 16]
    assert (iris["optimizer"]["name"], iris["optimizer"]["lr"]) == ("adam", 0.01)
    assert (fashion["epochs"], fashion["batch_size"], fashion["shuffle"]) == (10, 64, False)
    assert fashion["model"]["hidden"] == [512, 512]
    assert (fashion["model"]["activation"], fashion["model"]["output_activation"]) == ("relu", "relu")
    assert (fashion["optimizer"]["name"], fashion["optimizer"]["lr"]) == ("sgd", 0.001)
    assert {iris["loss"]["name"], fashion["loss"]["name"]} == {"cross-entropy"}


def test_runs_where_there_are_none(cli):
    result = cli.call("runs")
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") == 1
    assert "saved_models" in result.out
    assert "nntui run iris-net" in result.out
    assert cli.call("runs", "--json").out == "[]\n"
    assert not cli.saved.exists()


def test_runs_lists_what_was_run(iris):
    result = iris.cli.call("runs")
    assert (result.code, result.err) == (0, "")
    heading, row = result.out.splitlines()
    assert heading.startswith("RUN ")
    assert row.split()[:3] == [iris.path.name, "completed", "200/200"]
    last = {event["split"]: event["metrics"] for event in iris.log if event["type"] == "Evaluated"}
    score = f"accuracy {100 * last['test']['accuracy']:.1f} %"
    losses = " ".join(f"{last[split]['loss']:.4f}" for split in ("train", "test"))
    assert " ".join(row.split()[3:8]) == f"{score} {losses}"
    best = max(each["metrics"]["accuracy"] for each in iris.log if each.get("split") == "test" and "metrics" in each)
    assert f": test_accuracy {100 * best:.1f} %" in row
    assert row.split()[-1] == "iris"


def test_runs_as_json(iris):
    (run,) = iris.cli.runs()
    evaluated = [event for event in iris.log if event["type"] == "Evaluated"]
    test = [event["metrics"]["accuracy"] for event in evaluated if event["split"] == "test"]
    train = [event["metrics"]["loss"] for event in evaluated if event["split"] == "train"]
    assert run["run_id"] == iris.path.name
    assert (run["status"], run["epoch"], run["epochs"], run["step"], run["steps"]) == (
        "completed",
        200,
        200,
        2000,
        2000,
    )
    assert (run["dataset"], run["optimizer"], run["lr"], run["seed"], run["parameters"]) == (
        "iris",
        "adam",
        0.01,
        7,
        403,
    )
    assert (run["metrics"]["test_accuracy"], run["metrics"]["train_loss"]) == (test[-1], train[-1])
    assert (run["best"]["test_accuracy"]["value"], run["best"]["train_loss"]["value"]) == (max(test), min(train))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["presets"],
        ["presets", "--json"],
        ["runs"],
        ["run", "--help"],
        ["run", "iris-net", "--set", "optimizer.lr=-1"],
        ["run", "nonsense"],
        ["show", "last"],
    ],
    ids=" ".join,
)
def test_answers_without_torch_or_textual(cli, arguments):
    command = [sys.executable, "-P", "-X", "importtime", "-m", "tui.cli", *arguments]
    child = subprocess.run(command, cwd=cli.cwd, env=cli.environment(), capture_output=True, text=True, check=False)
    imported = {name.partition(".")[0] for name in re.findall(r"^import time:.*\| +(\S+)$", child.stderr, re.MULTILINE)}
    assert {"core", "typer"} <= imported  # the listing is what we take it for
    assert not imported & {"torch", "torchvision", "textual", "pandas", "sklearn"}
    if arguments in (["--version"], ["runs"]):
        assert not imported & {"numpy", "pydantic"}
