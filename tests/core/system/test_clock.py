"""The clock of training: what a stopped process sleeps through is taken out, what a busy one waits for is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.events.commands import Checkpoint, Pause, Stream, Unpause
from core.events.events import CheckpointSaved, Event, RunUnpaused
from core.sessions.run import Run
from core.system.clock import STOPPED, Clock


class Hands:
    """A wall clock and a count of computing, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.cpu = 100.0, 5.0
        self.clock = Clock(lambda: self.wall, lambda: self.cpu)

    def pass_by(self, wall: float, cpu: float) -> None:
        self.wall += wall
        self.cpu += cpu


def test_what_is_slept_through_is_no_time() -> None:
    hands = Hands()
    with hands.clock.watched():
        began = hands.clock.now()
        hands.pass_by(1.0, 1.0)
        hands.clock.look()
        hands.pass_by(3600.0, 0.25)  # stopped, and a quarter of a second of work around it
        assert hands.clock.now() - began == 1.25
        hands.pass_by(1.0, 1.0)
        assert hands.clock.now() - began == 2.25


def test_computing_without_a_look_is_time() -> None:
    hands = Hands()
    with hands.clock.watched():
        began = hands.clock.now()
        hands.pass_by(60.0, 59.0)
        assert hands.clock.now() - began == 60.0


def test_where_nobody_looks_all_is_time() -> None:
    hands = Hands()
    with hands.clock.watched():
        pass
    began = hands.clock.now()
    hands.pass_by(3600.0, 0.0)
    assert hands.clock.now() - began == 3600.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 18), st.booleans()), max_size=20))
def test_it_never_goes_backwards_and_never_gains(moves: list[tuple[int, int, bool]]) -> None:
    hands = Hands()
    with hands.clock.watched():
        last = hands.clock.now()
        for wall, cpu, look in moves:
            hands.pass_by(wall, cpu)
            if look:
                hands.clock.look()
            now = hands.clock.now()
            assert last <= now <= last + wall
            assert now == last + wall or (wall > STOPPED and cpu < wall / 2)
            last = now


def test_a_pause_is_no_time_of_a_run_and_what_is_done_in_it_is_dated_before() -> None:
    hands = Hands()
    told: list[Event] = []

    def stream() -> Stream:
        hands.pass_by(1.0, 1.0)
        command = yield CheckpointSaved(epoch=1, step=1, path="a")
        while command is not None:
            command = yield CheckpointSaved(epoch=1, step=1, path="asked for")
        hands.pass_by(1.0, 1.0)
        yield CheckpointSaved(epoch=2, step=2, path="b")
        return ""

    def recorder(event: Event) -> None:
        told.append(event)
        if isinstance(event, CheckpointSaved) and event.path == "a":
            for command in (Pause(), Checkpoint()):
                run.send(command)
        elif isinstance(event, CheckpointSaved) and event.path == "asked for":
            hands.pass_by(1000.0, 1000.0)  # somebody has dinner
            run.send(Unpause())

    run = Run("r", stream(), [recorder], clock=hands.clock)
    run.execute()
    assert [event.t for event in told] == [1.0, 1.0, 1.0, 1.0, 2.0, 2.0]
    assert any(isinstance(event, RunUnpaused) for event in told)
