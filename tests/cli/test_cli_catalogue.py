"""`nntui runs` with filters and columns, `tag`, `note`, `rename`, `delete`, `trash`: what they print and refuse."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from some_runs import CONFIG, made_run, run_id

from core.runs.event_log import EventLog
from core.runs.folder import RunDir

IDS = [run_id(i) for i in range(4)]


def made(cli: Any) -> Any:
    """Four runs: scores 0.6 to 0.9, the last one failed; one has another learning rate."""
    for i, each in enumerate(IDS):
        config = {**CONFIG, "optimizer": {"name": "sgd" if i == 2 else "adam", "lr": 0.5 if i == 2 else 0.01}}
        made_run(
            cli.saved,
            each,
            config=config,
            score=0.6 + i / 10,
            status="failed" if i == 3 else "completed",
            seed=i,
            started=f"2026-11-0{i + 1}T12:00:00+00:00",
        )
    return cli


@pytest.fixture
def four(cli: Any) -> Any:
    """For one test."""
    return made(cli)


@pytest.fixture(scope="module")
def looked_at(shared: Any) -> Any:
    """For tests that change nothing."""
    return made(shared.at(shared.cwd / "four"))


def listed(cli: Any, *arguments: str) -> list[str]:
    """The run-ids that `nntui runs` lists, in its order."""
    found = cli.call("runs", "--json", *arguments).json()
    return [each["run_id"] for each in found]


# Filters and sorting.


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], [0, 1, 2, 3]),
        (["test_accuracy>0.75"], [2, 3]),
        (["test_accuracy>75% and not failed"], [2]),
        (["--filter", "optimizer.lr<0.1"], [0, 1, 3]),
        (["optimizer.lr<0.1", "--filter", "seed>0"], [1, 3]),
        (["optimizer.name=sgd", "or", "failed"], [2, 3]),
        (["when>=2026-11-02 when<2026-11-04"], [1, 2]),
        (["tag:paper"], []),
        (["--sort", "-test_accuracy"], [3, 2, 1, 0]),
        (["--sort", "test_accuracy:desc", "completed"], [2, 1, 0]),
        (["--sort", "optimizer,-seed"], [3, 1, 0, 2]),
    ],
)
def test_which_runs_and_in_which_order(looked_at: Any, arguments: list[str], found: list[int]) -> None:
    assert listed(looked_at, *arguments) == [IDS[i] for i in found]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["test_acuracy>0.5"],
            "filter, character 1, at 'test_acuracy': no run has a column 'test_acuracy'; did you mean",
        ),
        (["failed and ("], "filter, character 13: a condition is missing at the end"),
        (["--filter", "lr>fast"], "filter, character 4, at 'fast': lr is a number"),
        (["--sort", "acuracy"], "no run has a column 'acuracy'; did you mean test_accuracy"),
        (["--columns", "run,optimizer.rate"], "no run has a column 'optimizer.rate'"),
        (["--columns", ","], "--columns: write some"),
        (["--csv", "--json"], "choose one of them"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(looked_at: Any, arguments: list[str], told: str) -> None:
    assert told in looked_at.call("runs", *arguments).refused()


def test_where_nothing_fits(looked_at: Any) -> None:
    result = looked_at.call("runs", "seed>9")
    assert (result.code, result.out) == (0, "None of 4 runs in saved_models fits the filter\n")
    assert looked_at.call("runs", "seed>9", "--csv").out.count("\n") == 1


def test_a_filter_where_there_are_no_runs(cli: Any) -> None:
    assert "No runs in" in cli.call("runs", "test_accuracy>0.9").out
    assert "is never closed" in cli.call("runs", "(test_accuracy>0.9").refused()


# Columns.


def test_columns_for_people_and_for_programs(looked_at: Any) -> None:
    chosen = ("--columns", "run,test_accuracy,optimizer.lr,model.hidden,time,tags")
    heading, first, *_rest = looked_at.call("runs", *chosen).out.splitlines()
    assert heading.split() == ["RUN", "TEST_ACCURACY", "OPTIMIZER.LR", "MODEL.HIDDEN", "TIME", "TAGS"]
    assert first.split() == [IDS[0], "60.0", "%", "0.01", "16,16", "7.0", "s", "–"]
    assert looked_at.call("runs", *chosen, "--json").json()[0] == {
        "run": IDS[0],
        "test_accuracy": 0.6,
        "optimizer.lr": 0.01,
        "model.hidden": [16, 16],
        "time": 7.0,
        "tags": [],
    }
    everything = looked_at.call("runs", "--columns", "all", "--json").json()[0]
    assert everything["config.epochs"] == 2
    assert everything["when"] == "2026-11-01T12:00:00+00:00"


def test_csv_is_read_back_as_it_was(four: Any) -> None:
    four.call("note", IDS[0], "=1+2")
    four.call("tag", IDS[0], "one", "two")
    four.call("rename", IDS[1], 'a, b" c')
    rows = list(csv.DictReader(io.StringIO(four.call("runs", "--csv").out)))
    assert [row["run"] for row in rows] == IDS
    assert (rows[0]["note"], rows[0]["tags"], rows[1]["name"]) == ("'=1+2", "one two", 'a, b" c')
    assert [float(row["test_accuracy"]) for row in rows] == [0.6 + i / 10 for i in range(4)]
    assert (rows[0]["seed"], rows[0]["best.test_accuracy"], rows[3]["state"]) == ("0", "0.6", "failed")
    assert "optimizer.lr" not in rows[0]
    chosen = four.call("runs", "--csv", "--columns", "run,optimizer.lr", "seed=2").out
    assert chosen == f"run,optimizer.lr\n{IDS[2]},0.5\n"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_no_line_is_broken_on_a_terminal(four: Any, columns: int) -> None:
    four.call("rename", IDS[0], "붓꽃 네트워크, 첫 번째")
    four.call("rename", IDS[1], "n" * 100)
    four.call("tag", IDS[2], "paper", "a-very-long-tag-that-nobody-needs")
    wide = four.at(four.cwd, COLUMNS=str(columns))
    for chosen in ([], ["--columns", "all"]):
        screen = Terminal(io.BytesIO(), encoding="utf-8", write_through=True)
        assert wide.call("runs", *chosen, stdout=screen).code == 0
        lines = screen.buffer.getvalue().decode().splitlines()  # type: ignore[attr-defined]
        assert len(lines) == 5
        assert max(map(cell_len, lines)) <= columns
        if not chosen:
            assert lines[0].split()[:2] == ["RUN", "STATE"]
            assert "TEST" in lines[0]
            assert "붓꽃" in lines[1]
            assert "60.0 %" in lines[1]
            assert "paper" in lines[3]
            assert "…" not in lines[0], "what does not fit is left out rather than cut"
            assert ("BEST EPOCH" in lines[0]) == (columns > 120)


# Labels.


def test_labels_are_given_shown_and_found(four: Any) -> None:
    assert four.call("tag", IDS[0], "paper", "slow").out == f"{IDS[0]}  tags: paper, slow\n"
    assert four.call("rename", IDS[0], "my first").out == f"{IDS[0]}  name: my first\n"
    assert four.call("note", "my first", "two\nlines").out == f"{IDS[0]}  note: two lines\n"
    shown = four.call("show", "My First")
    assert shown.code == 0
    assert all(part in shown.out for part in ("my first", "paper, slow", "two", "lines"))
    labels = {"name": "my first", "tags": ["paper", "slow"], "note": "two\nlines"}
    assert four.call("show", "my first", "--json").json()["labels"] == labels
    assert four.call("runs", "--json").json()[0]["labels"] == labels
    heading, row, *_others = four.call("runs").out.splitlines()
    assert heading.split()[-3:] == ["NAME", "TAGS", "DATA"]
    assert "my first" in row
    assert "paper slow" in row
    assert listed(four, "tag:paper") == listed(four, "name:first") == listed(four, '"two"') == [IDS[0]]
    assert four.call("tag", IDS[0], "SLOW", "--remove", "--json").json()["tags"] == ["paper"]
    assert four.call("rename", IDS[0], "").out.endswith("name: none\n")
    told = four.call("tag", IDS[0], "never", "--remove")
    assert (told.code, "has no tag never" in told.err) == (0, True)


def test_a_name_that_two_have_is_told(four: Any) -> None:
    four.call("rename", IDS[0], "twin")
    assert f"{IDS[0]} has this name, too" in four.call("rename", IDS[1], "twin").err
    assert "'twin' fits 2 runs" in four.call("show", "twin").refused()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tag", "toy-0000", "two words"], "without spaces"),
        (["tag", "toy-0000"], "Missing argument 'TAG…'"),
        (["rename", "toy-0000", "last"], "mean other things"),
        (["rename", "nobody", "x"], "no run named 'nobody'"),
        (["note", "toy-0000", "n" * 10_001], "10,000 at most"),
    ],
)
def test_labels_that_are_refused(looked_at: Any, arguments: list[str], told: str) -> None:
    assert told in looked_at.call(*arguments).refused()


def test_hostile_labels_do_not_reach_the_terminal(four: Any) -> None:
    (four.saved / IDS[0] / "labels.json").write_text(json.dumps({"name": "\x1b]0;x\x07[red]", "tags": ["\x1b[2J"]}))
    for command in (["runs"], ["runs", "--csv"], ["show", "toy-0000"], ["runs", "--columns", "name,tags"]):
        result = four.call(*command)
        assert result.code == 0
        assert "\x1b" not in result.out + result.err
        assert "\x07" not in result.out


# The trash.


def test_deleted_and_restored(four: Any) -> None:
    four.call("rename", IDS[1], "mine")
    result = four.call("delete", "mine", "toy-0002", "--yes")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Deleted 2 runs (")
    assert f"nntui trash restore {IDS[1]} {IDS[2]}" in result.out
    assert listed(four) == [IDS[0], IDS[3]]
    (last, first) = four.call("trash", "--json").json()
    assert {last["run_id"], first["run_id"]} == {IDS[1], IDS[2]}
    assert {"mine", ""} == {last["name"], first["name"]}
    assert four.call("trash").out == four.call("trash", "list").out
    assert four.call("trash").out.splitlines()[0].split() == ["RUN", "NAME", "DELETED", "SIZE"]
    assert four.call("trash", "restore", "mine").out == f"Restored {IDS[1]}\n"
    assert listed(four) == [IDS[0], IDS[1], IDS[3]]
    emptied = four.call("trash", "empty", "--yes")
    assert (emptied.code, emptied.out.startswith("Removed 1 run (")) == (0, True)
    assert four.call("trash").out == "The trash of saved_models is empty\n"
    assert "is empty" in four.call("trash", "restore", IDS[2]).refused()
    assert "behind list" in four.call("trash", "--models-dir", "elsewhere", "list").refused()


def test_without_a_terminal_nothing_is_deleted_unasked(four: Any) -> None:
    assert "nobody can be asked here; add --yes" in four.call("delete", "toy-0000", "toy-0001").refused()
    four.call("delete", "toy-0003", "--yes")
    assert "add --yes" in four.call("trash", "empty").refused()
    assert listed(four) == IDS[:3]
    assert len(four.call("trash", "--json").json()) == 1


@pytest.mark.parametrize(("answer", "left"), [("y", 2), ("YES", 2), ("n", 4), ("", 4)])
def test_the_question_says_how_many_and_how_large(
    four: Any, answer: str, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.cli import trash

    monkeypatch.setattr(trash, "somebody_is_there", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    result = four.call("delete", "toy-0000", "toy-0001")
    assert result.code == 0
    assert "Delete 2 runs (" in result.err
    assert "kB)? Restore with: nntui trash restore [y/N] " in result.err
    assert len(listed(four)) == left


def test_what_may_not_be_deleted(four: Any, tmp_path: Path) -> None:
    elsewhere = made_run(tmp_path / "elsewhere", run_id(9))
    log = EventLog(RunDir(four.saved / IDS[0]))
    try:
        for name, told in (
            ("toy-0000", "is being trained"),
            ("toy-0001/3", "cannot be deleted alone"),
            (str(elsewhere.path), "is not in the models folder"),
            ("nobody", "no run named"),
        ):
            assert told in four.call("delete", "toy-0002", name, "--yes").refused()
    finally:
        log.close()
    assert listed(four) == IDS, "not the other one either"


# Broken ones.


def test_of_many_runs_ten_are_broken(cli: Any) -> None:
    for i in range(120):
        made_run(cli.saved, run_id(i))
    for i in range(0, 120, 12):
        folder = cli.saved / run_id(i)
        spoilt = folder / ("config.toml" if i % 24 else "events.jsonl")
        spoilt.write_text("a,b\n1,2\n") if spoilt.name == "events.jsonl" else spoilt.unlink()
    for _ in range(2):
        result = cli.call("runs", "--columns", "run")
        assert (result.code, len(result.out.splitlines())) == (0, 111)
        assert len(result.err.splitlines()) == 10
        assert all(line.startswith("nntui: ") for line in result.err.splitlines())
        assert all(run_id(i) in result.err for i in range(0, 120, 12))
    assert cli.call("delete", run_id(0), run_id(12), "--yes").code == 0
    assert len(cli.call("runs").err.splitlines()) == 8


@pytest.mark.slow
def test_a_thousand_runs_are_listed_in_twice_the_time_of_help(cli: Any) -> None:
    for i in range(1000):
        made_run(cli.saved, run_id(i), score=i / 1000)
    assert cli.launch("runs").out.count("\n") == 1001
    taken: dict[str, list[float]] = {"--help": [], "runs": []}
    for _ in range(7):
        for command, seconds in taken.items():
            began = time.perf_counter()
            assert cli.launch(command).code == 0
            seconds.append(time.perf_counter() - began)
    assert min(taken["runs"]) < 2 * min(taken["--help"]), taken


def test_a_folder_that_is_named_before_the_command_holds_for_it(cli: Any, tmp_path: Path) -> None:
    made_run(tmp_path / "there", run_id(1))
    assert run_id(1) in cli.call("--models-dir", str(tmp_path / "there"), "runs").out
    nowhere = cli.call("--models-dir", str(tmp_path / "there"), "runs", "--models-dir", str(tmp_path / "none")).out
    assert "No runs in" in nowhere, "what stands behind it counts"
