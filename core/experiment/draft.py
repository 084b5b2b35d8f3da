"""Draft: an experiment that is being changed key by key, valid or not yet. Forms are drawn from it.

Which keys there are, their defaults, ranges and help come from the registries alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.components.keys import Key, as_text, flat, keys_of
from core.components.losses import LOSSES
from core.components.models import MODELS, own_keys
from core.components.outputs import OUTPUTS, Task
from core.datasets import DATASETS
from core.errors import ConfigError, UserError
from core.experiment import resolve as experiment_resolve
from core.experiment import settings as experiment_settings
from core.experiment.begin import LOSS, STANDARDISED
from core.experiment.command_line import settings_between
from core.experiment.facts import Facts
from core.experiment.open import single_presets
from core.experiment.schema import PARTS, SECTIONS, RunConfig
from core.logs.documents import LOGS
from core.presets import FIRST

GROUPS = {
    "dataset": "Data",
    "split": "Split",
    "model": "Model",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "training": "Training",
    "evaluate": "Measuring",
    "stop": "Stopping",
    "name": "Name",
}
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
    "device": "training",
    "threads": "training",
    "metrics": "evaluate",
    "name": "name",
    "log": "name",
}
"""The keys of a run as a whole, and the group each belongs to."""


@dataclass(frozen=True)
class Field:
    """One key of a form. `key` is dotted, as `--set` takes it."""

    key: str
    group: str
    about: Key

    @property
    def label(self) -> str:
        """`lr`, `batch size`; the name of a component is called by its kind."""
        kind, _, name = self.key.rpartition(".")
        return kind if name == "name" and kind else name.replace("_", " ")


class Draft:
    """`set` keys; read `fields`, `text`, `problem_of`, and `config` once all is well."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """`tables` as a preset or TOML file has them. Raises ConfigError where they are not a valid experiment."""
        self.base = experiment_resolve.resolve(tables)
        """What it began as."""
        self.config: RunConfig | None = self.base
        """The whole experiment; None while something is wrong."""
        self.problem = ""
        """What is wrong with the experiment as a whole."""
        self._tables: dict[str, Any] = {
            key: dict(value) if isinstance(value, dict) else value for key, value in tables.items()
        }
        self._wrong: dict[str, tuple[str, str]] = {}
        """The text of each key that could not be taken, and why."""
        self._latest = self.base

    # Reading.

    def fields(self) -> list[Field]:
        """The keys that apply as things are, group by group."""
        found: list[Field] = []
        for kind in GROUPS:
            if kind in SECTIONS:
                registry = SECTIONS[kind]
                found.append(Field(f"{kind}.name", kind, Key("name", "choice", "", "", "", tuple(registry.names))))
                component = registry[self._name_of(kind)]
                found += [Field(f"{kind}.{key.name}", kind, key) for key in keys_of(component.schema)]
            elif kind in PARTS:
                found += [Field(f"{kind}.{key.name}", kind, key) for key in keys_of(PARTS[kind])]
            found += [Field(key.name, kind, key) for key in _bare_keys() if _BARE[key.name] == kind]
        return [field for field in found if self._applies(field.key)]

    def text(self, key: str) -> str:
        """What stands in the field: as it was typed, or as it was given; empty where it is left to its default."""
        if key in self._wrong:
            return self._wrong[key][0]
        kind, _, name = key.partition(".")
        if key.endswith(".name"):
            return self._name_of(kind)
        table = self._tables.get(kind)
        value = (table.get(name) if isinstance(table, dict) else None) if name else table
        return "" if value is None else as_text(value)

    def default(self, field: Field) -> str:
        """What holds where nothing is typed: the default, or what follows from the other settings."""
        if field.key in self._wrong:
            return field.about.default
        value = flat(self._latest.model_dump(mode="json")).get(field.key)
        if value is not None and not self.text(field.key):
            return as_text(value)
        return field.about.default

    def problem_of(self, key: str) -> str:
        """Why this field is not right, or an empty string."""
        if key in self._wrong:
            return self._wrong[key][1]
        return self.problem if self.problem and self._blamed() == key else ""

    @property
    def problems(self) -> dict[str, str]:
        """Every reason by its key; what belongs to no field is under an empty key."""
        found = {key: reason for key, (_text, reason) in self._wrong.items()}
        if self.problem:
            found.setdefault(self._blamed(), self.problem)  # what was typed there says more than that it is missing
        return found

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """(key, before, after) of all that differs from the beginning; `–` where there is nothing."""
        before, after = flat(self.base.to_dict()), flat(self._latest.to_dict())
        if self.config is None:  # what is given counts, though nothing follows from it yet
            given = {**flat(self._tables), **{key: text for key, (text, _reason) in self._wrong.items()}}
            replaced = {kind for kind in SECTIONS if after.get(f"{kind}.name") != self._name_of(kind)}
            after = {key: value for key, value in after.items() if key.partition(".")[0] not in replaced} | given
        keys = [*before, *(key for key in after if key not in before)]
        return [
            (key, _shown(before.get(key)), _shown(after.get(key))) for key in keys if before.get(key) != after.get(key)
        ]

    def choices(self, kind: str) -> list[tuple[str, str, str]]:
        """(name, what it is, why it does not fit) of each component of `kind`."""
        found = []
        for component in sorted(SECTIONS[kind], key=lambda each: each.name):
            if component.name == self.text(f"{kind}.name"):  # chosen already, with what it needs
                found.append((component.name, component.summary, ""))
                continue
            tables = {**self._tables}
            try:
                experiment_settings.apply(tables, f"{kind}.name", component.name)
                experiment_resolve.resolve(tables)
                reason = ""
            except UserError as error:
                reason = str(error)
            found.append((component.name, component.summary, "" if reason == self.problem else reason))
        return found

    # Changing.

    def set(self, key: str, text: str) -> None:
        """Take what was typed for a key; an empty text means its default."""
        if key.endswith(".name") and text.strip() == self.text(key):
            return  # to choose it again would reset its keys
        tables = {name: dict(value) if isinstance(value, dict) else value for name, value in self._tables.items()}
        self._wrong.pop(key, None)
        try:
            if text.strip():
                experiment_settings.apply(tables, key, text.strip())
            else:
                self._forget(tables, key)
        except UserError as error:
            self._wrong[key] = (text, str(error).removeprefix(f"{key} = {text.strip()[:60]}: "))
        else:
            self._tables = tables
            if key.endswith(".name"):  # the keys of the component before are gone, and what was wrong with them
                kind = key.partition(".")[0]
                self._wrong = {name: why for name, why in self._wrong.items() if not name.startswith(f"{kind}.")}
        self._resolve()

    def section(self, kind: str) -> dict[str, Any]:
        """All that is given of a component, `name` too; without what could not be taken."""
        return dict(self._tables.get(kind, {}))

    def set_section(self, kind: str, section: Mapping[str, Any]) -> None:
        """Take a whole component, as a TOML file has it, in place of the one before."""
        self._tables = {**self._tables, kind: dict(section)}
        self._wrong = {name: why for name, why in self._wrong.items() if not name.startswith(f"{kind}.")}
        self._resolve()

    def reset(self, key: str) -> None:
        """Back to what it began as; a key that the beginning does not have gets its default."""
        before = flat(self.base.to_dict()).get(key)
        self.set(key, "" if before is None else as_text(before))

    def _forget(self, tables: dict[str, Any], key: str) -> None:
        kind, _, name = key.partition(".")
        if not name:
            tables.pop(kind, None)
        elif name == "name" and kind in SECTIONS:
            raise ConfigError(f"choose from {', '.join(SECTIONS[kind].names)}")
        elif isinstance(tables.get(kind), dict):
            tables[kind].pop(name, None)

    def _resolve(self) -> None:
        self.problem = ""
        try:
            self._latest = experiment_resolve.resolve(self._tables)
        except UserError as error:
            self.problem = str(error)
        self.config = None if self._wrong or self.problem else self._latest

    # What applies, and what is to blame.

    def _name_of(self, kind: str) -> str:
        table = self._tables.get(kind, {"name": "constant"} if kind == "schedule" else {})
        return str(table["name"])

    @property
    def _facts(self) -> Facts:
        """Of the dataset as it is chosen, even while the experiment as a whole is not valid."""
        component = DATASETS[self._name_of("dataset")]
        given = {key: value for key, value in self._tables["dataset"].items() if key != "name"}
        try:
            known = component.facts_of(component.resolve(given))
        except (ValueError, UserError):
            known = {}
        known.setdefault("task", None if "task" in component.facts else "classification")
        return Facts.of(self._latest, known)

    def _applies(self, key: str) -> bool:
        """Whether a field makes sense as things are. One with a problem, or with a value, is always there."""
        model = MODELS[self._name_of("model")].facts
        if (key == "shuffle" and "order" in model) or (key == "epochs" and bool(self.text("iterations"))):
            return False  # its batches have an order of their own; iterations are instead of epochs
        if key in self._wrong or (self.text(key) and not key.startswith("split.")):
            return True
        dataset = DATASETS[self._name_of("dataset")].facts
        task = self._facts.task
        match key:
            case "data_dir":
                return bool(dataset.get("files"))
            case "split.train_size":
                return not dataset.get("splits")
            case "split.stratify" | "label_map":
                return task != "regression"
            case "split.random_state":
                return not dataset.get("splits") or bool(self.text("split.validation"))
            case "stop.min_delta" | "stop.monitor":
                return bool(self.text("stop.patience")) or self.text("stop.keep_best") == "true"
            case _:
                return key in model.get("keys", ()) or key not in own_keys()

    def _blamed(self) -> str:
        """The field that the problem of the whole belongs to; an empty string where it names none."""
        keys = {field.key for field in self.fields()}
        words = self.problem.replace(":", " ").replace(",", " ").split()
        for word in words[:2]:
            if word in keys:
                return word
        if words and f"{words[0]}.name" in keys:
            return f"{words[0]}.name"
        return next((word.partition("=")[0] for word in words if word.partition("=")[0] in keys), "")

    # Leaving with it.

    def command_line(self) -> str | None:
        """The `nntui run …` that trains the same; None while the experiment is not valid."""
        if self.config is None:
            return None
        preset = self.base.name if self.base.name in single_presets() else FIRST
        settings = settings_between(preset, self.config)
        files = [f"--use {shlex.quote(path)}" for path in self.config.use or ()]
        options = " ".join([*files, *(f"--set {shlex.quote(f'{key}={value}')}" for key, value in settings)])
        return f"nntui run {preset} {options}".rstrip()


def _bare_keys() -> list[Key]:
    keys = {key.name: key for key in keys_of(RunConfig)}
    keys["log"] = Key("log", "choice", keys["log"].default, "", keys["log"].help, tuple(sorted(LOGS)))
    return [keys[name] for name in _BARE]


def _shown(value: Any) -> str:
    return "–" if value is None else as_text(value) or "none"


def take_table(draft: Draft, section: Mapping[str, Any], task: Task) -> None:
    """Give an experiment this dataset section. Loss and standardising are changed where they are for the other task."""
    draft.set_section("dataset", section)
    loss = draft.text("loss.name")
    if OUTPUTS[LOSSES[loss].facts.get("output", "logits")].task != task:
        draft.set("loss.name", LOSS[task])
        draft.set("standardise", ",".join(STANDARDISED[task]))
        draft.set("metrics", "")
