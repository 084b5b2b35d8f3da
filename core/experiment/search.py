"""SearchConfig: an experiment in which some values are lists or ranges; every cell of them is a trial's RunConfig.

Needs neither torch nor Optuna.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tomli_w
from pydantic import ValidationError

from core.components.explain import explain
from core.components.metrics import METRICS, lower_is_better
from core.errors import ConfigError
from core.experiment import axis_order, named
from core.experiment import resolve as experiment_resolve
from core.experiment import settings as experiment_settings
from core.experiment.axes import Axis, Cell, Value, is_choice
from core.experiment.facts import facts_of
from core.experiment.schema import SECTIONS, RunConfig
from core.experiment.search_keys import SearchKeys
from core.experiment.written import Written

MANY = 10_000
"""Trials of a search that is surely meant; more have to be confirmed."""


@dataclass(frozen=True)
class SearchConfig:
    """A whole search, resolved."""

    base: RunConfig
    """What its trials share, with the first value of each axis."""
    axes: tuple[Axis, ...]
    keys: SearchKeys
    tables: Mapping[str, Any]
    """The tables that `base` was made from."""

    @property
    def name(self) -> str:
        return self.base.name

    @property
    def summary(self) -> str:
        return self.base.summary

    @property
    def rank(self) -> str:
        """The column that trials are compared by."""
        if self.keys.rank:
            return self.keys.rank
        split = "validation" if "validation" in self.base.evaluate.splits else "test"
        metric = (self.base.metrics or ["accuracy" if facts_of(self.base).task == "classification" else "loss"])[0]
        return f"{split}_{metric}"

    @property
    def lower_is_better(self) -> bool:
        return lower_is_better(self.rank)

    @property
    def optimistic(self) -> bool:
        """Whether it ranks by the very samples that it reports: then the best score is too good."""
        return self.rank.startswith("test_")

    @property
    def n_cells(self) -> int | None:
        """Cells of the grid; None where an axis is continuous."""
        return math.prod(len(axis.values) for axis in self.axes) if all(axis.values for axis in self.axes) else None

    @property
    def n_trials(self) -> int:
        """At most; fewer where two cells are one and the same experiment."""
        cells = self.n_cells if self.keys.trials is None else min(self.keys.trials, self.n_cells or self.keys.trials)
        return (cells or 0) * self.keys.repeats

    def grid(self) -> Iterable[Cell]:
        """All cells, the last axis running fastest."""
        for values in itertools.product(*(axis.values for axis in self.axes)):
            yield dict(zip((axis.key for axis in self.axes), values, strict=True))

    def applicable(self, cell: Cell) -> Cell:
        """Without what its components do not have: a linear model has no `n_units`."""

        def applies(key: str) -> bool:
            kind, _, name = key.partition(".")
            if kind not in SECTIONS or name == "name":
                return True
            component = cell.get(f"{kind}.name", self.tables[kind]["name"])
            return name in SECTIONS[kind][component].parameters

        return {key: value for key, value in cell.items() if applies(key)}

    def facts(self, trials: int) -> dict[str, Any]:
        """What `RunStarted.search` tells of it, given how many networks it trains at most."""
        return {
            "axes": [
                {"key": axis.key, "name": axis.name, "values": list(axis.values)}
                | ({} if axis.values else {"low": axis.low, "high": axis.high, "log": axis.log})
                for axis in self.axes
            ],
            "method": self.keys.method,
            "prune": self.keys.prune,
            "trials": trials,
            "repeats": self.keys.repeats,
            "rank": self.rank,
            "lower_is_better": self.lower_is_better,
            "optimistic": self.optimistic,
        }

    def with_data_dir(self, data_dir: str | None) -> SearchConfig:
        """As `RunConfig.with_data_dir`."""
        return self.moved_to(self.base.with_data_dir(data_dir).data_dir)

    def moved_to(self, data_dir: str | None) -> SearchConfig:
        """With the dataset's files in this folder; None: where they lie by default."""
        tables = {key: value for key, value in self.tables.items() if key != "data_dir"}
        if data_dir:
            tables["data_dir"] = data_dir
        return replace(self, base=self.base.model_copy(update={"data_dir": data_dir}), tables=tables)

    def trial(self, cell: Cell, number: int) -> RunConfig:
        """The run of a cell, its seed drawn from that of the search and the trial's number. Raises ConfigError for
        values that do not go together."""
        tables = {key: dict(value) if isinstance(value, dict) else value for key, value in self.tables.items()}
        # A component's name comes before its hyperparameters.
        for key, value in sorted(cell.items(), key=lambda item: not item[0].endswith(".name")):
            kind, _, name = key.partition(".")
            if not name:
                tables[kind] = value
            elif name == "name" and kind in SECTIONS:
                if tables[kind]["name"] != value:  # what was given for it holds for each component that has it
                    has = SECTIONS[kind][value].parameters
                    given = {other: old for other, old in tables[kind].items() if other in has}
                    tables[kind] = {**given, "name": value}
            elif kind not in SECTIONS or name in SECTIONS[kind][tables[kind]["name"]].parameters:
                tables[kind] = {**tables.get(kind, {}), name: value}
        if "dataset.random_state" not in cell:
            _fix_points(tables, self.base.seed)
        tables["name"] = f"{self.base.name[:150]}-{number}"
        if "seed" not in cell:
            tables["seed"] = int(np.random.SeedSequence([self.base.seed, number]).generate_state(1, np.uint32)[0])
        return experiment_resolve.resolve(tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain values as TOML and JSON hold them, axes as they are written."""
        tables = self.base.to_dict()
        for kind in [axis.key.partition(".")[0] for axis in self.axes if is_choice(axis.key)]:
            tables[kind] = dict(self.tables[kind])  # what was given: defaults are those of each component
        for axis in self.axes:
            kind, _, name = axis.key.partition(".")
            if name:
                tables.setdefault(kind, {})[name] = axis.written
            else:
                tables[kind] = axis.written
        return {**self.keys.model_dump(mode="json", exclude_none=True), **named.with_used(tables)}

    def to_toml(self) -> str:
        return tomli_w.dumps(self.to_dict())


def run_of(config: RunConfig | SearchConfig) -> RunConfig:
    """Of a search what its trials share, with the first value of each axis."""
    return config.base if isinstance(config, SearchConfig) else config


def resolve(tables: Mapping[str, Any], settings: Iterable[tuple[str, str]] = ()) -> RunConfig | SearchConfig:
    """Check and complete `tables` with `settings` applied. Raises ConfigError, in one line."""
    written = Written.of(tables)
    settings = list(settings)
    given = {key for key, _text in settings}
    experiment_settings.check_given(given)
    for key, text in sorted(settings, key=lambda setting: not setting[0].endswith(".name")):
        written.set(key, text, given)
    return resolved(written, given)


def resolved(written: Written, given: Collection[str] = (), *, looks: int = 1000) -> RunConfig | SearchConfig:
    """Check and complete what is `written`, of which the keys `given` were set by hand. Raises ConfigError. `looks`:
    values of an axis that are tried, at most."""
    if not written.axes:
        found = written.search
        if found.keys() - {"axes"} or "axes" in given:
            raise ConfigError(
                f"{next(iter(found))} is for a search: give a key a list of values, as model.n_units=8,16, or for one "
                "network with several seeds seed=1,2,3"
            )
        return experiment_resolve.resolve(written.tables)
    return _search(dict(written.tables), written.axes, written.search, given, looks)


def _search(
    tables: dict[str, Any], axes: Mapping[str, Axis], found: Mapping[str, Any], given: Collection[str], looks: int
) -> SearchConfig:
    try:
        keys = SearchKeys.model_validate_json(json.dumps(found), strict=True)
    except ValidationError as error:
        raise ConfigError(explain(error, SearchKeys)) from None
    except TypeError:  # TOML has dates
        raise ConfigError(f"{', '.join(found)}: a date is no value of these") from None
    if "initial_weights" in axes or tables.get("initial_weights") is not None:
        raise ConfigError(
            "initial_weights (--from): the networks of a search begin with weights of their own, each by its seed; "
            "start one network from them"
        )
    base = experiment_resolve.resolve(tables)
    if "dataset.random_state" not in axes:
        _fix_points(tables, base.seed)
        base = experiment_resolve.resolve(tables)
    order = axis_order.in_order(axes, keys.axes or (), chosen="axes" in given)
    keys = keys.model_copy(update={"axes": order})
    made = SearchConfig(base, tuple(axes[key] for key in order), keys, tables)
    for axis in made.axes:
        for value in _some(axis.values, looks) or (axis.low, axis.high):
            _check_value(made, axis.key, value)
        if keys.method == "grid" and not axis.values:
            raise ConfigError(
                f"{axis.key} = {axis.written}: a grid needs a list, or a step as in 0.1..0.5:0.1; "
                "or set method=random and trials=60"
            )
    names = [axis.name for axis in made.axes]
    for axis in made.axes:
        if names.count(axis.name) > 1:
            raise ConfigError(f"two axes are called {axis.name}; search one of them")
    if keys.method != "grid" and keys.trials is None and (made.n_cells or math.inf) > 10**6:
        raise ConfigError(f"method = {keys.method}: say how many cells to try, as trials=60")
    if keys.repeats > 1 and "seed" in axes:
        raise ConfigError("repeats: seed is an axis, so each cell has one network; leave out one of them")
    _check_rank(made)
    return made


def _some(values: Sequence[Value], most: int) -> Sequence[Value]:
    """All, or so many of them with both ends."""
    n = len(values)
    return values if n <= most else [values[i * (n - 1) // (most - 1)] for i in range(most)]


def _check_value(made: SearchConfig, key: str, value: Value) -> None:
    """Refuse a value that goes with none of the others; cells that clash otherwise fail as trials."""
    try:
        made.trial({key: value}, 0)
    except ConfigError:
        others = replace(made, axes=tuple(axis for axis in made.axes if axis.key != key and axis.values))
        for cell in itertools.islice(others.grid(), 200):
            try:
                made.trial({**cell, key: value}, 0)
            except ConfigError:
                continue
            return
        raise


def _check_rank(made: SearchConfig) -> None:
    split, _, metric = made.rank.partition("_")
    splits = made.base.evaluate.splits
    metrics = ["loss", *(made.base.metrics or METRICS.names)]
    if split not in splits or metric not in metrics:
        columns = ", ".join(f"{split}_{metric}" for split in splits for metric in metrics)
        raise ConfigError(f"rank = {made.rank}: nothing is measured under that name; choose from {columns}")
    if made.keys.prune != "none" and "epoch" not in made.base.evaluate.when:
        raise ConfigError(f"prune = {made.keys.prune}: nothing is measured after each epoch; set evaluate.when=epoch")


def _fix_points(tables: dict[str, Any], seed: int) -> None:
    """Points that are drawn at random are the same for all trials: by the seed of the search."""
    dataset = tables["dataset"]
    has = SECTIONS["dataset"][dataset["name"]].parameters
    if "random_state" in has and dataset.get("random_state") is None:
        tables["dataset"] = {**dataset, "random_state": seed}
