"""An experiment on a table of one's own: a fair beginning, and what follows where its target has become another one.
Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.components.outputs import Task
from core.datasets import DATASETS
from core.tables.looks import PACKED


def new_experiment(dataset: str) -> dict[str, Any]:
    """Tables of an experiment on a dataset that is a fair beginning: a small MLP, Adam, a loss that fits the task."""
    component = DATASETS[dataset]
    fields = component.schema.model_fields
    given = {name: info.get_default() for name, info in fields.items() if not info.is_required()}
    try:
        known = component.facts_of(component.resolve(given))
    except ValueError:  # one that needs a file first
        known = dict(component.facts)
    regression = known.get("task") == "regression"
    shape = known.get("shape", ())
    pictures = len(shape) > 1
    tables: dict[str, Any] = {
        "name": f"my-{dataset}",
        "summary": f"An MLP on {dataset}",
        "epochs": 5 if pictures and known.get("samples", 0) > 10_000 else 50,
        "batch_size": 64 if pictures else 16,
        "dataset": {"name": dataset},
        "model": {"name": "mlp", "hidden": [128, 64] if pictures else [32, 32]},
        "loss": {"name": "mse" if regression else "cross-entropy"},
        "optimizer": {"name": "adam", "lr": 0.001 if pictures else 0.005},
        "evaluate": {"splits": ["train", "test"], "batch_size": 1000},
    }
    if not pictures:
        tables["standardise"] = ["features", "target"] if regression else ["features"]
    return tables


LARGE = 10_000
"""Rows from which on larger batches, and fewer epochs, are enough for a first look."""
LOSS: dict[Task, str] = {"classification": "cross-entropy", "regression": "mse"}
STANDARDISED: dict[Task, list[str]] = {"classification": ["features"], "regression": ["features", "target"]}


def experiment_on(section: Mapping[str, Any], task: Task, rows: int) -> dict[str, Any]:
    """Tables as a TOML file has them. `section`: the dataset's."""
    path = Path(str(section["path"]))
    stem = path.stem if path.suffix.lower() not in PACKED else Path(path.stem).stem
    tables = new_experiment(section["name"])
    tables |= {
        "name": stem[:80] or "table",
        "summary": f"An MLP on {path.name}",
        "dataset": dict(section),
        "loss": {"name": LOSS[task]},
        "standardise": STANDARDISED[task],
    }
    if rows >= LARGE:
        tables |= {"batch_size": 128, "epochs": 20}
    return tables
