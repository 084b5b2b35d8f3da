"""What may be asked of a stream while it runs, and what a stream is."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from core.events.events import LARGEST, SMALLEST, Event


@dataclass(frozen=True)
class Stop:
    """End the session; what was trained is kept and can be resumed."""

    reason: str = "stopped by the user"


@dataclass(frozen=True)
class Checkpoint:
    """Save a checkpoint now."""


@dataclass(frozen=True)
class Set:
    """Change a hyperparameter for the steps to come. Raises ValueError for one that cannot change while training."""

    key: str
    value: float

    def __post_init__(self) -> None:
        if self.key != "optimizer.lr":
            raise ValueError(f"cannot change {self.key!r} while training; choose from optimizer.lr")
        if not 0 < self.value < math.inf:
            raise ValueError(f"optimizer.lr = {self.value:g}: must be positive and finite")
        if not SMALLEST <= self.value <= LARGEST:
            raise ValueError(f"optimizer.lr = {self.value:g}: float32 holds {SMALLEST:.2g} to {LARGEST:.2g}")


@dataclass(frozen=True)
class Pause:
    """Hold the stream until `Unpause` or `Stop`: now, or once the epoch under way is over. A stream that is held
    already goes on until then."""

    after_epoch: bool = False


@dataclass(frozen=True)
class Unpause:
    """Let a held stream go on."""


StreamCommand: TypeAlias = Stop | Checkpoint | Set
"""What a stream understands. Pausing needs nothing of it: nobody pulls."""

Command: TypeAlias = StreamCommand | Pause | Unpause

Stream: TypeAlias = Generator[Event, StreamCommand | None, str | None]
"""A lazy run: each `next` trains a little and tells what happened. A command sent in is answered by the next event;
after `Stop` the stream ends. It returns why it is complete (an empty string: all was done), or None when it was stopped
before that."""

Turns: TypeAlias = Generator[Event | None, StreamCommand | None, str | None]
"""A stream that also yields None: nothing to tell, but a chance to send a command."""


class TrainingFailed(Exception):
    """Raised by a stream that cannot go on; the message is the reason, for the user."""
