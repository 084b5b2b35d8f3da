"""Written: an experiment as it is written down, unchecked as a whole: one value for each key, and beside these the axes
of a search and its own keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.components.keys import as_text
from core.errors import ConfigError
from core.experiment import settings
from core.experiment.axes import (
    Axis,
    as_axis_text,
    axes_of,
    axis_of_text,
    first_value,
    guard,
    is_choice,
    is_there,
    owner,
)
from core.experiment.schema import SECTIONS
from core.experiment.search_keys import SearchKeys


@dataclass
class Written:
    """`set` keys one by one, each as `--set` does. A change that is refused changes nothing."""

    tables: dict[str, Any]
    """As a TOML file has them, but with the first value of each axis."""
    axes: dict[str, Axis] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    """The keys of `SearchKeys` that are given."""
    texts: dict[str, str] = field(default_factory=dict)
    """Of axes, as they were written."""

    @classmethod
    def of(cls, tables: Mapping[str, Any]) -> Written:
        """`tables` as a TOML file has them."""
        own = {key: dict(value) if isinstance(value, dict) else value for key, value in tables.items()}
        found = {key: own.pop(key) for key in SearchKeys.model_fields if key in own}
        ranges = {
            f"{key}.{name}" if name else key: text
            for key, value in own.items()
            for name, text in (value.items() if isinstance(value, dict) else [("", value)])
            if isinstance(text, str)
        }
        axes = axes_of(own)
        return cls(own, axes, found, {key: text for key, text in ranges.items() if key in axes})

    def copy(self) -> Written:
        """One that may be changed while this stays as it is."""
        return Written(dict(self.tables), dict(self.axes), dict(self.search), dict(self.texts))

    def set(self, key: str, text: str, given: Collection[str] = ()) -> None:
        """Take `--set KEY=TEXT`, one value or several; `given` are all the keys that are set by hand. Raises
        ConfigError."""
        if key in SearchKeys.model_fields:
            self.search = {**self.search, key: guard(partial(settings.parse, SearchKeys, key, text, key))}
            return
        tables, axes = dict(self.tables), dict(self.axes)
        axis = axis_of_text(tables, key, text)
        one = text
        if axis is None:
            axes.pop(key, None)
        else:
            axes[key] = axis
            one = as_text(owner(axis, given) if is_choice(key) else first_value(axis))
        if key.endswith(".name"):  # the keys of the component before are gone
            kind = key.partition(".")[0]
            axes = {other: each for other, each in axes.items() if other == key or not other.startswith(f"{kind}.")}
        settings.apply(tables, key, one, given)
        self.tables = tables
        self.axes = {other: each for other, each in axes.items() if is_there(tables, other)}
        self.texts = {other: each for other, each in self.texts.items() if other in self.axes and other != key}
        if axis is not None:
            self.texts[key] = text.strip()

    def set_section(self, kind: str, section: Mapping[str, Any]) -> None:
        """Take a whole table in place of the one before."""
        self.tables = {**self.tables, kind: dict(section)}
        self.axes = {key: axis for key, axis in self.axes.items() if not key.startswith(f"{kind}.")}

    def forget(self, key: str) -> None:
        """Leave a key to its default. Raises ConfigError for one that has none."""
        kind, _, name = key.partition(".")
        if key in SearchKeys.model_fields:
            self.search = {other: value for other, value in self.search.items() if other != key}
            return
        if name == "name" and kind in SECTIONS:
            raise ConfigError(f"choose from {', '.join(SECTIONS[kind].names)}")
        self.axes = {other: axis for other, axis in self.axes.items() if other != key}
        if not name:
            self.tables = {other: value for other, value in self.tables.items() if other != kind}
        elif isinstance(table := self.tables.get(kind), dict):
            self.tables = {**self.tables, kind: {other: value for other, value in table.items() if other != name}}

    def text(self, key: str) -> str:
        """What is given for a key, as `--set` takes it; an empty string where nothing is."""
        if key in self.axes:
            return self.texts.get(key) or as_axis_text(self.tables, self.axes[key])
        if key in SearchKeys.model_fields:
            value = self.search.get(key)
        else:
            kind, _, name = key.partition(".")
            table = self.tables.get(kind, {"name": "constant"} if key == "schedule.name" else None)
            value = (table.get(name) if isinstance(table, dict) else None) if name else table
        return "" if value is None else as_text(value)

    def names_of(self, kind: str) -> list[str]:
        """The components that a section chooses: several where they are an axis; the one that is in the table first."""
        table = self.tables.get(kind, {"name": "constant"} if kind == "schedule" else {})
        first, axis = str(table["name"]), self.axes.get(f"{kind}.name")
        return [first, *(str(name) for name in axis.values if name != first)] if axis else [first]
