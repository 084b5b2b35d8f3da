"""Events as lines of JSON, and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, ClassVar

from core.events.events import Event

VERSION = 1


TYPES: dict[str, type[Event]] = {cls.__name__: cls for cls in Event.__subclasses__()}


NON_FINITE = ("nan", "inf", "-inf")


class _Codec:
    """Which fields of an event hold floats, so that "nan" and "inf" come back as numbers."""

    scalars: ClassVar[dict[type[Event], list[str]]] = {}
    settings: ClassVar[dict[type[Event], list[str]]] = {}
    lists: ClassVar[dict[type[Event], list[str]]] = {}
    tables: ClassVar[dict[type[Event], list[str]]] = {}
    maps: ClassVar[dict[type[Event], list[str]]] = {}
    columns: ClassVar[dict[type[Event], list[str]]] = {}
    others: ClassVar[dict[type[Event], list[str]]] = {}
    """All but those that every line begins with."""
    names: ClassVar[dict[type[Event], list[str]]] = {}
    """All."""


for _cls in TYPES.values():
    _of_type = {f.name: str(f.type) for f in dataclasses.fields(_cls)}
    _Codec.names[_cls] = list(_of_type)
    _Codec.others[_cls] = [name for name in _of_type if name not in ("seq", "t")]
    _Codec.scalars[_cls] = [name for name, of in _of_type.items() if of == "float"]
    _Codec.settings[_cls] = [name for name, of in _of_type.items() if of == "float | str"]
    _Codec.lists[_cls] = [name for name, of in _of_type.items() if of == "list[float]"]
    _Codec.tables[_cls] = [name for name, of in _of_type.items() if of == "list[list[float]]"]
    _Codec.maps[_cls] = [name for name, of in _of_type.items() if of == "dict[str, float]"]
    _Codec.columns[_cls] = [name for name, of in _of_type.items() if of == "dict[str, list[float]]"]


_ENCODER = json.JSONEncoder(allow_nan=False)


def encode(event: Event) -> str:
    """One line of JSON, without the newline. Non-finite floats become the strings "nan", "inf" and "-inf".

    ASCII only: the line fits any file, and no name in it can steer the terminal that it is printed on.
    """
    of = type(event)
    record = {"v": VERSION, "seq": event.seq, "t": event.t, "type": of.__name__}
    record |= {name: getattr(event, name) for name in _Codec.others[of]}
    try:
        line = _ENCODER.encode(record)
    except ValueError:
        line = _ENCODER.encode(_spell_non_finite(record))
    return line.replace("\x7f", "\\u007f")


def decode(line: str | bytes) -> Event | None:
    """The event of one line, or None for a torn line or a type this version does not know."""
    try:
        record = json.loads(line)
        cls = TYPES[record["type"]]
        values = {name: record[name] for name in _Codec.names[cls] if name in record}
        for name in _Codec.scalars[cls]:
            if name in values and type(values[name]) is not float:  # else it is newer than the log
                values[name] = float(values[name])
        for name in _Codec.settings[cls]:
            values[name] = float(values[name]) if values[name] in NON_FINITE else values[name]
        for name in _Codec.lists[cls]:
            if name in values:
                values[name] = list(map(float, values[name]))
        for name in _Codec.tables[cls]:
            values[name] = [[float(value) for value in row] for row in values[name]]
        for name in _Codec.maps[cls]:
            if name in values:
                values[name] = {key: float(value) for key, value in values[name].items()}
        for name in _Codec.columns[cls]:
            values[name] = {key: [float(value) for value in column] for key, column in values[name].items()}
        return cls(**values)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _spell_non_finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _spell_non_finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spell_non_finite(item) for item in value]
    return value
