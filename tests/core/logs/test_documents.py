"""The documents' logs: to the character what their own print statements print."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import run_started

from core.events.events import (
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    ModelSaved,
    RunPaused,
    RunStarted,
    SettingChanged,
    StepsEnded,
)
from core.logs.documents import LOGS, open_log


def started(epochs: int, batch_size: int, train: int, test: int = 100) -> RunStarted:
    return run_started(
        {"epochs": epochs, "batch_size": batch_size},
        steps_per_epoch=math.ceil(train / batch_size),
        sizes={"train": train, "test": test},
    )


def evaluated(epoch: int, split: str, n: int, batch_loss_sum: float = 0.0, **metrics: float) -> Evaluated:
    return Evaluated(
        epoch=epoch,
        step=1,
        split=split,  # type: ignore[arg-type]
        n=n,
        metrics=metrics,
        batch_loss_sum=batch_loss_sum,
        batches=1,
        seconds=0.1,
    )


def steps(epoch: int, first: int, losses: list[float]) -> StepsEnded:
    return StepsEnded(epoch=epoch, first_step=first, losses=losses, lr=0.001, samples=1, seconds=0.1, grad_norm=1.0)


def text(name: str, given_events: Iterable[Event]) -> str:
    """What a program prints that prints every line of the log."""
    log = open_log(name)
    return "".join(f"{line}\n" for event in given_events for line in log.lines(event))


# FashionMNIST: the document's own lines, with its model and data left out.


def the_document_prints(
    epochs: int, batch_size: int, size: int, losses: list[list[float]], tests: list[tuple[int, float, int]]
) -> None:
    """The document's train_loop, test_loop and the loop around them. `tests`: correct, sum of batch losses, size."""
    for t in range(epochs):
        print(f"Epoch {t + 1}\n-------------------------------")
        for batch in range(math.ceil(size / batch_size)):
            len_x = min(batch_size, size - batch * batch_size)
            if batch % 100 == 0:
                loss, current = losses[t][batch], batch * len_x
                print(f"loss: {loss:>7f}  [{current:>5d}/{size:>5d}]")
        correct, test_loss, test_size = tests[t]
        test_loss /= test_size
        share = correct / test_size
        print(f"Test Error: \n Accuracy: {(100 * share):>0.1f}%, Avg loss: {test_loss:>8f} \n")
    print("Done!")
    print("Saved PyTorch Model State to model.pth")


def printed(*args: Any) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        the_document_prints(*args)
    return out.getvalue()


FINITE = st.floats(0, 1e4) | st.sampled_from([0.0, 2.3, 1e-9, math.nan, math.inf])


@given(st.data())
def test_the_fashion_log_is_what_the_document_prints(data: st.DataObject) -> None:
    epochs = data.draw(st.integers(1, 3), label="epochs")
    batch_size = data.draw(st.integers(1, 70), label="batch size")
    # The last batch is short, and every 100th is shown: let the two meet often.
    meeting = st.builds(
        lambda hundreds, rest: 100 * hundreds * batch_size + rest, *(st.integers(1, 2), st.integers(1, batch_size))
    )
    size = data.draw(st.integers(1, 300) | st.integers(batch_size, batch_size * 250) | meeting, label="train samples")
    batches = math.ceil(size / batch_size)
    losses = [data.draw(st.lists(FINITE, min_size=1, max_size=5)) for _ in range(epochs)]
    losses = [[some[i % len(some)] + i for i in range(batches)] for some in losses]
    tests = []
    story: list[Event] = [started(epochs, batch_size, size)]
    for epoch, values in enumerate(losses, start=1):
        first = (epoch - 1) * batches + 1
        cuts = sorted(data.draw(st.lists(st.integers(0, batches), max_size=4), label="ends of reports"))
        for start, end in zip([0, *cuts], [*cuts, batches], strict=True):
            if start < end:
                story.append(steps(epoch, first + start, values[start:end]))
                story.append(RunPaused())
        n = data.draw(st.integers(1, 1000), label="test samples")
        correct, total = data.draw(st.integers(0, n), label="correct"), data.draw(FINITE, label="sum of test losses")
        tests.append((correct, total, n))
        story += [
            evaluated(epoch, "train", size, 1.0, loss=1.0, accuracy=0.5, last_batch_accuracy=0.5),
            EvaluationProgressed(epoch=epoch, step=1, split="test", done=1, n=n),
            evaluated(epoch, "test", n, total, loss=9.0, accuracy=correct / n),
            EpochEnded(epoch=epoch, step=epoch * batches, seconds=1.0),
        ]
    story.append(ModelSaved(step=epochs * batches, path="model.pth"))
    assert text("fashion", story) == printed(epochs, batch_size, size, losses, tests)


def test_the_fashion_log_of_the_documents_own_run() -> None:
    """The first epoch as it stands in the document."""
    shown = [2.307260, 2.305284, 2.293966, 2.291592, 2.288022, 2.259277, 2.277950, 2.252569, 2.238333, 2.239141]
    losses = [shown[i // 100] if i % 100 == 0 else 1.0 for i in range(938)]
    story = [
        started(10, 64, 60000, 10000),
        steps(1, 1, losses),
        evaluated(1, "test", 10000, 350.50, loss=2.2, accuracy=0.275),
    ]
    assert text("fashion", story) == (
        "Epoch 1\n"
        "-------------------------------\n"
        "loss: 2.307260  [    0/60000]\n"
        "loss: 2.305284  [ 6400/60000]\n"
        "loss: 2.293966  [12800/60000]\n"
        "loss: 2.291592  [19200/60000]\n"
        "loss: 2.288022  [25600/60000]\n"
        "loss: 2.259277  [32000/60000]\n"
        "loss: 2.277950  [38400/60000]\n"
        "loss: 2.252569  [44800/60000]\n"
        "loss: 2.238333  [51200/60000]\n"
        "loss: 2.239141  [57600/60000]\n"
        "Test Error: \n"
        " Accuracy: 27.5%, Avg loss: 0.035050 \n"
        "\n"
    )


def test_a_short_last_batch_is_counted_as_the_document_counts_it() -> None:
    """`batch * len(X)`: 100 batches of 64 went before, but the last one has 30 pictures, so it says 3000."""
    story = [started(1, 64, 6430), steps(1, 1, [1.0] * 101)]
    assert text("fashion", story).splitlines()[-2:] == [
        "loss: 1.000000  [    0/ 6430]",
        "loss: 1.000000  [ 3000/ 6430]",
    ]


def test_a_stopped_run_is_not_done_but_saved() -> None:
    story = [started(2, 1, 5), steps(1, 1, [1.0]), ModelSaved(step=1, path="/models/model.pt")]
    assert text("fashion", story).splitlines()[-1] == "Saved PyTorch Model State to /models/model.pt"
    assert "Done!" not in text("fashion", story)


@pytest.mark.parametrize("name", sorted(LOGS))
@pytest.mark.parametrize("metrics", [{}, {"loss": 2.0}, {"loss": math.nan, "macro_f1": 0.5}, {"mae": 3.0}], ids=str)
def test_a_log_leaves_out_what_was_not_measured(name: str, metrics: dict[str, float]) -> None:
    story = [
        started(2, 12, 120),
        evaluated(0, "test", 30, 60.0, **metrics),
        steps(1, 1, [1.0] * 10),
        evaluated(1, "test", 30, 60.0, **metrics),
        EpochEnded(epoch=1, step=10, seconds=0.1),
        ModelSaved(step=10, path="model.pt"),
    ]
    assert "ccuracy" not in text(name, story)


# Iris and the plain log: lines of ours.


def epochs_of(n: int, batch_size: int = 12) -> list[Event]:
    story: list[Event] = [started(n, batch_size, 120)]
    for epoch in range(1, n + 1):
        story += [
            steps(epoch, 10 * epoch - 9, [1.0] * 10),
            evaluated(epoch, "train", 120, loss=1 / epoch, accuracy=0.5, last_batch_accuracy=1.0),
            evaluated(epoch, "test", 30, loss=2 / epoch, accuracy=1.0),
            EpochEnded(epoch=epoch, step=10 * epoch, seconds=0.1),
        ]
    return story


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [
        (200, list(range(10, 201, 10))),
        (25, [10, 20, 25]),
        (10, [10]),
        (3, [3]),
    ],
)
def test_the_iris_log_has_a_line_for_every_tenth_epoch_and_the_last(epochs: int, shown: list[int]) -> None:
    width = len(str(epochs))
    assert text("iris", epochs_of(epochs)) == "".join(
        f"Epoch {epoch:>{width}}/{epochs}  train loss {1 / epoch:.4f}  train accuracy  50.0 %"
        f"  test loss {2 / epoch:.4f}  test accuracy 100.0 %\n"
        for epoch in shown
    )


@pytest.mark.parametrize(("epochs", "lines"), [(1, 1), (20, 20), (39, 39), (40, 20), (200, 20), (1000, 20)])
def test_the_plain_log_is_never_longer_than_a_screen_or_two(epochs: int, lines: int) -> None:
    assert len(text("plain", epochs_of(epochs)).splitlines()) == lines


@pytest.mark.parametrize("name", ["plain", "iris"])
def test_a_changed_setting_is_told(name: str) -> None:
    change = SettingChanged(step=41, key="optimizer.lr", old=0.01, new=0.5)
    assert text(name, [started(10, 12, 120), change]) == "optimizer.lr changed from 0.01 to 0.5 after step 41\n"


def test_an_evaluation_before_training_is_one_line() -> None:
    story = [
        started(1, 12, 120),
        evaluated(0, "train", 120, loss=1.0, accuracy=0.25),
        evaluated(0, "test", 30, loss=2.0, accuracy=0.5),
        steps(1, 1, [1.0] * 10),
    ]
    assert text("plain", story) == (
        "Epoch 0/1  train loss 1.0000  train accuracy  25.0 %  test loss 2.0000  test accuracy  50.0 %\n"
    )


def test_a_line_shows_only_what_was_measured_in_its_epoch() -> None:
    """Where the test split is measured before training and at the end, the epochs between know nothing of it."""
    story = [
        started(2, 12, 120),
        evaluated(0, "test", 30, loss=9.0, accuracy=0.25),
        steps(1, 1, [1.0] * 10),
        evaluated(1, "train", 120, loss=1.0, accuracy=0.5),
        EpochEnded(epoch=1, step=10, seconds=0.1),
        evaluated(2, "train", 120, loss=0.5, accuracy=0.75),
        evaluated(2, "test", 30, loss=2.0, accuracy=0.5),
        EpochEnded(epoch=2, step=20, seconds=0.1),
    ]
    first = next(line for line in text("plain", story).splitlines() if line.startswith("Epoch 1/2"))
    assert first == "Epoch 1/2  train loss 1.0000  train accuracy  50.0 %"


def test_nan_is_shown_as_nan() -> None:
    story = [started(1, 12, 120), evaluated(1, "test", 30, loss=math.nan, accuracy=0.0)]
    assert "test loss nan" in text("plain", [*story, EpochEnded(epoch=1, step=10, seconds=0.1)])


def test_a_log_of_a_newer_version_is_shown_plainly() -> None:
    assert text("holographic", epochs_of(20)) == text("plain", epochs_of(20))


@pytest.mark.parametrize("name", sorted(LOGS))
def test_two_logs_share_nothing(name: str) -> None:
    text(name, epochs_of(3))
    assert text(name, epochs_of(7)) == text(name, epochs_of(7))
