"""TrainState: where a training run stands, and how a stream of its events is steered."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core import clock
from core.config import RunConfig
from core.data import Data, Inputs
from core.errors import ConfigError
from core.events import Event, Set, SettingChanged, Stop, StreamCommand
from core.memory import free_memory
from core.plateau import Watched
from core.stopping import Stopping
from core.two_layer_model import TwoLayer

REPORT_EVERY = 0.05
"""Seconds between two reports while steps are fast; also the longest wait of a command."""

Telling = Generator[Event, StreamCommand | None, None]


@dataclass
class EpochSums:
    """What the epoch under way has added up so far."""

    loss: float = 0.0
    """Sum over samples."""
    batch_loss: float = 0.0
    """Sum over batches of their mean."""
    predicted: list[Tensor] = field(default_factory=list)
    """Predictions (batch,) of each batch before its update, where the train split is not measured afterwards."""
    last_batch_accuracy: float = math.nan
    seconds: float = 0.0


@dataclass
class TrainState:
    """Where a training run stands: all that has to be saved to continue it bit for bit.

    `epoch` counts epochs that are over, evaluation included; `batch` counts the batches done in the one under way;
    `step` counts updates of the weights. `base_lr` is what the schedule multiplies.
    """

    model: nn.Module
    loss: nn.Module
    optimizer: Optimizer
    device: torch.device
    inputs: Inputs
    base_lr: float
    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: EpochSums = field(default_factory=EpochSums)
    stopping: Stopping = field(default_factory=Stopping)
    plateau: Watched = field(default_factory=Watched)
    rows: Tensor | None = None
    """Indices of the latest batch, where it is drawn with replacement; for whoever looks, and not saved."""

    @classmethod
    def new(cls, config: RunConfig, data: Data) -> TrainState:
        """A fresh start: nothing trained yet."""
        device = pick_device(config.device)
        model = initial_model(config, data.inputs).to(device)
        optimizer = config.component("optimizer").build(model.parameters(), **config.arguments("optimizer"))
        return cls(
            model=model,
            loss=config.component("loss").build(**config.arguments("loss")),
            optimizer=optimizer,
            device=device,
            inputs=data.inputs,
            base_lr=float(optimizer.param_groups[0]["lr"]),
        )

    @property
    def lr(self) -> float:
        """The learning rate of the latest step, or of the first one to come."""
        return float(self.optimizer.param_groups[0]["lr"])

    def use_lr(self, lr: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr

    def over(self, config: RunConfig) -> bool:
        """Whether the last epoch is done, or one after which `config.stop` ends the run."""
        return self.epoch >= config.epochs or (bool(self.stopping.reason) and self.batch == 0)


def initial_model(config: RunConfig, inputs: Inputs) -> nn.Module:
    """The network that a run of `config` starts from: `torch.manual_seed(config.seed)`, then the layers first to last,
    on the CPU; or as its document draws it. Raises ConfigError."""
    _check_memory(config, inputs)
    torch.manual_seed(config.seed)
    model = build_model(config, inputs)
    if isinstance(model, TwoLayer):
        model.draw(config.seed)  # with NumPy, as its document does
    return model


def build_model(config: RunConfig, inputs: Inputs) -> nn.Module:
    """The network of `config` with fresh weights. Raises ConfigError when there is no memory for it."""
    try:
        model: nn.Module = config.component("model").build(inputs.shape, inputs.outputs, **config.arguments("model"))
    except (RuntimeError, MemoryError) as error:  # PyTorch says RuntimeError when there is no memory for it
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"cannot build the network: {reason}; make it smaller") from None
    return model


PER_WEIGHT = 4
"""Copies of each weight while it trains: itself, its gradient, two moments of the optimizer."""


def _check_memory(config: RunConfig, inputs: Inputs) -> None:
    """Raise ConfigError for a network that has no room in memory. To try it would be no test: the system promises
    memory that it does not have, and ends the process that uses it."""
    try:
        with torch.device("meta"):
            model = config.component("model").build(inputs.shape, inputs.outputs, **config.arguments("model"))
    except (RuntimeError, OverflowError):  # more bytes than 64 bits can count
        raise ConfigError("cannot build the network: no machine has the memory for it; make it smaller") from None
    needed = PER_WEIGHT * sum(p.numel() * p.element_size() for p in model.parameters())
    free = free_memory()
    if needed > free:
        raise ConfigError(
            f"the network needs {needed / 1e9:,.1f} GB of memory to train, of {free / 1e9:,.1f} GB free; "
            + ("use a smaller model.hidden" if "hidden" in config.model else "make it smaller")
        )


def pick_device(wish: str) -> torch.device:
    """The torch device for `auto`, `cpu`, `cuda` or `mps`. Raises ConfigError for one that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[wish]:
        raise ConfigError(f"device = {wish}: there is none here; choose from auto, cpu")
    return torch.device(wish)


def report_is_due(began: float) -> bool:
    """Whether the batches since `began`, by `core.clock`, are worth an event."""
    return clock.now() - began >= REPORT_EVERY


class Stopped(Exception):
    """A Stop command, on its way out of nested generators."""


def tell(state: TrainState, event: Event) -> Telling:
    """Yield one event and carry out what is sent back; each command is answered by an event. Raises Stopped."""
    yield from _obey(state, (yield event))


def turn(state: TrainState) -> Generator[Event | None, StreamCommand | None, None]:
    """Nothing to tell, but a chance to send a command. Raises Stopped."""
    yield from _obey(state, (yield None))


def _obey(state: TrainState, command: StreamCommand | None) -> Telling:
    while command is not None:
        if isinstance(command, Stop):
            raise Stopped
        if not isinstance(command, Set):
            raise TypeError(f"fit cannot carry out {command}")
        command = yield change(state, command)


def change(state: TrainState, command: Set) -> SettingChanged:
    """Carry out a Set, of the learning rate that the schedule multiplies, on `state`."""
    old, state.base_lr = state.base_lr, command.value
    state.use_lr(command.value)
    return SettingChanged(step=state.step, key=command.key, old=old, new=command.value)
