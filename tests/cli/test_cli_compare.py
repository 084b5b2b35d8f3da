"""`nntui compare`: beside pandas on the exported CSVs, and whatever it is given."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.cells import cell_len

SEEDS = (3, 4, 5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """Three seeds of one network, one with another learning rate, a search with repeats, and other data."""
    cli = request.getfixturevalue("shared").at(tmp_path_factory.mktemp("compared"))
    for seed in SEEDS:
        assert cli.call("run", "iris-net", "--epochs", "4", "--seed", str(seed), "-q").code == 0
    assert cli.call("run", "iris-net", "--epochs", "4", "--lr", "0.1", "--set", "name=fast", "-q").code == 0
    blobs = ["--epochs", "3", "--set", "name=blobs", "-q"]
    assert cli.call("run", "blobs-binary", *blobs).code == 0
    search = ["--set", "model.n_units=8,16", "--set", "repeats=2", "--set", "name=searched"]
    assert cli.call("run", "iris-net", "--epochs", "2", *search, "-q").code == 0
    return cli


def named(cli: Any, *parts: str) -> list[str]:
    return [next(path.name for path in sorted(cli.saved.iterdir()) if part in path.name) for part in parts]


def iris(cli: Any) -> list[str]:
    return sorted(path.name for path in cli.saved.iterdir() if "-iris-net-" in path.name)


def test_means_and_spreads_are_those_of_the_exported_csvs(trained: Any) -> None:
    runs = iris(trained)
    found = trained.call("compare", *runs, *named(trained, "fast"), "--json").json()
    tables = []
    for run in runs:
        assert trained.call("export", run, "--csv", f"{run}.csv").code == 0
        tables.append(pd.read_csv(trained.cwd / f"{run}.csv"))
    (row, _fast) = found["rows"]
    assert sorted(row["seeds"]) == list(SEEDS)
    for column in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        last = pd.Series([table[column].iloc[-1] for table in tables])
        best = pd.Series([table[column].min() if "loss" in column else table[column].max() for table in tables])
        for when, values in (("last", last), ("best", best)):
            assert row[when][column]["mean"] == pytest.approx(values.mean(), rel=1e-12)
            assert row[when][column]["sd"] == pytest.approx(values.std(ddof=1), rel=1e-9, abs=1e-12)
            assert row[when][column]["n"] == 3


def test_only_what_differs_is_the_difference_of_the_two_files(trained: Any) -> None:
    one, other = iris(trained)[0], named(trained, "fast")[0]
    found = trained.call("compare", one, other, "--json").json()["settings"]

    def flat(tables: dict[str, Any], before: str = "") -> dict[str, Any]:
        told: dict[str, Any] = {}
        for key, value in tables.items():
            told |= flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
        return told

    files = [flat(tomllib.loads((trained.saved / run / "config.toml").read_text())) for run in (one, other)]
    keys = {key for key in files[0].keys() | files[1].keys() if files[0].get(key) != files[1].get(key)}
    assert {"optimizer.lr", "seed", "name"} <= keys
    assert {key: list(values.values()) for key, values in found.items()} == {
        key: [each.get(key) for each in files] for key in keys
    }


def test_a_table_for_people(trained: Any) -> None:
    runs = [*iris(trained), *named(trained, "fast")]
    told = trained.call("compare", *runs)
    assert (told.code, told.err) == (0, "")
    assert "optimizer.lr" in told.out
    assert "epochs  " not in told.out.partition("SETTINGS THAT DIFFER")[2].partition("LAST")[0], "only what differs"
    assert "± " in told.out
    assert " %*" in told.out, "the best is marked, without a colour"
    assert "\x1b" not in told.out
    narrow = trained.at(trained.cwd, COLUMNS="80").call("compare", *runs, "--all")
    assert max(map(cell_len, narrow.out.splitlines())) <= 80
    assert narrow.out.count("seed 4") >= 1


def test_a_row_for_each_cell_of_a_search(trained: Any) -> None:
    (search,) = named(trained, "searched")
    found = list(csv.DictReader(io.StringIO(trained.call("compare", search, "--csv").out)))
    assert [row["model.n_units"] for row in found] == ["8", "16"]
    assert [row["n"] for row in found] == ["2", "2"]
    each = trained.call("compare", search, "--csv", "--all").out
    assert len(list(csv.DictReader(io.StringIO(each)))) == 4


def test_other_data_are_said_and_nobody_is_best(trained: Any) -> None:
    told = trained.call("compare", iris(trained)[0], *named(trained, "blobs"))
    assert told.code == 0
    assert "cannot be compared: they are of other data (dataset.name: iris, blobs)" in told.out.splitlines()[-1]
    assert "*" not in told.out


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["nothing"], "no run named 'nothing'"),
        (["{0}", "nothing"], "no run named 'nothing'"),
        (["{0}"], "name two runs or more"),
        (["{0}", "{0}"], "is named twice"),
        (["{0}", "saved_models/{0}"], "is named twice"),
        (["{0}", "{1}", "--json", "--csv"], "choose one of them"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(names: list[str], word: str, trained: Any) -> None:
    runs = iris(trained)
    assert word in trained.call("compare", *(name.format(*runs) for name in names)).refused()


def test_a_trial_within_its_search_is_named_twice(trained: Any) -> None:
    (search,) = named(trained, "searched")
    assert "is named twice" in trained.call("compare", search, f"{search}/1").refused()


def test_a_broken_log_is_refused_by_name(trained: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "events.jsonl").write_text('{"v": 1, "seq": 0, "t": 0, "type": "RunStar')
    refused = trained.call("compare", iris(trained)[0], str(broken)).refused()
    assert str(broken) in refused
    assert "does not tell how the run began" in refused


def test_runs_of_before_are_compared(trained: Any) -> None:
    before = sorted((Path(__file__).parent.parent / "data" / "runs").glob("*/*/events.jsonl"))
    for log in before[:3]:
        told = trained.call("compare", iris(trained)[0], str(log.parent), "--json")
        assert told.code == 0, told.err
        assert json.loads(told.out)["rows"]
