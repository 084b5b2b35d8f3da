"""Wrappers of a stream, `Turns → Turns`, each with one concern; what saves or draws is in `savers` and `pictures`.

A stream that is wrapped begins with a turn (`ready`), so that what is sent before it trains reaches every wrapper as
later commands do.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from core.events.commands import StreamCommand, Turns
from core.events.events import Event
from core.training.state import TrainState
from core.training.steering import Stopped, turn

Answer: TypeAlias = Generator[Event | None, StreamCommand | None, StreamCommand | None]
"""Tells something; returns the command to go on with."""


def each(stream: Turns, then: Callable[[Event | None], Answer], command: StreamCommand | None = None) -> Turns:
    """`stream`, sent `command` first; each of its events is told by `then`, with whatever that adds."""
    with contextlib.closing(stream):
        while True:
            try:
                event = stream.send(command)
            except StopIteration as end:
                complete: str | None = end.value
                return complete
            command = yield from then(event)


def ready(stream: Turns, state: TrainState | None = None) -> Turns:
    """`stream` after a turn, in which it may be stopped, or the settings of `state` changed, before it begins."""
    try:
        yield from turn(state)
    except Stopped:
        return None
    return (yield from stream)


def opening(firsts: Sequence[Event], stream: Turns) -> Turns:
    """`firsts`, then `stream` from its first turn on, which is not told. What is sent meanwhile is sent on then, one
    after the other."""
    sent: deque[StreamCommand] = deque()
    for first in firsts:
        if (early := (yield first)) is not None:
            sent.append(early)

    def then(event: Event | None) -> Answer:
        command = yield event
        return sent.popleft() if command is None and sent else command

    next(stream)
    return (yield from each(stream, then, sent.popleft() if sent else None))
