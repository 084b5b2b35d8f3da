"""Trials that train together: as one stack, or one network alone. Each pull of `turns` trains a little."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from torch import Tensor

from core import checkpoint
from core.config import RunConfig
from core.data import Data
from core.events import EpochEnded, Evaluated, TrainingFailed, TrialStatus, Turns
from core.fitting import fit
from core.history import column
from core.search_config import Cell
from core.stack import one_thread, train_stack
from core.stack_state import Columns, StackState, TrialLeft
from core.state import TrainState


@dataclass(frozen=True)
class Member:
    """A trial with all that it needs."""

    number: int
    cell: Cell
    config: RunConfig
    data: Data


@dataclass(frozen=True)
class Measured:
    """These trials have come to the end of an epoch; each column has a value for each of them."""

    numbers: list[int]
    epoch: int
    columns: Columns


@dataclass(frozen=True)
class Left:
    """A trial is over."""

    number: int
    status: TrialStatus
    reason: str
    epochs: int
    state_dict: Mapping[str, Tensor]
    best: Mapping[str, Tensor] | None = None
    """The weights of its best epoch, where they are to be kept."""


Weights: TypeAlias = Mapping[str, Tensor]

Turn: TypeAlias = Measured | Left | None


class Group(Protocol):
    """Trials that train together."""

    members: list[Member]

    @property
    def live(self) -> dict[int, int]:
        """The trials under way: number → epochs that are over."""

    def turns(self) -> Iterator[Turn]:
        """Train to the end of an epoch; None: nothing to tell, but the others get their turn. No turns: all over."""

    def leave(self, number: int, reason: str) -> Left:
        """End a trial early."""

    def forget(self, number: int) -> None:
        """Take out a trial that an earlier session has ended."""

    def ending(self, number: int) -> bool:
        """Whether a trial is over with the epoch that it has just come to the end of."""

    def state_dict(self) -> dict[str, Any]:
        """For `load_group`; its tensors are those that training goes on changing."""

    def computing(self) -> contextlib.AbstractContextManager[None]:
        """How it wants to be pulled."""


class Stack:
    """Trials that train as one network."""

    def __init__(
        self, members: list[Member], state: StackState | None = None, best: dict[int, Weights] | None = None
    ) -> None:
        """`best`: the weights of the best epochs so far, by trial number. Raises ConfigError where there is no memory
        for it."""
        self.members = members
        self._best = best or {}
        self._state = state or StackState.new([member.config for member in members], members[0].data)
        self._stream = train_stack(self._state, members[0].data)
        self._place = {member.number: i for i, member in enumerate(members)}

    @property
    def live(self) -> dict[int, int]:
        return {self.members[i].number: self._state.epoch for i in self._state.live}

    def turns(self) -> Iterator[Turn]:
        for event in self._stream:
            if isinstance(event, TrialLeft):
                number = self.members[event.number].number
                yield Left(
                    number, event.status, event.reason, event.epoch, event.state_dict, self._best.pop(number, None)
                )
            elif event.epoch == self._state.epoch:  # else it is in the middle of one
                self._keep_best()
                yield Measured([self.members[i].number for i in event.numbers], event.epoch, event.columns)
                return
            else:
                yield None

    def leave(self, number: int, reason: str) -> Left:
        weights = self._state.state_dict_of(self._place[number])
        self._state.drop(self._place[number])
        return Left(number, "pruned", reason, self._state.epoch, weights, self._best.pop(number, None))

    def _keep_best(self) -> None:
        if self.members[0].config.stop.keep_best:  # the same for all that share a stack
            for i in self._state.live:
                if 0 < self._state.stopping[i].best_epoch == self._state.epoch:
                    self._best[self.members[i].number] = self._state.state_dict_of(i)

    def forget(self, number: int) -> None:
        self._state.drop(self._place[number])

    def ending(self, number: int) -> bool:
        return self._state.epoch >= self.members[0].config.epochs or bool(
            self._state.stopping[self._place[number]].reason
        )

    def state_dict(self) -> dict[str, Any]:
        numbers = [member.number for member in self.members]
        return {"kind": "stack", "numbers": numbers, "state": self._state.state_dict(), "best": self._best}

    def computing(self) -> contextlib.AbstractContextManager[None]:
        return one_thread()


class Alone:
    """One network that cannot share a stack, trained by `fit`."""

    def __init__(
        self,
        member: Member,
        state: TrainState | None = None,
        best: dict[int, Weights] | None = None,
        columns: Columns | None = None,
    ) -> None:
        """As Stack's."""
        self.members = [member]
        self._best = best or {}
        self._state = state or TrainState.new(member.config, member.data)
        self._stream: Turns = fit(member.config, self._state, member.data)
        self._columns: Columns = columns or {}
        """What the epoch under way has measured: not always at its end."""
        self._over = False

    @property
    def live(self) -> dict[int, int]:
        return {} if self._over else {self.members[0].number: self._state.epoch}

    def turns(self) -> Iterator[Turn]:
        if self._over:
            return
        number = self.members[0].number
        epoch = self._state.epoch + 1 if self._state.step else 0
        while True:
            try:
                event = next(self._stream)
            except StopIteration as end:
                yield self._left("completed", end.value or "", self._state.epoch)
                return
            except TrainingFailed as error:
                yield self._left("failed", str(error), self._state.epoch + 1)
                return
            if isinstance(event, Evaluated):
                epoch = event.epoch
                self._columns |= {column(event.split, name): [value] for name, value in event.metrics.items()}
            elif isinstance(event, EpochEnded):
                if self.members[0].config.stop.keep_best and self._state.stopping.best_epoch == event.epoch:
                    weights = self._state.model.state_dict()
                    self._best[number] = OrderedDict((name, tensor.clone()) for name, tensor in weights.items())
                columns, self._columns = self._columns, {}
                yield Measured([number], event.epoch, columns)
                return
            elif self._columns and epoch == 0:  # measured before training
                columns, self._columns = self._columns, {}
                yield Measured([number], 0, columns)
            yield None

    def _left(self, status: TrialStatus, reason: str, epochs: int) -> Left:
        self._over = True
        number = self.members[0].number
        return Left(number, status, reason, epochs, self._state.model.state_dict(), self._best.pop(number, None))

    def leave(self, number: int, reason: str) -> Left:
        return self._left("pruned", reason, self._state.epoch)

    def forget(self, number: int) -> None:
        self._over = True

    def ending(self, number: int) -> bool:
        return self._state.over(self.members[0].config)

    def state_dict(self) -> dict[str, Any]:
        packed = checkpoint.pack(self._state)
        numbers = [self.members[0].number]
        return {"kind": "alone", "numbers": numbers, "state": packed, "best": self._best, "columns": self._columns}

    def computing(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


def load_group(members: list[Member], saved: Mapping[str, Any]) -> Group:
    """The group that `state_dict` described, of the same trials."""
    if saved["kind"] == "stack":
        configs = [member.config for member in members]
        return Stack(members, StackState.load(configs, members[0].data, saved["state"]), saved["best"])
    state = TrainState.new(members[0].config, members[0].data)
    checkpoint.unpack(state, saved["state"])
    return Alone(members[0], state, saved["best"], saved.get("columns"))


def by_trial(measured: Measured) -> Iterator[tuple[int, dict[str, float]]]:
    """Each trial's own values; what was not measured is left out."""
    for i, number in enumerate(measured.numbers):
        yield number, {name: values[i] for name, values in measured.columns.items() if not math.isnan(values[i])}
