"""Two processes work on one models folder at random: no run, no event, no tag is lost, and none is half."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.events import codec
from core.runs import catalogue, labels, trash
from core.runs.folder import RunDir

SCRIPT = Path(__file__).parents[2] / "helpers" / "one_of_two.py"
OPERATIONS = ("create", "create", "tag", "tag", "untag", "rename", "delete", "delete", "restore", "resume")
works = st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 3)), min_size=5, max_size=25)


@pytest.fixture(scope="module")
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-P", str(SCRIPT)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _name in ("a", "b")
    ]
    yield children
    for child in children:
        child.communicate()
        assert child.returncode == 0


def both(processes: list[subprocess.Popen[str]], root: Path, todo: dict[str, Any]) -> list[dict[str, Any]]:
    """Have each do its part, at once; what they have done."""
    for child, (name, what) in zip(processes, todo.items(), strict=True):
        assert child.stdin is not None
        child.stdin.write(json.dumps({"root": str(root), "name": name, "what": what}) + "\n")
        child.stdin.flush()
    answers = []
    for child in processes:
        assert child.stdout is not None
        answers.append(json.loads(child.stdout.readline()))
    return answers


def check(root: Path, told: list[dict[str, Any]]) -> None:
    done = Counter(tuple(each) for answer in told for each in answer["done"])
    created = {run_id for what, run_id in done if what == "created"}
    listing, gone = catalogue.read(root), {each.run_id for each in trash.listed(root)}
    there = {entry.run_id for entry in listing.entries}
    assert listing.broken == ()
    assert there | gone == created
    assert not there & gone
    assert gone == {id_ for id_ in created if done["deleted", id_] > done["restored", id_]}
    for run_id in created:
        run_dir = RunDir((root / trash.NAME if run_id in gone else root) / run_id)
        lines = run_dir.events.read_bytes().split(b"\n")
        assert lines.pop() == b""
        kinds = [type(codec.decode(line)).__name__ for line in lines]
        assert kinds[:2] == ["RunStarted", "RunEnded"]
        assert kinds[2:] == ["RunResumed", "RunEnded"] * done["resumed", run_id]
        assert run_dir.config.is_file()
        has = labels.read(run_dir)
        assert sorted(has.tags) == sorted(tag for answer in told for tag in answer["tags"].get(run_id, []))
        assert bool(has.name) == bool(done["renamed", run_id])
        assert (run_dir.path / trash.RECORD).is_file() == (run_id in gone)
    left = [path for path in root.rglob("*.tmp") if not path.name.startswith(".summary.json.")]
    assert left == [], "but of a cache that was written as its folder moved; it is removed when the run goes on"
    trash.empty(root)
    assert {entry.run_id for entry in catalogue.read(root).entries} == there


def at_random(processes: list[subprocess.Popen[str]], first: Any, second: Any) -> None:
    begun = [("create", 0)] * 2
    with tempfile.TemporaryDirectory() as folder:
        told = both(processes, Path(folder), {"a": begun + first, "b": second})
        check(Path(folder), told)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works, works)
def test_nothing_is_lost(processes: list[subprocess.Popen[str]], first: Any, second: Any) -> None:
    at_random(processes, first, second)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works, works)
def test_nothing_is_lost_whatever_they_do(processes: list[subprocess.Popen[str]], first: Any, second: Any) -> None:
    at_random(processes, first, second)


def test_they_do_meet(processes: list[subprocess.Popen[str]]) -> None:
    """Each on the runs of the other one: some things are refused, and in one line."""
    todo = [*(("create", 0),) * 3, *itertools.islice(itertools.cycle([(what, 0) for what in OPERATIONS[2:]]), 80)]
    with tempfile.TemporaryDirectory() as folder:
        told = both(processes, Path(folder), {"a": todo, "b": todo})
        check(Path(folder), told)
    assert all("\n" not in line for answer in told for line in answer["refused"])
    assert sum(len(answer["done"]) for answer in told) > 40
