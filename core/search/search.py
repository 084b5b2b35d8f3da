"""search: many networks as one lazy stream of events, as `fit` is of one network.

All trials that the study gives out at once train side by side: those that can as stacks, each stack an epoch in turn;
then those that cannot, one after the other.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from core.errors import ConfigError, UserError
from core.events.commands import StreamCommand, TrainingFailed, Turns
from core.events.events import Event, TrialEnded, TrialStarted
from core.experiment.rules import fitted_to
from core.experiment.search import SearchConfig
from core.search.groups import Alone, Group, Left, Measured, Member, Stack
from core.search.kept import Kept, compared_by, finished, settle
from core.search.progress import Progress
from core.search.state import BETWEEN, Datasets, SearchState
from core.search.study import Asked, Study, Told
from core.stack import plan as stack_plan
from core.system import clock
from core.training.steering import Stopped, obey

WAIT = 0.05
"""Seconds until a study is asked again that has nothing to train just now; the longest wait of a command."""

Keep: TypeAlias = Callable[[Member, Left, Kept], str]
"""Stores a trial that is over, and returns its folder."""

Telling: TypeAlias = Generator[Event | None, StreamCommand | None, None]


def search(config: SearchConfig, study: Study, state: SearchState, datasets: Datasets, keep: Keep) -> Turns:
    """Train all trials of `study` from where `state` stands, telling what happens, each stored by `keep` when it ends.

    At every yield the state is ready to be saved and continued; None is yielded at least every 50 ms while nothing is
    to be told. Returns an empty string, or None when it was stopped. A trial that fails does not end the search.
    """
    try:
        yield from _Search(config, study, state, datasets, keep).run()
    except Stopped:
        return None
    return ""


class _Search:
    """At every yield `state` holds all: what a method has begun can be taken up from there."""

    def __init__(self, config: SearchConfig, study: Study, state: SearchState, datasets: Datasets, keep: Keep) -> None:
        self._config, self._study, self._state = config, study, state
        self._datasets, self._keep = datasets, keep
        self._made: dict[int, Member] = {}
        """Of what waits, by number: made when it was lined up."""
        self._refused = (0, 0)
        """The first of those that there was no memory for, and how many were under way then."""
        self._progress = Progress(state, config.rank)

    def run(self) -> Telling:
        state = self._state
        members = {member.number: member for group in state.groups for member in group.members}
        for number, epoch in state.live.items():
            yield from self._start(members[number], epoch)
        while True:
            if state.at == BETWEEN:
                yield from self._plan()
                yield from self._begin()
                if state.groups:
                    state.at = 0
                    continue
                asked = self._study.ask()
                if asked is None:
                    time.sleep(WAIT)
                    yield from _turn(None)
                elif asked:
                    state.give(asked)
                else:
                    return
                continue
            while state.at < len(state.groups):
                yield from self._epoch(state.groups[state.at])
            yield from self._prune()
            state.groups = [group for group in state.groups if group.live]
            state.at = BETWEEN

    # What trains next.

    def _plan(self) -> Telling:
        """Line trials that were given out up in groups: stacks first, then those that train alone."""
        made: list[Member] = []
        looked = time.monotonic()
        for each in list(self._state.asked):
            if time.monotonic() - looked > WAIT:
                yield from _turn(None)
                looked = time.monotonic()
            try:
                made.append(self._member(each))
            except UserError as error:
                yield from self._fail(each, {}, str(error))
        alone: list[Member] = []
        stacks: dict[str, list[Member]] = {}
        wanted = {each.number for each in self._state.asked}
        for member in made:
            if member.number in wanted:
                key = stack_plan.key_of(member.config, member.data)
                (alone if key is None else stacks.setdefault(key, [])).append(member)
        most = self._config.keys.max_stack
        lined_up: list[list[Member]] = []
        for members in stacks.values():
            plan = stack_plan.plan([member.config for member in members], members[0].data.inputs, most)
            lined_up += [[members[i] for i in stack] for stack in plan]
        lined_up += [[member] for member in alone]
        self._state.waiting += [[Asked(member.number, member.cell) for member in members] for members in lined_up]
        self._state.asked = []
        self._made |= {member.number: member for members in lined_up for member in members}

    def _member(self, asked: Asked) -> Member:
        """Raises UserError."""
        made = self._config.trial(asked.cell, asked.number)
        data = self._datasets.of(made)
        return Member(asked.number, asked.cell, fitted_to(made, data.facts), data)

    def _next(self) -> list[Member]:
        """The members of the group that has waited longest. Raises TrainingFailed where its data are gone by now."""
        waits = self._state.waiting[0]
        try:
            self._made |= {each.number: self._member(each) for each in waits if each.number not in self._made}
        except UserError as error:
            raise TrainingFailed(str(error)) from None
        return [self._made[each.number] for each in waits]

    def _begin(self) -> Telling:
        """Begin with what waits, as far as there is room."""
        while self._state.waiting and self._fits(members := self._next()):
            if not members:  # others have taken them over
                self._state.waiting.popleft()
                continue
            group = self._make(members)
            if isinstance(group, str):
                for member in members:
                    yield from self._fail(Asked(member.number, member.cell), member.config.to_dict(), group)
            else:
                self._state.groups.append(group)
            self._state.waiting.popleft()
            for member in members:
                self._made.pop(member.number, None)
                if not isinstance(group, str):
                    yield from self._start(member, 0)

    def _fits(self, members: list[Member]) -> bool:
        """Whether these can train beside those under way: only stacks, as many trials as wanted, if there is memory."""
        under_way = len(self._state.live)
        if not (under_way and members):
            return True
        if any(isinstance(group, Alone) for group in self._state.groups) or _is_alone(members):
            return False
        most = self._config.keys.max_stack
        if most is not None and under_way + len(members) > most:
            return False
        key = (members[0].number, under_way)
        if self._refused != key and self._state.has_room(members):
            return True
        self._refused = key
        return False

    @staticmethod
    def _make(members: list[Member]) -> Group | str:
        """The group of these, or why there is none."""
        try:
            return Alone(members[0]) if _is_alone(members) else Stack(members)
        except ConfigError as error:
            return str(error)

    # A round: every group trains for an epoch.

    def _epoch(self, group: Group) -> Telling:
        state, turns = self._state, group.turns()
        while True:
            with group.computing():
                began, live = clock.now(), list(group.live)
                turn = next(turns, _OVER)
                each = (clock.now() - began) / max(1, len(live))
            for number in live:
                state.seconds[number] = state.seconds.get(number, 0.0) + each
            if isinstance(turn, Left):
                yield from self._end(group, turn)
            elif isinstance(turn, Measured):
                self._measured(group, turn)
            over = turn is _OVER or (isinstance(turn, Measured) and turn.epoch > 0)
            state.at += over  # before others may look: this group's turn does not come again
            if turn is not _OVER:
                yield from _turn(self._progress.due())
            if over:
                return

    def _measured(self, group: Group, measured: Measured) -> None:
        first, latest = group.members[0].number, self._state.latest
        if first in latest and latest[first].columns.keys() != measured.columns.keys():
            self._state.take_in()
        self._state.latest[first] = measured
        self._state.best.saw(measured, compared_by(group.members[0].config, self._config.rank))
        if self._config.keys.prune != "none":
            scores = measured.columns.get(self._config.rank) or [math.nan] * len(measured.numbers)
            for number, score in zip(measured.numbers, scores, strict=True):
                self._state.pruner.saw(number, measured.epoch, score)

    def _prune(self) -> Telling:
        """End the losers of the round. One that was told to be over ends when it did, and no other way."""
        if self._config.keys.prune == "none":
            return
        state = self._state
        live = {n: epoch for group in state.groups for n, epoch in group.live.items() if not group.ending(n)}
        found = state.pruner.losers(live)
        for number, epoch in live.items():
            if (known := state.over.get(number)) is not None:
                found.pop(number, None)
                if known.status == "pruned" and epoch >= known.epochs:
                    found[number] = known.reason
        state.verdicts |= found
        for group in state.groups:
            for number in [number for number in group.live if number in state.verdicts]:
                yield from self._end(group, group.leave(number, state.verdicts.pop(number)))
        state.verdicts = {}

    # Beginnings and ends.

    def _start(self, member: Member, epoch: int) -> Telling:
        if member.number not in self._state.over:
            yield from _turn(_started(member, epoch))

    def _end(self, group: Group, left: Left) -> Telling:
        self._state.whole = False
        member = next(member for member in group.members if member.number == left.number)
        if self._state.latest:
            self._state.take_in()
        last, best = self._state.metrics.pop(left.number, {}), self._state.best.pop(left.number)
        seconds = self._state.seconds.pop(left.number, 0.0)
        self._state.changed.pop(left.number, None)
        if self._is_known(left.number):
            self._state.whole = True
            yield from _turn(None)
            return
        kept, stopped = yield from finished(settle(member, left, last, self._config.rank, best))
        path = self._keep(member, left, kept)
        score = kept.metrics.get(self._config.rank, math.nan)
        self._study.tell(left.number, Told(left.status, left.epochs, score))
        self._state.whole = True
        yield from _turn(
            TrialEnded(
                number=left.number,
                status=left.status,
                reason="; ".join(each for each in (left.reason, kept.problem) if each),
                epochs=left.epochs,
                seconds=round(seconds, 6),
                path=path,
                **kept.told(),
            )
        )
        if stopped:
            raise Stopped

    def _is_known(self, number: int) -> bool:
        """Whether an earlier session has told how a trial ended; then that holds for the study too."""
        known = self._state.over.get(number)
        if known is not None:
            self._study.tell(number, known)
        return known is not None

    def _fail(self, asked: Asked, config: dict[str, Any], reason: str) -> Telling:
        """A trial that never began."""
        if self._is_known(asked.number):
            return
        self._study.tell(asked.number, Told("failed", 0, math.nan))
        yield from _turn(TrialStarted(number=asked.number, cell=asked.cell, config=config))
        yield from _turn(
            TrialEnded(number=asked.number, status="failed", reason=reason, epochs=0, seconds=0.0, metrics={})
        )


_OVER: Any = object()


def _is_alone(members: list[Member]) -> bool:
    return stack_plan.key_of(members[0].config, members[0].data) is None


def _started(member: Member, epoch: int) -> TrialStarted:
    return TrialStarted(number=member.number, cell=member.cell, config=member.config.to_dict(), epoch=epoch)


def _turn(event: Event | None) -> Telling:
    """Yield once and carry out what is sent back. Raises Stopped."""
    yield from obey(None, (yield event))
