"""What was set, as flat dotted keys, and which of it differs between runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.components.keys import as_text, flat

NAMES = ("name", "summary")
"""What a run is called."""
BESIDES = (*NAMES, "log", "data_dir", "use", "threads")
"""What makes no other network: names, what is printed, where files lie; the number of threads is tried out."""
SEED = "seed"
LENGTHS = ("epochs", "iterations")
"""A run that was made longer is one that was planned so."""


@dataclass(frozen=True)
class Missing:
    """In place of a value: the run has no such key."""

    def __str__(self) -> str:
        return "–"


@dataclass(frozen=True)
class Various:
    """In place of a value: runs that are taken together have several."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ", ".join(map(value_text, self.values))


@dataclass(frozen=True)
class Changed:
    """In place of a value: it was changed in the middle of the run."""

    before: Any
    then: tuple[tuple[int, Any], ...]
    """After which step, to what."""

    def __str__(self) -> str:
        later = (f"{value_text(value)} from step {step + 1:,}" for step, value in self.then)
        return ", ".join([value_text(self.before), *later])


MISSING = Missing()


def value_text(value: Any) -> str:
    """As `--set` takes it, for people; of what is no value, in words."""
    if isinstance(value, Missing | Various | Changed):
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return as_text(value) or "none"


def plain(value: Any) -> Any:
    """For JSON: nothing for a missing key."""
    if isinstance(value, Missing):
        return None
    if isinstance(value, Various):
        return [plain(each) for each in value.values]
    return str(value) if isinstance(value, Changed) else value


def settings_of(
    config: Mapping[str, Any],
    before: Mapping[str, float | str] | None = None,
    changed: Mapping[str, Sequence[tuple[int, float | str]]] | None = None,
) -> dict[str, Any]:
    """A config by flat dotted keys, however deep its tables are. `changed`: by key what was changed in the middle of
    the run, each after a step, and `before` what that was until then."""
    found = dict(config)
    while any(isinstance(value, dict) for value in found.values()):
        found = flat({key: value for key, value in found.items() if value != {}})
    for key, then in (changed or {}).items():
        if key not in (*BESIDES, *LENGTHS):
            found[key] = Changed((before or {}).get(key), tuple(then))
    return found


def same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: true is not 1, though 1 is 1.0."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def differing(settings: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The keys that are not the same in all, each with a value or MISSING for each: as the configs have them, then
    the seed, then what makes no other network."""
    keys = list(dict.fromkeys(key for each in settings for key in each))
    keys.sort(key=lambda key: (_is_beside(key), key == SEED))
    found = {key: [each.get(key, MISSING) for each in settings] for key in keys}
    return {key: values for key, values in found.items() if any(not same(values[0], value) for value in values[1:])}


def _is_beside(key: str) -> bool:
    return key.partition(".")[0] in BESIDES


def network_of(settings: Mapping[str, Any]) -> str:
    """Equal where runs differ in nothing but their seed and what makes no other network."""
    wanted = {key: value for key, value in settings.items() if key != SEED and not _is_beside(key)}
    return json.dumps(sorted(wanted.items()), default=repr)


def together(values: Iterable[Any]) -> Any:
    """The value that all have, or Various."""
    found: list[Any] = []
    for value in values:
        if not any(same(value, each) for each in found):
            found.append(value)
    return found[0] if len(found) == 1 else Various(tuple(found))
