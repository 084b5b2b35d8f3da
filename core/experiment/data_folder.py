"""Where the data of a run are when it is opened again, by whoever needs them: a session, a gradient check."""

from __future__ import annotations

from typing import TypeVar

from core.experiment.schema import RunConfig
from core.experiment.search import SearchConfig
from core.system.files import is_dir

C = TypeVar("C", RunConfig, SearchConfig)


def data_folder(recorded: str | None, given: str | None) -> str | None:
    """The folder that is `given`; else the one that the run `recorded`, if it is there still; else None: where data lie
    by default."""
    return given or (recorded if recorded and is_dir(recorded) else None)


def with_data_found(config: C, given: str | None) -> C:
    """The config of a run that is opened again, with its data where they are now."""
    return config.moved_to(
        data_folder(config.base.data_dir if isinstance(config, SearchConfig) else config.data_dir, given)
    )
