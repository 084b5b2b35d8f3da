"""What killed processes left of files they were writing goes when a run goes on; what is being written stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.events.events import Event, StepsEnded, TrialsProgressed
from core.experiment import open as experiment_open
from core.experiment import resolve
from core.experiment import search as search_config
from core.runs.folder import RunDir
from core.sessions import open, shared
from core.sessions.session import Session
from core.system.files import temporary_of, writer_of


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.fixture(params=["run", "search", "shared search"])
def stopped(request: pytest.FixtureRequest, tmp_path: Path) -> RunDir:
    made: list[Session] = []

    def stop(event: Event) -> None:
        if isinstance(event, StepsEnded | TrialsProgressed):
            made[0].run.stop()

    if request.param == "run":
        made.append(open.start(resolve.load("iris-net", [("epochs", "30")]), tmp_path, recorders=[stop]))
    else:
        chosen = experiment_open.load("iris-net", [("model.n_units", "4,8"), ("epochs", "2000")])
        assert isinstance(chosen, search_config.SearchConfig)
        if request.param == "search":
            made.append(open.start(chosen, tmp_path, recorders=[stop]))
        else:
            made.append(shared.start(chosen, tmp_path, f"sqlite:///{tmp_path}/s.db", recorders=[stop]))
    assert made[0].run.execute().status == "stopped"
    return made[0].run_dir


def test_they_go_when_it_goes_on(stopped: RunDir, dead: int) -> None:
    for folder in (stopped.figures, stopped.trial(1).path):
        folder.mkdir(parents=True, exist_ok=True)
    mine = os.getpid()
    gone = [
        stopped.path / f".checkpoint.pt.{dead}.0123abcd.tmp",
        stopped.path / f".checkpoint.pt.{mine}.0123abcd.tmp",  # its number is this process's by now
        stopped.path / f".summary.json.{dead}.0123abcd.tmp",
        stopped.path / f".answers.csv.{dead}.0123abcd.tmp",
        stopped.figures / f".weights.json.{dead}.0123abcd.tmp",
        stopped.trial(1).path / f".model.pt.{dead}.0123abcd.tmp",
    ]
    stay = [
        stopped.path / f".answers.csv.{mine}.0123abcd.tmp",
        stopped.path / f".summary.json.{os.getppid()}.0123abcd.tmp",
        stopped.path / "notes.tmp",
        stopped.path / ".mine.tmp",
        stopped.path / f".checkpoint.pt.{dead}.tmp",
        stopped.path / f"checkpoint.pt.{dead}.0123abcd.tmp",
    ]
    for path in (*gone, *stay):
        path.write_bytes(b"half of")
    session = open.resume(stopped)
    assert [path.name for path in gone if path.exists()] == []
    assert [path.name for path in stay if not path.exists()] == []
    session.run._stream.close()


def test_names_are_those_that_are_written(tmp_path: Path) -> None:
    for name in ("checkpoint.pt", "a.b.c", ".hidden", "목표.csv"):
        assert writer_of(temporary_of(tmp_path / name).name) == (name, os.getpid())
    for name in ("checkpoint.pt", ".checkpoint.pt.12.tmp", ".x.12.0123abcg.tmp", ".x.y.0123abcd.tmp"):
        assert writer_of(name) is None
