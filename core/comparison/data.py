"""Whether scores can be compared: only where they are of the same test samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.comparison.entries import Entry
from core.comparison.settings import MISSING, same, value_text
from core.system.text import clean

TEST_SPLIT = ("split.train_size", "split.stratify", "split.random_state", "label_map")
"""Settings that say which samples are tested on, and as what."""
INPUTS = ("dataset.features", "dataset.leave_out", "dataset.categories", "dataset.missing")
"""Settings that leave the samples as they are, as long as there are as many."""
NAMED = 4
"""Values that are named, at most."""


def why_not_comparable(entries: Sequence[Entry]) -> str:
    """One line, or an empty string. Equal data are known by their fingerprint; where that differs, by the settings that
    make the test split: other validation samples, or standardised features, leave the scores comparable."""
    if len({entry.data_sha256 for entry in entries}) < 2:
        return ""
    data = {key for entry in entries for key in entry.settings if key.startswith("dataset.")} - {*INPUTS}
    ways = (
        (sorted(data, key=lambda key: key != "dataset.name"), "they are of other data"),
        (TEST_SPLIT, "they are tested on other samples"),
        (("standardise",), "their targets are in other units"),
    )
    for keys, why in ways:
        for key in keys:
            values = _values(entries, key)
            if len(values) > 1 and not (key == "standardise" and not _targets_differ(values)):
                named = ", ".join(clean(value_text(value)) for value in values[:NAMED])
                more = ", …" if len(values) > NAMED else ""
                return f"scores of these runs cannot be compared: {why} ({key}: {named}{more})"
    if any(entry.drawn for entry in entries):
        if len({entry.seed for entry in entries}) > 1:
            return ""  # repeats of an experiment that draws its points anew: noise, and a part of the spread
        return "scores of these runs cannot be compared: their points were drawn anew"
    if len({tuple(sorted(entry.sizes.items())) for entry in entries}) == 1 and _shaped_alike(entries):
        return "scores of these runs cannot be compared: their data are others, though set alike; a file has changed"
    if len({entry.sizes.get("test") for entry in entries}) > 1:
        return "scores of these runs cannot be compared: they are tested on another number of samples"
    return ""


def _values(entries: Sequence[Entry], key: str) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        value = entry.settings.get(key, MISSING)
        if not any(same(value, each) for each in found):
            found.append(value)
    return found


def _targets_differ(values: Sequence[Any]) -> bool:
    return len({"target" in value if isinstance(value, list) else False for value in values}) > 1


def _shaped_alike(entries: Sequence[Entry]) -> bool:
    """Whether nothing is set otherwise that data depend on, or how they are written: then a file must have changed."""
    keys = {
        key
        for entry in entries
        for key in entry.settings
        if key.partition(".")[0] in ("dataset", "split", "standardise")
    }
    keys |= {"loss.name", "model.name", "model.output_activation"}
    return all(len(_values(entries, key)) == 1 for key in keys)
