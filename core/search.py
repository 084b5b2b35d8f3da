"""search: many networks as one lazy stream of events, as `fit` is of one network.

All trials that the study gives out at once train side by side: those that can as stacks, each stack an epoch in turn;
then those that cannot, one after the other.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from core import stack_plan
from core.config import RunConfig
from core.data import Data, load_data
from core.errors import ConfigError, RunError, UserError
from core.events import Event, Stop, StreamCommand, TrialEnded, TrialsProgressed, TrialStarted, Turns
from core.memory import free_memory
from core.pruning import Pruner
from core.search_config import Cell, SearchConfig
from core.search_groups import Alone, Group, Left, Measured, Member, Stack, by_trial, load_group
from core.state import Stopped, pick_device
from core.study import Asked, Study, Told
from core.trial import SHARE
from core.trials import Trials

FORMAT = 1
EVENTS_EVERY = 0.1
"""Seconds between two TrialsProgressed, at least."""
NUMBERS = 20_000
"""A second, in them, at most."""
WAIT = 0.05
"""Seconds until a study is asked again that has nothing to train just now; the longest wait of a command."""
BYTES = 16
"""Of a parameter in training, at most: weight, gradient and two of the optimizer, in float32."""

SHAPED_BY = ("dataset", "split", "label_map", "standardise", "data_dir", "device", "predict")
"""What data depend on, beside the loss and the last layer's activation: they decide how targets are written."""

Keep: TypeAlias = Callable[[Member, Left], str]
"""Stores a trial that is over, and returns its folder."""

Telling: TypeAlias = Generator[Event | None, StreamCommand | None, None]


class Datasets:
    """Loads the data of trials, once for all that share it."""

    def __init__(self) -> None:
        self._found: dict[str, Data] = {}

    def of(self, config: RunConfig) -> Data:
        """Raises UserError as `load_data` does."""
        told: dict[str, Any] = {key: value for key, value in config.to_dict().items() if key in SHAPED_BY}
        told["loss"] = config.loss["name"]
        told["output"] = config.model.get("output_activation")
        if config.dataset.get("random_state", 0) is None:
            told["seed"] = config.seed
        key = json.dumps(told, sort_keys=True)
        if key not in self._found:
            self._found[key] = load_data(config, pick_device(config.device))
        return self._found[key]


@dataclass
class SearchState:
    """Where a search stands: with the log of what has ended, all that has to be saved to continue it."""

    groups: list[Group] = field(default_factory=list)
    """Under way."""
    metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    """The latest of each trial under way, by its number, but for what is in `latest`."""
    latest: dict[int, Measured] = field(default_factory=dict)
    """What each group, by the number of its first trial, has come to since: sorted by trial only when it is asked
    for."""
    seconds: dict[int, float] = field(default_factory=dict)
    """Each one's share of the time so far."""
    pruner: Pruner = field(default_factory=lambda: Pruner("none", 1, lower_is_better=False))

    @classmethod
    def new(cls, config: SearchConfig) -> SearchState:
        epochs = [config.base.epochs, *(v for axis in config.axes if axis.key == "epochs" for v in axis.values)]
        return cls(pruner=Pruner(config.keys.prune, max(epochs), config.lower_is_better))

    def take_in(self) -> dict[int, tuple[int, dict[str, float]]]:
        """Sort `latest` by trial: its number → epoch and values."""
        found = {}
        for measured in self.latest.values():
            for number, values in by_trial(measured):
                values.pop("batch_loss", None)
                self.metrics.setdefault(number, {}).update(values)
                found[number] = (measured.epoch, values)
        self.latest = {}
        return found

    def state_dict(self) -> dict[str, Any]:
        """As `torch.load(..., weights_only=True)` reads it; its tensors are those that training goes on changing."""
        self.take_in()
        return {
            "format": FORMAT,
            "groups": [
                {**group.state_dict(), "cells": json.dumps([member.cell for member in group.members])}
                for group in self.groups
                if group.live
            ],
            "metrics": self.metrics,
            "seconds": self.seconds,
            "pruner": self.pruner.state_dict(),
        }

    def load(self, config: SearchConfig, trials: Trials, datasets: Datasets, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` described; `trials` are those that the log knows, and what ended since then
        stays as it is. Raises RunError for another format."""
        if saved["format"] != FORMAT:
            raise RunError(f"this search was saved by another version of nntui (format {saved['format']})")
        over = {trial.number for trial in trials if trial.state in ("completed", "pruned", "failed")}
        for each in saved["groups"]:
            members = []
            for number, cell in zip(each["numbers"], json.loads(each["cells"]), strict=True):
                made = config.trial(cell, number)
                data = datasets.of(made)
                members.append(Member(number, cell, made.fitted_to(data.facts), data))
            group = load_group(members, each)
            for number in list(group.live):
                if number in over:
                    group.forget(number)
            if group.live:
                self.groups.append(group)
        known = {number for group in self.groups for number in group.live}
        self.metrics = {number: dict(each) for number, each in saved["metrics"].items() if number in known}
        self.seconds = {number: seconds for number, seconds in saved["seconds"].items() if number in known}
        self.pruner.load_state_dict(saved["pruner"])

    @property
    def cells(self) -> dict[int, Cell]:
        """Of the trials under way, by number."""
        return {m.number: m.cell for group in self.groups for m in group.members if m.number in group.live}

    @property
    def live(self) -> dict[int, int]:
        """The trials under way: number → epochs that are over."""
        return {number: epoch for group in self.groups for number, epoch in group.live.items()}


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
    def __init__(self, config: SearchConfig, study: Study, state: SearchState, datasets: Datasets, keep: Keep) -> None:
        self._config, self._study, self._state = config, study, state
        self._datasets, self._keep = datasets, keep
        self._waiting: deque[list[Member]] = deque()
        self._changed: dict[int, tuple[int, dict[str, float]]] = {}
        """What was measured of trials since it was told last."""
        self._told = 0.0
        """When that was, by the monotonic clock, and how long it is to wait until the next time."""
        self._pause = EVENTS_EVERY

    def run(self) -> Telling:
        members = {member.number: member for group in self._state.groups for member in group.members}
        for number, epoch in self._state.live.items():
            yield from _turn(_started(members[number], epoch))
        while True:
            yield from self._begin()
            if not self._state.groups:
                asked = self._study.ask()
                if asked is None:
                    time.sleep(WAIT)
                    yield from _turn(None)
                elif asked:
                    yield from self._plan(asked)
                elif not self._waiting:
                    return
                continue
            for group in list(self._state.groups):
                yield from self._epoch(group)
            yield from self._prune()
            self._state.groups = [group for group in self._state.groups if group.live]

    # What trains next.

    def _plan(self, asked: Iterable[Asked]) -> Telling:
        """Line trials up in groups: stacks first, then those that train alone."""
        alone: list[Member] = []
        stacks: dict[str, list[Member]] = {}
        looked = time.monotonic()
        for each in asked:
            if time.monotonic() - looked > WAIT:
                yield from _turn(None)
                looked = time.monotonic()
            try:
                made = self._config.trial(each.cell, each.number)
                data = self._datasets.of(made)
                member = Member(each.number, each.cell, made.fitted_to(data.facts), data)
            except UserError as error:
                yield from self._fail(each, {}, str(error))
                continue
            key = stack_plan.key_of(member.config, member.data)
            (alone if key is None else stacks.setdefault(key, [])).append(member)
        most = self._config.keys.max_stack
        for members in stacks.values():
            plan = stack_plan.plan([member.config for member in members], members[0].data.inputs, most)
            self._waiting += [[members[i] for i in stack] for stack in plan]
        self._waiting += [[member] for member in alone]

    def _begin(self) -> Telling:
        """Begin with what waits, as far as there is room."""
        while self._waiting and self._fits(self._waiting[0]):
            members = self._waiting.popleft()
            group = self._make(members)
            if isinstance(group, str):
                for member in members:
                    yield from self._fail(Asked(member.number, member.cell), member.config.to_dict(), group)
                continue
            self._state.groups.append(group)
            for member in members:
                yield from _turn(_started(member, 0))

    def _fits(self, members: list[Member]) -> bool:
        """Whether these can train beside those under way: only stacks, as many trials as wanted, if there is memory."""
        under_way = len(self._state.live)
        if not under_way:
            return True
        if any(isinstance(group, Alone) for group in self._state.groups) or _is_alone(members):
            return False
        most = self._config.keys.max_stack
        if most is not None and under_way + len(members) > most:
            return False
        return (
            BYTES * stack_plan.weights_of([m.config for m in members], members[0].data.inputs) < SHARE * free_memory()
        )

    @staticmethod
    def _make(members: list[Member]) -> Group | str:
        """The group of these, or why there is none."""
        try:
            return Alone(members[0]) if _is_alone(members) else Stack(members)
        except ConfigError as error:
            return str(error)

    # A round: every group trains for an epoch.

    def _epoch(self, group: Group) -> Telling:
        turns = group.turns()
        while True:
            with group.computing():
                began, live = time.perf_counter(), list(group.live)
                turn = next(turns, _OVER)
                each = (time.perf_counter() - began) / max(1, len(live))
            for number in live:
                self._state.seconds[number] = self._state.seconds.get(number, 0.0) + each
            if turn is _OVER:
                return
            if isinstance(turn, Left):
                yield from self._end(group, turn)
            elif isinstance(turn, Measured):
                self._measured(group, turn)
            yield from _turn(self._progress())

    def _measured(self, group: Group, measured: Measured) -> None:
        first, latest = group.members[0].number, self._state.latest
        if first in latest and latest[first].columns.keys() != measured.columns.keys():
            self._changed |= self._state.take_in()
        latest[first] = measured
        if self._config.keys.prune != "none":
            for number, values in by_trial(measured):
                self._state.pruner.saw(number, measured.epoch, values.get(self._config.rank, math.nan))

    def _progress(self) -> TrialsProgressed | None:
        """What has changed, if it is time to tell."""
        now = time.monotonic()
        if now - self._told < self._pause or not (self._changed or self._state.latest):
            return None
        changed, self._changed = self._changed | self._state.take_in(), {}
        names = list(dict.fromkeys(name for _epoch, values in changed.values() for name in values))
        columns = {name: [values.get(name, math.nan) for _epoch, values in changed.values()] for name in names}
        self._told, self._pause = now, max(EVENTS_EVERY, (len(names) + 2) * len(changed) / NUMBERS)
        return TrialsProgressed(
            numbers=list(changed), epochs=[epoch for epoch, _v in changed.values()], columns=columns
        )

    def _prune(self) -> Telling:
        if self._config.keys.prune == "none":
            return
        live = {n: epoch for group in self._state.groups for n, epoch in group.live.items() if not group.ending(n)}
        losers = self._state.pruner.losers(live)
        for group in self._state.groups:
            for number in [number for number in group.live if number in losers]:
                yield from self._end(group, group.leave(number, losers[number]))

    # Ends.

    def _end(self, group: Group, left: Left) -> Telling:
        member = next(member for member in group.members if member.number == left.number)
        if self._state.latest:
            self._changed |= self._state.take_in()
        metrics = self._state.metrics.pop(left.number, {})
        seconds = self._state.seconds.pop(left.number, 0.0)
        self._changed.pop(left.number, None)
        path = self._keep(member, left)
        score = metrics.get(self._config.rank, math.nan)
        self._study.tell(left.number, Told(left.status, left.epochs, score))
        yield from _turn(
            TrialEnded(
                number=left.number,
                status=left.status,
                reason=left.reason,
                epochs=left.epochs,
                seconds=round(seconds, 6),
                metrics=metrics,
                path=path,
            )
        )

    def _fail(self, asked: Asked, config: dict[str, Any], reason: str) -> Telling:
        """A trial that never began."""
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
    command = yield event
    if isinstance(command, Stop):
        raise Stopped
    if command is not None:
        raise TypeError(f"search cannot carry out {command}")
