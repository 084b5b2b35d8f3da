"""The runs of a folder, as they are read behind the screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.events import codec
from core.events.events import RunEnded
from core.runs import summary
from core.runs.folder import RunDir
from core.runs.summary import Summary
from tui.live import run_list
from tui.live.run_list import RunList


class Told:
    """What was told, time after time."""

    def __init__(self) -> None:
        self.times: list[dict[str, Summary]] = []

    def __call__(self, runs: list[Summary]) -> None:
        self.times.append({each.name: each for each in runs})

    @property
    def last(self) -> dict[str, Summary]:
        return self.times[-1]


def test_at_a_glance_then_whole(root: Path) -> None:
    told, runs = Told(), RunList(root, busy=lambda: False)
    runs.read(told)
    assert set(told.last) == {"done", "half", "broken", "sick", "held", "busy"}
    assert told.last["done"].status == "completed"
    assert told.last["done"].best_epoch is None, "that takes the whole log"
    assert told.last["held"].status == told.last["busy"].status == "interrupted"
    runs.read_whole(told)
    assert told.last["done"].best_epoch == 10
    assert all(summary.cached(RunDir(path)) for path in root.iterdir())
    n = len(told.times)
    runs.look_again(told)
    assert len(told.times) == n, "nothing has changed"


def test_what_is_wanted_is_read_first_and_nothing_while_something_trains(root: Path) -> None:
    busy, told = [True], Told()
    runs = RunList(root, lambda: busy[0])
    runs.read(told)
    (wanted,) = root.glob("*-broken-*")
    runs.want(wanted.name)
    runs.read_whole(told)
    assert not list(root.glob("*/summary.json"))
    busy[0] = False
    read: list[str] = []
    real = summary.read

    def note(run_dir: RunDir) -> Summary:
        read.append(run_dir.run_id)
        return real(run_dir)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "read", note)
        runs.read_whole(told)
    assert read[0] == wanted.name
    assert read[1:] == sorted(read[1:], reverse=True), "the newest first"


def test_runs_that_come_go_and_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (busy,), (done,) = root.glob("*-busy-*"), root.glob("*-done-*")
    monkeypatch.setattr(RunDir, "live", property(lambda each: each.path == busy))
    told, runs = Told(), RunList(root, busy=lambda: False)
    runs.read(told)
    runs.read_whole(told)
    assert told.last["busy"].status == "training"
    assert not (busy / "summary.json").exists(), "its own process writes it"
    with (busy / "events.jsonl").open("a") as file:
        file.write(codec.encode(RunEnded(status="completed", reason="", run_id="x", seq=99)) + "\n")
    monkeypatch.setattr(RunDir, "live", False)
    runs.look_again(told)
    assert told.last["busy"].status == "completed"
    shutil.rmtree(done)
    runs.look_again(told)
    assert "done" not in told.last


def test_rows_come_as_they_are_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def now() -> float:
        clock[0] += run_list.BATCH
        return clock[0]

    told = Told()
    RunList(root, busy=lambda: False, now=now).read(told)
    assert len(told.times) > 1
    assert len(told.times[0]) == 1
    assert len(told.last) == 6
