"""The log: a table where no document prescribes it, else the document's lines to the character."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from core.events.events import EpochEnded, Evaluated
from core.logs.documents import open_log
from core.logs.log import EpochRow
from tui.widgets.run_log import RunLog

VALUES = {
    "train_loss": 0.1234,
    "train_accuracy": 0.9675,
    "validation_loss": 0.2,
    "validation_accuracy": 0.9,
    "test_loss": 0.3,
    "test_accuracy": 1.0,
}


def row(epoch: int, values: dict[str, float] = VALUES) -> EpochRow:
    return EpochRow.of(f"Epoch {epoch}/400  train loss 0.1", epoch, values)


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield RunLog()


def seen(app: App[None]) -> list[str]:
    log = app.query_one(RunLog)
    return ["".join(part.text for part in log.render_line(y)).rstrip() for y in range(log.size.height)]


@pytest.mark.parametrize("name", ["plain", "iris"])
def test_the_line_of_an_epoch_has_its_values(name: str) -> None:
    log = open_log(name)
    for split in ("train", "test"):
        log.lines(
            Evaluated(
                epoch=10,
                step=100,
                split=split,  # type: ignore[arg-type]
                n=30,
                metrics={"loss": 0.25, "accuracy": 0.9},
                batch_loss_sum=1,
                batches=1,
                seconds=0,
            )
        )
    (line,) = log.lines(EpochEnded(epoch=10, step=100, seconds=1))
    assert isinstance(line, EpochRow)
    assert line == "Epoch 10/0  train loss 0.2500  train accuracy  90.0 %  test loss 0.2500  test accuracy  90.0 %"
    assert line.values == {"train_loss": 0.25, "train_accuracy": 0.9, "test_loss": 0.25, "test_accuracy": 0.9}


@pytest.mark.parametrize(("width", "columns"), [(80, 6), (60, 6), (36, 3), (30, 2), (20, 1)])
async def test_a_row_for_an_epoch_and_as_many_columns_as_fit(width: int, columns: int) -> None:
    app = Alone()
    async with app.run_test(size=(width, 12)) as pilot:
        app.query_one(RunLog).show([row(1), row(2), "a note", row(10)])
        await pilot.pause()
        head, names, first, second, note, last = seen(app)[:6]
        assert len(first.split()) == columns + 1
        assert len(names.split()) >= columns + 1
        assert (first.split()[0], second.split()[0], last.split()[0], note) == ("1", "2", "10", "a note")
        assert "valid." in head, "what tells how well it does on what is new to it stays"
        assert all(len(line) <= width for line in seen(app))
        assert not any(line.strip() == "%" for line in seen(app))
        assert first.index("0.2000") + 6 == names.index("loss", head.index("valid.") - 5) + 4, "under its heading"


async def test_the_heading_stays_and_the_text_is_that_of_the_lines() -> None:
    app = Alone()
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RunLog)
        log.show(["data: 3 columns left out", *map(row, range(1, 101))])
        await pilot.pause()
        assert seen(app)[1].split()[0] == "epoch"
        assert seen(app)[-1].split()[0] == "100"
        log.scroll_home(animate=False)
        await pilot.pause()
        assert seen(app)[0].startswith("data:")
        assert [line.split()[0] for line in seen(app)[2:5]] == ["epoch", "1", "2"]
        assert log.text.split("\n")[:2] == ["data: 3 columns left out", "Epoch 1/400  train loss 0.1"]
        assert log.find("epoch 7") == 11
        log.show(["Epoch", "-----"], afresh=True)
        await pilot.pause()
        assert seen(app)[:2] == ["Epoch", "-----"]


async def test_it_follows_the_newest_line_after_it_began_anew() -> None:
    app = Alone()
    async with app.run_test(size=(60, 10)) as pilot:
        log = app.query_one(RunLog)
        log.show(list(map(row, range(1, 51))))
        await pilot.pause()
        log.show([], afresh=True)
        log.show(list(map(row, range(1, 81))))
        await pilot.pause()
        log.show([row(81)])
        await pilot.pause()
        assert seen(app)[-1].split()[0] == "81"
