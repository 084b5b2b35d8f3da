"""What a comparison keeps of a log: as a History has it, and every evaluation by itself; and what is added while a run
goes on is all that is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import run_started

from core.comparison.entries import BATCH_LOSS, Source
from core.comparison.told import Told
from core.events.events import Event, RunEnded, RunResumed
from core.history.history import History
from core.runs.event_log import EventLog, read_events
from core.runs.folder import RunDir


def source(run_dir: RunDir) -> Source:
    found = Source(run_dir)
    found.read()
    assert found.problem == ""
    return found


def test_reports_are_folded_together_and_nothing_is_lost(
    tmp_path: Path, run_of: Callable[..., RunDir], events: Any
) -> None:
    run_dir = run_of(tmp_path, "long", 1, end=False)
    rng = np.random.default_rng(0)
    losses, told = rng.random(30_000), list[Event]()
    for first in range(0, 30_000, 7):
        told.append(events["report"](2, first + 11, losses[first : first + 7].tolist()))
    events["write"](run_dir.events, [*told, events["evaluated"](2, 30_010, "test", loss=0.5)], first=5)
    found, whole = Told.of(run_dir), History.fold(read_events(run_dir.events))
    for part in ("x", "x_last", "low", "high", "points"):
        np.testing.assert_array_equal(getattr(found.history.losses, part), getattr(whole.losses, part))
    np.testing.assert_allclose(found.history.losses.mean, whole.losses.mean, rtol=1e-12)
    for name in ("step", "last", "best", "state", "metrics"):
        assert getattr(found.history, name) == getattr(whole, name)
    times = np.interp(np.arange(100, 30_000, 501), found.history.times.x_last, found.history.times.high)
    exact = np.interp(np.arange(100, 30_000, 501), whole.times.x_last, whole.times.high)
    assert np.abs(times / exact - 1).max() < 0.02


LOSSES = st.lists(
    st.floats(0, 9).map(lambda value: round(value, 3)) | st.just(math.nan) | st.just(math.inf), max_size=9
)
OTHERS = ("", '{"torn', '{"v": 1, "seq": 3, "t": 0.1, "type": "Foreign", "x": [1, 2]}', "\\x00\\x00")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(LOSSES, st.integers(1, 3), st.sampled_from(OTHERS)), max_size=12), resumed=st.booleans())
def test_it_is_what_each_line_tells(told: list[Any], resumed: bool, tmp_path: Path, events: Any) -> None:
    """Whatever the log has between its reports, and with a session that threw some of them away."""
    run_dir = RunDir(tmp_path / "any")
    run_dir.path.mkdir(exist_ok=True)
    run_dir.events.write_text("")
    events["write"](run_dir.events, [run_started({"epochs": 3, "optimizer": {"lr": 0.1}})])
    step = 1
    for i, (losses, epoch, other) in enumerate(told, 1):
        events["write"](run_dir.events, [events["report"](epoch, step, losses)], first=2 * i)
        step += len(losses)
        with run_dir.events.open("a") as file:
            file.write(f"{other}\n" * bool(other))
        if i % 4 == 0:
            events["write"](run_dir.events, [events["evaluated"](epoch, step - 1, "test", loss=0.5)], first=2 * i + 1)
    if resumed:
        events["write"](run_dir.events, [RunResumed(step=step // 2, session=2)], first=100)
    found, each = Told.of(run_dir), Told()
    for event in read_events(run_dir.events):
        each.apply(event)
        each.settle()
    for part in ("x", "x_last", "low", "high", "points"):
        np.testing.assert_array_equal(getattr(found.history.losses, part), getattr(each.history.losses, part))
    np.testing.assert_allclose(found.history.losses.mean, each.history.losses.mean, rtol=1e-12)
    assert found.points == each.points
    for name in ("step", "state", "seq", "t"):
        assert getattr(found.history, name) == getattr(each.history, name)


def test_more_evaluations_than_buckets_are_all_kept(tmp_path: Path, run_of: Callable[..., RunDir], events: Any) -> None:
    run_dir = run_of(tmp_path, "long", 1, end=False)
    values = np.random.default_rng(0).random(9000)
    told = [events["evaluated"](i + 2, 10 * (i + 2), "test", accuracy=value) for i, value in enumerate(values)]
    events["write"](run_dir.events, told, first=5)
    (entry,) = source(run_dir).entries()
    line = entry.line("test_accuracy")
    assert line is not None
    assert line.mean[1:].tolist() == values.tolist()
    assert line.x("epoch")[1:].tolist() == list(range(2, 9002))


def test_only_what_is_new_is_taken_in(tmp_path: Path, run_of: Callable[..., RunDir], events: Any) -> None:
    run_dir = run_of(tmp_path, "live", 2, end=False)
    log = EventLog(run_dir)  # some process trains it
    found = source(run_dir)
    assert found.state == "training"
    assert not found.take(found.since())
    events["write"](run_dir.events, [events["report"](3, 21, [0.5] * 10)], first=9)
    with run_dir.events.open("a") as file:
        file.write('{"v": 1, "seq": 10, "t": 1.0, "type": "Evalu')  # a line that is just being written
    news = found.since()
    assert [type(event).__name__ for event in news.events] == ["StepsEnded"]
    assert found.take(news)
    assert found.told.history.step == 30
    log.close()
    assert found.take(found.since()), "nobody trains it any more"
    assert found.state == "interrupted"
    (entry,) = found.entries()
    line = entry.line(BATCH_LOSS)
    assert line is not None
    assert line.mean[-10:].tolist() == [0.5] * 10


def test_what_a_later_session_threw_away_is_gone(tmp_path: Path, run_of: Callable[..., RunDir], events: Any) -> None:
    run_dir = run_of(tmp_path, "resumed", 4, end=False)
    found = source(run_dir)
    again = [RunResumed(step=20, session=2, epoch=2), events["report"](3, 21, [7.0] * 10)]
    events["write"](run_dir.events, [*again, RunEnded(status="stopped", reason="", run_id="x")], first=17)
    news = found.since()
    assert news.told is not None, "read anew"
    assert found.take(news)
    assert found.told.history.step == 30
    assert found.told.points["test_accuracy"].steps.tolist() == [10, 20]
    assert found.told.history.losses.mean[20:].tolist() == [7.0] * 10


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot read"),
        ("", "does not tell how the run began"),
        ('{"v": 1, "seq": 0, "t": 0, "type": "Foreign"}\n', "does not tell how the run began"),
        ('{"torn', "does not tell how the run began"),
    ],
)
def test_what_cannot_be_read_says_so(text: str | None, why: str, tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path / "broken")
    run_dir.path.mkdir()
    if text is not None:
        run_dir.events.write_text(text)
    found = Source(run_dir)
    found.read()
    assert why in found.problem
    assert str(run_dir.path) in found.problem
    assert found.entries() == []
    assert not found.take(found.since())


def test_trials_are_entries_of_their_own(tmp_path: Path, searches: Any) -> None:
    axes = [searches.axis("model.n_units", [8, 16])]
    run_dir = searches.write(tmp_path, 1, "repeats", [*searches.whole(axes, repeats=3), searches.completed()])
    found = source(run_dir).entries()
    assert [entry.run_id for entry in found] == [f"{run_dir.run_id}/{n}" for n in range(1, 7)]
    assert {entry.settings["model.n_units"] for entry in found} == {8, 16}
    line = found[0].line("test_accuracy")
    assert line is not None
    assert line.x("epoch").tolist() == list(range(10, 201, 10))
    assert found[0].last["test_accuracy"] == searches.columns(1, 200)["test_accuracy"]
    assert found[0].best["test_loss"].value == min(searches.columns(1, e)["test_loss"] for e in range(10, 201, 10))
