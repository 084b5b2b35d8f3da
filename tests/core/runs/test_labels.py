"""Labels: kept beside the log, changed by several at once, and never a reason for which a run is not shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from some_runs import made_run, run_id

from core.errors import RunError, WriteError
from core.runs import labels, summary
from core.runs.event_log import EventLog
from core.runs.find import find
from core.runs.folder import RunDir
from core.runs.labels import Labels


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    return made_run(tmp_path, run_id(1))


def test_what_is_given_is_read(run_dir: RunDir) -> None:
    assert labels.read(run_dir) == Labels()
    labels.change(run_dir, name="  붓꽃 one ", add=["paper", "slow"], note="first\r\nsecond")
    assert labels.read(run_dir) == Labels("붓꽃 one", ("paper", "slow"), "first\nsecond")
    assert labels.change(run_dir, add=["Paper", "new"], remove=["SLOW", "never"]).tags == ("paper", "new")
    assert labels.change(run_dir, name="", note="") == Labels("", ("paper", "new"), "")
    assert run_dir.run_id == run_id(1)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b'{"tags": 3, "name": [], "note": null}', b"\xff", b"[" * 9999]
)
def test_a_file_of_another_making_hides_no_run(content: bytes, run_dir: RunDir) -> None:
    labels.path_of(run_dir).write_bytes(content)
    assert labels.read(run_dir) == Labels()
    assert summary.read(run_dir).status == "completed"


@pytest.mark.parametrize("content", [b"{", b"[]", b"not ours"])
def test_and_is_not_thrown_away(content: bytes, run_dir: RunDir) -> None:
    labels.path_of(run_dir).write_bytes(content)
    with pytest.raises(RunError, match=r"labels\.json is not what nntui wrote; move it away"):
        labels.change(run_dir, add=["a"])
    assert labels.path_of(run_dir).read_bytes() == content


def test_what_a_later_version_keeps_there_stays(run_dir: RunDir) -> None:
    labels.path_of(run_dir).write_text('{"colour": "red", "tags": ["a", 3]}')
    labels.change(run_dir, name="x")
    assert json.loads(labels.path_of(run_dir).read_text()) == {"colour": "red", "name": "x", "tags": ["a"], "note": ""}


@pytest.mark.parametrize("tag", ["", " ", "a b", "a,b", "a\tb", "a\x1b[31mb", "-x", "t" * 51, "\u202eabc", "\udc80"])
def test_tags_that_are_refused(tag: str, run_dir: RunDir) -> None:
    with pytest.raises(RunError, match="tag") as caught:
        labels.change(run_dir, add=["good", tag])
    assert "\n" not in str(caught.value)
    assert labels.read(run_dir) == Labels()


@pytest.mark.parametrize("name", ["last", "a/b", "..", "a\nb", "n" * 101, "\x1b]0;x\x07"])
def test_names_that_are_refused(name: str, run_dir: RunDir) -> None:
    with pytest.raises(RunError, match="name"):
        labels.change(run_dir, name=name)


def test_a_run_that_trains_and_a_trial_may_be_labelled(run_dir: RunDir) -> None:
    log = EventLog(run_dir)
    assert labels.change(run_dir, add=["live"]).tags == ("live",)
    log.close()
    trial = made_run(run_dir.path / "trials", "7")
    assert trial.run_id == f"{run_id(1)}/7"
    assert labels.change(trial, name="good one").name == "good one"


def test_a_run_that_is_gone_is_told(run_dir: RunDir) -> None:
    with pytest.raises(RunError, match="was deleted meanwhile"):
        labels.change(RunDir(run_dir.path.parent / "other"), add=["a"])


def test_a_folder_that_cannot_be_written_to_is_told(run_dir: RunDir) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    run_dir.path.chmod(0o555)
    try:
        with pytest.raises(OSError, match="cannot write"):
            labels.change(run_dir, add=["a"])
    finally:
        run_dir.path.chmod(0o755)


CHANGES = """
import sys
from pathlib import Path
from core.runs import labels
from core.runs.folder import RunDir
for i in range(30):
    labels.change(RunDir(Path(sys.argv[1])), add=[f"{sys.argv[2]}{i}"])
"""


def test_two_processes_that_tag_at_once_lose_nothing(run_dir: RunDir) -> None:
    children = [subprocess.Popen([sys.executable, "-P", "-c", CHANGES, str(run_dir.path), name]) for name in ("a", "b")]
    assert [child.wait(60) for child in children] == [0, 0]
    assert sorted(labels.read(run_dir).tags) == sorted(f"{name}{i}" for name in "ab" for i in range(30))


# Runs are found by the name that they were given.


def test_a_given_name_finds_its_run(tmp_path: Path) -> None:
    one, two, three = (made_run(tmp_path, run_id(i)) for i in (1, 2, 3))
    labels.change(one, name="Good One")
    assert find("good one", tmp_path) == one
    assert find(two.run_id, tmp_path) == two
    labels.change(two, name="good one")
    with pytest.raises(RunError, match="'good one' fits 2 runs"):
        find("good one", tmp_path)
    labels.change(two, name="0003")  # a part of the run-id of another one
    with pytest.raises(RunError, match="'0003' fits 2 runs"):
        find("0003", tmp_path)
    labels.change(two, name="toy")  # a part of the run-id of all
    assert find("toy", tmp_path) == two
    assert find(three.run_id[-4:], tmp_path) == three


def test_a_link_is_not_followed_and_a_pipe_does_not_hold(run_dir: RunDir, tmp_path: Path) -> None:
    lock = run_dir.path / "labels.lock"
    lock.symlink_to(tmp_path / "outside")
    with pytest.raises((RunError, WriteError)):
        labels.change(run_dir, add=["x"])
    assert not (tmp_path / "outside").exists()
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(RunError, match=r"labels\.lock is no file"):
        labels.change(run_dir, add=["x"])
