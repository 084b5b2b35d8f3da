"""The score of a run: what it is judged by, in one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runs.summary import Summary


def score(run: Summary) -> tuple[str, float] | None:
    """What a run is judged by: column and latest value, on the split that it did not learn from, a loss only where
    nothing else was measured; of a search what its best trial is ranked by. None where nothing was measured."""
    splits = ("test", "validation", "train")
    others = [name for name in run.metrics if not name.endswith("_loss")]
    by_split = [name for split in splits for name in others if name.startswith(f"{split}_")]
    losses = [f"{split}_loss" for split in splits if f"{split}_loss" in run.metrics]
    found = next(iter([*by_split, *others, *losses]), None)
    return None if found is None else (found, run.metrics[found])


def best_score(run: Summary) -> tuple[str, float] | None:
    """The same column and its best value so far; of a search that of its best trial."""
    found = score(run)
    if found is None:
        return None
    by, last = found
    if run.best_by == by and run.best_value is not None:
        return by, run.best_value
    best = run.best.get(by)
    return by, last if best is None else best["value"]
