"""`show` and `export` tell what the events tell."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest


def of_type(log, name):
    return [event for event in log if event["type"] == name]


def read_csv(path):
    return pd.read_csv(path, float_precision="round_trip")


@pytest.fixture
def epochs_of(iris):
    """The epochs of the shared run as its events tell them: one dict each."""
    table = {epoch: {"epoch": epoch, "step": 10 * epoch, "lr": 0.01} for epoch in range(1, 201)}
    for event in iris.log:
        if event["type"] == "Evaluated":
            for name, value in event["metrics"].items():
                column = name if name == "last_batch_accuracy" else f"{event['split']}_{name}"
                table[event["epoch"]][column] = value
        if event["type"] == "EpochEnded":
            table[event["epoch"]]["seconds"] = event["seconds"]
    return pd.DataFrame(table.values())


def test_show(iris):
    result = iris.cli.call("show", "last")
    assert (result.code, result.err) == (0, "")
    text = result.out
    assert text.splitlines()[0] == f"{iris.path.name}: completed"
    assert "200 of 200 epochs, 2,000 of 2,000 steps" in text
    assert "120 train, 30 test" in text
    rows = [line.split() for line in text.splitlines()]
    for setting in (
        "Optimizer adam, lr 0.01",
        "Batches 12 samples, shuffled",
        "Seed 7",
        "Device cpu, 1 thread",
        "Epochs 200 of 10 steps",
    ):
        assert setting.split() in rows
    assert ["input", "Linear", "16", "80"] in rows
    assert ["hidden_1", "Linear", "16", "272"] in rows
    assert ["output", "Linear", "3", "51"] in rows
    assert ["total", "403"] in rows
    tests = [event for event in of_type(iris.log, "Evaluated") if event["split"] == "test"]
    accuracies = [event["metrics"]["accuracy"] for event in tests]
    best = accuracies.index(max(accuracies)) + 1
    expected = f"test_accuracy {100 * accuracies[-1]:.1f} % {100 * max(accuracies):.1f} % epoch {best}"
    assert expected.split() in rows
    losses = [event["metrics"]["loss"] for event in tests]
    expected = f"test_loss {losses[-1]:.4f} {min(losses):.4f} epoch {losses.index(min(losses)) + 1}"
    assert expected.split() in rows


def test_show_of_a_healthy_run_ends_with_where_it_is(iris):
    assert iris.cli.call("show", "last").out.splitlines()[-1] == f"  Saved in saved_models/{iris.path.name}"


def test_show_tells_what_is_wrong_and_what_to_do(cli):
    ran = cli.call("run", "iris-net", "--lr", "1e30", "--epochs", "2", "--set", "optimizer.name=sgd", "--seed", "0")
    assert ran.code == 1
    result = cli.call("show", "last")
    assert (result.code, result.err) == (0, "")
    saved, empty, finding = result.out.splitlines()[-3:]
    assert saved == f"  Saved in saved_models/{cli.only_run.name}"
    assert empty == ""
    assert finding.startswith("  nan: loss became ")
    assert "; the lowest batch loss was 1." in finding
    assert finding.endswith("; try a tenth of the learning rate: optimizer.lr=1e+29")


def test_show_json(iris):
    result = iris.cli.call("show", iris.path.name, "--json")
    assert (result.code, result.err) == (0, "")
    shown = json.loads(result.out)
    assert (shown["run_id"], shown["status"], shown["parameters"]) == (iris.path.name, "completed", 403)
    weighted = [layer for layer in shown["layers"] if layer["parameters"]]
    assert [(layer["name"], layer["type"], layer["output"], layer["parameters"]) for layer in weighted] == [
        ("input", "Linear", [16], 4 * 16 + 16),
        ("hidden_1", "Linear", [16], 16 * 16 + 16),
        ("output", "Linear", [3], 16 * 3 + 3),
    ]
    assert [layer["type"] for layer in shown["layers"]] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    assert shown["sizes"] == {"train": 120, "test": 30}
    assert shown["config"] == iris.log[0]["config"]
    assert shown["versions"] == iris.log[0]["versions"]


def test_a_run_has_many_names(iris):
    """Its id, a part of it, its path, `last`: the same run."""
    name = iris.path.name
    shown = [iris.cli.call("show", each) for each in (name, name[-4:], "iris", "last", str(iris.path))]
    shown.append(iris.cli.call("show", f"saved_models/{name}"))
    assert {(each.code, each.out.splitlines()[0]) for each in shown} == {(0, f"{name}: completed")}


def test_last_is_the_run_that_was_active_last(iris, cli):
    import os

    for name, when in (("20260101-000000-older-aaaa", 2e9), ("20260102-000000-newer-bbbb", 1e9)):
        shutil.copytree(iris.path, cli.saved / name)
        os.utime(cli.saved / name / "events.jsonl", (when, when))
    assert cli.call("show", "last").out.startswith("20260101-000000-older-aaaa: ")


def test_show_changes_nothing(iris):
    def contents():
        return {path: path.read_bytes() for path in iris.path.rglob("*") if path.is_file()}

    before = contents()
    iris.cli.call("show", "last")
    iris.cli.call("runs")
    assert contents() == before


def test_a_stale_summary_is_not_believed(iris, cli):
    """summary.json is a cache: damaged, missing or of another log, it is made anew from the events."""
    shutil.copytree(iris.path, cli.saved / iris.path.name)
    (expected,) = iris.cli.runs()
    summary = cli.only_run / "summary.json"
    for content in (
        b"",
        b"\xff{",
        b"[]",
        b"null",
        json.dumps({**expected, "log_bytes": 1, "status": "failed"}).encode(),
    ):
        summary.write_bytes(content)
        assert cli.runs() == [expected]
    summary.unlink()
    assert cli.runs() == [expected]


def test_export_epochs(iris, cli, epochs_of):
    target = cli.cwd / "epochs.csv"
    result = iris.cli.call("export", "last", "--csv", str(target))
    assert (result.code, result.out) == (0, "")
    assert "200" in result.err
    table = read_csv(target)
    assert set(table.columns) == set(epochs_of.columns)
    pd.testing.assert_frame_equal(table[epochs_of.columns], epochs_of, check_exact=True)


def test_run_csv_is_the_export(iris, cli):
    target = cli.cwd / "epochs.csv"
    assert iris.cli.call("export", "last", "--csv", str(target), "--what", "epochs").code == 0
    assert (iris.cli.cwd / "epochs.csv").read_bytes() == target.read_bytes()


def test_export_steps(iris, cli, tools):
    target = cli.cwd / "steps.csv"
    assert iris.cli.call("export", "last", "--csv", str(target), "--what", "steps").code == 0
    table = read_csv(target)
    assert list(table.columns) == ["epoch", "step", "loss", "lr"]
    assert table["step"].tolist() == list(range(1, 2001))
    assert table["epoch"].tolist() == [(step - 1) // 10 + 1 for step in range(1, 2001)]
    assert table["loss"].tolist() == tools.folded_losses(iris.log)
    assert set(table["lr"]) == {0.01}


def test_export_of_several_runs_names_each(iris, cli, epochs_of):
    names = ["20260101-000000-iris-net-aaaa", "20260101-000000-iris-net-bbbb"]
    for name in names:
        shutil.copytree(iris.path, cli.saved / name)
    assert cli.call("export", "aaaa", "bbbb", "--csv", "both.csv").code == 0
    table = read_csv(cli.cwd / "both.csv")
    assert table.columns[0] == "run"
    assert table["run"].tolist() == [names[0]] * 200 + [names[1]] * 200
    for name in names:
        part = table[table["run"] == name].reset_index(drop=True)
        assert part["test_accuracy"].tolist() == epochs_of["test_accuracy"].tolist()


def test_export_replaces_a_file_and_leaves_nothing_beside_it(iris, cli):
    target = cli.cwd / "epochs.csv"
    target.write_text("what was here before\n" * 10_000)
    assert iris.cli.call("export", "last", "--csv", str(target)).code == 0
    assert len(read_csv(target)) == 200
    assert list(cli.cwd.iterdir()) == [target]


def test_export_to_a_pipe(iris):
    result = iris.cli.launch("export", "last", "--csv", "/dev/stdout")
    assert result.code == 0
    assert result.out == (iris.cli.cwd / "epochs.csv").read_text()


def test_a_failed_run_is_exported_up_to_its_failure(cli):
    assert cli.call("run", "iris-net", "--lr", "1e30", "--device", "cpu", "--csv", "epochs.csv").code == 1
    assert cli.call("export", "last", "--csv", "steps.csv", "--what", "steps").code == 0
    events = [json.loads(line) for line in (cli.only_run / "events.jsonl").read_text().splitlines()]
    losses = [float(loss) for event in of_type(events, "StepsEnded") for loss in event["losses"]]
    table = read_csv(cli.cwd / "steps.csv")
    pd.testing.assert_series_equal(table["loss"], pd.Series(losses, name="loss"), check_exact=True)
    assert len(read_csv(cli.cwd / "epochs.csv")) == len(of_type(events, "EpochEnded"))


def test_export_for_tensorboard(iris, cli):
    pytest.importorskip("tensorboard", reason="it is an extra")
    result = cli.call("export", str(iris.path), "--tensorboard", "board")
    assert (result.code, result.out) == (0, "")
    assert result.err.endswith("values written; look at them with: tensorboard --logdir board\n")
    assert [path.parent.name for path in (cli.cwd / "board").rglob("events.out.tfevents*")] == [iris.path.name]
    assert "--csv FILE, or --tensorboard DIR" in cli.call("export", str(iris.path)).refused()
    assert "--what is for --csv" in cli.call("export", "last", "--tensorboard", "x", "--what", "steps").refused()
