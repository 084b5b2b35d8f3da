"""Told: what the log of a run tells, as a comparison needs it: a History, and beside it every evaluation by itself,
where the curves of a History have buckets. Of a million steps it keeps as much as of ten thousand."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.errors import RunError
from core.events import codec
from core.events.events import Evaluated, Event, RunStarted, SettingChanged, StepsEnded
from core.history.history import History, column
from core.runs.event_log import read_events
from core.runs.folder import RunDir

TOGETHER = 4096
"""Steps that are folded at a time, at most."""
GROWS = 64
"""And at most such a part of those before: the times of a short run are known as well as those of a long one."""


@dataclass
class Points:
    """The evaluations of one column in order: after which step, after how many seconds of training, and its value."""

    steps: array[float] = field(default_factory=lambda: array("d"))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))


@dataclass
class Told:
    """`apply` every event in order, then `settle`; read the rest. After a RunResumed it is to be made anew, of what
    `read_events` leaves."""

    history: History = field(default_factory=History)
    points: dict[str, Points] = field(default_factory=dict)
    changed: dict[str, list[tuple[int, float | str]]] = field(default_factory=dict)
    """What was changed while it trained, by key: after which step, to what."""
    before: dict[str, float | str] = field(default_factory=dict)
    """What these settings were before they were changed first."""
    _waiting: list[StepsEnded] = field(default_factory=list)
    _steps: int = 0
    """Of those that wait."""

    @classmethod
    def of(cls, run_dir: RunDir, go_on: Callable[[int], bool] = lambda _steps: True) -> Told:
        """Read a whole log. `go_on` is told now and then how many steps are read, and says whether to. Raises
        RunError."""
        told, known = cls(), -1
        for each in _events(run_dir):
            told.apply(each)
            if told.history.step != known:
                known = told.history.step
                if not go_on(known):
                    break
        told.settle()
        return told

    def apply(self, event: Event) -> None:
        if isinstance(event, StepsEnded):
            self._waiting.append(event)
            self._steps += len(event.losses)
            if self._steps >= min(TOGETHER, self.history.step // GROWS):
                self.settle()
            return
        self.settle()
        match event:
            case RunStarted():
                self.points, self.changed, self.before = {}, {}, {}
            case Evaluated():
                self._evaluated(event)
            case SettingChanged():
                self.before.setdefault(event.key, event.old)
                self.changed.setdefault(event.key, []).append((event.step, event.new))
            case _:
                pass
        self.history.apply(event)

    def settle(self) -> None:
        """Take in the steps that wait, as one report: many small ones take longer to fold than to read."""
        if not self._waiting:
            return
        waiting, self._waiting, self._steps = self._waiting, [], 0
        together, following = [waiting[0]], waiting[0].first_step + len(waiting[0].losses)
        for each in waiting[1:]:
            if each.epoch != together[0].epoch or each.first_step != following:
                self.history.apply(_as_one(together))
                together = []
            together.append(each)
            following = each.first_step + len(each.losses)
        self.history.apply(_as_one(together))

    def _evaluated(self, event: Evaluated) -> None:
        times = self.history.times
        seconds = times.last if len(times) else 0.0
        for metric, value in event.metrics.items():
            found = self.points.setdefault(column(event.split, metric), Points())
            if found.steps and found.steps[-1] >= event.step:  # measured again after a resume: the same numbers
                continue
            found.steps.append(event.step)
            found.seconds.append(seconds if math.isfinite(seconds) else 0.0)
            found.values.append(value)


def _as_one(reports: Sequence[StepsEnded]) -> StepsEnded:
    """Of steps that follow each other."""
    return replace(
        reports[-1],
        first_step=reports[0].first_step,
        losses=[loss for each in reports for loss in each.losses],
        samples=sum(each.samples for each in reports),
        seconds=sum(each.seconds for each in reports),
    )


REPORT = re.compile(
    rb'\{"v": \d+, "seq": \d+, "t": [^,]+, "type": "StepsEnded", "epoch": (\d+), "first_step": (\d+), '
    rb'"losses": \[([-+.eE\d, "nainf]+)\], "lr": [^,]+, "samples": \d+, "seconds": [^,]+, "grad_norm": [^,}]+\}\n'
)
"""The line of a report, just as `codec.encode` writes it, and in it its epoch, its first step, and its losses."""


def _events(run_dir: RunDir) -> Iterator[Event]:
    """As `read_events` has them, but reports that follow each other as one: most lines of a long log need not be
    decoded one by one. Raises RunError."""
    try:
        with run_dir.events.open("rb") as file:
            if any(b'"RunResumed"' in line for line in file):  # some of what was told before no longer counts
                yield from read_events(run_dir.events)
                return
            file.seek(0)
            yield from _with_reports_as_one(file)
    except OSError as error:
        raise RunError(f"cannot read {run_dir.events}: {error.strerror or error}") from None


def _with_reports_as_one(lines: Iterable[bytes]) -> Iterator[Event]:
    waiting, epoch, begin, following, last = list[bytes](), 0, 0, 0, b""
    for line in lines:
        found = REPORT.fullmatch(line)
        if found is not None and waiting:
            goes_on = int(found[1]) == epoch and int(found[2]) == following
            if goes_on and following - begin < min(TOGETHER, max(1, begin // GROWS)):
                waiting.append(found[3])
                following, last = following + found[3].count(b",") + 1, line
                continue
        if waiting:
            yield from _report(waiting, begin, last)
            waiting = []
        if found is not None:
            epoch, begin, waiting, last = int(found[1]), int(found[2]), [found[3]], line
            following = begin + found[3].count(b",") + 1
        elif (event := codec.decode(line)) is not None:
            yield event
    if waiting:
        yield from _report(waiting, begin, last)


def _report(losses: Sequence[bytes], first_step: int, last: bytes) -> Iterator[Event]:
    """That of these losses, what else it tells being that of the `last` of them."""
    event = codec.decode(last)
    if isinstance(event, StepsEnded):
        values = [*map(float, json.loads(b"[" + b",".join(losses[:-1]) + b"]")), *event.losses]
        yield replace(event, first_step=first_step, losses=values)
