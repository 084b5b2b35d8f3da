"""Events → the text that the documents' own scripts print, line by line.

A log is a class with one method, `lines(event)`; it sees the events in order and returns the lines each one adds. What
a run did not measure is left out of its lines: a log never ends a run.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import ClassVar

from core.events.events import (
    Evaluated,
    Event,
    ModelSaved,
    Predicted,
    RunResumed,
    RunStarted,
    StepsEnded,
)
from core.logs.log import EpochLines, Log
from core.system.text import fixed


class FashionLog:
    """The FashionMNIST document's log: every 100th batch loss, then the test error, to the character.

    Its `Avg loss` is the sum of the batches' mean losses divided by the number of samples, as in its code.
    """

    measures: ClassVar[tuple[str, ...]] = ("test_accuracy",)

    def __init__(self) -> None:
        self._run: RunStarted | None = None

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                self._run = event
            case RunResumed() if self._run and event.config:
                self._run = dataclasses.replace(self._run, config=event.config)
            case StepsEnded() if self._run:
                return self._batches(event, self._run)
            case Evaluated() if event.split == "test":
                loss = event.batch_loss_sum / event.n
                right = f"Accuracy: {100 * event.metrics['accuracy']:>0.1f}%, " if "accuracy" in event.metrics else ""
                return ["Test Error: ", f" {right}Avg loss: {fixed(loss, '>8f')} ", ""]
            case ModelSaved() if self._run:
                done = event.step == self._run.steps_per_epoch * self._run.config["epochs"]
                return [*(["Done!"] if done else []), f"Saved PyTorch Model State to {event.path}"]
            case _:
                pass
        return []

    @staticmethod
    def _batches(event: StepsEnded, run: RunStarted) -> list[str]:
        lines = []
        size, per_batch = run.sizes["train"], run.config["batch_size"]
        for step, loss in enumerate(event.losses, start=event.first_step):
            batch = (step - 1) % run.steps_per_epoch
            if batch == 0:
                lines += [f"Epoch {event.epoch}", "-------------------------------"]
            if batch % 100 == 0:
                current = batch * min(per_batch, size - batch * per_batch)  # the document's `batch * len(X)`
                lines.append(f"loss: {fixed(loss, '>7f')}  [{current:>5d}/{size:>5d}]")
        return lines


class MnistLog:
    """The log of the MNIST document: the test set after training, its loss a mean over samples."""

    measures: ClassVar[tuple[str, ...]] = ("test_accuracy",)

    def lines(self, event: Event) -> list[str]:
        match event:
            case Evaluated() if event.split == "test":
                lines = ["[Test set]", f"Average loss: {fixed(event.metrics.get('loss', math.nan), '.4f')}, "]
                if "accuracy" in event.metrics:
                    right = round(event.metrics["accuracy"] * event.n)
                    lines.append(f"Accuracy: {right}/{event.n} ({100.0 * right / event.n:.2f}%)")
                return lines
            case _:
                return []


class BlobsLog:
    """The log of the blobs document: test loss before and after, every 100th train loss, the weights, a prediction."""

    measures: ClassVar[tuple[str, ...]] = ("test_loss",)

    def __init__(self) -> None:
        self._steps_per_epoch = 1
        self._test_loss: float | None = None

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                self._steps_per_epoch = event.steps_per_epoch
            case Evaluated() if event.split == "test":
                if event.epoch == 0:
                    return [f"Before Training, test loss is {event.metrics.get('loss', math.nan)}"]
                self._test_loss = event.metrics.get("loss")
            case StepsEnded():
                return [
                    f"Train loss at {epoch} is {loss}"
                    for step, loss in enumerate(event.losses, start=event.first_step)
                    for epoch, batch in [divmod(step - 1, self._steps_per_epoch)]
                    if batch == 0 and epoch % 100 == 0
                ]
            case ModelSaved():
                after = [] if self._test_loss is None else [f"After Training, test loss is {self._test_loss}"]
                weights = f"state_dict format of the model: {event.state_dict}" if event.state_dict else ""
                return [*after, *weights.splitlines()]
            case Predicted() if len(event.classes) > 1:
                return [
                    f"벡터 [{', '.join(f'{x:g}' for x in row)}]이 레이블 {event.classes[1]}을 가질 확률은 {output[1]}"
                    for row, output in zip(event.inputs, event.outputs, strict=True)
                ]
            case _:
                pass
        return []


class TwoLayerLog:
    """The log of the two-layer document: both accuracies after the first iteration of each epoch, as Python prints
    them."""

    measures: ClassVar[tuple[str, ...]] = ("train_accuracy", "test_accuracy")

    def __init__(self) -> None:
        self._train: float | None = None

    def lines(self, event: Event) -> list[str]:
        match event:
            case Evaluated() if event.split == "train":
                self._train = event.metrics.get("accuracy")
            case Evaluated() if event.split == "test" and "accuracy" in event.metrics and self._train is not None:
                return [f"train acc, test acc | {self._train}, {event.metrics['accuracy']}"]
            case _:
                pass
        return []


LOGS: dict[str, Callable[[], Log]] = {
    "plain": EpochLines,
    "iris": lambda: EpochLines(every=10),
    "fashion": FashionLog,
    "mnist": MnistLog,
    "blobs": BlobsLog,
    "two-layer": TwoLayerLog,
}


def open_log(name: str) -> Log:
    """A fresh log by its name in the config; an unknown one (of a newer version) is shown plainly."""
    return LOGS.get(name, EpochLines)()
