"""StackState: where a stack of trials stands, all that has to be saved to continue it bit for bit; and what is told of
it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from core.data.inputs import Inputs
from core.data.parts import Data
from core.errors import RunError
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.build import build_model, initial_model, pick_device
from core.stack.network import StackedNetwork
from core.stack.optimizer import StackedOptimizer
from core.stack.plan import key_of, units_of
from core.training.stopping import Stopping

FORMAT = 1

Columns: TypeAlias = dict[str, list[float]]


@dataclass(frozen=True)
class StackProgressed:
    """Where the live trials of a stack stand: in each column one value for each of `numbers`.

    `batch_loss` is the mean of the batch losses since the last such event. The event that closes an epoch (or, with
    epoch 0, the evaluation before the first step) also has what `fit` would tell: `train_loss`, `test_accuracy`,
    `last_batch_accuracy`, …, NaN where only other trials were measured. One without columns just gives the consumer
    its turn.
    """

    epoch: int
    """From 1: the one under way, or the one that is over now."""
    step: int
    numbers: list[int]
    columns: Columns


@dataclass(frozen=True)
class TrialLeft:
    """A trial has come to its end. `reason` is what `fit` would tell: why it failed, which condition of `config.stop`
    was met, or empty after the last epoch."""

    number: int
    status: Literal["completed", "failed"]
    reason: str
    epoch: int
    """Its last one, from 1."""
    step: int
    state_dict: dict[str, Tensor]
    best: dict[str, Tensor] | None = None
    """The weights of its best epoch, where they are to be kept and there is one."""


StackEvent: TypeAlias = StackProgressed | TrialLeft


@dataclass
class StackState:
    """Where a stack stands. Trial `number` is that of `configs[number]`; the counters are those of TrainState.

    Networks and tensors (trials, …) are in the order of `numbers`, deepest network first.
    """

    configs: list[RunConfig]
    inputs: Inputs
    numbers: list[int]
    network: StackedNetwork
    optimizer: StackedOptimizer
    loss_sum: Tensor
    """Sum over the samples of the epoch under way, (trials,) float64."""
    last_batch_accuracy: Tensor
    """(trials,) float64."""
    stopping: list[Stopping]
    """One for each of `configs`."""
    predicted: Tensor | None = None
    """Predictions (trials, n) of the batches so far, before their updates, where the train split is not measured after
    the epoch."""
    epoch: int = 0
    batch: int = 0
    step: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    """Why, by the number of the trial."""
    left: set[int] = field(default_factory=set)
    """Numbers of the trials that take no part any more, for whatever reason."""
    best: StackedNetwork | None = None
    """Each trial with the weights of its best epoch so far, where they are to be kept; None before the first."""

    @classmethod
    def new(cls, configs: Sequence[RunConfig], data: Data) -> StackState:
        """Each trial with the weights that `TrainState.new` gives it. Raises ValueError for trials with different keys
        or none, ConfigError where there is no memory for one."""
        keys = {key_of(config, data) for config in configs}
        if len(keys) != 1 or None in keys:
            raise ValueError(f"these trials cannot share a stack: they have {len(keys)} keys")
        numbers = sorted(range(len(configs)), key=lambda number: -len(units_of(configs[number])))
        models = [initial_model(configs[number], data.inputs) for number in numbers]
        state = cls._blank(configs, data, numbers, next(models[0].parameters()).dtype)
        for trial, model in enumerate(models):
            state.network.load(trial, model)
        return state

    @classmethod
    def _blank(cls, configs: Sequence[RunConfig], data: Data, numbers: list[int], dtype: torch.dtype) -> StackState:
        """With all weights zero."""
        fitted = [fitted_to(config, data.facts) for config in configs]
        device, first = pick_device(fitted[0].device), fitted[0].model
        activation = first.get("activation", "none")
        at_input = first.get("input_activation", "same")
        units = [units_of(fitted[number]) for number in numbers]
        activations = [activation] * max((len(each) for each in units), default=0)
        if activations and at_input != "same":
            activations[0] = at_input
        features = torch.Size(data.inputs.shape).numel()
        network = StackedNetwork(
            units, features, data.inputs.outputs, activations, torch.empty(0, dtype=dtype, device=device)
        )
        lrs, decays = (
            torch.tensor([fitted[number].optimizer[key] for number in numbers], dtype=torch.float64, device=device)
            for key in ("lr", "weight_decay")
        )
        return cls(
            configs=fitted,
            inputs=data.inputs,
            numbers=numbers,
            network=network,
            optimizer=StackedOptimizer(fitted[0], network, lrs, decays),
            loss_sum=torch.zeros(len(numbers), dtype=torch.float64, device=device),
            last_batch_accuracy=torch.zeros(len(numbers), dtype=torch.float64, device=device),
            stopping=[Stopping() for _config in fitted],
        )

    @property
    def live(self) -> list[int]:
        """The numbers of the trials that still take part."""
        return [number for number in self.numbers if number not in self.left]

    def progressed(self, epoch: int, columns: Columns) -> StackProgressed:
        """`columns` have one value for each of `numbers`; trials that failed or left are not told of."""
        told = [i for i, number in enumerate(self.numbers) if number not in self.left and number not in self.failed]
        if len(told) < len(self.numbers):
            columns = {name: [values[i] for i in told] for name, values in columns.items()}
        return StackProgressed(epoch, self.step, [self.numbers[i] for i in told], columns)

    def drop(self, number: int) -> None:
        """Take a trial out, at any yield; the others get faster from the next epoch on."""
        self.left.add(number)

    def shrink(self) -> bool:
        """Whether there were trials in the tensors that take no part any more; now there are none."""
        trials = [i for i, number in enumerate(self.numbers) if number not in self.left]
        if len(trials) == len(self.numbers):
            return False
        network = self.network.subset(trials)
        self.optimizer = self.optimizer.subset(trials, network)
        self.network = network
        self.best = None if self.best is None else self.best.subset(trials)
        self.numbers = [self.numbers[i] for i in trials]
        self.loss_sum, self.last_batch_accuracy = self.loss_sum[trials], self.last_batch_accuracy[trials]
        self.predicted = None if self.predicted is None else self.predicted[trials]
        return True

    def keep_best(self) -> None:
        """When an epoch is over: take over the weights of the trials that were never better, if any are to be kept."""
        if not self.configs[0].stop.keep_best:  # the same for all that share a stack
            return
        better = [self.stopping[number].best_epoch == self.epoch for number in self.numbers]
        if not any(better):
            return
        if self.best is None:
            self.best = self.network.subset(range(len(self.numbers)))
            return
        of_trials = torch.tensor(better, dtype=self.network.weights.dtype, device=self.network.weights.device)
        kept = torch.where(self.network.spread(of_trials) > 0, self.network.weights, self.best.weights)
        self.best.weights.copy_(kept)

    def best_of(self, number: int) -> OrderedDict[str, Tensor] | None:
        """The weights of the trial's best epoch, as `state_dict_of` has them; None where none are kept."""
        if self.best is None or not self.stopping[number].best_epoch:
            return None
        return self.state_dict_of(number, self.best)

    def load_best(self, number: int, weights: Mapping[str, Tensor]) -> None:
        """Take what `best_of` gave for the trial's best ones."""
        if self.best is None:
            self.best = self.network.subset(range(len(self.numbers)))
        for mine, its in zip(self.best.parameters_of(self.numbers.index(number)), weights.values(), strict=True):
            mine.copy_(its)

    def state_dict_of(self, number: int, network: StackedNetwork | None = None) -> OrderedDict[str, Tensor]:
        """The trial's own weights, without padding, under the names they have in its network alone; as they stand, or
        as they are in `network`.

        Raises ValueError for a trial whose weights are not in the stack any more.
        """
        tensors = (self.network if network is None else network).parameters_of(self.numbers.index(number))
        with torch.device("meta"):  # neither memory nor random numbers
            names = build_model(self.configs[number], self.inputs).state_dict()
        return OrderedDict(
            (name, tensor.clone(memory_format=torch.contiguous_format))
            for name, tensor in zip(names, tensors, strict=True)
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything `load` needs to continue bit for bit, as `torch.load(..., weights_only=True)` reads it.

        Its tensors are those that training goes on changing.
        """
        return {
            "format": FORMAT,
            "numbers": self.numbers,
            "left": sorted(self.left),
            "weights": self.network.weights,
            "optimizer": self.optimizer.state_dict(),
            "loss_sum": self.loss_sum,
            "last_batch_accuracy": self.last_batch_accuracy,
            "predicted": self.predicted,
            "epoch": self.epoch,
            "batch": self.batch,
            "step": self.step,
            "stopping": [asdict(each) for each in self.stopping],
            "failed": self.failed,
            "best": None if self.best is None else self.best.weights,
        }

    @classmethod
    def load(cls, configs: Sequence[RunConfig], data: Data, saved: dict[str, Any]) -> StackState:
        """The state that `state_dict` described, of the same configs and data. Raises RunError for another format."""
        if saved["format"] != FORMAT:
            raise RunError(f"this stack was saved by another version of nntui (format {saved['format']})")
        state = cls._blank(configs, data, saved["numbers"], saved["weights"].dtype)
        state.network.weights.copy_(saved["weights"])
        state.optimizer.load_state_dict(saved["optimizer"])
        for name in ("loss_sum", "last_batch_accuracy"):
            getattr(state, name).copy_(saved[name])
        if saved["predicted"] is not None:
            state.predicted = saved["predicted"].to(state.loss_sum.device)
        state.epoch, state.batch, state.step = saved["epoch"], saved["batch"], saved["step"]
        state.stopping = [Stopping(**each) for each in saved["stopping"]]
        state.failed, state.left = saved["failed"], set(saved["left"])
        best = saved.get("best")  # checkpoints before had none
        if best is not None:
            state.best = state.network.subset(range(len(state.numbers)))
            state.best.weights.copy_(best)
        return state
