"""What lists and reports say of a run, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.words.metrics import metric
from tui.words.units import count

if TYPE_CHECKING:
    from core.runs.labels import Labels
    from core.runs.summary import Summary


def best_epoch(run: Summary, *, last: bool = False) -> str:
    """`12: validation_loss 0.1123`, with `last` also what the last epoch came to; of a search that of its best trial,
    `trial 7, 12: …`; an en dash where nothing was measured."""
    if run.best_epoch is None or run.best_value is None:
        return "–"
    trial = f"trial {run.best_trial}, " if run.best_trial is not None and not last else ""
    text = f"{trial}{count(run.best_epoch)}: {run.best_by} {metric(run.best_by, run.best_value)}"
    return f"{text} (last: {metric(run.best_by, run.last_value)})" if last and run.last_value is not None else text


def label_lines(labels: Labels) -> Iterator[str]:
    """What a run was given by hand, for a report on it: nothing where it was given nothing."""
    if labels.name:
        yield f"Named {labels.name}"
    if labels.tags:
        yield f"Tags: {', '.join(labels.tags)}"
    yield from labels.note.splitlines()


def share(run: Summary) -> float:
    """How much of it is done, 0-1."""
    if run.trials:
        return min(1.0, run.trials_ended / run.trials)
    return min(1.0, run.step / run.steps) if run.steps else 0.0


def progress(run: Summary) -> str:
    """`epoch 3/10`, `7/32 trials`."""
    if run.trials:
        return f"{count(run.trials_ended)}/{count(run.trials)} trials"
    return f"epoch {count(run.epoch)}/{count(run.epochs)}"
