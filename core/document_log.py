"""Events → the text that the documents' own scripts print, line by line.

A log is a class with one method, `lines(event)`; it sees the events in order and returns the lines each one adds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.events import EpochEnded, Evaluated, Event, ModelSaved, RunStarted, SettingChanged, StepsEnded


class Log(Protocol):
    """Turns a run's events into its log."""

    def lines(self, event: Event) -> list[str]: ...


class EpochLines:
    """One line with all metrics per `every` epochs, and for the last one."""

    def __init__(self, every: int | None = None) -> None:
        self._every = every
        self._epochs = 0
        self._metrics: dict[str, float] = {}
        self._untrained = False

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                self._epochs = event.config["epochs"]
                self._every = self._every or max(1, self._epochs // 20)
            case Evaluated():
                self._metrics.update({f"{event.split} {name}": value for name, value in event.metrics.items()})
                self._untrained = event.epoch == 0
            case StepsEnded() if self._untrained:
                self._untrained = False
                return [self._line(0)]
            case EpochEnded():
                line = self._line(event.epoch)
                if event.epoch % (self._every or 1) == 0 or event.epoch == self._epochs:
                    return [line]
            case SettingChanged():
                return [f"{event.key} changed from {event.old:g} to {event.new:g} after step {event.step}"]
            case _:
                pass
        return []

    def _line(self, epoch: int) -> str:
        width = len(str(self._epochs))
        shown = [
            f"{name} {100 * value:5.1f} %" if name.endswith("accuracy") else f"{name} {value:.4f}"
            for name, value in self._metrics.items()
            if not name.endswith("last_batch_accuracy")
        ]
        self._metrics = {}
        return "  ".join([f"Epoch {epoch:>{width}}/{self._epochs}", *shown])


class FashionLog:
    """The FashionMNIST document's log: every 100th batch loss, then the test error, to the character.

    Its `Avg loss` is the sum of the batches' mean losses divided by the number of samples, as in its code.
    """

    def __init__(self) -> None:
        self._run: RunStarted | None = None

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                self._run = event
            case StepsEnded() if self._run:
                return self._batches(event, self._run)
            case Evaluated() if event.split == "test":
                accuracy, loss = 100 * event.metrics["accuracy"], event.batch_loss_sum / event.n
                return ["Test Error: ", f" Accuracy: {accuracy:>0.1f}%, Avg loss: {loss:>8f} ", ""]
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
                lines.append(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")
        return lines


LOGS: dict[str, Callable[[], Log]] = {
    "plain": EpochLines,
    "iris": lambda: EpochLines(every=10),
    "fashion": FashionLog,
}


def open_log(name: str) -> Log:
    """A fresh log by its name in the config; an unknown one (of a newer version) is shown plainly."""
    return LOGS.get(name, EpochLines)()
