"""TrainState: where a training run stands, and how a stream of its events is steered."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.components.plateau import Watched
from core.data.inputs import Inputs
from core.data.parts import Data
from core.experiment.schema import RunConfig
from core.network.build import initial_model, pick_device
from core.network.generators import seed_others
from core.system import clock
from core.training.rehearse import has_own, rehearse
from core.training.stopping import Stopping


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
    now: Callable[[], float] = clock.now
    """Seconds, by which reports and inspections are paced and dated; not saved."""
    answer: Callable[[Tensor], Tensor] = field(init=False, repr=False)
    """What evaluations ask: the network, or what comes to the same bits sooner; not saved."""

    threads: int = 0
    """That its steps are computed on, see `core.training.threads`; kept in the log."""
    step_limit: float = math.inf
    """Seconds of a step above which one thread would be better; not saved."""
    vector: Tensor | None = field(default=None, repr=False)
    """All weights in one, where they lie so; not saved."""

    def __post_init__(self) -> None:
        self.answer = self.model

    def learn(self) -> None:
        """The network is about to learn: where it drops units, it does now."""
        if not self.model.training:
            self.model.train()

    def ask(self) -> None:
        """The network is about to be asked by `answer`."""
        if self.answer is self.model:
            self.model.eval()

    @classmethod
    def new(cls, config: RunConfig, data: Data) -> TrainState:
        """A fresh start: nothing trained yet. Raises ConfigError, also for components of the user's own that do not
        work."""
        device = pick_device(config.device)
        if has_own(config):
            rehearse(config, data, device)
            seed_others(config.seed)
        model = initial_model(config, data.inputs).to(device)
        optimizer = config.component("optimizer").build(model.parameters(), **config.arguments("optimizer"))
        return cls(
            model=model,
            loss=config.component("loss").build(**config.arguments("loss")).to(device),
            optimizer=optimizer,
            device=device,
            inputs=data.inputs,
            base_lr=float(optimizer.param_groups[0]["lr"]),
            threads=config.threads or 0,
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
