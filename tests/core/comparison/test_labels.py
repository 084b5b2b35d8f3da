"""What runs are called beside each other."""

from __future__ import annotations

from pathlib import Path

from some_runs import CONFIG, made_run, run_id

from core.comparison.entries import Source
from core.runs import labels


def test_the_name_that_was_given_by_hand_comes_first(tmp_path: Path) -> None:
    run_dir = made_run(tmp_path, run_id(1), config=CONFIG)
    source = Source(run_dir)
    source.read()
    (entry,) = source.entries()
    assert entry.label == "toy"
    labels.change(run_dir, name="the one")
    (entry,) = source.entries()
    assert entry.label == "the one"
