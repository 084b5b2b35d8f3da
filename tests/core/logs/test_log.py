"""The plain log: which epochs it has a line for."""

from __future__ import annotations

import pytest
from made import run_started

from core.events.events import EpochEnded, Evaluated, ModelSaved
from core.logs.log import EpochLines, EpochRow


def told(log: EpochLines, epochs: int, until: int) -> list[int]:
    """The epochs that have a line, of a run that is stopped after `until`."""
    lines = log.lines(run_started({"epochs": epochs}))
    for epoch in range(1, until + 1):
        of = {"loss": 1.0}
        measured = Evaluated(
            epoch=epoch, step=epoch, split="test", n=1, metrics=of, batch_loss_sum=1.0, batches=1, seconds=0.0
        )
        lines += [*log.lines(measured), *log.lines(EpochEnded(epoch=epoch, step=epoch, seconds=0.0))]
    lines += log.lines(ModelSaved(step=until, path="model.pt"))
    return [line.epoch for line in lines if isinstance(line, EpochRow)]


def test_one_line_for_so_many_epochs_and_the_last() -> None:
    assert told(EpochLines(), 100, 100) == list(range(5, 101, 5))
    assert told(EpochLines(10), 100, 37) == [10, 20, 30, 37]


@pytest.mark.parametrize(
    ("every", "until", "first"), [(1, 4, []), (10, 60, [1, 2, 5]), (100, 250, [1, 2, 5, 10, 20, 50])]
)
def test_the_first_lines_of_a_long_run_are_not_long_in_coming(every: int, until: int, first: list[int]) -> None:
    later = [epoch for epoch in range(1, until + 1) if epoch % every == 0 or epoch == until]
    assert told(EpochLines(every, early=True), 100_000, until) == [*first, *later]
