"""What a search will cost: how many networks, and its time from a short trial of some of them, in the company in which
they will train."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import torch

from core.data.parts import Data
from core.errors import UserError
from core.events.commands import TrainingFailed
from core.experiment.sample import some_trials
from core.experiment.search import SearchConfig
from core.search.groups import Measured, Member, Stack
from core.search.state import Datasets
from core.stack import plan
from core.training.cost import Cost, measure

SAMPLE = 512
"""Trials that are lined up for it, at most."""
BATCH = 10
"""Cells that a search near good ones has side by side."""
GROUPS = 6
"""Stacks, and of networks that train alone as many, that are tried; others cost what these do."""
TRIAL = 0.8
"""Seconds of rounds that count, unless one takes longer."""
T = TypeVar("T")


def measure_search(config: SearchConfig, data: Data, cancelled: Callable[[], bool] = lambda: False) -> Cost | None:
    """As `core.training.cost.measure`, of all networks of a search. `data`: of its first one."""
    base, total = config.base, config.n_trials
    per_epoch, steps = math.ceil(data.sizes["train"] / base.batch_size), base.total_steps(data.sizes["train"])
    most = min(SAMPLE, BATCH * config.keys.repeats) if config.keys.method == "tpe" else SAMPLE
    runs = some_trials(config, most)
    datasets, members = Datasets(), list[Member]()
    for number, run in enumerate(runs, 1):
        if cancelled():
            return None
        try:
            members.append(Member(number, {}, run, data if run.dataset == base.dataset else datasets.of(run)))
        except UserError:  # fails when its turn comes
            continue
    stacks: dict[str, list[Member]] = {}
    alone: list[Member] = []
    for member in members:
        key = plan.key_of(member.config, member.data)
        (alone if key is None else stacks.setdefault(key, [])).append(member)
    groups = [
        [some[i] for i in chosen]
        for some in stacks.values()
        for chosen in plan.plan([each.config for each in some], some[0].data.inputs, config.keys.max_stack)
    ]
    seconds = 0.0
    with torch.random.fork_rng(devices=[]):
        for found, of in ((_of_each(_some(alone), cancelled), alone), (_in_rounds(_some(groups), cancelled), groups)):
            if found is None:
                return None
            known = [each for each in found if math.isfinite(each)]
            if found and not known:
                return Cost(per_epoch, steps, warning="none of the networks that were tried could be trained")
            seconds += len(of) * statistics.fmean(known) if known else 0.0
    at_most = config.keys.prune != "none" or base.stop.patience is not None or base.stop.target is not None
    return Cost(per_epoch, steps, seconds=seconds * total / max(1, len(members)), at_most=at_most)


def _some(of: list[T]) -> list[T]:
    n = len(of)
    return of if n <= GROUPS else [of[i * (n - 1) // (GROUPS - 1)] for i in range(GROUPS)]


def _of_each(members: list[Member], cancelled: Callable[[], bool]) -> list[float] | None:
    """Seconds of networks that train one after the other; NaN where one cannot, None where it was cancelled."""
    found = []
    for member in members:
        try:
            cost = measure(member.config, member.data, cancelled)
        except UserError:
            found.append(math.nan)
            continue
        if cost is None:
            return None
        found.append(math.nan if cost.seconds is None else cost.seconds)
    return found


def _in_rounds(groups: list[list[Member]], cancelled: Callable[[], bool]) -> list[float] | None:
    """Seconds of whole stacks that train an epoch in turn, as in a search; the first round does not count."""
    trials = [_Trial(members) for members in groups]
    until = 0.0
    while any(len(trial.epochs) < 2 for trial in trials if not trial.failed) or time.perf_counter() < until:
        for trial in trials:
            if not trial.failed and not trial.epoch(cancelled):
                return None
        until = until or time.perf_counter() + TRIAL
        if all(trial.failed for trial in trials):
            break
    return [trial.seconds for trial in trials]


class _Trial:
    """A stack that is tried."""

    def __init__(self, members: list[Member]) -> None:
        self._members = members
        self._stack: Stack | None = None
        self.epochs: list[float] = []
        self.failed = False

    def epoch(self, cancelled: Callable[[], bool]) -> bool:
        """Train for one, of a short run from its beginning; False where it was cancelled."""
        try:
            self._stack = self._stack if self._stack is not None and self._stack.live else Stack(self._members)
            began = time.perf_counter()
            with self._stack.computing():
                for turn in self._stack.turns():
                    if cancelled():
                        return False
                    if isinstance(turn, Measured) and turn.epoch:
                        self.epochs.append(time.perf_counter() - began)
        except (UserError, TrainingFailed):
            self.failed = True
        return True

    @property
    def seconds(self) -> float:
        if self.failed or len(self.epochs) < 2:
            return math.nan
        return self._members[0].config.epochs * statistics.fmean(self.epochs[1:])
