"""Searches that were never trained: their events, written one by one, for whoever draws or folds them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from made import run_started

from core.events import codec
from core.events.events import Event, RunEnded, RunStarted, TrialEnded, TrialsProgressed, TrialStarted
from core.experiment import resolve
from core.runs.folder import RunDir

LAYERS, UNITS = [1, 2, 3, 4], [8, 16, 24, 32, 40, 48, 56, 64]


def axis(key: str, values: Sequence[Any], **rest: Any) -> dict[str, Any]:
    kind, _, name = key.rpartition(".")
    return {"key": key, "name": kind if name == "name" else name, "values": list(values), **rest}


GRID = [axis("model.n_layers", LAYERS), axis("model.n_units", UNITS)]


def started(axes: Sequence[dict[str, Any]] = GRID, trials: int = 32, **search: Any) -> RunStarted:
    """The first event of a search on iris; its config holds the axes as a run's never would."""
    tables = resolve.load("iris-net", [("epochs", "200")]).to_dict()
    tables["name"] = "iris-search"
    for each in axes:
        kind, _, name = each["key"].rpartition(".")
        (tables.setdefault(kind, {}) if kind else tables)[name] = each["values"] or "0.001..0.1 log"
    facts = {
        "axes": list(axes),
        "trials": trials,
        "repeats": 1,
        "method": "grid",
        "prune": "none",
        "rank": "test_accuracy",
        "lower_is_better": False,
        "optimistic": True,
    }
    return run_started(tables, run_id="x", parameters=403, search=facts | search)


def cells(axes: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*(each["values"] for each in axes)):
        yield {each["key"]: value for each, value in zip(axes, values, strict=True)}


def trial_started(number: int, cell: dict[str, Any], **rest: Any) -> TrialStarted:
    return TrialStarted(
        number=number, cell=cell, config={"name": f"iris-search-{number}", "seed": 1000 + number, "epochs": 200}, **rest
    )


def columns(number: int, epoch: int, share: float = 1.0) -> dict[str, float]:
    """What a trial measures after an epoch; the same every time."""
    rng = np.random.default_rng([number, epoch])
    far = 1 - math.exp(-epoch / (20 + number % 7 * 6))
    best = 28 + round(2 * (1 - abs(number % 8 - 4) / 5))
    right = max(9, round(best * far + rng.normal(0, 0.6) * (1 - far)))
    loss = 1.1 * (1 - far) + 0.05 + 0.01 * (number % 5)
    return {
        "train_loss": round(loss * rng.uniform(0.95, 1.05), 6),
        "train_accuracy": min(120, right * 4 + 2) / 120,
        "test_loss": round(1.15 * loss, 6),
        "test_accuracy": min(30, right) / 30,
        "last_batch_accuracy": min(12, round(right / 30 * 12)) / 12,
    }


def progressed(numbers: Sequence[int], epochs: Sequence[int]) -> TrialsProgressed:
    rows = [columns(number, epoch) for number, epoch in zip(numbers, epochs, strict=True)]
    return TrialsProgressed(
        numbers=list(numbers), epochs=list(epochs), columns={name: [row[name] for row in rows] for name in rows[0]}
    )


def trial_ended(number: int, epoch: int = 200, status: Any = "completed", reason: str = "") -> TrialEnded:
    metrics = columns(number, epoch) if status != "failed" else {"train_loss": math.nan}
    return TrialEnded(
        number=number,
        status=status,
        reason=reason,
        epochs=epoch,
        seconds=round(0.09 + 0.01 * (number % 9), 3),
        metrics=metrics,
        path="",
    )


def whole(axes: Sequence[dict[str, Any]] = GRID, *, repeats: int = 1, side_by_side: int = 16) -> list[Event]:
    """A grid from its first to its last trial, so many training side by side; without the end of its session."""
    found = [cell for cell in cells(axes) for _ in range(repeats)]
    told: list[Event] = [started(axes, len(found), repeats=repeats)]
    numbered = list(enumerate(found, 1))
    for at in range(0, len(numbered), side_by_side):
        together = numbered[at : at + side_by_side]
        told += [trial_started(number, cell) for number, cell in together]
        numbers = [number for number, _cell in together]
        told += [progressed(numbers, [epoch] * len(numbers)) for epoch in range(10, 201, 10)]
        told += [trial_ended(number) for number in numbers]
    return told


def completed() -> RunEnded:
    return RunEnded(status="completed", reason="", run_id="x")


def lines(told: Sequence[Event], first: int = 0) -> str:
    """As a log has them."""
    return "".join(codec.encode(replace(e, seq=i, t=round(0.05 * i, 2))) + "\n" for i, e in enumerate(told, first))


def write(root: Path, number: int, name: str, told: Sequence[Event]) -> RunDir:
    run_dir = RunDir(root / f"20260101-12000{number}-{name}-ab0{number}")
    run_dir.path.mkdir(parents=True)
    run_dir.config.write_text('name = "iris-search"\n', encoding="utf-8")
    run_dir.events.write_text(lines(told), encoding="utf-8")
    return run_dir


def many(n: int = 2000) -> list[Event]:
    """A large search in the middle of it: half of its trials are over, some train."""
    axes = [axis("model.n_layers", range(1, 11)), axis("model.n_units", range(8, 8 * (n // 10) + 1, 8))]
    told: list[Event] = [started(axes, n)]
    for number, cell in enumerate(cells(axes), 1):
        told.append(trial_started(number, cell))
        if number % 2:
            told.append(trial_ended(number))
    running = list(range(2, n + 1, 2))
    return [*told, progressed(running, [50] * len(running))]
