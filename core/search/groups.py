"""Trials that train together: as one stack, or one network alone. Each pull of `turns` trains a little."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from torch import Tensor

from core.data.parts import Data
from core.events.commands import TrainingFailed, Turns
from core.events.events import EpochEnded, Evaluated, TrialStatus
from core.experiment.axes import Cell
from core.experiment.schema import RunConfig
from core.history.history import column
from core.stack.state import Columns, StackProgressed, StackState, TrialLeft
from core.stack.train import one_thread, train_stack
from core.training import checkpoint
from core.training.fit import fit
from core.training.rehearse import told_as_failed
from core.training.state import TrainState


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
    best: Best | None = None
    """Its best epoch, where the weights of that are to be kept and there is one."""


Weights: TypeAlias = Mapping[str, Tensor]


@dataclass(frozen=True)
class Best:
    """The best epoch of a trial, as `core.training.stopping` judges it."""

    epoch: int
    value: float
    """Of what is monitored."""
    state_dict: Weights
    measured: Mapping[str, float] | None
    """What it came to, by column; None where that is not known any more: in checkpoints of versions before."""


Turn: TypeAlias = Measured | Left | None


class Group(Protocol):
    """Trials that train together."""

    members: list[Member]

    @property
    def live(self) -> dict[int, int]:
        """The trials under way: number → epochs that are over."""

    @property
    def kept(self) -> Mapping[int, Mapping[str, float]]:
        """What the best epochs so far came to, by trial number and column, where those are kept."""

    def turns(self) -> Iterator[Turn]:
        """Train to the end of an epoch, at the latest told as Measured; None: nothing to tell, but others may look.
        No turns: all over."""

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
        self,
        members: list[Member],
        state: StackState | None = None,
        measured: dict[int, dict[str, float]] | None = None,
    ) -> None:
        """`measured`: what the best epochs so far came to, by trial number. Raises ConfigError where there is no memory
        for it."""
        self.members = members
        self._measured = measured or {}
        self._state = state or StackState.new([member.config for member in members], members[0].data)
        self._stream = train_stack(self._state, members[0].data)
        self._place = {member.number: i for i, member in enumerate(members)}

    @property
    def live(self) -> dict[int, int]:
        return {self.members[i].number: self._state.epoch for i in self._state.live}

    @property
    def kept(self) -> Mapping[int, Mapping[str, float]]:
        return self._measured

    def turns(self) -> Iterator[Turn]:
        with told_as_failed():
            yield from self._turns()

    def _turns(self) -> Iterator[Turn]:
        for event in self._stream:
            if isinstance(event, TrialLeft):
                number = self.members[event.number].number
                best = self._best(event.number, event.best)
                yield Left(number, event.status, event.reason, event.epoch, event.state_dict, best)
            elif event.epoch == self._state.epoch:  # else it is in the middle of one
                self._note_best(event)
                yield Measured([self.members[i].number for i in event.numbers], event.epoch, event.columns)
                if event.epoch:  # else it was measured before training
                    return
            else:
                yield None

    def leave(self, number: int, reason: str) -> Left:
        place = self._place[number]
        weights, best = self._state.state_dict_of(place), self._best(place, self._state.best_of(place))
        self._state.drop(place)
        return Left(number, "pruned", reason, self._state.epoch, weights, best)

    def _note_best(self, event: StackProgressed) -> None:
        """What the trials came to that were never better."""
        if self.members[0].config.stop.keep_best and event.epoch:  # the same for all that share a stack
            for at, i in enumerate(event.numbers):
                if self._state.stopping[i].best_epoch == event.epoch:
                    self._measured[self.members[i].number] = _row(event.columns, at)

    def _best(self, place: int, weights: Weights | None) -> Best | None:
        if weights is None:
            return None
        stopping = self._state.stopping[place]
        measured = self._measured.pop(self.members[place].number, None)
        return Best(stopping.best_epoch, stopping.best, weights, measured)

    def forget(self, number: int) -> None:
        self._state.drop(self._place[number])

    def ending(self, number: int) -> bool:
        return self._state.epoch >= self.members[0].config.epochs or bool(
            self._state.stopping[self._place[number]].reason
        )

    def state_dict(self) -> dict[str, Any]:
        numbers = [member.number for member in self.members]
        return {"kind": "stack", "numbers": numbers, "state": self._state.state_dict(), "measured": self._measured}

    def computing(self) -> contextlib.AbstractContextManager[None]:
        return one_thread()


class Alone:
    """One network that cannot share a stack, trained by `fit`."""

    def __init__(
        self,
        member: Member,
        state: TrainState | None = None,
        best: dict[int, Weights] | None = None,
        measured: dict[int, dict[str, float]] | None = None,
        columns: Columns | None = None,
    ) -> None:
        """`best`: the weights of the best epoch so far, by trial number; the others as Stack's."""
        self.members = [member]
        self._best, self._measured = best or {}, measured or {}
        self._state = state or TrainState.new(member.config, member.data)
        self._stream: Turns = fit(member.config, self._state, member.data)
        self._columns: Columns = columns or {}
        """What the epoch under way has measured: not always at its end."""
        self._over = False

    @property
    def live(self) -> dict[int, int]:
        return {} if self._over else {self.members[0].number: self._state.epoch}

    @property
    def kept(self) -> Mapping[int, Mapping[str, float]]:
        return self._measured

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
                    self._measured[number] = _row(self._columns, 0)
                columns, self._columns = self._columns, {}
                yield Measured([number], event.epoch, columns)
                return
            elif self._columns and epoch == 0:  # measured before training
                columns, self._columns = self._columns, {}
                yield Measured([number], 0, columns)
            yield None

    def _left(self, status: TrialStatus, reason: str, epochs: int) -> Left:
        self._over = True
        number, stopping = self.members[0].number, self._state.stopping
        kept, measured = self._best.pop(number, None), self._measured.pop(number, None)
        best = None if kept is None else Best(stopping.best_epoch, stopping.best, kept, measured)
        return Left(number, status, reason, epochs, self._state.model.state_dict(), best)

    def leave(self, number: int, reason: str) -> Left:
        return self._left("pruned", reason, self._state.epoch)

    def forget(self, number: int) -> None:
        self._over = True

    def ending(self, number: int) -> bool:
        return self._state.over(self.members[0].config)

    def state_dict(self) -> dict[str, Any]:
        packed = checkpoint.pack(self._state)
        numbers = [self.members[0].number]
        kept = {"best": self._best, "measured": self._measured}
        return {"kind": "alone", "numbers": numbers, "state": packed, **kept, "columns": self._columns}

    def computing(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


def load_group(members: list[Member], saved: Mapping[str, Any]) -> Group:
    """The group that `state_dict` described, of the same trials."""
    if saved["kind"] == "stack":
        configs = [member.config for member in members]
        stack = StackState.load(configs, members[0].data, saved["state"])
        place = {member.number: i for i, member in enumerate(members)}
        for number, weights in saved.get("best", {}).items():  # of a version before
            if place[number] in stack.numbers:
                stack.load_best(place[number], weights)
        return Stack(members, stack, saved.get("measured"))
    state = TrainState.new(members[0].config, members[0].data)
    checkpoint.unpack(state, saved["state"])
    return Alone(members[0], state, saved["best"], saved.get("measured"), saved.get("columns"))


def by_trial(measured: Measured) -> Iterator[tuple[int, dict[str, float]]]:
    """Each trial's own values; what was not measured is left out."""
    for i, number in enumerate(measured.numbers):
        yield number, _row(measured.columns, i)


def _row(columns: Columns, at: int) -> dict[str, float]:
    return {name: values[at] for name, values in columns.items() if not math.isnan(values[at]) and name != "batch_loss"}
