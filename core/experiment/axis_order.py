"""The order of a search's axes: cells are numbered by it, and a file has its sections in another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from core.errors import ConfigError
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.runs.event_log import read_started
from core.runs.folder import RunDir
from core.system.files import is_file


def in_order(axes: Collection[str], wanted: Iterable[str], *, chosen: bool) -> list[str]:
    """The keys `axes` as `wanted` names them, then the others. What `wanted` names beside them is one value by now,
    unless it was `chosen` by hand. Raises ConfigError."""
    first = list(dict.fromkeys(wanted))
    for key in first:
        if key not in axes and (chosen or not _is_key(key)):
            raise ConfigError(f"axes: {key!r} is no axis of this search; choose from {', '.join(axes)}")
    return [key for key in first if key in axes] + [key for key in axes if key not in first]


def _is_key(key: str) -> bool:
    """Whether an experiment may have it."""
    kind, _, name = key.partition(".")
    if kind in SECTIONS:
        found = SECTIONS[kind]
        return name == "name" or any(name in found[each].parameters for each in found.names)
    fields = PARTS[kind].model_fields if kind in PARTS and name else RunConfig.model_fields
    return (name or kind) in fields


def told_beside(config: str) -> list[str]:
    """What the log says that lies beside the config of a search, for such a config may be of an earlier version; empty
    where there is none."""
    path = Path(config).expanduser()
    if path.name != "config.toml" or not is_file(path.parent / "events.jsonl"):
        return []
    started = read_started(RunDir(path.parent))
    return [str(axis["key"]) for axis in started.search.get("axes", [])] if started else []
