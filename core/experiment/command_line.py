"""The command line that a draft stands for: the shortest one that gives the same experiment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from core.components.keys import as_text, flat
from core.errors import ConfigError
from core.experiment import open
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.experiment.search import SearchConfig
from core.experiment.written import Written

SAMPLE = 40
"""Trials by which two searches are compared."""


def plain(config: RunConfig | SearchConfig) -> dict[str, Any]:
    """Every key with its value, None too; of a search with the first value of each axis, and its own keys."""
    if isinstance(config, RunConfig):
        return flat(config.model_dump(mode="json"))
    return flat(config.base.model_dump(mode="json")) | config.keys.model_dump(mode="json") | {"rank": config.rank}


def settings_between(preset: str, wanted: RunConfig | SearchConfig, written: Written) -> list[tuple[str, str]]:
    """The fewest `--set` that turn a preset into `wanted`, which is `written` so, summary aside. What makes no
    difference is left out one by one: which key follows from which is for `resolve` to know."""
    begun = open.load(preset)
    before, after = _texts(begun), _texts(wanted, written)
    chosen = {kind for kind in SECTIONS if before[f"{kind}.name"] != after[f"{kind}.name"]}
    parts = {part for part in PARTS if f"{part}.{next(iter(PARTS[part].model_fields))}" not in after}
    settings = []
    for key in dict.fromkeys([*after, *before]):
        kind = key.partition(".")[0]
        differs = before.get(key) != after.get(key) or kind in chosen or "dataset" in chosen
        gone = (kind in SECTIONS and key not in after) or kind in parts
        if differs and not gone and key not in ("summary", "use", *PARTS):
            settings.append((key, after.get(key, "none")))

    def gives_it(pairs: Sequence[tuple[str, str]]) -> bool:
        try:
            return _same(open.load(preset, pairs), wanted)
        except ConfigError:
            return False

    for pair in list(settings):
        without = [each for each in settings if each != pair]
        if gives_it(without):
            settings = without
    return settings


def _texts(config: RunConfig | SearchConfig, written: Written | None = None) -> dict[str, str]:
    written = written or Written.of(config.to_dict())
    found = {key: as_text(value) for key, value in plain(config).items()}
    if isinstance(config, SearchConfig):
        found["rank"] = as_text(config.keys.rank)
    for kind in [key.partition(".")[0] for key in written.axes if key in {f"{kind}.name" for kind in SECTIONS}]:
        given = {f"{kind}.{name}" for name in written.tables[kind]}
        found = {key: text for key, text in found.items() if key.partition(".")[0] != kind or key in given}
    return found | {key: written.text(key) for key in written.axes}


def _same(found: RunConfig | SearchConfig, wanted: RunConfig | SearchConfig) -> bool:
    if isinstance(found, RunConfig) or isinstance(wanted, RunConfig):
        return type(found) is type(wanted) and _without_summary(found) == _without_summary(wanted)
    if (found.axes, found.keys) != (wanted.axes, wanted.keys) or found.rank != wanted.rank:
        return False
    return _without_summary(found) == _without_summary(wanted) and _trials(found) == _trials(wanted)


def _without_summary(config: RunConfig | SearchConfig) -> dict[str, Any]:
    return {key: value for key, value in config.to_dict().items() if key not in ("summary", "use")}


def _trials(search: SearchConfig) -> list[Any]:
    """What becomes of some cells, as far as they are of their values alone."""
    cells = search.grid() if all(axis.values for axis in search.axes) else iter(())
    return [_without_summary(trial) for cell in islice(cells, SAMPLE) if (trial := _trial(search, cell))]


def _trial(search: SearchConfig, cell: dict[str, Any]) -> RunConfig | None:
    try:
        return search.trial(cell, 1)
    except ConfigError:
        return None
