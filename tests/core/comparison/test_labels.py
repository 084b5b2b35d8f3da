"""What a comparison makes of single logs: labels, first weights, and those that nobody of ours has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from some_runs import CONFIG, made_run, run_id

from core.comparison.comparison import Comparison
from core.comparison.entries import Entry, Source
from core.runs import labels
from core.runs.folder import RunDir


def entry_of(run_dir: RunDir) -> Entry:
    source = Source(run_dir)
    source.read()
    (entry,) = source.entries()
    return entry


def test_the_name_that_was_given_by_hand_comes_first(tmp_path: Path) -> None:
    run_dir = made_run(tmp_path, run_id(1), config=CONFIG)
    assert entry_of(run_dir).label == "toy"
    labels.change(run_dir, name="the one")
    assert entry_of(run_dir).label == "the one"


def test_branches_of_different_parents_are_no_repeats(tmp_path: Path) -> None:
    """The configs of all name the run's own copy, start.pt."""

    def branch(number: int, of: str, sha256: str, seed: int) -> Entry:
        config = {**CONFIG, "seed": seed, "initial_weights": "start.pt"}
        parent = {"run": of, "weights": "best", "file": "best.pt", "step": 3, "sha256": sha256}
        return entry_of(made_run(tmp_path, run_id(number), config=config, seed=seed, parent=parent))

    found = Comparison([branch(1, "a", "1" * 64, 5), branch(2, "b", "2" * 64, 6)])
    assert len(found.rows) == 2
    assert found.differing["initial_weights"] == ["a@best 11111111", "b@best 22222222"]
    assert len(Comparison([branch(3, "a", "1" * 64, 7), branch(4, "a", "1" * 64, 8)]).rows) == 1


@pytest.mark.parametrize(
    "strange",
    [{"seed": "zz"}, {"epochs": "x"}, {"dataset": {"name": ["x"]}}, {"optimizer": 3}, {"metrics": 7}],
    ids=lambda strange: next(iter(strange)),
)
def test_a_strange_config_is_a_problem_or_none_and_no_crash(strange: dict[str, Any], tmp_path: Path) -> None:
    run_dir = made_run(tmp_path, run_id(1), config={**CONFIG, **strange})
    source = Source(run_dir)
    source.read()
    assert bool(source.entries()) is not bool(source.problem)
