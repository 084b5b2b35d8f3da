"""On how many threads PyTorch computes a run. One thread and two do not come to the same bits: so the number is chosen
when the run begins, by its size and a short trial, and belongs to it from then on, sessions to come included. Threads
wait for each other: where others want their cores in the middle of a run, it goes on on one, and says so."""

from __future__ import annotations

import contextlib
import copy
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from core.data.parts import Data
from core.events.events import SettingChanged, StepsEnded
from core.experiment.schema import RunConfig
from core.network.build import bytes_to_train
from core.network.generators import seeded
from core.network.layers import count_parameters
from core.system.memory import free_memory
from core.training.rehearse import has_own
from core.training.state import TrainState
from core.training.step import step_for

SMALL = 1_000_000
"""Weights times samples of a step: below, one thread is done before it could hand anything to another."""
BLOCKS, BLOCK = 3, 0.03
"""Times that each number of threads is tried, and seconds."""
SOONER = 0.9
"""More threads must take less than this share of the time."""
SLOWER, PATIENCE = 1.5, 1.5
"""Steps that take so many times as long as they did on one thread, for so many seconds: others want the cores."""


@dataclass(frozen=True)
class Choice:
    threads: int
    """0: whatever PyTorch does; it has no say in the bits."""
    limit: float = math.inf
    """Seconds of a step above which one thread would be better."""
    tried: bool = False
    """Whether more than one was tried."""


def choose(config: RunConfig, state: TrainState, data: Data, known: int = 0) -> Choice:
    """For the run of `config`, which `state` begins, or goes on with on as many as are `known`. Changes nothing."""
    own_loop = config.component("model").brings("loop") is not None
    if state.device.type != "cpu" or own_loop:
        return Choice(0)
    most, told = torch.get_num_threads(), known or config.threads or 0
    weights = count_parameters(state.model)
    small = weights * min(config.batch_size, len(data.splits["train"])) < SMALL
    if told == 1 or (not told and (most == 1 or small)):
        return Choice(1)
    if has_own(config) or bytes_to_train(weights) > free_memory() / 2:
        return Choice(told or most)  # not to be tried
    candidates = [1, told] if told else sorted({*(2**i for i in range(most.bit_length())), most})
    seconds = _tried(config, state, data, candidates)
    best = told or 1
    for n in [] if told else candidates[1:]:
        if seconds[n] < SOONER * seconds[best]:
            best = n
    return Choice(best, SLOWER * seconds[1] if best > 1 else math.inf, tried=True)


def _tried(
    config: RunConfig,
    state: TrainState,
    data: Data,
    candidates: Sequence[int],
    now: Callable[[], float] = time.perf_counter,
) -> dict[int, float]:
    """Seconds that a step takes on so many threads, by a copy of the network that learns nothing."""
    with seeded(config.seed):
        model = copy.deepcopy(state.model).train()
        optimizer = config.component("optimizer").build(model.parameters(), **config.arguments("optimizer"))
        step = step_for(config, TrainState(model, state.loss, optimizer, state.device, state.inputs, state.base_lr))
        optimizer.param_groups[0]["lr"] = 0.0
        x, y = data.splits["train"].rows(slice(0, config.batch_size))

        def block(n: int) -> float:
            torch.set_num_threads(n)
            step(x, y)
            steps, began = 0, now()
            while steps == 0 or now() - began < BLOCK:
                step(x, y)
                steps += 1
            return (now() - began) / steps

        found: dict[int, list[float]] = {n: [] for n in candidates}
        with used(torch.get_num_threads()):
            for _block in range(BLOCKS):
                for n in candidates:
                    found[n].append(block(n))
    return {n: statistics.median(seconds) for n, seconds in found.items()}


@contextlib.contextmanager
def used(threads: int) -> Iterator[None]:
    """So many meanwhile; 0: as it is."""
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Watch:
    """Sees when the steps of `state` become so slow that one thread would be better."""

    def __init__(self, state: TrainState) -> None:
        self._state = state
        self._slow = 0.0

    def saw(self, told: StepsEnded) -> SettingChanged | None:
        """What is changed, after these steps; it is already."""
        state = self._state
        if state.threads <= 1 or told.seconds <= state.step_limit * len(told.losses):
            self._slow = 0.0
            return None
        self._slow += told.seconds
        if self._slow < PATIENCE:
            return None
        before, state.threads = state.threads, 1
        torch.set_num_threads(1)
        return SettingChanged(step=state.step, key="threads", old=float(before), new=1.0)
