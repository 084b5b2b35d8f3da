"""The fields of a form: which keys an experiment has as things are, group by group, and which of them matter first.

All from the registries: their keys, defaults, ranges and help.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from core.components.keys import Key, keys_of
from core.components.models import MODELS, own_keys
from core.datasets import DATASETS
from core.errors import UserError
from core.experiment.facts import Facts
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.experiment.search_keys import SearchKeys
from core.experiment.written import Written
from core.logs.documents import LOGS

GROUPS = {
    "dataset": "Data",
    "split": "Split",
    "model": "Network",
    "training": "Training",
    "search": "Search",
    "evaluate": "Measuring",
    "stop": "Stopping",
    "name": "Name",
}
"""The groups of a form, with their headings."""

_TABLES = {"training": ("loss", "optimizer", "schedule")}
"""The tables of a group, where it is not named as its only one."""

_BARE = {
    "data_dir": "dataset",
    "label_map": "dataset",
    "standardise": "dataset",
    "epochs": "training",
    "iterations": "training",
    "gradient": "training",
    "h": "training",
    "batch_size": "training",
    "shuffle": "training",
    "clip_grad_norm": "training",
    "seed": "training",
    "initial_weights": "training",
    "device": "training",
    "threads": "training",
    "metrics": "evaluate",
    "name": "name",
    "log": "name",
} | dict.fromkeys(SearchKeys.model_fields, "search")
"""The keys outside tables, and the group each belongs to."""

_FIRST = {
    *("epochs", "iterations", "gradient", "batch_size", "seed"),
    *("method", "trials", "repeats", "rank", "prune"),
    *("dataset.path", "dataset.target", "dataset.samples", "dataset.noise"),
    *("model.hidden", "model.channels", "model.activation", "model.dropout"),
    *("optimizer.lr", "optimizer.momentum"),
}
"""The keys that matter first, beside the choice of components and the keys of those that are the user's own."""


@dataclass(frozen=True)
class Field:
    """One key of a form. `key` is dotted, as `--set` takes it; `label` is `lr`, `batch size`, and the choice of a
    component is called by its kind. `first`: whether it is one of the few that matter first."""

    key: str
    group: str
    about: Key
    label: str
    first: bool = False


def fields_of(written: Written, latest: RunConfig, wrong: Callable[[str], bool]) -> list[Field]:
    """The fields that apply. `latest`: the experiment when it was last valid; `wrong`: whether a key could not be
    taken."""
    found = [
        Field(key, group, about, _label(key), _is_first(key, written))
        for group in GROUPS
        for key, about in _keys(group, written)
        if _applies(key, written, latest, wrong)
    ]
    twice = Counter((field.group, field.label) for field in found)
    return [
        replace(field, label=field.key.replace(".", " ").replace("_", " "))
        if twice[field.group, field.label] > 1
        else field
        for field in found
    ]


def _keys(group: str, written: Written) -> Iterator[tuple[str, Key]]:
    for kind in _TABLES.get(group, (group,)):
        if kind in SECTIONS:
            registry = SECTIONS[kind]
            yield f"{kind}.name", Key("name", "choice", "", "", "", tuple(registry.names))
            keys = {key.name: key for name in written.names_of(kind)[::-1] for key in keys_of(registry[name].schema)}
            yield from ((f"{kind}.{name}", key) for name, key in keys.items())
        elif kind in PARTS:
            yield from ((f"{kind}.{key.name}", key) for key in keys_of(PARTS[kind]))
    yield from ((key.name, key) for key in bare_keys() if _BARE[key.name] == group)


def bare_keys() -> list[Key]:
    """The keys outside tables."""
    keys = {key.name: key for key in (*keys_of(RunConfig), *keys_of(SearchKeys))}
    keys["log"] = Key("log", "choice", keys["log"].default, "", keys["log"].help, tuple(sorted(LOGS)))
    return [keys[name] for name in _BARE]


def _label(key: str) -> str:
    kind, _, name = key.rpartition(".")
    return kind if name == "name" and kind else name.replace("_", " ")


def _is_first(key: str, written: Written) -> bool:
    kind, _, name = key.partition(".")
    if key in written.axes:
        return True
    if kind not in SECTIONS or kind == "schedule":
        return key in _FIRST
    component = SECTIONS[kind][written.names_of(kind)[0]]
    if name == "name" or component.origin is not None:
        return True
    ways = component.facts.get("instead", ())
    own = next((way for way in ways if name in way), None)
    if own is None:
        return key in _FIRST
    given = [way for way in ways if any(written.text(f"{kind}.{each}") for each in way)]
    return bool(own == (given or ways)[0])


def facts_of(written: Written, latest: RunConfig) -> Facts:
    """Of the dataset as it is chosen, even while the experiment as a whole is not valid."""
    component = DATASETS[written.names_of("dataset")[0]]
    given = {key: value for key, value in written.tables["dataset"].items() if key != "name"}
    try:
        known = component.facts_of(component.resolve(given))
    except (ValueError, UserError):
        known = {}
    known.setdefault("task", None if "task" in component.facts else "classification")
    return Facts.of(latest, known)


def _applies(key: str, written: Written, latest: RunConfig, wrong: Callable[[str], bool]) -> bool:
    """Whether a field makes sense as things are. One with a problem, or with a value, is always there."""
    model = MODELS[written.names_of("model")[0]].facts
    if (key == "shuffle" and "order" in model) or (key == "epochs" and bool(written.text("iterations"))):
        return False  # its batches have an order of their own; iterations are instead of epochs
    if _BARE.get(key) == "search":
        return bool(written.axes) or wrong(key)
    if wrong(key) or (written.text(key) and not key.startswith("split.")):
        return True
    dataset = DATASETS[written.names_of("dataset")[0]].facts
    match key:
        case "initial_weights":
            return False  # a run's or a file's: named where there is one
        case "data_dir":
            return bool(dataset.get("files"))
        case "split.train_size":
            return not dataset.get("splits")
        case "split.stratify" | "label_map":
            return facts_of(written, latest).task != "regression"
        case "split.random_state":
            return not dataset.get("splits") or bool(written.text("split.validation"))
        case "stop.min_delta" | "stop.monitor":
            return bool(written.text("stop.patience")) or written.text("stop.keep_best") == "true"
        case _:
            return key in model.get("keys", ()) or key not in own_keys()
