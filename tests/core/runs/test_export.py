"""CSV: what is in the file is what the events say, for NumPy, for pandas, and for a spreadsheet."""

from __future__ import annotations

import csv
import math
import os
import threading
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RunError
from core.events import codec
from core.events.events import EpochEnded, Evaluated, Event, RunResumed, StepsEnded
from core.experiment import resolve
from core.runs import export
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.sessions import network

Table = dict[str, list[Any]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunDir]:
    """Two short runs, one of which does not evaluate its train split."""
    root = tmp_path_factory.mktemp("models")
    made = []
    for pairs in ([("seed", "1")], [("evaluate.splits", "test"), ("epochs", "2")]):
        resolved = resolve.load("iris-net", [("device", "cpu"), ("epochs", "3"), *pairs])
        each = network.start(resolved, root)
        each.run.execute()
        made.append(each.run_dir)
    return made


def with_csv(path: Path) -> Table:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [_number(row[name]) for row in rows] for name in rows[0]} if rows else {}


def _number(text: str) -> float | str:
    try:
        return float(text or "nan")
    except ValueError:
        return text


def with_pandas(path: Path) -> Table:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(path)
    return {name: frame[name].tolist() for name in frame.columns}


@pytest.fixture(params=[with_csv, with_pandas], ids=["csv", "pandas"])
def reader(request: pytest.FixtureRequest) -> Callable[[Path], Table]:
    made: Callable[[Path], Table] = request.param
    return made


def logged(run_dir: RunDir) -> list[Event]:
    return list(read_events(run_dir.events))


def test_epochs(runs: list[RunDir], tmp_path: Path, reader: Callable[[Path], Table]) -> None:
    target = tmp_path / "epochs.csv"
    assert export.write_csv(runs[:1], "epochs", target) == 3
    table = reader(target)
    assert list(table) == [
        *("epoch", "step", "train_loss", "train_accuracy", "last_batch_accuracy", "test_loss", "test_accuracy"),
        *("lr", "seconds"),
    ]
    assert table["epoch"] == [1, 2, 3]
    assert table["step"] == [10, 20, 30]
    assert table["lr"] == [0.01] * 3
    story = logged(runs[0])
    assert table["seconds"] == [event.seconds for event in story if isinstance(event, EpochEnded)]
    for split in ("train", "test"):
        told = [event.metrics for event in story if isinstance(event, Evaluated) and event.split == split]
        assert table[f"{split}_loss"] == [metrics["loss"] for metrics in told]
        assert table[f"{split}_accuracy"] == [metrics["accuracy"] for metrics in told]
        if split == "train":
            assert table["last_batch_accuracy"] == [metrics["last_batch_accuracy"] for metrics in told]


def test_steps(runs: list[RunDir], tmp_path: Path, reader: Callable[[Path], Table]) -> None:
    target = tmp_path / "steps.csv"
    assert export.write_csv(runs[:1], "steps", target) == 30
    table = reader(target)
    assert list(table) == ["epoch", "step", "loss", "lr"]
    assert table["step"] == list(range(1, 31))
    assert table["epoch"] == [1] * 10 + [2] * 10 + [3] * 10
    assert table["loss"] == [x for event in logged(runs[0]) if isinstance(event, StepsEnded) for x in event.losses]


@pytest.mark.parametrize("what", ["epochs", "steps"])
def test_several_runs_get_a_column_of_their_own(
    what: export.What, runs: list[RunDir], tmp_path: Path, reader: Callable[[Path], Table]
) -> None:
    target = tmp_path / "both.csv"
    export.write_csv(runs, what, target)
    both = reader(target)
    assert next(iter(both)) == "run"
    parts = []
    for run_dir in runs:
        export.write_csv([run_dir], what, target)
        parts.append(reader(target))
    assert both["run"] == [d.run_id for d, part in zip(runs, parts, strict=True) for _ in part["step"]]
    for name in set(both) - {"run"}:
        np.testing.assert_array_equal(both[name], list(chain.from_iterable(part[name] for part in parts)))


def written(root: Path, name: str, given_events: Iterable[Event]) -> RunDir:
    folder = root / name
    folder.mkdir(parents=True)
    numbered = [type(e)(**{**vars(e), "seq": seq}) for seq, e in enumerate(given_events)]
    (folder / "events.jsonl").write_text("".join(codec.encode(event) + "\n" for event in numbered))
    return RunDir(folder)


def steps(first: int, *losses: float, lr: float = 0.5, epoch: int = 1) -> StepsEnded:
    return StepsEnded(epoch=epoch, first_step=first, losses=list(losses), lr=lr, samples=1, seconds=0.1, grad_norm=1.0)


def evaluated(epoch: int, split: str, **metrics: float) -> Evaluated:
    return Evaluated(
        epoch=epoch,
        step=epoch,
        split=split,  # type: ignore[arg-type]
        n=1,
        metrics=metrics,
        batch_loss_sum=0.0,
        batches=1,
        seconds=0.1,
    )


def ended(epoch: int) -> EpochEnded:
    return EpochEnded(epoch=epoch, step=epoch, seconds=0.5)


LOSSES = st.lists(st.lists(st.floats(), min_size=1, max_size=4), max_size=5)


@given(LOSSES)
def test_every_loss_is_a_row_of_the_same_number(groups: list[list[float]]) -> None:
    """Every bit of it: 0.1 + 0.2 stays 0.30000000000000004, and nan stays nan."""
    story, step = [], 1
    for group in groups:
        story.append(steps(step, *group))
        step += len(group)
    rows = list(export.rows(story, "steps"))
    assert [row["step"] for row in rows] == list(range(1, step))
    values = [float(str(row["loss"])) for row in rows]
    np.testing.assert_array_equal(values, list(chain.from_iterable(groups)))


def test_numbers_that_are_not_finite(tmp_path: Path, reader: Callable[[Path], Table]) -> None:
    run_dir = written(tmp_path, "run", [steps(1, 0.1 + 0.2, math.inf, -math.inf, math.nan)])
    export.write_csv([run_dir], "steps", tmp_path / "x.csv")
    np.testing.assert_array_equal(
        reader(tmp_path / "x.csv")["loss"], [0.30000000000000004, math.inf, -math.inf, math.nan]
    )


def test_a_changed_learning_rate_is_in_the_rows(tmp_path: Path) -> None:
    run_dir = written(tmp_path, "run", [steps(1, 1.0), ended(1), steps(2, 1.0, lr=0.25, epoch=2), ended(2)])
    assert [row["lr"] for row in export.rows(read_events(run_dir.events), "steps")] == [0.5, 0.25]
    assert [row["lr"] for row in export.rows(read_events(run_dir.events), "epochs")] == [0.5, 0.25]


def test_an_epoch_that_is_not_over_has_no_row() -> None:
    story = [steps(1, 1.0), evaluated(1, "test", loss=1.0), ended(1), steps(2, 1.0), evaluated(2, "test", loss=2.0)]
    assert [row["epoch"] for row in export.rows(story, "epochs")] == [1]


def test_an_epoch_shows_only_what_was_measured_in_it() -> None:
    story = [
        *(evaluated(0, "test", loss=9.0), steps(1, 1.0), evaluated(1, "train", loss=1.0), ended(1)),
        *(steps(2, 1.0), evaluated(2, "train", loss=0.5), evaluated(2, "test", loss=2.0), ended(2)),
    ]
    rows = {row["epoch"]: row for row in export.rows(story, "epochs")}
    assert rows[0]["test_loss"] == 9.0
    assert "test_loss" not in rows[1], "that was measured before training"
    assert rows[2]["test_loss"] == 2.0


def test_what_one_epoch_measured_is_not_repeated_in_the_next() -> None:
    story = [
        *(steps(1, 1.0), evaluated(1, "train", loss=1.0), evaluated(1, "test", loss=2.0), ended(1)),
        *(steps(2, 1.0), evaluated(2, "train", loss=0.5), ended(2)),
    ]
    second = list(export.rows(story, "epochs"))[1]
    assert second["train_loss"] == 0.5
    assert "test_loss" not in second


def test_every_epoch_has_one_row() -> None:
    """Epoch 0 too, although two splits were measured before training."""
    story = [
        *(evaluated(0, "train", loss=8.0), evaluated(0, "test", loss=9.0), steps(1, 1.0)),
        *(evaluated(1, "train", loss=1.0), evaluated(1, "test", loss=2.0), ended(1)),
    ]
    rows = [{key: row[key] for key in ("epoch", "train_loss", "test_loss")} for row in export.rows(story, "epochs")]
    assert rows == [
        {"epoch": 0, "train_loss": 8.0, "test_loss": 9.0},
        {"epoch": 1, "train_loss": 1.0, "test_loss": 2.0},
    ]


def test_what_a_resumed_session_took_back_is_not_exported(tmp_path: Path) -> None:
    story = [steps(1, 1.0), ended(1), steps(2, 2.0, 3.0), RunResumed(step=1, session=2), steps(2, 4.0)]
    run_dir = written(tmp_path, "run", story)
    assert export.write_csv([run_dir], "steps", tmp_path / "x.csv") == 2
    assert with_csv(tmp_path / "x.csv")["loss"] == [1.0, 4.0]


def test_a_run_without_an_epoch_makes_a_table_without_rows(tmp_path: Path) -> None:
    run_dir = written(tmp_path, "run", [steps(1, 1.0)])
    assert export.write_csv([run_dir], "epochs", tmp_path / "x.csv") == 0
    assert (tmp_path / "x.csv").read_text() == "epoch,step\n"


# Spreadsheets.


def test_a_run_in_a_folder_with_a_hostile_name(tmp_path: Path) -> None:
    """A run may be given as a path, and folders may be renamed."""
    hostile = [written(tmp_path, name, [steps(1, -1.0)]) for name in ("=1+1", 'a,"b"\nc')]
    export.write_csv(hostile, "steps", tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["'=1+1", 'a,"b"\nc']
    assert [row["loss"] for row in rows] == ["-1.0", "-1.0"], "a negative number is no formula"


# Targets.


def test_an_old_file_is_replaced_and_nothing_else_is_left(runs: list[RunDir], tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    target.write_text("old")
    export.write_csv(runs[:1], "epochs", target)
    assert target.read_text().startswith("epoch,step,")
    assert list(tmp_path.iterdir()) == [target]


def test_a_target_that_cannot_be_written_is_told_before_anything_is(runs: list[RunDir], tmp_path: Path) -> None:
    for target, reason in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.csv", "there is no folder")):
        with pytest.raises(RunError, match=reason) as error:
            export.check_target(target)
        assert str(target) in str(error.value)
        with pytest.raises(RunError, match=reason):
            export.write_csv(runs[:1], "epochs", target)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_told(runs: list[RunDir], tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot write"):
        export.write_csv(runs[:1], "epochs", tmp_path / ("x" * 300))


def test_a_pipe_is_written_to_and_not_replaced(runs: list[RunDir], tmp_path: Path) -> None:
    """`--csv /dev/stdout`, or a named pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_text()))
    thread.start()
    export.write_csv(runs[:1], "epochs", pipe)
    thread.join(10)
    assert read[0].startswith("epoch,step,")
    assert pipe.is_fifo()


def test_a_run_without_a_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read"):
        export.write_csv([RunDir(tmp_path)], "epochs", tmp_path / "x.csv")
