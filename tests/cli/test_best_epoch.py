"""The best epoch beside the last in lists, reports and tables, of single runs and of searches, against their curves."""

from __future__ import annotations

import pandas as pd
import pytest

CPU = ("--set", "device=cpu")
MOONS = ("--set", "dataset.name=moons", "--set", "dataset.noise=0.5", "--set", "batch_size=20", *CPU)
LOSSES = [  # settings, the column that epochs are compared by, and whether less of it is better
    ((), "test_accuracy", False),
    (("--set", "split.validation=0.3"), "validation_accuracy", False),
    (("--set", "split.validation=0.3", "--set", "stop.patience=90"), "validation_loss", True),
    (("--set", "stop.keep_best=true"), "test_loss", True),
    (("--set", "stop.keep_best=true", "--set", "stop.monitor=train_accuracy"), "train_accuracy", False),
]


@pytest.mark.parametrize(("settings", "by", "less"), LOSSES)
def test_of_a_run(cli, settings, by, less) -> None:
    run = ("run", "iris-net", "--epochs", "12", "--lr", "0.1", *MOONS, *settings, "--csv", str(cli.cwd / "c.csv"))
    assert cli.call(*run).code == 0
    curve = pd.read_csv(cli.cwd / "c.csv").set_index("epoch")[by]
    best = curve.idxmin() if less else curve.idxmax()  # pandas: the first of equals
    found = cli.runs()[0]
    shown = cli.call("show", "last", "--json").json()
    for each in (found, shown):
        assert (each["best_by"], each["best_epoch"]) == (by, best)
        assert each["best_value"] == pytest.approx(curve[best])
        assert each["last_value"] == pytest.approx(curve[12])
        assert each["best_trial"] is None
    assert f"{best}: {by} " in cli.call("runs").out
    text = cli.call("show", "last").out
    assert f"Best epoch {best} by {by}: " in text
    kept = "stop.keep_best=true" in settings
    assert (f"that of epoch {best}, as best.pt" in text) == (kept and best != 12)


def test_of_a_regression_and_of_a_run_that_measured_nothing(cli) -> None:
    assert cli.call("run", "diabetes-regression", "--epochs", "5", "--set", "stop.patience=none", *CPU).code == 0
    assert cli.runs()[0]["best_by"] in ("validation_loss", "test_loss")
    assert cli.call("run", "iris-net", "--epochs", "2", "--set", "evaluate.when=[]", *CPU).code in (0, 2)


def test_of_a_search(cli) -> None:
    search = ("--set", "model.hidden=[[8],[32,32]]", "--set", "optimizer.lr=0.01,0.1", "--epochs", "12")
    for more in ((), ("--set", "stop.keep_best=true")):
        assert cli.call("run", "iris-net", *search, *MOONS, *more, "--csv", str(cli.cwd / "r.csv")).code == 0
        table = pd.read_csv(cli.cwd / "r.csv")
        by = "test_loss" if more else "test_accuracy"
        assert {"best_epoch", f"best_{by}"} <= set(table.columns)
        assert ("last_test_accuracy" in table.columns) == bool(more)
        top = table[table.test_accuracy == table.test_accuracy.max()].iloc[0]
        found = cli.call("show", "last", "--json").json()
        assert (found["best_by"], found["best_epoch"]) == (by, top.best_epoch)
        assert found["best_value"] == pytest.approx(top[f"best_{by}"])
        assert found["metrics"]["test_accuracy"] == pytest.approx(top.test_accuracy)
        trial = found["best_trial"]
        assert f"trial {trial}, {top.best_epoch}: {by} " in cli.call("runs").out
        assert f"trial {trial}, best epoch {top.best_epoch}: {by} " in cli.call("show", "last").out
        refused = cli.call("predict", "last", "0", "0").refused()
        assert refused.endswith(f"/{trial}\n")
        if more:
            assert (table[f"best_{by}"] == table[by]).all(), "what is kept is what is listed"
            shown = cli.call("show", f"last/{trial}").out
            if top.best_epoch != 12:
                assert f"Saved, and asked by nntui predict, is the network of epoch {top.best_epoch}" in shown
