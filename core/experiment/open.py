"""An experiment by its name: a preset, a TOML file, or a table of one's own; one network or a search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core import presets
from core.components.registry import Component
from core.datasets import reader_of
from core.experiment import axis_order
from core.experiment import resolve as experiment_resolve
from core.experiment import settings as experiment_settings
from core.experiment.begin import experiment_on
from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig, resolve
from core.system.folders import user_path
from core.tables.choices import Choices
from core.tables.finding import TableError
from core.tables.records import some


def load(
    experiment: str, settings: Iterable[tuple[str, str]] = (), *, by_hand: bool = False
) -> RunConfig | SearchConfig:
    """The config of a preset name or TOML file with `KEY=VALUE` settings on top: of a search where a value is a list
    or a range, else of a run. `by_hand`: as of `resolve.read`. Raises ConfigError."""
    settings = list(settings)
    if own := reader_of(experiment):
        settings = of_a_table(own, settings)
        return resolve(experiment_of_file(own, experiment, settings), settings)
    return resolve(tables_of(experiment, by_hand=by_hand), settings)


def tables_of(experiment: str, *, by_hand: bool = False) -> dict[str, Any]:
    """As `resolve.read`; of a search that ran, with the order that its axes had."""
    tables = experiment_resolve.read(experiment, by_hand=by_hand)
    if "axes" not in tables and (order := axis_order.told_beside(experiment)):
        tables["axes"] = order
    return tables


def single_presets() -> list[str]:
    """The presets that train one network."""
    return [name for name in presets.preset_names() if isinstance(load(name), RunConfig)]


def of_a_table(dataset: Component, settings: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keys of the dataset may be written without its name where a table is the experiment: `target=price`."""
    own = dataset.schema.model_fields
    return [(f"dataset.{key}" if key in own else key, value) for key, value in settings]


def experiment_of_file(dataset: Component, path: str, settings: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`experiment_on` a table that `dataset` reads as `settings` have it; its target must be among them. Reads the
    file. Raises DataError where it cannot be used as they say."""
    from core.tables.survey import survey

    file = user_path(path).absolute()
    begun: dict[str, Any] = {"dataset": {"name": dataset.name, "path": str(file)}}
    for key, value in settings:
        if key.startswith("dataset."):
            experiment_settings.apply(begun, key, value)
    section = begun["dataset"]
    found = survey(Choices.of(section))
    if not section.get("target"):
        raise TableError(file, "has no target yet", {"name-target": some(found.names, 20)})
    if found.plan.problems or found.plan.task is None:
        raise TableError(file, found.plan.problems[0])
    return experiment_on(section, found.plan.task, found.rows - found.plan.dropped)
