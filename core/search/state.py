"""SearchState: where a search stands, all that has to be saved to continue it as if it had never been interrupted.

A search is a function of its config, its data and the memory it may use. What is saved at any yield is therefore
enough to train the same trials again in the same company: those that ended after that are trained to their known ends
once more, seconds of work, but neither told nor stored a second time.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.data.depends import data_key
from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import RunError
from core.experiment.axes import Cell
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig
from core.history.trials import Trials
from core.network.build import bytes_to_train, pick_device
from core.search.groups import Group, Measured, Member, by_trial, load_group
from core.search.kept import BestEpochs
from core.search.pruning import Pruner
from core.search.study import Asked, Told
from core.stack import plan
from core.system.memory import free_memory
from core.training.cost import SHARE

FORMAT = 2
FORMATS = (1, 2)
"""That can be continued. The first one knew neither what waits nor where in a round it stands."""
BETWEEN = -1
"""Between two rounds."""


class Datasets:
    """Loads the data of trials, once for all that share it."""

    def __init__(self) -> None:
        self._found: dict[str, Data] = {}

    def of(self, config: RunConfig) -> Data:
        """Raises UserError as `load_data` does."""
        found = [self._found.get(data_key(config, drawn=drawn)) for drawn in (False, True)]
        data = found[0] or found[1]
        if data is None:
            data = load_data(config, pick_device(config.device))
            self._found[data_key(config, drawn=data.drawn)] = data
        return data


@dataclass
class SearchState:
    """Where a search stands: with the log of what has ended, all that has to be saved to continue it."""

    groups: list[Group] = field(default_factory=list)
    """Under way."""
    at: int = BETWEEN
    """Which of them trains next in the round; their number where all have; BETWEEN two rounds."""
    asked: list[Asked] = field(default_factory=list)
    """Given out by the study, and not lined up in groups yet."""
    waiting: deque[list[Asked]] = field(default_factory=deque)
    """Groups that there is no room for yet."""
    verdicts: dict[int, str] = field(default_factory=dict)
    """Trials that are to be ended now, and why."""
    given: set[int] = field(default_factory=set)
    """Numbers of all that the study has given out."""
    metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    """The latest of each trial under way, by its number, but for what is in `latest`."""
    latest: dict[int, Measured] = field(default_factory=dict)
    """What each group, by the number of its first trial, has come to since: sorted by trial only when it is asked
    for."""
    changed: dict[int, tuple[int, dict[str, float]]] = field(default_factory=dict)
    """What was sorted, and not told yet: number → epoch and values."""
    seconds: dict[int, float] = field(default_factory=dict)
    """Each one's share of the time so far."""
    pruner: Pruner = field(default_factory=lambda: Pruner("none", 1, lower_is_better=False))
    best: BestEpochs = field(default_factory=BestEpochs)
    memory: float = math.inf
    """Bytes that stacks side by side may take."""
    whole: bool = True
    """Whether it can be saved at this moment: not between a trial's leaving its group and its end's being told."""
    over: dict[int, Told] = field(default_factory=dict)
    """Trials whose end an earlier session has told: it stays as it was."""

    @classmethod
    def new(cls, config: SearchConfig, memory: float | None = None) -> SearchState:
        """`memory`: the bytes that an earlier session set aside, where that decides what is trained."""
        epochs = [config.base.epochs, *(v for axis in config.axes if axis.key == "epochs" for v in axis.values)]
        pruner = Pruner(config.keys.prune, max(epochs), config.lower_is_better)
        return cls(pruner=pruner, memory=SHARE * free_memory() if memory is None else memory)

    def give(self, asked: Iterable[Asked]) -> None:
        """Take in what a study gave out."""
        self.asked = list(asked)
        self.given |= {each.number for each in self.asked}

    def take_in(self) -> None:
        """Sort `latest` by trial."""
        for measured in self.latest.values():
            for number, values in by_trial(measured):
                before = {} if measured.epoch else self.metrics.get(number, {})  # split by split before training
                self.metrics[number] = before | values
                if number not in self.over:
                    self.changed[number] = (measured.epoch, values)
        self.latest = {}

    def state_dict(self) -> dict[str, Any]:
        """As `torch.load(..., weights_only=True)` reads it; its tensors are those that training goes on changing."""
        self.take_in()
        before = self.groups if self.at == BETWEEN else self.groups[: self.at]
        return {
            "format": FORMAT,
            "groups": [
                {**group.state_dict(), "cells": json.dumps([member.cell for member in group.members])}
                for group in self.groups
                if group.live
            ],
            "at": BETWEEN if self.at == BETWEEN else sum(bool(group.live) for group in before),
            "asked": _written(self.asked),
            "waiting": [_written(asked) for asked in self.waiting],
            "verdicts": self.verdicts,
            "given": spans(self.given),
            "metrics": self.metrics,
            "seconds": self.seconds,
            "pruner": self.pruner.state_dict(),
            "best": self.best.state_dict(),
        }

    def load(self, config: SearchConfig, datasets: Datasets, saved: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` described. Raises RunError for another format."""
        if saved["format"] not in FORMATS:
            raise RunError(f"this search was saved by another version of nntui (format {saved['format']})")
        for each in saved["groups"]:
            members = []
            for number, cell in zip(each["numbers"], json.loads(each["cells"]), strict=True):
                made = config.trial(cell, number)
                data = datasets.of(made)
                members.append(Member(number, cell, fitted_to(made, data.facts), data))
            self.groups.append(load_group(members, each))
        self.at = saved.get("at", BETWEEN)
        self.asked = _read(saved.get("asked", "[]"))
        self.waiting = deque(_read(each) for each in saved.get("waiting", []))
        self.verdicts = dict(saved.get("verdicts", {}))
        self.given = {n for first, last in saved.get("given", []) for n in range(first, last + 1)}
        self.given -= self.given - self.over.keys() - self.cells.keys()  # a power cut took the log of their ends
        self.metrics = {number: dict(each) for number, each in saved["metrics"].items()}
        self.seconds = dict(saved["seconds"])
        self.pruner.load_state_dict(saved["pruner"])
        self.best = BestEpochs.load(saved.get("best"), set(self.live))

    def catch_up(self, trials: Trials) -> None:
        """After `load`, where the checkpoint does not hold what was given out (it is of an earlier version, or gone):
        what the log knows to be over is not trained again, and counts where others are judged."""
        for number in self.over.keys() - self.cells.keys():
            trial = trials.by_number[number]
            scores = trial.curves.columns.get(trials.rank) or ()
            for epoch, score in zip(trial.curves.epochs, scores, strict=False):
                self.pruner.saw(number, epoch, score)
        self.given = set(self.over) | set(self.cells)
        # Where all stand after the same epoch, or some one further, that tells whose turn it was; and verdicts of this
        # epoch may have been under way.
        epochs = [max(group.live.values()) for group in self.groups]
        if epochs and max(epochs) - min(epochs) <= 1:
            ahead = [epoch > min(epochs) for epoch in epochs]
            self.at = ahead.index(False) if any(ahead) else len(epochs)
        self.pruner.judged |= {number: epoch - 1 for number, epoch in self.live.items()}

    def forget(self, number: int) -> None:
        """Another has taken over a trial that was given out."""
        for group in self.groups:
            if number in group.live:
                group.forget(number)
        for asked in (self.asked, *self.waiting):
            asked[:] = [each for each in asked if each.number != number]
        self.metrics.pop(number, None)
        self.seconds.pop(number, None)
        self.best.pop(number)
        self.verdicts.pop(number, None)

    @property
    def cells(self) -> dict[int, Cell]:
        """Of the trials that were given out and are not over, by number."""
        live = {m.number: m.cell for group in self.groups for m in group.members if m.number in group.live}
        lined_up = [each for asked in (self.asked, *self.waiting) for each in asked]
        return live | {each.number: each.cell for each in lined_up}

    @property
    def live(self) -> dict[int, int]:
        """The trials under way: number → epochs that are over."""
        return {number: epoch for group in self.groups for number, epoch in group.live.items()}

    def has_room(self, members: list[Member]) -> bool:
        """Whether there is memory for a stack of these beside those under way."""
        stacks = [members, *([m for m in group.members if m.number in group.live] for group in self.groups)]
        weights = sum(plan.weights_of([m.config for m in stack], stack[0].data.inputs) for stack in stacks if stack)
        return bytes_to_train(weights) < self.memory


def _written(asked: Iterable[Asked]) -> str:
    return json.dumps([[each.number, each.cell] for each in asked])


def _read(text: str) -> list[Asked]:
    return [Asked(number, cell) for number, cell in json.loads(text)]


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as `[first, last]` of each stretch without a gap."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
