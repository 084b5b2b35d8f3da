"""What a log is: a fold that answers each event with the lines it is worth."""

from __future__ import annotations

from typing import ClassVar, Protocol

from core.components.keys import as_text
from core.components.metrics import metric_text
from core.events.events import (
    EpochEnded,
    Evaluated,
    Event,
    LearningRateReduced,
    ModelSaved,
    RunResumed,
    RunStarted,
    SettingChanged,
    StepsEnded,
)
from core.system.text import fixed


class Log(Protocol):
    """Turns a run's events into its log."""

    measures: ClassVar[tuple[str, ...]]
    """The columns (`test_accuracy`) that its lines are made of: an experiment with this log has to measure them."""

    def lines(self, event: Event) -> list[str]: ...


class EpochRow(str):
    """The line of an epoch; a screen may show its values in columns instead."""

    epoch: int
    values: dict[str, float]
    """By column: `test_accuracy`."""

    @classmethod
    def of(cls, text: str, epoch: int, values: dict[str, float]) -> EpochRow:
        row = cls(text)
        row.epoch, row.values = epoch, values
        return row


class EpochLines:
    """One line per `every` epochs, and for the last one: of each split the loss and the first metric. With `early` also
    for epochs 1, 2, 5, 10, 20, …, so that the first lines of a long run are not long in coming."""

    measures: ClassVar[tuple[str, ...]] = ()

    def __init__(self, every: int | None = None, *, early: bool = False) -> None:
        self._wish = self._every = every
        self._early = early
        self._epochs = 0
        self._metrics: dict[tuple[str, str], float] = {}
        """By split and metric."""
        self._untrained = False
        self._unsaid: list[str] = []
        """The line of the latest epoch, if it was left out: a run that ends early ends with it."""

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted() | RunResumed() if event.config:
                self._epochs = event.config.get("epochs", 0)
                self._every = self._wish or max(1, self._epochs // 20)
            case Evaluated():
                shown = list(event.metrics.items())[:2]
                self._metrics.update({(event.split, name): value for name, value in shown})
                self._untrained = event.epoch == 0
            case StepsEnded() if self._untrained:
                self._untrained = False
                return [self._line(0)]
            case EpochEnded():
                line = [self._line(event.epoch)]
                every = self._every or 1
                early = self._early and event.epoch < every and _is_round(event.epoch)
                if event.epoch % every == 0 or event.epoch == self._epochs or early:
                    self._unsaid = []
                    return line
                self._unsaid = line
            case SettingChanged():
                old, new = as_text(event.old), as_text(event.new)
                return [f"{event.key} changed from {old} to {new} after step {event.step}"]
            case LearningRateReduced():
                lowered = f"the learning rate went down from {as_text(event.old)} to {as_text(event.new)}"
                return [f"{lowered}: {event.monitor} does not become better than {event.best:.6g}"]
            case ModelSaved():
                unsaid, self._unsaid = self._unsaid, []
                return unsaid
            case _:
                pass
        return []

    def _line(self, epoch: int) -> str:
        width = len(str(self._epochs))
        shown = [
            f"{split} {name} {metric_text(name, value, form='5.1f', other=_four)}"
            for (split, name), value in self._metrics.items()
        ]
        values = {f"{split}_{name}": value for (split, name), value in self._metrics.items()}
        self._metrics = {}
        return EpochRow.of("  ".join([f"Epoch {epoch:>{width}}/{self._epochs}", *shown]), epoch, values)


def _is_round(number: int) -> bool:
    """1, 2, 5, 10, 20, 50, …"""
    text = str(number)
    return text[0] in "125" and not text[1:].strip("0")


def _four(value: float) -> str:
    """Four decimals, where they show the value."""
    return fixed(value, ".4f") if abs(value) >= 5e-5 or value == 0 else f"{value:.1e}"
