"""The command line that a draft stands for: the shortest one that gives the same config."""

from __future__ import annotations

from collections.abc import Sequence

from core.components.keys import as_text, flat
from core.errors import ConfigError
from core.experiment import resolve
from core.experiment.schema import PARTS, SECTIONS, RunConfig


def settings_between(preset: str, wanted: RunConfig) -> list[tuple[str, str]]:
    """The fewest `--set` that turn a preset into `wanted`, summary aside. What makes no difference is left out one by
    one: which key follows from which is for `config` to know."""
    begun, target = (each.model_dump(mode="json") for each in (resolve.load(preset), wanted))
    before, after = flat(begun), flat(target)
    chosen = {kind for kind in SECTIONS if begun[kind]["name"] != target[kind]["name"]}
    settings = []
    for key in dict.fromkeys([*after, *before]):
        kind = key.partition(".")[0]
        differs = before.get(key) != after.get(key) or kind in chosen or "dataset" in chosen
        gone = (kind in SECTIONS and key not in after) or (kind in PARTS and target[kind] is None)
        if differs and not gone and key not in ("summary", "use"):
            settings.append((key, as_text(after.get(key))))

    def gives_it(pairs: Sequence[tuple[str, str]]) -> bool:
        try:
            found = resolve.load(preset, pairs).model_dump(mode="json")
        except ConfigError:
            return False
        return all(found[key] == value for key, value in target.items() if key != "summary")

    for pair in list(settings):
        without = [each for each in settings if each != pair]
        if gives_it(without):
            settings = without
    return settings
