"""Wrappers of a stream: what each adds, whatever is sent when, and that none of them loses a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.events.commands import Checkpoint, Set, Stop, StreamCommand, Turns
from core.events.events import CheckpointSaved, EpochEnded, Event, RunPaused, RunStarted, RunUnpaused
from core.experiment import resolve
from core.experiment.data_folder import data_folder, with_data_found
from core.experiment.open import load
from core.experiment.search import SearchConfig
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.sessions.folders import held, new_folder
from core.sessions.savers import checkpointed
from core.sessions.turns import Answer, each, opening, ready

COMMANDS = [Checkpoint(), Stop(), Set("optimizer.lr", 0.5)]
FIRSTS: list[Event] = [RunPaused(), RunUnpaused()]


def stream(got: list[StreamCommand | None], n: int = 4) -> Turns:
    """`n` epochs; ends when Stop comes, and notes what was sent."""
    for epoch in range(1, n + 1):
        got.append((yield EpochEnded(epoch=epoch, step=epoch, seconds=0.0)))
        if isinstance(got[-1], Stop):
            return None
    return "all"


class Saves:
    """Saves at every second epoch, and not after odd ones."""

    def __init__(self, ready: bool = True) -> None:
        self.ready, self.saved, self.seen = ready, 0, list[Event | None]()

    def saw(self, event: Event | None) -> None:
        self.seen.append(event)
        self.ready |= isinstance(event, EpochEnded) and event.epoch == 3

    def due(self, event: Event | None) -> bool:
        return isinstance(event, EpochEnded) and event.epoch == 2

    def left(self, complete: str | None) -> bool:
        return complete is None

    def save(self) -> CheckpointSaved:
        self.saved += 1
        return CheckpointSaved(epoch=0, step=self.saved, path="")


def pull(turns: Turns, sent: dict[int, StreamCommand]) -> tuple[list[Event | None], str | None]:
    """All that is told, and what is returned; `sent` has the answers, by the place of the event."""
    told: list[Event | None] = []
    command: StreamCommand | None = None
    while True:
        try:
            told.append(turns.send(command))
        except StopIteration as end:
            complete: str | None = end.value
            return told, complete
        command = sent.get(len(told) - 1)


def names(told: list[Event | None]) -> str:
    """One letter an event."""
    letters = {EpochEnded: "E", CheckpointSaved: "C", RunPaused: "1", RunUnpaused: "2", type(None): "-"}
    return "".join(letters[type(event)] for event in told)


@given(st.dictionaries(st.integers(0, 6), st.sampled_from(COMMANDS)))
def test_wrapping_alone_changes_nothing(sent: dict[int, StreamCommand]) -> None:
    def then(event: Event | None) -> Answer:
        return (yield event)

    bare: list[StreamCommand | None] = []
    wrapped: list[StreamCommand | None] = []
    assert pull(stream(bare), sent) == pull(each(each(stream(wrapped), then), then), sent)
    assert bare == wrapped


@given(st.sets(st.integers(0, 9)), st.integers(0, 9))
def test_every_checkpoint_is_answered_at_once_and_a_stop_ends_it(asked: set[int], stopped: int) -> None:
    sent: dict[int, StreamCommand] = {at: Checkpoint() for at in asked} | {stopped: Stop()}
    got: list[StreamCommand | None] = []
    told, complete = pull(opening(FIRSTS[:1], checkpointed(ready(stream(got)), Saves())), sent)
    assert all(isinstance(told[at + 1], CheckpointSaved) for at in asked if at < min(stopped, len(told) - 1))
    assert not any(isinstance(command, Checkpoint) for command in got)
    assert (complete is None) == (stopped < len(told))
    assert complete == "all" or names(told[stopped + 1 :]) == "C"


def test_checkpoints_when_due_when_asked_for_and_at_the_end() -> None:
    def session(sent: dict[int, StreamCommand]) -> str:
        return names(pull(opening([], checkpointed(ready(stream([])), Saves())), sent)[0])

    assert session({}) == "EECEE"
    assert session({0: Checkpoint()}) == "ECECEE"
    assert session({0: Checkpoint(), 1: Checkpoint()}) == "ECCECEE"
    assert session({1: Set("optimizer.lr", 0.5)}) == "EEEE"  # what is sent goes first
    assert session({3: Stop()}) == "EECEC"


def test_one_that_is_asked_for_waits_until_the_state_can_be_saved() -> None:
    saves = Saves(ready=False)
    told, _complete = pull(opening([], checkpointed(ready(stream([])), saves)), {0: Checkpoint()})
    assert names(told) == "EECECE"


def test_what_is_sent_before_a_stream_begins() -> None:
    got: list[StreamCommand | None] = []
    told, complete = pull(
        opening(FIRSTS, checkpointed(ready(stream(got)), Saves())), {0: Checkpoint(), 1: Checkpoint()}
    )
    assert (names(told), complete) == ("12CCEECEE", "all")
    got.clear()
    told, complete = pull(opening(FIRSTS, checkpointed(ready(stream(got)), Saves())), {1: Stop()})
    assert (names(told), complete, got) == ("12C", None, [])
    with pytest.raises(TypeError, match="cannot carry out Set"):
        pull(opening(FIRSTS, ready(stream([]))), {0: Set("optimizer.lr", 0.5)})


def test_closing_it_closes_all_within() -> None:
    closed = []

    def inner() -> Turns:
        try:
            yield RunStarted  # type: ignore[misc]
        finally:
            closed.append(True)
        return None

    turns = opening([], checkpointed(ready(inner()), Saves()))
    next(turns)
    turns.close()
    assert closed == [True]


def test_where_the_data_of_a_run_are(tmp_path: Path) -> None:
    there, gone, given_ = str(tmp_path), str(tmp_path / "gone"), str(tmp_path / "given")
    assert data_folder(there, None) == there
    assert data_folder(gone, None) is None
    assert data_folder(None, None) is None
    assert {data_folder(each, given_) for each in (there, gone, None)} == {given_}
    for recorded, found in ((there, there), (gone, None)):
        run = with_data_found(resolve.load("mnist-mlp", [("data_dir", recorded)]), None)
        assert run.data_dir == found
        searched = load("mnist-mlp", [("data_dir", recorded), ("optimizer.lr", "0.1,0.2")])
        assert isinstance(searched, SearchConfig)
        moved = with_data_found(searched, None)
        assert moved.base.data_dir == found
        assert all(moved.trial(cell, number).data_dir == found for number, cell in enumerate(moved.grid()))


def test_a_folder_goes_and_a_log_is_let_go_where_a_session_cannot_begin(tmp_path: Path) -> None:
    made: list[RunDir] = []

    def fail_with_a_new_folder() -> None:
        with new_folder(tmp_path, "a", "") as run_dir:
            assert run_dir.path.is_dir()
            made.append(run_dir)
            raise ValueError("no")

    def fail_with_a_log() -> None:
        with held(kept):
            with pytest.raises(RunError, match="another process"):
                EventLog(kept)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail_with_a_new_folder()
    assert not made[0].path.exists()
    kept = RunDir.create(tmp_path, "b", "")
    with pytest.raises(ValueError, match="no"):
        fail_with_a_log()
    with held(kept) as log:  # it is free again
        pass
    log.close()
