"""An experiment on a table of one's own: a fair beginning, and what follows where its target has become another one.
Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core import config
from core.datasets import DATASETS
from core.draft import Draft, new_experiment
from core.folders import user_path
from core.losses import LOSSES
from core.outputs import OUTPUTS, Task
from core.tables.choices import Choices
from core.tables.finding import TableError
from core.tables.looks import PACKED
from core.tables.records import some

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
        "name": stem[:80] or "table",
        "summary": f"An MLP on {path.name}",
        "dataset": dict(section),
        "loss": {"name": LOSS[task]},
        "standardise": STANDARDISED[task],
    }
    if rows >= LARGE:
        tables |= {"batch_size": 128, "epochs": 20}
    return tables


def of_a_table(settings: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keys of the dataset may be written without its name where a table is the experiment: `target=price`."""
    own = DATASETS["csv"].schema.model_fields
    return [(f"dataset.{key}" if key in own else key, value) for key, value in settings]


def experiment_of_file(path: str, settings: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`experiment_on` a table as `settings` of the dataset have it; its target must be among them. Reads the file.
    Raises DataError where it cannot be used as they say."""
    from core.tables.survey import survey

    file = user_path(path).absolute()
    begun: dict[str, Any] = {"dataset": {"name": "csv", "path": str(file)}}
    for key, value in settings:
        if key.startswith("dataset."):
            config.apply(begun, key, value)
    section = begun["dataset"]
    found = survey(Choices.of(section))
    if not section.get("target"):
        raise TableError(file, "has no target yet", {"name-target": some(found.names, 20)})
    if found.plan.problems or found.plan.task is None:
        raise TableError(file, found.plan.problems[0])
    return experiment_on(section, found.plan.task, found.rows - found.plan.dropped)


def take_table(draft: Draft, section: Mapping[str, Any], task: Task) -> None:
    """Give an experiment this dataset section. Loss and standardising are changed where they are for the other task."""
    draft.set_section("dataset", section)
    loss = draft.text("loss.name")
    if OUTPUTS[LOSSES[loss].facts.get("output", "logits")].task != task:
        draft.set("loss.name", LOSS[task])
        draft.set("standardise", ",".join(STANDARDISED[task]))
        draft.set("metrics", "")
