"""An experiment on a table of one's own: a fair beginning, and what follows where its target has become another one.
Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.draft import Draft, new_experiment
from core.losses import LOSSES
from core.outputs import OUTPUTS, Task
from core.tables.dialect import PACKED

LARGE = 10_000
"""Rows from which on larger batches, and fewer epochs, are enough for a first look."""
LOSS: dict[Task, str] = {"classification": "cross-entropy", "regression": "mse"}
STANDARDISED: dict[Task, list[str]] = {"classification": ["features"], "regression": ["features", "target"]}


def experiment_on(section: Mapping[str, Any], task: Task, rows: int) -> dict[str, Any]:
    """Tables as a TOML file has them. `section`: the dataset's."""
    path = Path(str(section["path"]))
    stem = path.stem if path.suffix.lower() not in PACKED else Path(path.stem).stem
    tables = new_experiment("csv")
    tables |= {
        "name": stem or "table",
        "summary": f"An MLP on {path.name}",
        "dataset": dict(section),
        "loss": {"name": LOSS[task]},
        "standardise": STANDARDISED[task],
    }
    if rows >= LARGE:
        tables |= {"batch_size": 128, "epochs": 20}
    return tables


def take_table(draft: Draft, section: Mapping[str, Any], task: Task) -> None:
    """Give an experiment this dataset section. Loss and standardising are changed where they are for the other task."""
    draft.set_section("dataset", section)
    loss = draft.text("loss.name")
    if OUTPUTS[LOSSES[loss].facts.get("output", "logits")].task != task:
        draft.set("loss.name", LOSS[task])
        draft.set("standardise", ",".join(STANDARDISED[task]))
        draft.set("metrics", "")
