"""fit: the textbook training loop as a lazy stream of events.

For each epoch, for each batch: forward, loss, backward, step; then evaluate. Threads, files, timers and screens live
elsewhere: whoever pulls decides. Nothing is yielded inside `inference_mode`, which the consumer would inherit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from core.config import RunConfig
from core.data import Data, Part, load_data
from core.errors import ConfigError
from core.events import (
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    Set,
    SettingChanged,
    Split,
    StepsEnded,
    Stop,
    Stream,
    StreamCommand,
    TrainingFailed,
)

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
    correct: int = 0
    last_batch_accuracy: float = math.nan
    seconds: float = 0.0


@dataclass
class TrainState:
    """Where a training run stands: all that has to be saved to continue it bit for bit.

    `epoch` counts epochs that are over, evaluation included; `batch` counts the batches done in the one under way;
    `step` counts updates of the weights.
    """

    model: nn.Module
    loss: nn.Module
    optimizer: Optimizer
    device: torch.device
    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: EpochSums = field(default_factory=EpochSums)

    @classmethod
    def new(cls, config: RunConfig, data: Data) -> TrainState:
        """Fresh weights: `torch.manual_seed(config.seed)`, then the layers first to last."""
        device = pick_device(config.device)
        torch.manual_seed(config.seed)
        try:
            model: nn.Module = config.component("model").build(data.shape, data.outputs, **config.arguments("model"))
            model.to(device)
        except (RuntimeError, MemoryError) as error:  # PyTorch says RuntimeError when there is no memory for it
            reason = str(error).partition("\n")[0]
            raise ConfigError(f"cannot build the network: {reason}; make it smaller") from None
        return cls(
            model=model,
            loss=config.component("loss").build(**config.arguments("loss")),
            optimizer=config.component("optimizer").build(model.parameters(), **config.arguments("optimizer")),
            device=device,
        )

    @property
    def lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])


class _Stopped(Exception):
    """A Stop command, on its way out of nested generators."""


def pick_device(wish: str) -> torch.device:
    """The torch device for `auto`, `cpu`, `cuda` or `mps`. Raises ConfigError for one that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[wish]:
        raise ConfigError(f"device = {wish}: there is none here; choose from auto, cpu")
    return torch.device(wish)


def batch_order(config: RunConfig, epoch: int, n: int) -> Tensor | None:
    """The order (n,) of the samples in `epoch` (0 for the first), or None when they are not shuffled.

    It depends on the seed and the epoch alone, so a resumed run needs no generator state for it.
    """
    if not config.shuffle:
        return None
    seed = int(np.random.SeedSequence([config.seed, epoch]).generate_state(1, np.uint64)[0] >> 1)
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Stream:
    """Train `state` (fresh if None) from where it stands to `config.epochs`, telling what happens.

    Send `Stop` at a yield and the stream ends with `state` ready to be saved and continued; send `Set` to change the
    learning rate. Raises TrainingFailed when a loss is NaN or infinite.
    """
    data = data or load_data(config, pick_device(config.device))
    state = state or TrainState.new(config, data)
    try:
        yield from _train(config, state, data)
    except _Stopped:
        return


def _train(config: RunConfig, state: TrainState, data: Data) -> Telling:
    train, size = data.splits["train"], config.batch_size
    model, optimizer = state.model, state.optimizer
    batches = math.ceil(len(train) / size)
    if state.step == 0 and "start" in config.evaluate.when:
        yield from _evaluate(config, state, data)
    while state.epoch < config.epochs:
        order = batch_order(config, state.epoch, len(train))
        order = order if order is None else order.to(state.device)
        report = _Report(state, running=not _measures_train(config, "epoch"))
        model.train()
        while state.batch < batches:
            chosen = slice(state.batch * size, (state.batch + 1) * size)
            x, y = (
                (train.x[chosen], train.y[chosen])
                if order is None
                else (train.x[order[chosen]], train.y[order[chosen]])
            )
            output = model(x)
            loss = state.loss(output, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            state.batch += 1
            state.step += 1
            report.add(loss, output, y)
            if report.due or state.batch == batches:
                yield from report.tell()
        moments = ("epoch", "end") if state.epoch + 1 == config.epochs else ("epoch",)
        if not any(_measures_train(config, moment) for moment in moments):
            yield from _tell(state, _running(state, len(train), batches))
        if any(moment in config.evaluate.when for moment in moments):
            yield from _evaluate(config, state, data)
        seconds, state.sums = state.sums.seconds, EpochSums()
        state.epoch, state.batch = state.epoch + 1, 0
        yield from _tell(state, EpochEnded(epoch=state.epoch, step=state.step, seconds=seconds))


def _measures_train(config: RunConfig, moment: str) -> bool:
    return moment in config.evaluate.when and "train" in config.evaluate.splits


def _tell(state: TrainState, event: Event) -> Telling:
    """Yield one event and carry out what is sent back; each command is answered by an event."""
    command = yield event
    while command is not None:
        if isinstance(command, Stop):
            raise _Stopped
        if not isinstance(command, Set):
            raise TypeError(f"fit cannot carry out {command}")
        command = yield change(state, command)


def change(state: TrainState, command: Set) -> SettingChanged:
    """Carry out a Set, of the learning rate, on `state`."""
    old = state.lr
    for group in state.optimizer.param_groups:
        group["lr"] = command.value
    return SettingChanged(step=state.step, key=command.key, old=old, new=command.value)


class _Report:
    """Collects batches between two StepsEnded. Losses stay tensors until then: a GPU is read 20 times a second."""

    def __init__(self, state: TrainState, *, running: bool) -> None:
        self._state = state
        self._running = running
        self._start()

    def _start(self) -> None:
        self._losses: list[Tensor] = []
        self._correct: list[Tensor] = []
        self._sizes: list[int] = []
        self._began = time.perf_counter()

    @property
    def due(self) -> bool:
        return time.perf_counter() - self._began >= REPORT_EVERY

    def add(self, loss: Tensor, output: Tensor, y: Tensor) -> None:
        self._losses.append(loss.detach())
        self._sizes.append(len(y))
        self._last_output, self._last_y = output.detach(), y
        if self._running:
            self._correct.append(count_correct(self._last_output, y))

    def tell(self) -> Telling:
        """Yield the collected batches as StepsEnded, their sums added to the state, and start anew.

        Raises TrainingFailed after the event when its last loss is not finite.
        """
        event = self._steps_ended()
        reason = _not_finite("loss", event.losses[-1], event.first_step + len(event.losses) - 1)
        if reason:
            yield event  # commands are void now: the weights are already spoilt
            raise TrainingFailed(f"{reason}; try a lower learning rate")
        yield from _tell(self._state, event)
        self._start()

    def _steps_ended(self) -> StepsEnded:
        state, sums = self._state, self._state.sums
        losses: list[float] = torch.stack(self._losses).tolist()
        first_step = state.step - len(losses) + 1
        sums.batch_loss += sum(losses)
        sums.loss += sum(loss * n for loss, n in zip(losses, self._sizes, strict=True))
        if self._correct:
            sums.correct += int(torch.stack(self._correct).sum())
        sums.last_batch_accuracy = int(count_correct(self._last_output, self._last_y)) / len(self._last_y)
        seconds = time.perf_counter() - self._began
        sums.seconds += seconds
        spoilt = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
        gradients = [p.grad for p in state.model.parameters() if p.grad is not None]
        return StepsEnded(
            epoch=state.epoch + 1,
            first_step=first_step,
            losses=losses[: spoilt + 1],
            lr=state.lr,
            samples=sum(self._sizes),
            seconds=seconds,
            grad_norm=float(nn.utils.get_total_norm(gradients)),
        )


def _not_finite(what: str, value: float, step: int) -> str:
    if math.isfinite(value):
        return ""
    return f"{what} became {'NaN' if math.isnan(value) else 'infinite'} at step {step}"


def count_correct(output: Tensor, y: Tensor) -> Tensor:
    """How many rows of logits (n, classes) have their largest entry at the class index in `y` (n,); a scalar."""
    return (output.argmax(dim=1) == y).sum()


def _running(state: TrainState, n: int, batches: int) -> Evaluated:
    """The train metrics as they came by in the epoch, each batch before its update."""
    sums = state.sums
    return Evaluated(
        epoch=state.epoch + 1,
        step=state.step,
        split="train",
        n=n,
        metrics={
            "loss": sums.loss / n,
            "accuracy": sums.correct / n,
            "last_batch_accuracy": sums.last_batch_accuracy,
        },
        batch_loss_sum=sums.batch_loss,
        batches=batches,
        seconds=0.0,
    )


def _evaluate(config: RunConfig, state: TrainState, data: Data) -> Telling:
    for split in config.evaluate.splits:
        yield from _measure(state, data.splits[split], split, config.evaluate.batch_size or config.batch_size)


def _measure(state: TrainState, part: Part, split: Split, size: int) -> Telling:
    """Evaluate one split in batches of `size`, then yield Evaluated; a long one also yields its progress."""
    n, epoch = len(part), 0 if state.step == 0 else state.epoch + 1
    losses: list[Tensor] = []
    correct: list[Tensor] = []
    seconds, began = 0.0, time.perf_counter()
    state.model.eval()
    for start in range(0, n, size):
        x, y = part.x[start : start + size], part.y[start : start + size]
        with torch.inference_mode():
            output = state.model(x)
            losses.append(state.loss(output, y))
            correct.append(count_correct(output, y))
        now = time.perf_counter()
        if now - began >= REPORT_EVERY and start + size < n:
            seconds += now - began
            done = start + size
            yield from _tell(state, EvaluationProgressed(epoch=epoch, step=state.step, split=split, done=done, n=n))
            began = time.perf_counter()
    means: list[float] = torch.stack(losses).tolist()
    loss = sum(mean * min(size, n - i * size) for i, mean in enumerate(means)) / n
    metrics = {"loss": loss, "accuracy": int(torch.stack(correct).sum()) / n}
    if split == "train" and state.step:
        metrics["last_batch_accuracy"] = state.sums.last_batch_accuracy
    seconds += time.perf_counter() - began
    evaluated = Evaluated(
        epoch=epoch,
        step=state.step,
        split=split,
        n=n,
        metrics=metrics,
        batch_loss_sum=sum(means),
        batches=len(means),
        seconds=seconds,
    )
    reason = _not_finite(f"{split} loss", loss, state.step)
    if reason:
        yield evaluated
        raise TrainingFailed(f"{reason}; try a lower learning rate")
    yield from _tell(state, evaluated)
