"""The hero line: state, last and best score, change, time; and the reason of the end to its last word."""

from __future__ import annotations

import pytest
from made import run_started
from textual.app import App, ComposeResult
from textual.widgets import Static

from core.events.events import EpochEnded, Evaluated, Event, RunEnded, RunResumed, StepsEnded
from core.experiment import resolve
from core.history.history import History
from tui.widgets.hero import hero, progress
from tui.widgets.status import Status

CONFIG = resolve.load("iris-net", [("epochs", "10")]).to_dict()
REASON = "stop.patience: validation_loss has not become better than 0.0123 for 20 epochs; " * 2


def told(accuracies: list[float], ending: list[Event] | None = None) -> History:
    """A run whose test accuracy was this after each epoch."""
    events: list[Event] = [run_started(CONFIG)]
    for epoch, accuracy in enumerate(accuracies, 1):
        step = 10 * epoch
        losses = [1 / epoch] * 10
        events.append(
            StepsEnded(epoch=epoch, first_step=step - 9, losses=losses, lr=0.1, samples=120, seconds=1.0, grad_norm=1.0)
        )
        metrics = {"loss": 1 / epoch, "accuracy": accuracy}
        events.append(
            Evaluated(
                epoch=epoch, step=step, split="test", n=30, metrics=metrics, batch_loss_sum=1, batches=1, seconds=0.1
            )
        )
        events.append(EpochEnded(epoch=epoch, step=step, seconds=1.0))
    events += ending or []
    return History.fold(type(each)(**{**vars(each), "seq": i, "t": 1.5 * i}) for i, each in enumerate(events))


def test_it_tells_last_best_change_and_time() -> None:
    line = hero(told([0.5, 0.9, 0.8]), 100).plain
    assert line.startswith("test accuracy 80.0 % ▼ 10.0 since epoch 2  best 90.0 % in epoch 2 ")
    assert line.endswith(" s left")
    assert len(line) == 100
    better = hero(told([0.5, 0.9]), 100)
    assert "▲ 40.0" in better.plain
    assert {str(span.style) for span in better.spans} >= {"green"}
    assert "red" in {str(span.style) for span in hero(told([0.5, 0.4]), 100).spans}
    assert "± 0" in hero(told([0.5, 0.5]), 100).plain


@pytest.mark.parametrize("room", range(1, 110))
def test_what_has_no_room_is_left_out_whole(room: int) -> None:
    line = hero(told([0.5, 0.9, 0.8]), room).plain
    assert len(line) <= room
    whole = hero(told([0.5, 0.9, 0.8]), 200).plain.replace("accuracy", "acc.").split()
    words = line.replace("accuracy", "acc.").split()
    assert room < 12 or all(word in whole for word in words)
    assert room < 12 or line.endswith("left")


def test_before_anything_is_measured_the_batches_count() -> None:
    events: list[Event] = [
        run_started(CONFIG),
        StepsEnded(epoch=1, first_step=1, losses=[1.25], lr=0.1, samples=12, seconds=1.0, grad_norm=1.0),
    ]
    assert "batch loss 1.2500" in hero(History.fold(events), 80).plain
    assert hero(History.fold(events[:1]), 80).plain.strip() == ""


def test_after_a_resume_nothing_is_compared_with_what_was_dropped() -> None:
    history = told([0.5, 0.9, 0.8], [RunResumed(step=20, session=2, epoch=2)])
    assert "▲" not in hero(history, 100).plain
    assert "▼" not in hero(history, 100).plain


def test_progress_leaves_out_what_matters_least() -> None:
    history = told([0.5])
    long, short = progress(history, 100, 12_000_000), progress(history, 30, 12_000_000)
    assert long.startswith("epoch 2/10  step 10/100  ")
    assert "12 MB" in long
    assert short == "epoch 2/10  step 10/100"


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield Status()


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
async def test_the_reason_of_the_end_is_read_to_its_end(size: tuple[int, int]) -> None:
    app = Alone()
    async with app.run_test(size=size) as pilot:
        status = app.query_one(Status)
        status.show(told([0.5, 0.9], [RunEnded(status="completed", reason=REASON, run_id="r")]), "completed")
        await pilot.pause()
        words = app.query_one("#words", Static)
        said = " ".join(str(words.render()).split())
        assert " ".join(REASON.split()) in said
        assert "test acc" in said
        lines = str(words.render()).split("\n")
        assert words.size.height == len(lines)
        assert max(map(len, lines)) <= size[0] - 2
        await pilot.resize_terminal(70, 24)
        await pilot.pause()
        assert " ".join(REASON.split()) in " ".join(str(words.render()).split())
        assert max(map(len, str(words.render()).split("\n"))) <= 68
