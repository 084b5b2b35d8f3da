"""Runs that earlier versions made are listed, shown, asked, exported and trained to their end.

They lie in `tests/data/runs/<version>-<commit>`: an `iris-net` and a `two-layer` that were stopped within an epoch, a
finished search, and tables of one's own (`units.csv`, `own.csv` beside them), stopped too. What the version that made
them told of them, before any resume, lies beside each folder as JSON. Nothing in them was edited.
"""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

KEPT = Path(__file__).parents[1] / "data" / "runs"
VERSIONS = sorted(path.stem for path in KEPT.glob("*.json"))
TOLD: dict[str, dict[str, Any]] = {
    version: json.loads((KEPT / f"{version}.json").read_text(encoding="utf-8")) for version in VERSIONS
}
STOPPED = [
    (version, row["run_id"]) for version in VERSIONS for row in TOLD[version]["runs"] if row["status"] == "stopped"
]
READ_OTHERWISE = "20261127-154004-units-28a0"
"""Its version took `22°C` as a category; now it is a number, so the network's inputs would be others."""
CAME_SINCE = {"format", "log_bytes", "path"}
"""Of a summary: how and from how much it was made, and where the run lay."""


@dataclass
class Kept:
    """A copy of the runs of one version, as the folder of runs of a command line."""

    cli: Any
    told: dict[str, Any]

    def settings(self, run: str) -> list[str]:
        """Where a run's table lies now: it was moved with the runs."""
        table = self.cli.cwd / f"{run.split('-')[2]}.csv"
        return ["--set", f"dataset.path={table}"] if table.is_file() else []


@pytest.fixture
def kept(cli: Any, request: pytest.FixtureRequest) -> Kept:
    version: str = request.param
    shutil.copytree(KEPT / version, cli.saved)
    for table in KEPT.glob("*.csv"):
        shutil.copy(table, cli.cwd)
    return Kept(cli, TOLD[version])


def assert_told(now: Any, then: Any, where: str) -> None:
    """Everything that was told is told now: keys and entries may have come since, numbers may differ in last bits."""
    if isinstance(then, dict):
        for key in then.keys() - CAME_SINCE:
            assert_told(now[key], then[key], f"{where}.{key}")
    elif isinstance(then, list):
        assert len(now) == len(then), where
        for i, (one, other) in enumerate(zip(now, then, strict=True)):
            assert_told(one, other, f"{where}[{i}]")
    elif isinstance(then, float):
        assert now == pytest.approx(then, rel=1e-5, nan_ok=True), where
    else:
        assert now == then, where


each_version = pytest.mark.parametrize("kept", VERSIONS, indirect=True)


@each_version
def test_they_are_listed_and_shown(kept: Kept) -> None:
    rows = {row["run_id"]: row for row in kept.cli.runs()}
    assert list(rows) == [row["run_id"] for row in kept.told["runs"]]
    for row in kept.told["runs"]:
        assert_told(rows[row["run_id"]], row, row["run_id"])
    for run, then in kept.told["show"].items():
        assert_told(kept.cli.call("show", run, "--json").json(), then, run)
    assert all(kept.cli.call("show", run).code == 0 for run in rows)


@each_version
def test_they_answer(kept: Kept) -> None:
    """The trials of a search too."""
    assert any("/" in run for run in kept.told["predict"])
    for run, then in kept.told["predict"].items():
        assert_told(kept.cli.call("predict", run, "--json", *then["values"]).json(), then["told"], run)


@each_version
def test_they_are_exported(kept: Kept) -> None:
    assert {name.split()[1] for name in kept.told["export"]} == {"epochs", "steps", "trials"}
    for name, then in kept.told["export"].items():
        run, what = name.split()
        assert kept.cli.call("export", run, "--what", what, "--csv", "out.csv").code == 0
        now, wanted = pd.read_csv(kept.cli.cwd / "out.csv"), pd.read_csv(io.StringIO(then))
        pd.testing.assert_frame_equal(now[list(wanted.columns)], wanted)


@pytest.mark.parametrize(("kept", "run"), [case for case in STOPPED if case[1] != READ_OTHERWISE], indirect=["kept"])
def test_they_go_on_to_the_end_as_if_they_had_never_stopped(kept: Kept, run: str, tools: Any) -> None:
    """Bit for bit, where this machine computes its first steps as the one that made it did."""
    path = kept.cli.saved / run
    moved = kept.settings(run)
    before = tools.folded_losses(tools.read_log(path))
    resumed = kept.cli.call("resume", run, "--quiet", *moved)
    assert (resumed.code, resumed.out, resumed.err) == (0, f"{run}\n", "")
    whole = kept.cli.at(kept.cli.cwd / "whole")
    assert whole.call("run", str(path / "config.toml"), "--quiet", *moved).code == 0
    found, wanted = (tools.folded_losses(tools.read_log(each)) for each in (path, whole.only_run))
    shown, rows = kept.cli.call("show", run, "--json").json(), whole.runs()
    assert (shown["status"], shown["sessions"], shown["epoch"]) == ("completed", 2, shown["epochs"])
    assert 0 < len(before) < len(found) == len(wanted)
    assert found[: len(before)] == before
    if wanted[: len(before)] == before:
        assert found == wanted
        assert shown["metrics"] == rows[0]["metrics"]
        assert tools.same_weights(path, whole.only_run)
    else:
        assert found == pytest.approx(wanted, rel=1e-2, abs=1e-4)


@each_version
def test_they_are_trained_longer_and_branched_from(kept: Kept) -> None:
    (run,) = [row["run_id"] for row in kept.told["runs"] if "iris-net" in row["run_id"] and row["status"] == "stopped"]
    epochs = kept.cli.call("show", run, "--json").json()["epochs"]
    assert kept.cli.call("resume", run, "--quiet").code == 0
    longer = kept.cli.call("resume", run, "--epochs", str(epochs + 1), "--quiet")
    assert (longer.code, longer.out, longer.err) == (0, f"{run}\n", "")
    assert kept.cli.call("show", run, "--json").json()["epoch"] == epochs + 1
    (trial,) = {name.split("/")[0] for name in kept.told["predict"] if "/" in name}
    for parent in (run, f"{trial}/1"):
        branch = kept.cli.call("run", "--from", parent, "--epochs", "1", "--quiet")
        assert branch.code == 0
        assert kept.cli.call("show", branch.out.strip(), "--json").json()["parent"] == f"{parent}@last"


@pytest.mark.parametrize("kept", ["0.1.0-be59479"], indirect=True)
def test_one_whose_table_is_read_otherwise_now_says_so(kept: Kept) -> None:
    path = kept.cli.saved / READ_OTHERWISE
    log = (path / "events.jsonl").read_bytes()
    refused = kept.cli.call("resume", READ_OTHERWISE, *kept.settings(READ_OTHERWISE)).refused()
    assert "there are 0 of what were 36: category of 'temp'; start a new run instead" in refused
    assert (path / "events.jsonl").read_bytes() == log


@each_version
def test_a_finished_search_is_complete(kept: Kept) -> None:
    (search,) = {run.split("/")[0] for run in kept.told["predict"] if "/" in run}
    assert f"{search} is complete: 4 of 4 trials" in kept.cli.call("resume", search).refused()
