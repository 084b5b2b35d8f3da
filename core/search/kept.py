"""Which network of a trial is kept: that of its best epoch where `stop.keep_best`, else of its last one. It is the one
that is ranked, told, saved and opened."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

from core.components.metrics import lower_is_better
from core.data.parts import Data
from core.events.commands import StreamCommand, TrainingFailed
from core.events.events import Evaluated, Event
from core.experiment.schema import RunConfig
from core.history.history import column
from core.network.build import pick_device
from core.network.predict import fresh_model
from core.search.groups import Left, Measured, Member, Weights
from core.training.evaluate import evaluate
from core.training.rehearse import told_as_failed
from core.training.state import TrainState
from core.training.steering import Stopped, turn

T = TypeVar("T")


def compared_by(config: RunConfig, rank: str) -> str:
    """The column by which the epochs of a trial are compared: what it monitors, else what the search ranks by."""
    return (config.stop.watches and config.stop.monitor) or rank


@dataclass
class BestEpochs:
    """The best epoch of each trial under way, whatever is kept of it; 0 is before training, and the first of equals
    counts."""

    found: dict[int, tuple[int, float]] = field(default_factory=dict)
    """By trial number, the epoch and its value."""
    unknown: set[int] = field(default_factory=set)
    """Trials whose first epochs were not seen: a version before trained them."""

    def saw(self, measured: Measured, by: str) -> None:
        sign = 1 if lower_is_better(by) else -1
        for number, value in zip(measured.numbers, measured.columns.get(by, ()), strict=False):
            before = self.found.get(number)
            if not math.isnan(value) and (before is None or sign * value < sign * before[1]):
                self.found[number] = (measured.epoch, value)

    def pop(self, number: int) -> tuple[int, float] | None:
        """Of a trial that is over; None where it is not known."""
        found = self.found.pop(number, None)
        return None if number in self.unknown else found

    def state_dict(self) -> dict[str, Any]:
        return {"found": {n: list(each) for n, each in self.found.items()}, "unknown": sorted(self.unknown)}

    @classmethod
    def load(cls, saved: Mapping[str, Any] | None, live: set[int]) -> BestEpochs:
        """For the trials `live`; None: nothing was saved."""
        if saved is None:
            return cls(unknown=live)
        found = {int(n): (int(epoch), float(value)) for n, (epoch, value) in saved["found"].items() if n in live}
        return cls(found, set(saved["unknown"]) & live)


@dataclass(frozen=True)
class Kept:
    """What is left of a trial that is over; the fields are those of TrialEnded."""

    weights: Weights
    metrics: dict[str, float]
    best_epoch: int = 0
    best_by: str = ""
    best_value: float = math.nan
    last: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    """Why it could not be measured, where a component of the user's own raised; goes with the reason of its end."""

    def told(self) -> dict[str, Any]:
        """For TrialEnded."""
        return {
            each.name: getattr(self, each.name)
            for each in dataclasses.fields(self)
            if each.name not in ("weights", "problem")
        }


def settle(
    member: Member, left: Left, last: dict[str, float], rank: str, best: tuple[int, float] | None
) -> Generator[None, None, Kept]:
    """What is kept of `member`, whose last epoch came to `last`. `best`: its best epoch, and the value. Yields now and
    then while it measures what was not measured of the weights that are kept."""
    config, by = member.config, compared_by(member.config, rank)
    weights, metrics, earlier, problem = left.state_dict, last, False, ""
    if left.best is not None:
        best, weights = (left.best.epoch, left.best.value), left.best.state_dict
        earlier = left.best.epoch < left.epochs
        metrics = dict(left.best.measured or {}) if earlier else last
    if left.status != "failed" and config.evaluate.when and not _measured(config, metrics, left, earlier=earlier):
        try:
            metrics = metrics | (yield from measure(config, member.data, weights))
        except TrainingFailed as error:
            problem = f"not measured: {error}"
    kept = Kept(weights, metrics, last=last if earlier else {}, problem=problem)
    return kept if best is None else dataclasses.replace(kept, best_epoch=best[0], best_by=by, best_value=best[1])


def _measured(config: RunConfig, metrics: Mapping[str, float], left: Left, *, earlier: bool) -> bool:
    """Whether `metrics` are those of the weights at the end of the epoch that is kept, on all splits."""
    if config.component("model").facts.get("measured") == "first step":
        return left.status == "completed" and not earlier and "end" in config.evaluate.when
    return all(f"{split}_loss" in metrics for split in config.evaluate.splits)


def measure(config: RunConfig, data: Data, weights: Weights) -> Generator[None, None, dict[str, float]]:
    """The columns of the splits of `config.evaluate`, of a network with these weights. Draws no random numbers.
    Raises TrainingFailed for what a component of the user's own raises."""
    columns: dict[str, float] = {}
    with told_as_failed():
        device = pick_device(config.device)
        model = fresh_model(config, data.inputs).to(device)
        model.load_state_dict(weights)
        loss = config.component("loss").build(**config.arguments("loss")).to(device)
        optimizer = torch.optim.SGD(model.parameters())  # a state has one; nothing is trained
        state = TrainState(model, loss, optimizer, device, data.inputs, 0.0)
        try:
            for event in evaluate(config, state, data):
                if isinstance(event, Evaluated):
                    columns |= {column(event.split, name): value for name, value in event.metrics.items()}
                yield
        except TrainingFailed:  # a loss that is not finite is worth no more
            pass
    return columns


def finished(work: Generator[None, None, T]) -> Generator[Event | None, StreamCommand | None, tuple[T, bool]]:
    """What short work comes to, and whether Stop was sent meanwhile: a trial that has left its group is told first."""
    stopped = False
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value, stopped
        try:
            if not stopped:
                yield from turn(None)
        except Stopped:
            stopped = True
