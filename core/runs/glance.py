"""A run at a glance: what the first line of its log and its end tell, in a millisecond however long it is. For a list
that cannot wait until every log is read."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import IO

from core.errors import RunError
from core.events import codec
from core.events.events import Event, RunResumed, RunStarted, StepsEnded
from core.history.history import History
from core.history.outline import LOSS, outline, thin
from core.runs.folder import RunDir
from core.runs.summary import Summary, as_found

END, FAR_END = 1 << 15, 1 << 19
"""Bytes at the end of a log that are looked through; more of them where nothing was measured in those."""
SAMPLES = 16
"""Places in between at which the loss is looked up."""
_KIND = re.compile(rb'"type": "(\w+)"(?:.{0,60}"split": "(\w+)")?')


def glance(run_dir: RunDir) -> Summary:
    """Its state, its latest metrics and its time as `summary.read` has them; of its curves a rough one of the loss, and
    nothing of what was best; of a search no trials but the latest. Raises RunError."""
    history = History()
    try:
        with run_dir.events.open("rb") as file:
            size = file.seek(0, 2)
            losses = _begin(file, history, size)
            for event in _end(file, size):
                history.apply(event)
        rough = thin(losses or history.losses.mean)
        found = Summary.of(run_dir, history, -1)
    except OSError as error:
        raise RunError(f"cannot read {run_dir.events}: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # events that are none of ours
        raise RunError(f"{run_dir.events} cannot be understood ({type(error).__name__}: {error})") from None
    curves = {**outline(history), LOSS: rough} if rough else outline(history)
    found = replace(found, curves=curves, best={}, best_by="", best_epoch=None, best_value=None)
    return as_found(run_dir, replace(found, last_value=None, best_trial=None))


def _begin(file: IO[bytes], history: History, size: int) -> list[float]:
    """Take in how it began; the mean losses at a few places between there and the end."""
    file.seek(0)
    first = codec.decode(file.readline())
    if isinstance(first, RunStarted | RunResumed):
        history.apply(first)
    begin, losses = file.tell(), dict[int, float]()
    for i in range(SAMPLES):
        file.seek(begin + i * (size - begin) // SAMPLES)
        if i:
            file.readline()  # the rest of a line
        steps = next((event for line in itertools.islice(file, 8) if (event := _steps(line))), None)
        if steps is not None and steps.losses:
            losses[steps.first_step] = sum(steps.losses) / len(steps.losses)
    return list(losses.values())


def _steps(line: bytes) -> StepsEnded | None:
    event = codec.decode(line) if b'"StepsEnded"' in line[:100] else None
    return event if isinstance(event, StepsEnded) else None


def _end(file: IO[bytes], size: int) -> list[Event]:
    """Of the events at the end of the log the last of each kind, of evaluations of each split."""
    for end in (END, FAR_END):
        file.seek(max(0, size - end))
        file.readline()  # the rest of a line, or the first one, which was taken in already
        last: dict[object, bytes] = {}
        for line in file:
            if found := _KIND.search(line, 0, 200):
                last.pop(found.groups(), None)
                last[found.groups()] = line
        if size <= end or any(b'"Evaluated"' in line[:200] for line in last.values()):
            break
    return [event for line in last.values() if (event := codec.decode(line)) is not None]
