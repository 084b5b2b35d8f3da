"""`nntui run --storage` and `nntui worker`: real processes, on SQLite and on PostgreSQL, some of them killed."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SHORT = ("--set", "model.n_layers=1,2", "--set", "model.n_units=8,16,24", "--epochs", "5")
LONG = ("--epochs", "120", "--set", "max_stack=3")
"""32 trials: long enough to be met in the middle."""


@pytest.fixture
def here(cli, tmp_path):
    """The command where a worker counts as dead after 2 seconds."""
    return cli.at(tmp_path, NNTUI_GRACE="2")


@pytest.fixture
def spawn(here) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """`here.spawn`; whatever a failed test leaves running ends with it."""
    children = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        children.append(here.spawn(*arguments))
        return children[-1]

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
            child.communicate()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/search.db"


def ends_of(tools, run: Path) -> Counter[int]:
    """How often each trial's end is in a run's log."""
    return Counter(event["number"] for event in tools.read_log(run) if event["type"] == "TrialEnded")


def workers_of(tools, run: Path) -> dict[int, str]:
    """Where each trial was trained, the last time."""
    return {event["number"]: event["worker"] for event in tools.read_log(run) if event["type"] == "TrialStarted"}


def make_study(storage: str, grace: float) -> None:
    """A search of 32 trials that nobody trains yet, so that two workers can begin at the same time."""
    from core.experiment import open
    from core.experiment import search as search_config
    from core.search.shared import known
    from core.search.shared.storage import open_storage
    from core.search.state import Datasets

    config = open.load("iris-search", [("epochs", "150"), ("max_stack", "3")])
    assert isinstance(config, search_config.SearchConfig)
    opened = open_storage(storage, create=True)
    known.create(opened, config, Datasets().of(config.base).sha256, grace=grace, workers=2)
    opened.close()


def training(root: Path, number_of_runs: int) -> list[Path]:
    """The run folders, once there are so many and each has a trial under way."""
    runs = sorted(root.iterdir()) if root.is_dir() else []
    logs = [run / "events.jsonl" for run in runs]
    ready = [log.parent for log in logs if log.exists() and b'"TrialsProgressed"' in log.read_bytes()]
    return ready if len(ready) == number_of_runs else []


def processes(word: str) -> list[str]:
    """Commands under way whose arguments have this word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if any(word.encode() in argument for argument in arguments) and b"tui.cli" in arguments:
            found.append(b" ".join(arguments).decode(errors="replace"))
    return found


def gone(word: str, seconds: float = 25) -> bool:
    """Whether no such process is left, within this time."""
    until = time.monotonic() + seconds
    while processes(word):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def states(server: Any, database: str) -> dict[str, int]:
    return dict(server.query("SELECT state, count(*) FROM trials GROUP BY state", database))


@pytest.mark.slow
def test_two_processes_share_a_search_in_a_file(here, tools, url) -> None:
    """And by TPE, which looks at what both have come to, no cell is tried twice."""
    tpe = ("--set", "method=tpe", "--set", "trials=16", "--epochs", "3", "--csv", "rows.csv")
    result = here.launch("run", "iris-search", *tpe, "--storage", url, "--workers", "2")
    assert result.code == 0, result.err
    assert result.err == f"nntui: others help with: nntui worker iris-search --storage {url}\n"
    assert gone(url, 0)
    runs = sorted(here.saved.iterdir())
    assert len(runs) == 2
    for run in runs:
        assert ends_of(tools, run) == Counter(range(1, 17))
        started = [event for event in tools.read_log(run) if event["type"] == "TrialStarted"]
        assert len({json.dumps(event["cell"]) for event in started}) == 16
        assert len({event["config"]["seed"] for event in started}) == 16
        assert len((run / "results.csv").read_text().splitlines()) == 17
    assert workers_of(tools, runs[0]) == workers_of(tools, runs[1])
    assert (here.cwd / "rows.csv").read_bytes() == (runs[0] / "results.csv").read_bytes()
    listed = here.runs()
    assert [(each["name"], each["status"]) for each in listed] == [("iris-search", "completed")] * 2


@pytest.mark.slow
def test_a_worker_killed_by_sigkill_costs_no_trial_and_none_is_done_twice(here, spawn, tools, postgres) -> None:
    storage = postgres.new_database("killed")
    make_study(storage, grace=2)
    worker = ("worker", "iris-search", "--storage", storage, "--quiet", "--models-dir")
    ours, theirs = spawn(*worker, "ours"), spawn(*worker, "theirs")
    (first,) = tools.wait_until(lambda: training(here.cwd / "ours", 1), ours)
    (second,) = tools.wait_until(lambda: training(here.cwd / "theirs", 1), theirs)
    theirs.kill()
    theirs.communicate()
    held = {number for number, name in workers_of(tools, second).items() if name.endswith(f":{theirs.pid}")}
    unfinished = held - set(ends_of(tools, second))
    result = tools.finish(ours)
    assert result.code == 0, result.err
    assert tools.read_log(first)[-1]["status"] == "completed"
    assert states(postgres, "killed") == {"COMPLETE": 32}
    assert ends_of(tools, first) == Counter(range(1, 33))
    by = workers_of(tools, first)
    assert unfinished
    assert sum(name.endswith(f":{theirs.pid}") for name in by.values()) <= len(held)
    assert postgres.query("SELECT count(*) FROM trial_values", "killed") == [(32,)]
    assert postgres.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'killed'") == [(0,)]
    # The dead one's run goes on: it has all trials of the others, and nothing left to do.
    resumed = here.at(here.cwd, PGPASSWORD="not-in-any-log").call("resume", str(second), "--quiet")
    assert resumed.code == 0, resumed.err
    assert ends_of(tools, second) == Counter(range(1, 33))
    assert gone("iris-search", 0)


@pytest.mark.slow
def test_no_helper_outlives_a_parent_that_is_killed(here, spawn, tools, url) -> None:
    ours = spawn("run", "iris-search", *LONG, "--storage", url, "--workers", "2", "--quiet")
    tools.wait_until(lambda: training(here.saved, 2), ours)
    assert len(processes(url)) == 2
    ours.kill()
    ours.communicate()
    assert gone(url)
    (parent,) = [run for run in here.saved.iterdir() if (run / "workers").is_dir()]
    (helper,) = [run for run in here.saved.iterdir() if run != parent]
    assert tools.read_log(helper)[-1]["status"] == "stopped"  # it gave back what it had
    waits = sqlite3.connect(url.removeprefix("sqlite:///")).execute(
        "SELECT count(*) FROM trials WHERE state = 'RUNNING' AND trial_id IN "
        f"(SELECT trial_id FROM trial_user_attributes WHERE key = 'worker' AND value_json LIKE '%{helper.name}%')"
    )
    assert waits.fetchall() == [(0,)]


@pytest.mark.slow
def test_ctrl_c_stops_all_and_resume_goes_on(here, spawn, tools, postgres) -> None:
    """And nobody gets to see the password: no list of processes, no file."""
    storage = postgres.new_database("stopped")
    ours = spawn("run", "iris-search", *LONG, "--storage", storage, "--workers", "2", "--quiet")
    tools.wait_until(lambda: training(here.saved, 2), ours)
    (helper,) = [line for line in processes("--helper") if "stopped" in line]
    ours.send_signal(signal.SIGINT)
    result = tools.finish(ours)
    assert (result.code, result.err) == (130, "")
    assert gone("/stopped", 0)
    assert states(postgres, "stopped").get("RUNNING", 0) == 0
    assert states(postgres, "stopped")["WAITING"] > 0
    (parent,) = [run for run in here.saved.iterdir() if (run / "workers").is_dir()]
    resumed = here.at(here.cwd, PGPASSWORD="not-in-any-log").call("resume", parent.name, "--quiet")
    assert resumed.code == 0, resumed.err
    assert ends_of(tools, parent) == Counter(range(1, 33))
    assert states(postgres, "stopped") == {"COMPLETE": 32}
    texts = [path for path in here.saved.rglob("*") if path.suffix in (".jsonl", ".json", ".toml", ".log", ".csv")]
    assert len(texts) > 30
    assert "not-in-any-log" not in "".join([helper, *(path.read_text() for path in texts)])


def test_bad_input_is_told_in_a_line_and_nothing_is_written(here, url) -> None:
    unreachable = "postgresql://me:secret@127.0.0.1:1/x"
    table = here.cwd / "flowers.csv"
    table.write_text("\n".join(["a,b,label", *(f"{i},{i * 7 % 5},{'xy'[i % 2]}" for i in range(20))]))
    flowers = ("--set", "dataset.name=csv", "--set", f"dataset.path={table}", "--set", "dataset.target=label")
    made = here.call("run", "iris-search", *flowers, *SHORT, "--set", "name=flowers", "--storage", url, "--quiet")
    assert made.code == 0, made.err
    table.write_text(table.read_text().replace("3,1,y", "3,2,y"))
    before = sorted(here.saved.rglob("*"))
    began = time.monotonic()
    for arguments, complaint in (
        (
            ("worker", "iris-search", "--storage", unreachable),
            r"cannot reach the storage postgresql://me@127.0.0.1:1/x",
        ),
        (("run", "iris-search", "--storage", unreachable), r"cannot reach the storage postgresql://me@127.0.0.1:1/x"),
        (("worker", "flowers", "--storage", url), r"the data here differs from that of the search flowers"),
        (("worker", "roses", "--storage", url), r"no search named 'roses' in .*; there are flowers"),
        (("run", "iris-search", "--set", "name=flowers", "--storage", url), r"a search named flowers in .* already"),
        (("run", "iris-net", "--storage", url), r"--storage is for a search: give a key a list"),
        (("run", "iris-search", "--workers", "2"), r"--workers needs a storage"),
        (("run", "iris-search", "--workers", "x", "--storage", url), r"--workers = x: must be a whole number"),
        (("worker", "flowers"), r"Missing option '--storage'"),
    ):
        refused = here.call(*arguments).refused()
        assert re.search(complaint, refused), refused
        assert "secret" not in refused
    refused = here.at(here.cwd, NNTUI_GRACE="soon").call("run", "iris-search", "--storage", url).refused()
    assert "NNTUI_GRACE = soon: must be a number of seconds" in refused
    assert time.monotonic() - began < 20
    assert sorted(here.saved.rglob("*")) == before
