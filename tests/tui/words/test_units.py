"""Numbers for people."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from made import run_started

from core.events.events import EpochEnded, Evaluated, ModelSaved, StepsEnded
from core.logs.documents import LOGS, open_log
from core.system.text import fixed
from tui.words.metrics import metric
from tui.words.units import count, duration, to_the_second


def test_moments_are_told_to_the_second() -> None:
    assert to_the_second("2026-11-27T18:11:32.045+00:00") == "2026-11-27T18:11:32+00:00"
    assert to_the_second("2026-11-27T18:11:32+00:00") == "2026-11-27T18:11:32+00:00", "of an earlier version"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.inf, "–"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (42.4, "42 s"),
        (59.7, "1:00 min"),
        (185, "3:05 min"),
        (3599.6, "1:00 h"),
        (7380, "2:03 h"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_count() -> None:
    assert count(1234567) == "1,234,567"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["test_loss", "test_r2", "train_mae"]))
@example(1e31, "test_loss")
@example(-1e31, "test_r2")
@example(1e-300, "test_loss")
@example(math.nan, "test_loss")
@example(-math.inf, "test_loss")
@example(0.03125, "test_loss")
def test_any_value_is_short_and_reads_as_itself(value: float, name: str) -> None:
    for text in (metric(name, value), fixed(value, ".4f"), fixed(value, ">7f").strip()):
        assert len(text) <= 17
    shown = float(metric(name, value)) if abs(value) < 1e308 else value
    places = 5.1e-5 if abs(value) >= 1e-3 else 0.0  # four behind the point, else four digits
    assert shown == pytest.approx(value, rel=6e-4, abs=places, nan_ok=True)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**400), 10**400))
def test_counts_and_durations_are_short(value: float) -> None:
    assert len(count(value)) <= 20
    if not isinstance(value, int) and not value < 0:
        assert len(duration(value)) <= 22


@pytest.mark.parametrize("name", sorted(LOGS))
def test_no_log_prints_ever_more_digits(name: str) -> None:
    log = open_log(name)
    config = {"epochs": 1, "batch_size": 10}
    story = [
        run_started(config, steps_per_epoch=1, sizes={"train": 10, "test": 10}),
        StepsEnded(epoch=1, first_step=1, losses=[1e31], lr=0.1, samples=10, seconds=0.1, grad_norm=1e31),
        *(
            Evaluated(
                **{"epoch": 1, "step": 1, "n": 10, "batch_loss_sum": 1e31, "batches": 1, "seconds": 0.1},
                split=split,
                metrics={"loss": 1e31, "accuracy": 0.1},
            )
            for split in ("train", "test")
        ),
        EpochEnded(epoch=1, step=1, seconds=0.1),
        ModelSaved(step=1, path="model.pt"),
    ]
    text = "\n".join(line for event in story for line in log.lines(event))
    assert not re.search(r"\d{16}", text)
