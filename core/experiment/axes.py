"""The axes of a search: keys with several values, as lists, ranges or `a..b log`."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from core.components.explain import explain_value
from core.components.keys import as_text
from core.errors import ConfigError
from core.experiment import settings
from core.experiment.schema import PARTS, SECTIONS, RunConfig

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


# Axes: where a value has one more list around it than its key takes, or is a range of numbers.


def axes_of(tables: dict[str, Any]) -> dict[str, Axis]:
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
    if info is None or not may_vary(key):
        return {}
    axis = None
    if isinstance(value, list) and _depth(value) > _list_depth(info):
        axis = _listed(key, value, info)
    elif isinstance(value, str) and _is_number(info):
        axis = _range(key, value, info)
    if axis is None:
        return {}
    kind = key.partition(".")[0]
    table[name] = owner(axis, [f"{kind}.{other}" for other in table]) if is_choice(key) else first_value(axis)
    return {key: axis}


def axis_of_text(tables: Mapping[str, Any], key: str, text: str) -> Axis | None:
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
    elif "," in text and depth == 0 and (is_choice(key) or str not in _options(info)):  # a path may have a comma
        parts = [part.strip() for part in text.split(",")]
        if not all(parts):
            raise ConfigError(f"{key} = {text[:60]}: a value is missing between two commas")
        values = [guard(partial(_one_of_text, tables, key, part)) for part in parts]
    axis = _listed(key, values, info) if values is not None else _range(key, text, info) if _is_number(info) else None
    if axis is not None and not may_vary(key):
        raise ConfigError(f"{key} cannot be searched: it is the same in all trials")
    return axis


def may_vary(key: str) -> bool:
    """Whether a key may be searched."""
    return key not in FIXED and key.partition(".")[0] not in FIXED


def as_axis_text(tables: Mapping[str, Any], axis: Axis) -> str:
    """An axis as a text: `axis_of_text` reads it back."""
    if not axis.values:
        return str(axis.written)
    for text in (_stepped(axis.values), as_text(axis.written)):
        try:
            if text and axis_of_text(tables, axis.key, text) == axis:
                return text
        except ConfigError:
            continue
    return json.dumps(axis.written, ensure_ascii=False)


def _stepped(values: Sequence[Value]) -> str:
    """`8..64:8` for five whole numbers or more that are as far from each other; an empty string for others."""
    steps = {b - a for a, b in itertools.pairwise(values)} if all(type(value) is int for value in values) else set()
    return f"{values[0]}..{values[-1]}:{steps.pop()}" if len(steps) == 1 and len(values) > 4 else ""


def is_choice(key: str) -> bool:
    """Whether it is the name of a component."""
    kind, _, name = key.partition(".")
    return kind in SECTIONS and name == "name"


def _one_of_text(tables: Mapping[str, Any], key: str, text: str) -> Value:
    kind, _, name = key.partition(".")
    if kind in SECTIONS and name == "name":
        return _component(kind, text)
    schema = settings.schema_of(kind, tables) if name else RunConfig
    assert schema is not None  # there is a field
    return settings.parse(schema, name or kind, text, key)


def _listed(key: str, values: Sequence[Any], info: FieldInfo) -> Axis:
    if not values:
        raise ConfigError(f"{key} = []: an axis needs at least one value")
    kind, _, name = key.partition(".")
    typed = []
    for value in values:
        if kind in SECTIONS and name == "name":
            typed.append(guard(partial(_component, kind, value)))
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


def first_value(axis: Axis) -> Value:
    return axis.values[0] if axis.values else axis.low


def owner(axis: Axis, given: Iterable[str]) -> Value:
    """The first component of an axis that has all the hyperparameters that are set by hand."""
    kind = axis.key.partition(".")[0]
    wanted = {key.partition(".")[2] for key in given if key.startswith(f"{kind}.")} - {"name"}
    return next((name for name in axis.values if wanted <= set(SECTIONS[kind][name].parameters)), axis.values[0])


def is_there(tables: Mapping[str, Any], key: str) -> bool:
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
        schema = settings.schema_of(kind, tables)
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


def guard(make: Callable[[], Value]) -> Value:
    try:
        return make()
    except ValueError as error:
        raise ConfigError(str(error)) from None
