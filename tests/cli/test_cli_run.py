"""`nntui run iris-net`: the event stream, what it leaves on disk, and that it repeats itself exactly."""

from __future__ import annotations

import re
import tomllib

import pytest

PAST_TENSE = re.compile(r"^[A-Z][a-z]+([A-Z][a-z]+)*(ed|un)?$")


def of_type(events, name):
    return [event for event in events if event["type"] == name]


def test_the_stream_is_clean(iris):
    assert (iris.result.code, iris.result.err) == (0, "")
    events = iris.result.events()
    assert {event["v"] for event in events} == {1}
    assert [event["seq"] for event in events] == list(range(len(events)))
    times = [event["t"] for event in events]
    assert times == sorted(times)
    assert times[0] >= 0
    assert {event["type"] for event in events} <= {
        *("RunStarted", "StepsEnded", "EvaluationProgressed", "Evaluated", "EpochEnded"),
        *("NetworkInspected", "CheckpointSaved", "ModelSaved", "RunEnded"),
    }


def test_the_stream_is_the_log(iris):
    assert iris.result.out.encode() == (iris.path / "events.jsonl").read_bytes()


def test_the_stream_begins_with_what_will_be_trained(iris):
    started = iris.result.events()[0]
    assert started["type"] == "RunStarted"
    assert started["run_id"] == iris.path.name
    assert (started["parameters"], started["steps_per_epoch"], started["seed"]) == (403, 10, 7)
    assert started["sizes"] == {"train": 120, "test": 30}
    assert re.fullmatch("[0-9a-f]{64}", started["data_sha256"])
    assert started["argv"][1:4] == ["run", "iris-net", "--json"]
    assert {"torch", "numpy", "python", "nntui"} <= set(started["versions"])
    assert started["config"] == tomllib.loads((iris.path / "config.toml").read_text())


def test_the_stream_ends_with_the_run_id(iris):
    ended = iris.result.events()[-1]
    assert (ended["type"], ended["status"], ended["run_id"]) == ("RunEnded", "completed", iris.path.name)
    assert len(of_type(iris.result.events(), "RunEnded")) == 1


def test_every_batch_loss_is_told_once(iris):
    steps = of_type(iris.result.events(), "StepsEnded")
    first_step = 1
    for event in steps:
        assert event["first_step"] == first_step
        assert event["losses"]
        assert event["samples"] == 12 * len(event["losses"])
        assert event["epoch"] == (first_step - 1) // 10 + 1
        first_step += len(event["losses"])
    assert first_step - 1 == 2000
    assert all(isinstance(loss, float) and 0 <= loss < 5 for event in steps for loss in event["losses"])


def test_every_epoch_is_evaluated_on_both_splits(iris):
    evaluated = of_type(iris.result.events(), "Evaluated")
    for split, n in (("train", 120), ("test", 30)):
        mine = [event for event in evaluated if event["split"] == split]
        assert [(event["epoch"], event["step"], event["n"]) for event in mine] == [
            (epoch, 10 * epoch, n) for epoch in range(1, 201)
        ]
        assert all((event["metrics"]["accuracy"] * n) % 1 == pytest.approx(0, abs=1e-9) for event in mine)
    ends = of_type(iris.result.events(), "EpochEnded")
    assert [(event["epoch"], event["step"]) for event in ends] == [(epoch, 10 * epoch) for epoch in range(1, 201)]


def test_saved_weights_give_the_reported_accuracy_in_a_network_written_here(iris, tools):
    import torch
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split
    from torch import nn

    network = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
    saved = tools.weights(iris.path)
    assert list(saved) == [
        f"{layer}.{kind}" for layer in ("input", "hidden_1", "output") for kind in ("weight", "bias")
    ]
    network.load_state_dict(dict(zip(network.state_dict(), saved.values(), strict=True)))
    split = train_test_split(*load_iris(return_X_y=True), train_size=0.8, random_state=42)
    train_x, test_x, train_y, test_y = (torch.tensor(part) for part in split)
    last = {event["split"]: event for event in of_type(iris.result.events(), "Evaluated")}
    for name, x, y in (("train", train_x, train_y), ("test", test_x, test_y)):
        with torch.no_grad():
            output = network(x.float())
        metrics = last[name]["metrics"]
        assert metrics["accuracy"] == pytest.approx((output.argmax(1) == y).double().mean().item(), abs=1e-12)
        assert metrics["loss"] == pytest.approx(nn.functional.cross_entropy(output, y).item(), abs=1e-6)


def test_files_of_a_run(iris):
    assert {path.name for path in iris.path.iterdir()} >= {
        *("config.toml", "events.jsonl", "model.pt", "checkpoint.pt", "summary.json"),
    }
    assert not [path for path in iris.path.rglob("*") if path.name.endswith(".tmp")]
    assert re.fullmatch(r"\d{8}-\d{6}-iris-net-[0-9a-f]{4}", iris.path.name)


def test_config_toml_repeats_the_run(iris, cli, tools):
    result = cli.call("run", str(iris.path / "config.toml"), "--json")
    assert (result.code, result.err) == (0, "")
    assert tools.same_weights(cli.only_run, iris.path)
    assert tools.folded_losses(result.events()) == tools.folded_losses(iris.log)
    assert (cli.only_run / "config.toml").read_text() == (iris.path / "config.toml").read_text()


def test_the_seed_decides_and_the_log_has_a_line_per_ten_epochs(iris, cli, tools):
    result = cli.call("run", "iris-net", "--seed", "7")
    assert (result.code, result.err) == (0, "")
    assert tools.same_weights(cli.only_run, iris.path)
    *lines, farewell = result.out.splitlines()
    columns = [rf"{split} loss (\d+\.\d+)  {split} accuracy +(\d+\.\d+) %" for split in ("train", "test")]
    pattern = "  ".join([r"Epoch +(\d+)/200", *columns])
    found = [re.fullmatch(pattern, line) for line in lines]
    assert [int(match[1]) for match in found] == list(range(10, 201, 10))
    evaluated = {(event["split"], event["epoch"]): event["metrics"] for event in of_type(iris.log, "Evaluated")}
    for match in found:
        train, test = evaluated["train", int(match[1])], evaluated["test", int(match[1])]
        expected = [train["loss"], 100 * train["accuracy"], test["loss"], 100 * test["accuracy"]]
        assert [float(match[i]) for i in (2, 4)] == pytest.approx(expected[::2], abs=5.1e-5)
        assert [float(match[i]) for i in (3, 5)] == pytest.approx(expected[1::2], abs=5.1e-2)
    assert farewell.startswith(f"Run {cli.only_run.name}, ")
    assert str(cli.only_run.relative_to(cli.cwd)) in farewell


def test_another_seed_gives_other_weights(iris, cli, tools):
    assert cli.call("run", "iris-net", "--seed", "8", "--quiet").out == f"{cli.only_run.name}\n"
    assert not tools.same_weights(cli.only_run, iris.path)


def test_settings_arrive(cli, tools):
    """Options and --set mean the same thing, components can be exchanged, and the config records all of it."""
    result = cli.call(
        *("run", "iris-net", "--epochs", "2", "--batch-size", "40", "--lr", "0.5", "--device", "cpu"),
        *("--set", "optimizer.name=sgd", "--set", "model.hidden=5", "--set", "shuffle=false", "--json"),
    )
    assert result.code == 0
    config = result.events()[0]["config"]
    assert (config["epochs"], config["batch_size"], config["shuffle"]) == (2, 40, False)
    assert (config["optimizer"]["name"], config["optimizer"]["lr"]) == ("sgd", 0.5)
    assert config["model"]["hidden"] == [5]
    assert len(tools.folded_losses(result.events())) == 6
    assert {name: tuple(tensor.shape) for name, tensor in tools.weights(cli.only_run).items()} == {
        "input.weight": (5, 4),
        "input.bias": (5,),
        "output.weight": (3, 5),
        "output.bias": (3,),
    }


@pytest.fixture(scope="module")
def diverged(shared):
    here = shared.at(shared.cwd / "diverged")
    return here, here.call("run", "iris-net", "--lr", "1e30", "--device", "cpu")


def test_a_loss_that_is_no_number_fails_the_run_and_keeps_it(diverged, tools):
    here, result = diverged
    log = tools.read_log(here.only_run)
    assert result.code == 1
    assert result.err.count("\n") == 1
    last = of_type(log, "StepsEnded")[-1]
    step = last["first_step"] + len(last["losses"]) - 1
    assert last["losses"][-1] in ("nan", "inf")
    assert all(isinstance(loss, float) for event in of_type(log, "StepsEnded") for loss in event["losses"][:-1])
    what = {"nan": "NaN", "inf": "infinite"}[last["losses"][-1]]
    assert f"loss became {what} at step {step}; try a lower learning rate" in result.err
    assert here.only_run.name in result.err
    assert (log[-1]["type"], log[-1]["status"]) == ("RunEnded", "failed")
    assert f"at step {step}" in log[-1]["reason"]


def test_a_failed_run_is_listed_as_failed(diverged):
    here, _result = diverged
    (run,) = here.runs()
    assert run["status"] == "failed"
    assert "try a lower learning rate" in run["reason"]
    shown = here.call("show", "last")
    assert shown.code == 0
    assert shown.out.splitlines()[0].startswith(f"{here.only_run.name}: failed")
    assert "failed" in here.call("runs").out


@pytest.mark.slow
def test_ten_seeds_reach_96_per_cent_on_average(cli):
    for seed in range(10):
        assert cli.call("run", "iris-net", "--seed", str(seed), "--quiet").code == 0
    accuracies = [run["metrics"]["test_accuracy"] for run in cli.runs()]
    assert len(accuracies) == 10
    assert sum(accuracies) / 10 >= 0.96


def test_dry_run_says_what_would_be_trained_and_trains_nothing(cli):
    result = cli.call("run", "mnist-lenet", "--dry-run", "--set", "model.hidden=32", "--epochs", "2")
    assert (result.code, result.err) == (0, "")
    rows = [line.split() for line in result.out.splitlines()]
    assert ["conv_1", "Conv2d", "8×28×28", "208"] in rows
    assert ["hidden_1", "Linear", "32", "25,120"] in rows
    assert "one-cycle" in result.out
    assert not cli.saved.exists()
    (cli.cwd / "t.csv").write_text("a,b,c,y\n" + "".join(f"{i},{i % 3},{i % 5},{i % 2}\n" for i in range(20)))
    table = ["--set", "dataset.name=csv", "--set", "dataset.path=t.csv", "--set", "dataset.target=y"]
    shown = cli.call("run", "iris-net", *table, "--dry-run", "--json").json()
    assert [layer["output"] for layer in shown["layers"]] == [[16], [16], [16], [16], [2]]
    assert shown["parameters"] == (3 * 16 + 16) + (16 * 16 + 16) + (16 * 2 + 2)
    assert shown["config"]["metrics"] == ["accuracy"]
