"""What a search will cost: how many networks, and its time from a short trial of some of them, in the company in which
they will train."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

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
TRIAL = 1.2
"""Seconds for all stacks together, unless an epoch of one takes longer."""


def measure_search(
    config: SearchConfig, data: Data, cancelled: Callable[[], bool] = lambda: False
) -> Cost | None:
    """As `core.training.cost.measure`, of all networks of a search. `data`: of its first one."""
    base, total = config.base, config.n_trials
    per_epoch, steps = math.ceil(data.sizes["train"] / base.batch_size), base.total_steps(data.sizes["train"])
    most = min(SAMPLE, BATCH * config.keys.repeats) if config.keys.method == "tpe" else SAMPLE
    cells = some_trials(config, max(1, most // config.keys.repeats))
    runs = [run for run in cells for _repeat in range(min(config.keys.repeats, most))]
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
        tried = _some(groups)
        for found, of in ((_alone, alone), (_stacked, groups)):
            chosen = _some(of)
            each = [found(one, TRIAL / max(1, len(tried)), cancelled) for one in chosen]
            if any(one is None for one in each):
                return None
            known = [one for one in each if one is not None and math.isfinite(one)]
            if chosen and not known:
                return Cost(per_epoch, steps, warning="none of the networks that were tried could be trained")
            seconds += len(of) * statistics.fmean(known) if known else 0.0
    at_most = config.keys.prune != "none" or base.stop.patience is not None or base.stop.target is not None
    return Cost(per_epoch, steps, seconds=seconds * total / max(1, len(members)), at_most=at_most)


def _some(of: list) -> list:
    n = len(of)
    return of if n <= GROUPS else [of[i * (n - 1) // (GROUPS - 1)] for i in range(GROUPS)]


def _alone(member: Member, trial: float, cancelled: Callable[[], bool]) -> float | None:
    """Seconds of a network that trains by itself; NaN where it cannot, None where it was cancelled."""
    try:
        cost = measure(member.config, member.data, cancelled)
    except UserError:
        return math.nan
    return None if cost is None else math.nan if cost.seconds is None else cost.seconds


def _stacked(members: list[Member], trial: float, cancelled: Callable[[], bool]) -> float | None:
    """Seconds of a whole stack: its first epoch is made once more, the next ones count."""
    config = members[0].config
    epochs: list[float] = []
    try:
        stack = Stack(members)
        with stack.computing():
            began = at = time.perf_counter()
            while time.perf_counter() - began < trial or len(epochs) < 2:
                over = True
                for turn in stack.turns():
                    over = False
                    if cancelled():
                        return None
                    if isinstance(turn, Measured) and turn.epoch:
                        now = time.perf_counter()
                        epochs.append(now - at)
                        at = now
                if over:  # a short one, from its beginning
                    stack = Stack(members)
                    at = time.perf_counter()
    except (UserError, TrainingFailed):
        return math.nan
    return config.epochs * statistics.median(epochs[1:])
