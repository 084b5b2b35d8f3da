"""What pydantic has against a value, in one line that names the key, the value and what would do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


def explain(error: ValidationError, schema: type[BaseModel], *, prefix: str = "") -> str:
    """What pydantic has against values for `schema` in one line: `optimizer.lr = -1: must be greater than 0`.

    `prefix` goes before the place that pydantic names.
    """
    first = error.errors(include_url=False)[0]
    names = [str(part) for part in first["loc"]]
    return explain_value(first, _field_at(schema, names), key=prefix + ".".join(names))


def explain_value(first: Mapping[str, Any], info: FieldInfo | None, *, key: str) -> str:
    """One of pydantic's errors in one line. `info`: the field that holds the value; `key`: what the user calls it."""
    value, kind, place = first["input"], first["type"], first["loc"]
    if kind in _NUMBERS:
        first = {**first, "msg": _NUMBERS[kind]}
    reason = re.sub(r"^(Input|String|List|Tuple|Array) should", "must", first["msg"]).replace(" after validation", "")
    if kind == "value_error":
        return str(first["msg"]).removeprefix("Value error, ")  # written by us: it names the key itself
    if kind in ("tuple_type", "list_type"):
        reason = f"must be a list, such as {_example(info)}"
    elif kind in ("model_type", "dict_type"):
        return f"{key} must be a table: write [{key}]" + (", not [[…]]" if isinstance(value, list) else "")
    elif kind in _WRONG_LENGTH and (n := _length(info)) and (kind != "missing" or isinstance(place[-1], int)):
        key = key.removesuffix(f".{place[-1]}") if kind == "missing" else key
        reason = f"takes {n} values, such as {_example(info)}"
    elif kind == "missing":
        return f"{key} is missing"
    shown = f'"{value}"' if isinstance(value, str) and kind in _ANOTHER_TYPE else _shown(value)
    return f"{key} = {shown if len(shown) <= 60 else shown[:59] + '…'}: {reason}"


_NUMBERS = {"int_parsing": "Input should be a valid integer", "float_parsing": "Input should be a valid number"}
_WRONG_LENGTH = ("missing", "too_short", "too_long")
_ANOTHER_TYPE = ("int_type", "float_type", "bool_type")
"""Where a text was given: without quotes, `epochs = 10: must be a valid integer` would not say what is wrong."""


def _field_at(schema: type[BaseModel], names: Sequence[str]) -> FieldInfo | None:
    """The field that holds the value at a dotted place; None where there is none."""
    info = schema.model_fields.get(names[0]) if names else None
    for option in (info.annotation, *get_args(info.annotation)) if info else ():
        if isinstance(option, type) and issubclass(option, BaseModel) and len(names) > 1:
            return _field_at(option, names[1:])
    return info


def _list_type(info: FieldInfo | None) -> Any:
    """The type of a list among those that a field may have: `tuple[int, ...]` of `tuple[int, ...] | None`."""
    options = (info.annotation, *get_args(info.annotation)) if info else ()
    return next((option for option in options if get_origin(option) in (list, tuple)), None)


def _length(info: FieldInfo | None) -> int | None:
    """How many values a tuple of fixed length takes; None for any other field."""
    found = _list_type(info)
    items = get_args(found)
    return len(items) if get_origin(found) is tuple and Ellipsis not in items else None


def _example(info: FieldInfo | None) -> str:
    """A list that a field takes, as the command line and as TOML write it: from its choices, its default, its type."""
    items = [_plain(item) for item in get_args(_list_type(info)) if item is not Ellipsis] or [int]
    choices = next((list(get_args(item)) for item in items if get_origin(item) is Literal), [])
    default = [] if info is None or info.is_required() or info.get_default() is None else list(info.get_default())
    by_type: dict[Any, list[Any]] = {str: ["a", "b"], int: [16, 32], float: [0.5, 2.0]}
    example = choices[:2] or (info.examples if info else None) or default or by_type.get(items[0], [[1, 2], [3, 4]])
    nested = any(isinstance(item, list | tuple) for item in example)
    return _shown(example) if nested else f"{','.join(map(str, example))} after --set or {json.dumps(example)} in TOML"


def _plain(annotation: Any) -> Any:
    """`int` of `Annotated[int, …]`."""
    return getattr(annotation, "__origin__", annotation) if hasattr(annotation, "__metadata__") else annotation


def _shown(value: Any) -> str:
    """A value in one line, as TOML would have it; a text without quotes."""
    if isinstance(value, str):
        return " ".join(value.split())
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # nothing that TOML or the command line can hold
        return " ".join(str(value).split())
