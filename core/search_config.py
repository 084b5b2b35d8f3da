"""SearchConfig: an experiment in which some values are lists or ranges; every cell of them is a trial's RunConfig.

Needs neither torch nor Optuna.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

import numpy as np
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from core import axis_order, config, presets
from core.config import PARTS, SECTIONS, RunConfig
from core.errors import ConfigError
from core.keys import as_text
from core.metrics import METRICS
from core.registry import explain, explain_value
from core.stopping import lower_is_better
from core.tables.looks import may_be_table

MANY = 10_000
"""Trials of a search that is surely meant; more have to be confirmed."""
FIXED = (
    "name",
    "summary",
    "log",
    "device",
    "data_dir",
    "metrics",
    "predict",
    *(part for part in PARTS if part != "split"),
)
"""Keys of a run that are the same in all trials: what tells, stores and measures them."""

COLUMNS = {"epochs": "max_epochs"}
"""Names of axes that would be taken for something else: a table of trials has a column `epochs` already."""

Value: TypeAlias = Any
Cell: TypeAlias = dict[str, Value]
"""One value of each axis, by the axis' key."""

_RANGE = re.compile(r"(?P<low>[^\s:]+?)\s*\.\.\s*(?P<high>[^\s:]+)(?:\s*:\s*(?P<step>[^\s:]+))?(?P<log>\s+log)?")


@dataclass(frozen=True)
class Axis:
    """One dimension of a search: `values` to choose from, or the numbers from `low` to `high`."""

    key: str
    values: tuple[Value, ...] = ()
    low: float = math.nan
    high: float = math.nan
    log: bool = False
    """Whether a range is even in its logarithm."""

    @property
    def name(self) -> str:
        """Its column: `n_units` for `model.n_units`, `optimizer` for `optimizer.name`."""
        kind, _, name = self.key.rpartition(".")
        return COLUMNS.get(self.key) or (kind if kind and name == "name" else name)

    @property
    def written(self) -> Any:
        """As TOML holds it."""
        if self.values:
            return ["none" if value is None else value for value in self.values]
        return f"{self.low!r}..{self.high!r}{' log' if self.log else ''}"

    def draw(self, rng: np.random.Generator) -> Value:
        """A value at random."""
        if self.values:
            return self.values[int(rng.integers(len(self.values)))]
        if self.log:
            return float(math.exp(rng.uniform(math.log(self.low), math.log(self.high))))
        return float(rng.uniform(self.low, self.high))


class SearchKeys(BaseModel):
    """What a search has beside the keys of its runs; bare keys, as `--set max_stack=8`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Annotated[
        Literal["grid", "random", "tpe"],
        Field(description="all cells, cells at random, or cells near good ones (tree-structured Parzen estimator)"),
    ] = "grid"
    trials: Annotated[int | None, Field(ge=1, description="cells to try; of a grid the first ones, all if none")] = None
    repeats: Annotated[int, Field(ge=1, description="networks for each cell, each with a seed of its own")] = 1
    rank: Annotated[
        str | None,
        Field(description="column to rank by; validation accuracy or loss if there is such a split, else test"),
    ] = None
    prune: Annotated[
        Literal["none", "median", "halving"],
        Field(description="end trials early that are below the median, or the worse half again and again"),
    ] = "none"
    max_stack: Annotated[
        int | None,
        Field(ge=1, description="most trials that train side by side; as many as there is memory for if not given"),
    ] = None
    axes: Annotated[
        list[str] | None,
        Field(description="order of the axes, by which cells are numbered; as they are given, or stand in the file"),
    ] = None


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
        metric = (self.base.metrics or ["accuracy" if self.base.facts.task == "classification" else "loss"])[0]
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
        return config.resolve(tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain values as TOML and JSON hold them, axes as they are written."""
        tables = self.base.to_dict()
        for kind in [axis.key.partition(".")[0] for axis in self.axes if _is_choice(axis.key)]:
            tables[kind] = dict(self.tables[kind])  # what was given: defaults are those of each component
        for axis in self.axes:
            kind, _, name = axis.key.partition(".")
            if name:
                tables.setdefault(kind, {})[name] = axis.written
            else:
                tables[kind] = axis.written
        return {**self.keys.model_dump(mode="json", exclude_none=True), **tables}

    def to_toml(self) -> str:
        return tomli_w.dumps(self.to_dict())


def load(experiment: str, settings: Iterable[tuple[str, str]] = ()) -> RunConfig | SearchConfig:
    """The config of a preset name or TOML file with `KEY=VALUE` settings on top: of a search where a value is a list
    or a range, else of a run. Raises ConfigError."""
    settings = list(settings)
    if may_be_table(experiment):
        from core.tables.experiment import experiment_of_file, of_a_table  # reads it

        settings = of_a_table(settings)
        return resolve(experiment_of_file(experiment, settings), settings)
    tables = config.read(experiment)
    if "axes" not in tables and (order := axis_order.told_beside(experiment)):
        tables["axes"] = order
    return resolve(tables, settings)


def single_presets() -> list[str]:
    """The presets that train one network."""
    return [name for name in presets.preset_names() if isinstance(load(name), RunConfig)]


def resolve(tables: Mapping[str, Any], settings: Iterable[tuple[str, str]] = ()) -> RunConfig | SearchConfig:
    """Check and complete `tables` with `settings` applied. Raises ConfigError, in one line."""
    tables = {key: dict(value) if isinstance(value, dict) else value for key, value in tables.items()}
    found: dict[str, Any] = {key: tables.pop(key) for key in SearchKeys.model_fields if key in tables}
    axes = _axes_of(tables)
    settings = list(settings)
    given = {key for key, _text in settings}
    config.check_given(given)
    for key, text in sorted(settings, key=lambda setting: not setting[0].endswith(".name")):
        if key in SearchKeys.model_fields:
            found[key] = _guard(partial(config.parse, SearchKeys, key, text, key))
            continue
        axis = _axis_of_text(tables, key, text)
        if axis is None:
            axes.pop(key, None)
        else:
            axes[key] = axis
            text = as_text(_owner(axis, given) if _is_choice(key) else _first(axis))
        if key.endswith(".name"):  # the keys of the component before are gone
            kind = key.partition(".")[0]
            axes = {other: each for other, each in axes.items() if other == key or not other.startswith(f"{kind}.")}
        config.apply(tables, key, text, given)
        axes = {other: each for other, each in axes.items() if _is_there(tables, other)}
    if not axes:
        if found.keys() - {"axes"} or "axes" in given:
            raise ConfigError(
                f"{next(iter(found))} is for a search: give a key a list of values, as model.n_units=8,16, or for one "
                "network with several seeds seed=1,2,3"
            )
        return config.resolve(tables)
    return _search(tables, axes, found, given)


def _search(
    tables: dict[str, Any], axes: Mapping[str, Axis], found: Mapping[str, Any], given: Collection[str]
) -> SearchConfig:
    try:
        keys = SearchKeys.model_validate_json(json.dumps(found), strict=True)
    except ValidationError as error:
        raise ConfigError(explain(error, SearchKeys)) from None
    except TypeError:  # TOML has dates
        raise ConfigError(f"{', '.join(found)}: a date is no value of these") from None
    base = config.resolve(tables)
    if "dataset.random_state" not in axes:
        _fix_points(tables, base.seed)
        base = config.resolve(tables)
    order = axis_order.in_order(axes, keys.axes or (), chosen="axes" in given)
    keys = keys.model_copy(update={"axes": order})
    made = SearchConfig(base, tuple(axes[key] for key in order), keys, tables)
    for axis in made.axes:
        for value in (axis.values if len(axis.values) <= 1000 else axis.values[::999]) or (axis.low, axis.high):
            _check_value(made, axis.key, value)
        if keys.method == "grid" and not axis.values:
            raise ConfigError(
                f"{axis.key} = {axis.written}: a grid needs a list, or a step as in 0.1..0.5:0.1; or set method=random"
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


# Axes: where a value has one more list around it than its key takes, or is a range of numbers.


def _axes_of(tables: dict[str, Any]) -> dict[str, Axis]:
    """The axes that stand in `tables`, which get the first value of each instead."""
    axes: dict[str, Axis] = {}
    for kind, value in list(tables.items()):
        if kind in SECTIONS or kind in PARTS:
            table = value if isinstance(value, dict) else {}
            # The name first: which keys there are depends on it.
            for name in sorted(table, key=lambda name: name != "name"):
                axes |= _axis_in(tables, table, f"{kind}.{name}", name)
        else:
            axes |= _axis_in(tables, tables, kind, kind)
    in_order = [
        kind if not isinstance(value, dict) else f"{kind}.{name}"
        for kind, value in tables.items()
        for name in (value if isinstance(value, dict) else [""])
    ]
    return {key: axes[key] for key in in_order if key in axes}


def _axis_in(tables: Mapping[str, Any], table: dict[str, Any], key: str, name: str) -> dict[str, Axis]:
    value = table[name]
    info = _field(tables, key)
    if info is None or key in FIXED or key.partition(".")[0] in FIXED:
        return {}
    axis = None
    if isinstance(value, list) and _depth(value) > _list_depth(info):
        axis = _listed(key, value, info)
    elif isinstance(value, str) and _is_number(info):
        axis = _range(key, value, info)
    if axis is None:
        return {}
    kind = key.partition(".")[0]
    table[name] = _owner(axis, [f"{kind}.{other}" for other in table]) if _is_choice(key) else _first(axis)
    return {key: axis}


def _axis_of_text(tables: Mapping[str, Any], key: str, text: str) -> Axis | None:
    """The axis that a text for a key means; None where it is one value, or nothing at all."""
    info = _field(tables, key)
    if info is None:
        return None
    text = text.strip()
    depth = _list_depth(info)
    values: list[Any] | None = None
    if text.startswith("["):
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            return None  # refused where one value is read
        if _depth(read) > depth:
            values = [value if value is not None else "none" for value in read]
    elif "," in text and depth == 0 and (_is_choice(key) or str not in _options(info)):  # a path may have a comma
        parts = [part.strip() for part in text.split(",")]
        if not all(parts):
            raise ConfigError(f"{key} = {text[:60]}: a value is missing between two commas")
        values = [_guard(partial(_one_of_text, tables, key, part)) for part in parts]
    axis = _listed(key, values, info) if values is not None else _range(key, text, info) if _is_number(info) else None
    if axis is not None and (key in FIXED or key.partition(".")[0] in FIXED):
        raise ConfigError(f"{key} cannot be searched: it is the same in all trials")
    return axis


def _is_choice(key: str) -> bool:
    """Whether it is the name of a component."""
    kind, _, name = key.partition(".")
    return kind in SECTIONS and name == "name"


def _one_of_text(tables: Mapping[str, Any], key: str, text: str) -> Value:
    kind, _, name = key.partition(".")
    if kind in SECTIONS and name == "name":
        return _component(kind, text)
    schema = config.schema_of(kind, tables) if name else RunConfig
    assert schema is not None  # there is a field
    return config.parse(schema, name or kind, text, key)


def _listed(key: str, values: Sequence[Any], info: FieldInfo) -> Axis:
    if not values:
        raise ConfigError(f"{key} = []: an axis needs at least one value")
    kind, _, name = key.partition(".")
    typed = []
    for value in values:
        if kind in SECTIONS and name == "name":
            typed.append(_guard(partial(_component, kind, value)))
            continue
        if value == "none" and type(None) in get_args(info.annotation):
            typed.append(None)
            continue
        annotation: Any = Annotated[info.annotation, info]
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        try:
            read = adapter.validate_json(json.dumps(value), strict=True)
        except TypeError:
            raise ConfigError(f"{key}: a date is no value of it") from None
        except ValidationError as error:
            raise ConfigError(explain_value(dict(error.errors(include_url=False)[0]), info, key=key)) from None
        typed.append(list(read) if isinstance(read, tuple) else read)
    once = [value for i, value in enumerate(typed) if value not in typed[:i]]
    return Axis(key, tuple(once))


def _range(key: str, text: str, info: FieldInfo) -> Axis | None:
    """`8..64`, `8..64:8`, `1e-4..1e-1 log`."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        low, high = float(found["low"]), float(found["high"])
        step = float(found["step"]) if found["step"] else None
    except ValueError:
        raise ConfigError(f"{key} = {text[:60]}: write a range of numbers, as 8..64 or 8..64:8") from None
    log = bool(found["log"])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(f"{key} = {text[:60]}: a range goes from a smaller number to a larger one")
    if log and (low <= 0 or step is not None):
        raise ConfigError(f"{key} = {text[:60]}: a logarithmic range begins above 0 and has no step")
    if step is not None and not 0 < step < math.inf:
        raise ConfigError(f"{key} = {text[:60]}: the step must be above 0")
    whole = _is_whole(info)
    if whole and not all(number == int(number) for number in (low, high, step or 1.0)):
        raise ConfigError(f"{key} = {text[:60]}: takes whole numbers")
    if step is None and not (whole and not log):
        return Axis(key, (), low, high, log) if not whole else _whole_log(key, int(low), int(high))
    step = step or 1.0
    n = (high - low) / step + 1e-9
    n = math.floor(n) + 1 if n < 10**9 else 10**9
    if n >= 10**6 + 1:
        raise ConfigError(f"{key} = {text[:60]}: {n:,} values are too many for an axis")
    values = [low + i * step for i in range(n)]
    return Axis(key, tuple(int(value) if whole else float(f"{value:.12g}") for value in values))


def _whole_log(key: str, low: int, high: int) -> Axis:
    """Whole numbers, each about twice the one before: 8..64 log is 8, 16, 32, 64."""
    values = []
    number = low
    while number < high:
        values.append(number)
        number *= 2
    return Axis(key, (*values, high))


def _first(axis: Axis) -> Value:
    return axis.values[0] if axis.values else axis.low


def _owner(axis: Axis, given: Iterable[str]) -> Value:
    """The first component of an axis that has all the hyperparameters that are set by hand."""
    kind = axis.key.partition(".")[0]
    wanted = {key.partition(".")[2] for key in given if key.startswith(f"{kind}.")} - {"name"}
    return next((name for name in axis.values if wanted <= set(SECTIONS[kind][name].parameters)), axis.values[0])


def _fix_points(tables: dict[str, Any], seed: int) -> None:
    """Points that are drawn at random are the same for all trials: by the seed of the search."""
    dataset = tables["dataset"]
    has = SECTIONS["dataset"][dataset["name"]].parameters
    if "random_state" in has and dataset.get("random_state") is None:
        tables["dataset"] = {**dataset, "random_state": seed}


def _is_there(tables: Mapping[str, Any], key: str) -> bool:
    kind, _, name = key.partition(".")
    table = tables.get(kind)
    return kind in tables if not name else isinstance(table, dict) and name in table


def _field(tables: Mapping[str, Any], key: str) -> FieldInfo | None:
    """The field of a key; None where there is none, or its table is not what it should be (said later on)."""
    kind, _, name = key.partition(".")
    if not name:
        return RunConfig.model_fields.get(kind) if kind not in SECTIONS and kind not in PARTS else None
    if kind in SECTIONS and name == "name":
        return FieldInfo(annotation=str)
    table = tables.get(kind)
    if isinstance(table, dict) and isinstance(table.get("name"), list):
        table = {**table, "name": table["name"][0] if table["name"] else ""}
        tables = {**tables, kind: table}
    try:
        schema = config.schema_of(kind, tables)
    except ValueError:
        return None
    return schema.model_fields.get(name) if schema is not None else None


def _options(info: FieldInfo) -> list[Any]:
    """The types that a field may have, `Annotated` and None left out."""
    todo, found = [info.annotation], []
    while todo:
        annotation: Any = todo.pop()
        if hasattr(annotation, "__metadata__"):
            todo.append(annotation.__origin__)
        elif get_origin(annotation) not in (None, list, tuple, Literal):
            todo += get_args(annotation)
        elif annotation is not type(None):
            found.append(annotation)
    return found


def _list_depth(info: FieldInfo) -> int:
    """How many lists a key's value is in: 1 for `hidden = [16, 16]`."""
    deepest = 0
    for option in _options(info):
        if get_origin(option) in (list, tuple):
            inner = [arg for arg in get_args(option) if arg is not Ellipsis][:1]
            deepest = max(deepest, 1 + (_list_depth(FieldInfo(annotation=inner[0])) if inner else 0))
    return deepest


def _depth(value: Any) -> int:
    """Lists within lists; no key has more than three."""
    depth, items = 0, value
    while isinstance(items, list) and depth < 10:
        depth += 1
        items = next((item for item in items if isinstance(item, list)), None)
    return depth


def _is_number(info: FieldInfo) -> bool:
    return any(option in (int, float) for option in _options(info))


def _is_whole(info: FieldInfo) -> bool:
    return int in _options(info) and float not in _options(info)


def _component(kind: str, name: Any) -> str:
    return SECTIONS[kind][name].name


def _guard(make: Callable[[], Value]) -> Value:
    try:
        return make()
    except ValueError as error:
        raise ConfigError(str(error)) from None
