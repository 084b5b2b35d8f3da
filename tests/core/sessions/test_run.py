"""Run: hand-written streams, commands from everywhere, and exactly one RunEnded whatever happens."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events.commands import Checkpoint, Command, Pause, Set, Stop, Stream, TrainingFailed, Unpause
from core.events.events import CheckpointSaved, EpochEnded, Event, RunEnded, RunPaused, SettingChanged
from core.sessions import run as run_module
from core.sessions.run import QUEUE_LIMIT, Run

PATIENCE = 10.0
"""Seconds after which a test gives up waiting for another thread."""


def stream(n: int | None, at: dict[int, Callable[[], None]] | None = None) -> Stream:
    """Yields EpochEnded 1, 2, …, answers commands as `fit` does, ends after `n` or at Stop."""
    for epoch in itertools.count(1):
        if n is not None and epoch > n:
            return
        if at and epoch in at:
            at[epoch]()
        command = yield EpochEnded(epoch=epoch, step=epoch, seconds=0.0)
        while command is not None:
            match command:
                case Stop():
                    yield CheckpointSaved(epoch=epoch, step=epoch, path="last words")
                    return
                case Checkpoint():
                    command = yield CheckpointSaved(epoch=epoch, step=epoch, path="")
                case Set():
                    command = yield SettingChanged(step=epoch, key=command.key, old=1.0, new=command.value)


def names(events: list[Event]) -> list[str]:
    return [f"{event.epoch}" if isinstance(event, EpochEnded) else type(event).__name__ for event in events]


class Recording:
    """A recorder that keeps everything, and sends `commands[k]` when event number k is recorded."""

    def __init__(self, commands: dict[int, list[Command]] | None = None) -> None:
        self.events: list[Event] = []
        self.commands = commands or {}
        self.run: Run | None = None

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        for command in self.commands.get(event.seq, []):
            assert self.run
            self.run.send(command)

    def execute(self, events: Stream, **kwargs: Any) -> RunEnded:
        self.run = Run("id", events, [self], **kwargs)
        return self.run.execute()


def wait_for(condition: threading.Event) -> None:
    assert condition.wait(PATIENCE), "the other thread did not get there"


# How a session ends.


def test_a_stream_that_ends_is_completed() -> None:
    recording = Recording()
    ended = recording.execute(stream(3))
    assert (ended.status, ended.reason, ended.run_id) == ("completed", "", "id")
    assert names(recording.events) == ["1", "2", "3", "RunEnded"]
    assert recording.run
    assert recording.events[-1] == ended == recording.run.ended


def test_an_empty_stream_is_completed() -> None:
    recording = Recording()
    assert recording.execute(stream(0)).status == "completed"
    assert names(recording.events) == ["RunEnded"]


def test_stop_ends_it_with_its_reason_and_its_last_words() -> None:
    recording = Recording({1: [Stop("Ctrl+C")]})
    ended = recording.execute(stream(None))
    assert (ended.status, ended.reason) == ("stopped", "Ctrl+C")
    assert names(recording.events) == ["1", "2", "CheckpointSaved", "RunEnded"]


def test_stop_before_the_first_event_stops_after_it() -> None:
    recording = Recording()
    run = Run("id", stream(None), [recording])
    run.stop()
    assert run.execute().status == "stopped"
    assert names(recording.events) == ["1", "CheckpointSaved", "RunEnded"]


def test_a_second_stop_changes_nothing() -> None:
    recording = Recording({0: [Stop("first"), Stop("second"), Pause()]})
    assert recording.execute(stream(None)).reason == "first"
    assert names(recording.events) == ["1", "CheckpointSaved", "RunEnded"]


def test_training_failed_is_a_failure_with_its_reason() -> None:
    def fail() -> None:
        raise TrainingFailed("loss became NaN at step 2; try a lower learning rate")

    crashes: list[BaseException] = []
    recording = Recording()
    ended = recording.execute(stream(None, {2: fail}), on_crash=crashes.append)
    assert (ended.status, ended.reason) == ("failed", "loss became NaN at step 2; try a lower learning rate")
    assert names(recording.events) == ["1", "RunEnded"]
    assert not crashes, "a loss that explodes is no defect of ours"


def test_any_other_exception_is_a_failure_and_reported_as_a_crash() -> None:
    error = ZeroDivisionError("by zero")

    def crash() -> None:
        raise error

    crashes: list[BaseException] = []
    recording = Recording()
    ended = recording.execute(stream(None, {2: crash}), on_crash=crashes.append)
    assert ended.status == "failed"
    assert "ZeroDivisionError" in ended.reason
    assert "by zero" in ended.reason
    assert names(recording.events) == ["1", "RunEnded"]
    assert crashes == [error]


@pytest.mark.parametrize("how", ["completed", "stopped", "failed", "crash"])
def test_the_end_is_told_once_and_last_of_all(how: str) -> None:
    def end() -> None:
        if how == "failed":
            raise TrainingFailed("reason")
        if how == "crash":
            raise RuntimeError("defect")

    order: list[str] = []
    closed: list[int] = []

    def closing(inner: Stream) -> Stream:
        try:
            yield from inner
        finally:
            closed.append(1)

    run = Run(
        "id",
        closing(stream(5, {4: end})),
        [lambda event: order.append(type(event).__name__)],
        on_end=lambda: order.append("on_end"),
    )
    if how == "stopped":
        run.stop()
    ended = run.execute()
    assert ended.status == ("failed" if how == "crash" else how)
    assert order[-2:] == ["RunEnded", "on_end"]
    assert order.count("RunEnded") == order.count("on_end") == 1
    assert closed == [1], "the stream may hold files"


# Numbers and dates.


def test_events_are_numbered_without_gaps_and_dated_in_order() -> None:
    recording = Recording({1: [Pause(), Checkpoint(), Unpause()], 3: [Set("optimizer.lr", 0.5)]})
    recording.execute(stream(5))
    assert [event.seq for event in recording.events] == list(range(len(recording.events)))
    times = [event.t for event in recording.events]
    assert times == sorted(times)
    assert times[0] >= 0


def test_a_later_session_goes_on_counting() -> None:
    recording = Recording()
    recording.execute(stream(2), seq=100, t=50.0)
    assert [event.seq for event in recording.events] == [100, 101, 102]
    assert all(50.0 <= event.t < 50.0 + PATIENCE for event in recording.events)


# Commands.


def test_commands_are_answered_in_order_by_the_next_events() -> None:
    recording = Recording({1: [Checkpoint(), Set("optimizer.lr", 0.5), Checkpoint()]})
    recording.execute(stream(3))
    assert names(recording.events) == [
        *("1", "2", "CheckpointSaved", "SettingChanged", "CheckpointSaved", "3", "RunEnded"),
    ]


def test_set_refuses_what_cannot_change_where_it_is_asked() -> None:
    run = Run("id", stream(1))
    with pytest.raises(ValueError, match=r"optimizer\.lr"):
        run.set("epochs", 3)
    assert run.execute().status == "completed"


def test_a_paused_run_answers_a_checkpoint_and_trains_nothing() -> None:
    recording = Recording({1: [Pause(), Checkpoint(), Unpause()]})
    recording.execute(stream(3))
    assert names(recording.events) == [
        *("1", "2", "RunPaused", "CheckpointSaved", "RunUnpaused", "3", "RunEnded"),
    ]


def test_a_setting_changed_while_paused_holds_afterwards() -> None:
    recording = Recording({1: [Pause(), Set("optimizer.lr", 0.5), Unpause()]})
    recording.execute(stream(3))
    assert names(recording.events)[2:5] == ["RunPaused", "SettingChanged", "RunUnpaused"]


def test_pausing_twice_is_pausing_once() -> None:
    recording = Recording({1: [Pause(), Pause(), Unpause(), Unpause(), Unpause()]})
    recording.execute(stream(3))
    assert names(recording.events) == ["1", "2", "RunPaused", "RunUnpaused", "3", "RunEnded"]


def test_stop_ends_a_paused_run() -> None:
    recording = Recording({1: [Pause(), Stop()]})
    assert recording.execute(stream(None)).status == "stopped"
    assert names(recording.events) == ["1", "2", "RunPaused", "CheckpointSaved", "RunEnded"]
    assert recording.run
    assert not recording.run.paused


@given(st.lists(st.sampled_from([Pause(), Unpause(), Checkpoint(), Set("optimizer.lr", 0.5)]), max_size=12))
def test_any_commands_in_any_order(commands: list[Command]) -> None:
    """Against a model in two variables: what is paused trains nothing, what is asked is answered once."""
    recording = Recording({0: [*commands, Unpause()]})
    recording.execute(stream(3))
    expected, paused = ["1"], False
    for command in [*commands, Unpause()]:
        match command:
            case Pause() if not paused:
                expected.append("RunPaused")
                paused = True
            case Unpause() if paused:
                expected.append("RunUnpaused")
                paused = False
            case Checkpoint():
                expected.append("CheckpointSaved")
            case Set():
                expected.append("SettingChanged")
            case _:
                pass
    assert names(recording.events) == [*expected, "2", "3", "RunEnded"]


# From another thread.


class Watched:
    """A run on its own thread, and events that are set when it gets somewhere."""

    def __init__(self, events: Stream) -> None:
        self.reached = {kind: threading.Event() for kind in (EpochEnded, RunPaused, CheckpointSaved, SettingChanged)}
        self.events: list[Event] = []
        self.run = Run("id", events, [self._record])

    def _record(self, event: Event) -> None:
        self.events.append(event)
        if type(event) in self.reached:
            self.reached[type(event)].set()


@pytest.fixture
def watch() -> Iterator[Callable[[Stream], Watched]]:
    made: list[Watched] = []

    def start(events: Stream) -> Watched:
        watched = Watched(events)
        made.append(watched)
        watched.run.start()
        return watched

    yield start
    for watched in made:
        watched.run.stop()
        assert watched.run.join(PATIENCE), "a run outlived its test"


def test_another_thread_pauses_asks_and_unpauses(watch: Callable[[Stream], Watched]) -> None:
    watched = watch(stream(None))
    wait_for(watched.reached[EpochEnded])
    watched.run.pause()
    wait_for(watched.reached[RunPaused])
    assert watched.run.paused
    watched.run.set("optimizer.lr", 0.5)
    wait_for(watched.reached[SettingChanged])
    watched.run.checkpoint()
    wait_for(watched.reached[CheckpointSaved])
    watched.run.unpause()
    watched.run.stop("seen enough")
    assert watched.run.join(PATIENCE)
    seen = names(watched.events)
    paused = seen.index("RunPaused")
    assert seen[paused : paused + 4] == ["RunPaused", "SettingChanged", "CheckpointSaved", "RunUnpaused"]
    assert watched.run.ended is not None
    assert watched.run.ended.reason == "seen enough"


def test_the_thread_never_holds_the_program_open(watch: Callable[[Stream], Watched]) -> None:
    watched = watch(stream(None))
    (thread,) = [t for t in threading.enumerate() if t.name == "run id"]
    assert thread.daemon
    assert not watched.run.join(0.0)


def test_join_before_start_has_nothing_to_wait_for() -> None:
    assert Run("id", stream(1)).join()


def test_stop_is_answered_at_the_next_yield_of_a_slow_stream(watch: Callable[[Stream], Watched]) -> None:
    """A step of 20 ms: no stop may wait for more than the one under way, plus what the machine adds."""
    watched = watch(stream(None, dict.fromkeys(range(1, 10_000), lambda: time.sleep(0.02))))
    wait_for(watched.reached[EpochEnded])
    before, asked = len(watched.events), time.perf_counter()
    watched.run.stop()
    assert watched.run.join(PATIENCE)
    waited = time.perf_counter() - asked
    steps = [event for event in watched.events[before:] if isinstance(event, EpochEnded)]
    assert len(steps) <= 1, "it trained on after the stop"
    assert waited < 0.5


# The queue.


def test_drain_gives_every_event_once() -> None:
    run = Run("id", stream(3))
    run.execute()
    events, overflowed = run.drain()
    assert names(events) == ["1", "2", "3", "RunEnded"]
    assert not overflowed
    assert run.drain() == ([], False)


def test_nobody_has_to_drain() -> None:
    """A screen that hangs must not stop the training, and must learn that it has missed something."""
    recording = Recording()
    ended = recording.execute(stream(3 * QUEUE_LIMIT))
    assert ended.status == "completed"
    assert len(recording.events) == 3 * QUEUE_LIMIT + 1
    assert recording.run
    events, overflowed = recording.run.drain()
    assert overflowed
    assert len(events) <= QUEUE_LIMIT
    assert events == recording.events[-len(events) :], "what is left is the newest, without holes"
    assert recording.run.drain() == ([], False)


@pytest.mark.parametrize("n", [run_module.QUEUE_LIMIT - 1, run_module.QUEUE_LIMIT])
def test_the_queue_overflows_only_beyond_its_limit(n: int) -> None:
    run = Run("id", stream(n))  # and RunEnded
    run.execute()
    events, overflowed = run.drain()
    assert overflowed == (n + 1 > QUEUE_LIMIT)
    assert events[-1] == run.ended


def test_draining_while_it_runs_loses_nothing(watch: Callable[[Stream], Watched]) -> None:
    watched = watch(stream(20_000))
    drained: list[Event] = []
    lost = False
    deadline = time.monotonic() + PATIENCE
    while not (drained and isinstance(drained[-1], RunEnded)) and time.monotonic() < deadline:
        events, overflowed = watched.run.drain()
        lost |= overflowed
        drained += events
    numbers = [event.seq for event in drained]
    assert numbers == sorted(set(numbers))
    if not lost:  # a drain that was held up may overflow: then it is told, and the log has them all
        assert drained == watched.events


# Recorders.


def test_recorders_see_the_same_events_in_their_order() -> None:
    seen: list[tuple[str, int]] = []
    Run("id", stream(2), [lambda e: seen.append(("log", e.seq)), lambda e: seen.append(("screen", e.seq))]).execute()
    assert seen == [(who, seq) for seq in range(3) for who in ("log", "screen")]


class Refusing:
    """A recorder that raises at its call number `at`, and from then on if `forever`."""

    def __init__(self, error: Exception, at: int, *, forever: bool) -> None:
        self.error, self.at, self.forever, self.calls = error, at, forever, 0

    def __call__(self, event: Event) -> None:
        self.calls += 1
        if self.calls == self.at + 1 or (self.forever and self.calls > self.at):
            raise self.error


ERRORS = [OSError(28, "No space left on device"), UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range")]


def test_a_recorder_that_raises_closes_the_stream() -> None:
    """It is cut off in the middle, and may hold files."""
    closed: list[int] = []

    def closing() -> Stream:
        try:
            yield from stream(None)
        finally:
            closed.append(1)

    run = Run("id", closing(), [Refusing(ERRORS[0], 2, forever=False)])
    run.execute()
    assert closed == [1]


@pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_recorder_that_raises_ends_the_run_as_failed(error: Exception, forever: bool) -> None:
    """It may be the log on a full disk, or a printer to a terminal that knows no Korean."""
    ends: list[int] = []
    run = Run("id", stream(None), [Refusing(error, 2, forever=forever)], on_end=lambda: ends.append(1))
    ended = run.execute()
    assert ended.status == "failed"
    assert str(error) in ended.reason
    assert run.ended == ended
    assert ends == [1]
    drained, _overflowed = run.drain()
    assert names(drained) == ["1", "2", "RunEnded"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_recorder_that_cannot_take_the_end_does_not_hide_it(error: Exception) -> None:
    run = Run("id", stream(2), [Refusing(error, 2, forever=True)])
    ended = run.execute()
    assert isinstance(ended, RunEnded)
    assert run.ended == ended
    assert run.drain()[0][-1] == ended


def test_the_log_has_no_number_twice_when_a_later_recorder_raises() -> None:
    """The log has already written the event that the screen then chokes on."""
    log: list[Event] = []
    Run("id", stream(None), [log.append, Refusing(ValueError("choked"), 2, forever=False)]).execute()
    assert [event.seq for event in log] == list(range(len(log)))
    assert isinstance(log[-1], RunEnded)


def test_one_epoch_then_pause(tmp_path: Path) -> None:
    """`pause(after_epoch=True)` holds where an epoch ends, from training and from a pause."""
    from core.events.events import EpochEnded, RunPaused, RunUnpaused
    from core.experiment import resolve
    from core.sessions import network

    opened = network.start(resolve.load("iris-net", [("epochs", "100000")]), tmp_path)
    run, seen = opened.run, []

    def wait_for(kind: type, after: int) -> int:
        for _ in range(2000):
            seen.extend(run.drain()[0])
            for i, event in enumerate(seen[after:], after):
                if isinstance(event, kind):
                    return i
            time.sleep(0.005)
        pytest.fail(f"no {kind.__name__}")

    run.start()
    wait_for(EpochEnded, 0)
    run.pause(after_epoch=True)
    first = wait_for(RunPaused, 0)
    assert isinstance(seen[first - 1], EpochEnded), "it was held somewhere else"
    run.pause(after_epoch=True)
    second = wait_for(RunPaused, first + 1)
    assert isinstance(seen[first + 1], RunUnpaused)
    between = [event for event in seen[first:second] if isinstance(event, EpochEnded)]
    assert len(between) == 1, "exactly one epoch"
    run.pause(after_epoch=True)
    wait_for(RunUnpaused, second)
    run.unpause()  # takes the wish back
    run.stop()
    assert run.join(20)
