"""What is new in a log: whole lines only, none twice, and when it must be read anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RunError
from core.events import codec
from core.events.events import EpochEnded, Event, RunResumed
from core.runs.tail import Tail


def line(seq: int, event: Event | None = None) -> str:
    return codec.encode(replace(event or EpochEnded(epoch=seq, step=seq, seconds=0.0), seq=seq)) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text(line(0) + line(1))
    return path


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def seqs(tail: Tail, after: int = 1) -> list[int] | None:
    found = tail.new(after)
    return None if found is None else [event.seq for event in found]


def test_each_line_is_told_once_and_when_it_is_whole(log: Path) -> None:
    tail = Tail(log)
    tail.begin()
    assert seqs(tail) == []
    whole = line(3)
    add(log, line(2) + whole[:20])
    assert seqs(tail) == [2]
    assert seqs(tail) == []
    add(log, whole[20:])
    assert seqs(tail) == [3]


def test_a_line_that_was_half_there_at_first_is_told_too(log: Path) -> None:
    whole = line(2)
    add(log, whole[:20])
    tail = Tail(log)
    tail.begin()
    add(log, whole[20:] + "{torn\n" + line(3))
    assert seqs(tail) == [2, 3]


def test_what_was_read_after_the_beginning_is_not_told_again(log: Path) -> None:
    tail = Tail(log)
    tail.begin()
    add(log, line(2) + line(3))
    assert seqs(tail, after=2) == [3]


def test_it_must_be_read_anew_after_a_resume_or_where_it_is_another_file(log: Path) -> None:
    tail = Tail(log)
    tail.begin()
    add(log, line(2, RunResumed(step=0, session=2)))
    assert seqs(tail) is None
    tail.begin()
    log.write_text(line(0))
    assert seqs(tail) is None, "shorter than it was"
    tail.begin()
    other = log.with_name("other")
    other.write_text(line(0) + line(1) + line(2))
    other.replace(log)
    assert seqs(tail) is None


def test_a_log_that_is_gone_is_an_error(log: Path) -> None:
    tail = Tail(log)
    tail.begin()
    log.unlink()
    with pytest.raises(RunError, match="cannot read"):
        tail.new(1)
