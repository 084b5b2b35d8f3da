"""Every key of `--set` as text: kind, default, range, meaning. Listings and forms are made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel

Kind: TypeAlias = Literal["choice", "yes-no", "number", "list", "text"]


@dataclass(frozen=True)
class Key:
    """One hyperparameter of a component, or one field of a table."""

    name: str
    kind: Kind
    default: str
    """As `--set` takes it; `required` where there is none."""
    range: str
    """`≥ 0, < 1`, or the choices."""
    help: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    """Whether it may be `none`."""


@cache  # forms ask for it at each keystroke, and Pydantic makes each schema afresh
def keys_of(model: type[BaseModel]) -> tuple[Key, ...]:
    """The keys of a pydantic model, in its order."""
    schema = model.model_json_schema()["properties"] if model.model_fields else {}
    keys = []
    for name, info in model.model_fields.items():
        options = schema[name].get("anyOf", [schema[name]])
        kept = [each for each in options if each.get("type") != "null"]
        found = kept[0] if kept else {}
        item = found.get("items", found)
        keys.append(
            Key(
                name=name,
                kind=_kind(found),
                default="required" if info.is_required() else as_text(info.get_default()),
                range=_range(item),
                help=info.description or "",
                choices=tuple(str(choice) for choice in item.get("enum", ())),
                optional=len(kept) < len(options),
            )
        )
    return tuple(keys)


def as_text(value: Any) -> str:
    """A value as it is written after `--set KEY=`; `parse` of `core.experiment.settings` reads it back."""
    if isinstance(value, list | tuple):
        written_out = any(isinstance(item, list | tuple) or _ambiguous(item) for item in value)
        return json.dumps(value, ensure_ascii=False) if written_out else ",".join(as_text(item) for item in value)
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _ambiguous(item: Any) -> bool:
    """Whether a text between commas would be read as another one: a name of a column may hold anything."""
    return isinstance(item, str) and (item != item.strip() or not item or "," in item or item.startswith("["))


def flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Nested tables as dotted keys: `{"optimizer.lr": 0.01}`."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            found.update((f"{key}.{name}", item) for name, item in value.items())
        else:
            found[key] = value
    return found


def _kind(schema: Mapping[str, Any]) -> Kind:
    if "items" in schema or schema.get("type") == "array":
        return "list"
    if "enum" in schema:
        return "choice"
    kinds: dict[str, Kind] = {"boolean": "yes-no", "integer": "number", "number": "number"}
    return kinds.get(schema.get("type", ""), "text")


def _range(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(choice) for choice in schema["enum"])
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = {sign: schema[key] for key, sign in signs.items() if key in schema}
    return ", ".join(f"{sign} {f'{n:,}' if n == int(n) else f'{n:g}'}" for sign, n in bounds.items())


def table_of(keys: Sequence[Key]) -> list[dict[str, str]]:
    """`key`, `default`, `range` and `help` of each, as listings print them."""
    return [{"key": key.name, "default": key.default, "range": key.range, "help": key.help} for key in keys]
