"""`--set key=value`: read, checked against the schema, and put in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import (
    BaseModel,
    TypeAdapter,
    ValidationError,
)

from core.components.explain import explain_value
from core.components.models import own_keys
from core.components.registry import Component
from core.errors import ConfigError
from core.experiment.schema import PARTS, SECTIONS, RunConfig, resolver


def check_given(given: set[str]) -> None:
    """Raise ConfigError for keys that are set by hand and say the same thing."""
    if {"epochs", "iterations"} <= given:
        raise ConfigError("epochs and iterations say the same thing; leave one out")


def _table(kind: str, tables: Mapping[str, Any]) -> Any:
    """What `tables` hold for one table, or what holds where they say nothing."""
    default = {} if kind in PARTS else RunConfig.model_fields[kind].get_default()
    return tables.get(kind, default if isinstance(default, dict) else {})


def schema_of(kind: str, tables: Mapping[str, Any]) -> type[BaseModel] | None:
    """The fields of one table: of the component it names, of a part of RunConfig, or None where neither is. Raises
    ValueError where a component is not named."""
    if kind not in SECTIONS:
        return PARTS.get(kind)
    table = _table(kind, tables)
    if not isinstance(table, dict) or "name" not in table:
        resolver(kind)(table)
    return SECTIONS[kind][table["name"]].schema


def apply(tables: dict[str, Any], key: str, text: str, given: Iterable[str] = ()) -> None:
    """Set one dotted key in `tables`. Raises ConfigError.

    Other keys that say the same thing are dropped (`model.hidden` by `model.n_layers`), unless they are among `given`,
    the keys that are set by hand.
    """
    kind, _, name = key.partition(".")
    try:
        if not name:
            if kind in RunConfig.model_fields and kind not in SECTIONS and kind not in PARTS:
                tables[kind] = parse(RunConfig, kind, text, key)
                for other in {"epochs": ["iterations"], "iterations": ["epochs"]}.get(kind, []):
                    tables.pop(other, None)  # says the same thing
                return
        elif kind in SECTIONS and name == "name":
            tables[kind] = {"name": SECTIONS[kind][text].name}
            if kind == "dataset":
                _move_to(tables, SECTIONS[kind][text])
            if kind == "model":
                for own in own_keys().keys() - SECTIONS[kind][text].facts.get("keys", {}).keys() - set(given):
                    tables.pop(own, None)
            return
        elif (schema := schema_of(kind, tables)) and name in schema.model_fields:
            table = _table(kind, tables)
            if not isinstance(table, dict):
                raise ValueError(f"{kind} must be a table, [{kind}], not {table!r}")
            value = parse(schema, name, text, key)
            gone = set() if value is None or kind in PARTS else _said_by(SECTIONS[kind][table["name"]], name)
            kept = {other: old for other, old in table.items() if other not in gone or f"{kind}.{other}" in given}
            tables[kind] = {**kept, name: value}
            return
    except ValueError as error:
        raise ConfigError(str(error)) from None
    raise ConfigError(no_key(key, tables))


def _said_by(component: Component, name: str) -> set[str]:
    """The hyperparameters that `name` takes the place of."""
    groups: Iterable[Iterable[str]] = component.facts.get("instead", ())
    if not any(name in group for group in groups):
        return set()
    return {other for group in groups if name not in group for other in group}


def _move_to(tables: dict[str, Any], dataset: Component) -> None:
    """Drop from `tables` what belonged to the dataset that was replaced: its labels, and what its task had."""
    tables.pop("label_map", None)
    tables.pop("predict", None)
    split = tables.get("split")
    if not isinstance(split, dict):
        return
    gone = {"train_size"} if dataset.facts.get("splits") else set()
    gone |= {"stratify"} if dataset.facts.get("task") == "regression" else set()
    kept = {key: value for key, value in split.items() if key not in gone}
    if dataset.facts.get("splits") and not kept.get("validation"):
        del tables["split"]
    else:
        tables["split"] = kept


def parse(schema: type[BaseModel], name: str, text: str, key: str) -> Any:
    """The value that a command-line text means for field `name`; `key` is its name for the user.

    Lists are written `512,512` or `[512, 512]`, no value is written `none`. Raises ValueError.
    """
    info = schema.model_fields[name]
    annotation: Any = Annotated[info.annotation, info]
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    is_list = any(get_origin(each) in (list, tuple) for each in (info.annotation, *get_args(info.annotation)))
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes of the command line that are no UTF-8
        raise ValueError(f"{key}: the value is not UTF-8 text")
    try:
        if text.lower() == "none" and type(None) in get_args(info.annotation):
            return adapter.validate_python(None)
        if is_list and text.strip().startswith("["):
            return adapter.validate_json(text.strip(), strict=True)
        return adapter.validate_python([part.strip() for part in text.split(",") if part.strip()] if is_list else text)
    except ValidationError as error:
        first = dict(error.errors(include_url=False)[0])
        if first["type"] == "json_invalid":
            raise ValueError(f"{key} = {text[:60]}: must be a list such as [64, 64]") from None
        if isinstance(first["input"], list):
            first["input"] = text  # as it was written
        raise ValueError(explain_value(first, info, key=key)) from None


def no_key(key: str, tables: Mapping[str, Any]) -> str:
    kind, _, name = key.partition(".")
    if key in SECTIONS:
        return f"no key '{key}'; write {key}.name=… with one of {', '.join(SECTIONS[key].names)}"
    if kind != key and (schema := schema_of(kind, tables)):
        has = f"{_table(kind, tables)['name'] if kind in SECTIONS else kind} has "
        owners = [component.name for component in SECTIONS.get(kind, ()) if name in component.parameters]
        first = f"; to use it, set {kind}.name to {' or '.join(sorted(owners))}" if owners else ""
        return f"no key '{key}'; {has}{', '.join(schema.model_fields) or 'no keys'}{first}"
    groups = [*SECTIONS, *PARTS]
    bare = [name for name in RunConfig.model_fields if name not in groups]
    return f"no key '{key}'; choose from {', '.join(bare)}, or {', '.join(f'{group}.…' for group in groups)}"
