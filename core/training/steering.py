"""Steering a stream: events are told, at a yield a command may come in, and `Stop` and `Set` are carried out here."""

from __future__ import annotations

from collections.abc import Callable, Generator

from core.events.commands import Set, Stop, StreamCommand
from core.events.events import Event, SettingChanged
from core.system import clock
from core.training.state import TrainState

REPORT_EVERY = 0.05
"""Seconds between two reports while steps are fast; also the longest wait of a command."""

Telling = Generator[Event, StreamCommand | None, None]


def report_is_due(began: float, now: Callable[[], float] = clock.now) -> bool:
    """Whether the batches since `began`, by the clock `now`, are worth an event."""
    return now() - began >= REPORT_EVERY


class Stopped(Exception):
    """A Stop command, on its way out of nested generators."""


def tell(state: TrainState, event: Event) -> Telling:
    """Yield one event and carry out what is sent back; each command is answered by an event. Raises Stopped."""
    yield from obey(state, (yield event))


def turn(state: TrainState | None) -> Generator[Event | None, StreamCommand | None, None]:
    """Nothing to tell, but a chance to send a command. Raises Stopped."""
    yield from obey(state, (yield None))


def obey(state: TrainState | None, command: StreamCommand | None) -> Telling:
    """Carry out what was sent at a yield. No `state`: of a search, whose settings stay as they are. Raises Stopped."""
    while command is not None:
        if isinstance(command, Stop):
            raise Stopped
        if state is None or not isinstance(command, Set):
            raise TypeError(f"this stream cannot carry out {command}")
        command = yield _change(state, command)


def _change(state: TrainState, command: Set) -> SettingChanged:
    """Carry out a Set, of the learning rate that the schedule multiplies, on `state`."""
    old, state.base_lr = state.base_lr, command.value
    state.use_lr(command.value)
    return SettingChanged(step=state.step, key=command.key, old=old, new=command.value)
