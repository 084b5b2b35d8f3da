"""What training tells between two evaluations: every batch loss, grouped by the clock, and running metrics."""

from __future__ import annotations

import math
from collections.abc import Generator

import torch
from torch import Tensor, nn

from core.events.commands import StreamCommand, TrainingFailed
from core.events.events import Evaluated, Event, StepsEnded
from core.experiment.schema import RunConfig
from core.training.evaluate import metrics_of, not_finite
from core.training.state import TrainState
from core.training.steering import report_is_due, tell, turn


def running_metrics(config: RunConfig, state: TrainState, target: Tensor) -> Evaluated:
    """The train metrics as they came by in the epoch, each batch before its update; `target` in that order."""
    sums, n = state.sums, len(target)
    metrics = {"loss": sums.loss / n}
    if sums.predicted:  # fewer than all where the run was resumed in mid-epoch with other `evaluate.splits`
        predicted = torch.cat(sums.predicted)
        metrics |= metrics_of(config, predicted, target[n - len(predicted) :])
    state.stopping.saw("train", metrics)
    if "accuracy" in metrics:
        metrics["last_batch_accuracy"] = sums.last_batch_accuracy
    return Evaluated(
        epoch=state.epoch + 1,
        step=state.step,
        split="train",
        n=n,
        metrics=metrics,
        batch_loss_sum=sums.batch_loss,
        batches=state.batch,
        seconds=0.0,
    )


class Report:
    """Collects batches between two StepsEnded. Losses stay tensors until then: a GPU is read 20 times a second."""

    def __init__(self, state: TrainState, target: Tensor, *, running: bool) -> None:
        self._state = state
        self._target = target
        self._running = running
        self._parameters = list(state.model.parameters())
        self._grad_norm: Tensor | None = None
        self._start()

    def _start(self) -> None:
        self._losses: list[Tensor] = []
        self._predicted: list[Tensor] = []
        self._sizes: list[int] = []
        self.restart()

    def restart(self) -> None:
        """Count the time from now on: something else was done since the last event."""
        self._began = self._asked = self._state.now()

    def offer_turn(self) -> Generator[Event | None, StreamCommand | None, None]:
        """In the middle of a step that takes long, now and then: a pause or a stop need not wait for its end. Raises
        Stopped.

        The weights are those before the step, and whoever saves them now must find the losses of all steps before in
        the state: so these are told first.
        """
        if not report_is_due(self._asked, self._state.now):
            return
        if self._losses:
            yield from self.tell()
            return
        left = self._state.now()
        yield from turn(self._state)
        self._asked = self._state.now()
        self._began += self._asked - left  # a pause is no training

    @property
    def due(self) -> bool:
        return report_is_due(self._began, self._state.now)

    def add(self, loss: Tensor, output: Tensor, rows: Tensor | slice, grad_norm: Tensor | None = None) -> None:
        """A step was made. `grad_norm`: of its gradient, before clipping; None where it is not clipped."""
        self._losses.append(loss)
        self._sizes.append(output.shape[0])
        self._last_output, self._last_rows, self._grad_norm = output, rows, grad_norm
        if self._running:
            self._predicted.append(self._state.inputs.predictions(self._last_output))

    def tell(self) -> Generator[Event, StreamCommand | None, StepsEnded]:
        """Yield the collected batches as StepsEnded, their sums added to the state, and start anew; returns that event.

        Raises TrainingFailed after the event when its last loss is not finite.
        """
        event = self._steps_ended()
        reason = not_finite("loss", event.losses[-1], event.first_step + len(event.losses) - 1)
        if reason:
            yield event  # commands are void now: the weights are already spoilt
            raise TrainingFailed(reason)
        yield from tell(self._state, event)
        self._start()
        return event

    def _steps_ended(self) -> StepsEnded:
        state, sums = self._state, self._state.sums
        losses: list[float] = torch.stack(self._losses).tolist()
        first_step = state.step - len(losses) + 1
        sums.batch_loss += sum(losses)
        sums.loss += sum(loss * n for loss, n in zip(losses, self._sizes, strict=True))
        sums.predicted += self._predicted
        if state.inputs.task == "classification":
            right = state.inputs.predictions(self._last_output) == self._target[self._last_rows]
            sums.last_batch_accuracy = int(right.sum()) / len(right)
        seconds = state.now() - self._began
        sums.seconds += seconds
        spoilt = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
        if self._grad_norm is None:
            gradients = [p.grad for p in self._parameters if p.grad is not None]
            grad_norm = nn.utils.get_total_norm(gradients)
        else:
            grad_norm = self._grad_norm
        return StepsEnded(
            epoch=state.epoch + 1,
            first_step=first_step,
            losses=losses[: spoilt + 1],
            lr=state.lr,
            samples=sum(self._sizes),
            seconds=seconds,
            grad_norm=float(grad_norm),
        )
