"""Draft: an experiment that is being changed key by key, valid or not yet; with several values for a key it is a
search. Forms are drawn from it.

What is typed is kept as a list of settings on top of what it began as, and applied anew at every change: so whatever a
setting has displaced (`n_units` displaces `hidden`, another optimizer the learning rate) is back once it is gone.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from core.components.keys import as_text, flat
from core.components.losses import LOSSES
from core.components.outputs import OUTPUTS, Task
from core.errors import UserError
from core.experiment.begin import LOSS, STANDARDISED
from core.experiment.command_line import plain, settings_between
from core.experiment.fields import Field, facts_of, fields_of
from core.experiment.open import single_presets
from core.experiment.schema import SECTIONS, RunConfig
from core.experiment.search import SearchConfig, resolved, run_of
from core.experiment.search_keys import SearchKeys
from core.experiment.undo import Undo
from core.experiment.written import Written
from core.presets import FIRST, preset_names

Typed: TypeAlias = dict[tuple[str, str], str | Mapping[str, Any]]
"""What was typed, first to last, by key and, for a hyperparameter, the component it is of; or a whole table by its
name."""

LOOKS = 30
"""Values of an axis that are tried after each key."""


class Draft:
    """`set` keys; read `fields`, `text`, `problem_of`, and `config` once all is well."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """`tables` as a preset or TOML file has them. Raises ConfigError where they are not a valid experiment."""
        self._begun = Written.of(tables)
        self.base = resolved(self._begun)
        """What it began as."""
        self.config: RunConfig | SearchConfig | None = self.base
        """The whole experiment; None while something is wrong."""
        self.problem = ""
        """What is wrong with the experiment as a whole."""
        self._typed: Typed = {}
        self._undo: Undo[Typed] = Undo()
        self._written = self._begun
        self._wrong: dict[str, tuple[str, str]] = {}
        """The text of each key that could not be taken, and why."""
        self._latest = self.base
        self._values: dict[str, Any] | None = None
        """Of `_latest`, once they were asked for."""

    # Reading.

    @property
    def latest(self) -> RunConfig:
        """The experiment when it was last valid; of a search what its trials share."""
        return run_of(self._latest)

    @property
    def axes(self) -> list[str]:
        """The keys that have several values."""
        return list(self._written.axes)

    def fields(self) -> list[Field]:
        """The keys that apply as things are, group by group."""
        return fields_of(self._written, self.latest, lambda key: key in self._wrong)

    def text(self, key: str) -> str:
        """What stands in the field: as it was typed, or as it was given; empty where it is left to its default."""
        return self._wrong[key][0] if key in self._wrong else self._written.text(key)

    def default(self, field: Field) -> str:
        """What holds where nothing is typed: the default, or what follows from the other settings."""
        if field.key in self._wrong:
            return field.about.default
        if field.key == "trials" and isinstance(self._latest, SearchConfig) and self._latest.n_cells:
            return f"all {self._latest.n_cells}"
        if self._values is None:
            self._values = plain(self._latest)
        value = self._values.get(field.key)
        if value is not None and not self.text(field.key):
            return as_text(value)
        return field.about.default

    def displaced(self, key: str) -> tuple[str, list[str]]:
        """What was given for a key, and the other ones that have taken its place; two empty ones for most keys."""
        kind, _, name = key.partition(".")
        if self.text(key) or kind not in SECTIONS:
            return "", []
        ways = SECTIONS[kind][self._written.names_of(kind)[0]].facts.get("instead", ())
        others = [f"{kind}.{each}" for way in ways if name not in way for each in way]
        given = [other for other in others if self.text(other)] if any(name in way for way in ways) else []
        before = self._typed.get((key, self.text(f"{kind}.name"))) or self._begun.text(key)
        return (before, given) if given and isinstance(before, str) else ("", given)

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
        before, after = _told(self.base, self._begun), _told(self._latest, self._written)
        if self.config is None:  # what is given counts, though nothing follows from it yet
            axes = {key: self._written.text(key) for key in self._written.axes}
            typed = {key: text for key, (text, _why) in self._wrong.items()}
            gone = {kind for kind in SECTIONS if after.get(f"{kind}.name") != self.text(f"{kind}.name")}
            gone |= set(SearchKeys.model_fields)
            after = {key: value for key, value in after.items() if key.partition(".")[0] not in gone}
            after |= flat(self._written.tables) | self._written.search | axes | typed
        others = {kind for kind in SECTIONS if before.get(f"{kind}.name") != after.get(f"{kind}.name")}
        given = {*flat(self._written.tables), *self._written.axes, *self._wrong}
        return [
            (key, _shown(before.get(key)), _shown(after.get(key)))
            for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key) and (key in given or key.partition(".")[0] not in others)
        ]  # of another component what was given, not each of its defaults

    def choices(self, kind: str) -> list[tuple[str, str, str]]:
        """(name, what it is, why it does not fit) of each component of `kind`."""
        found = []
        for component in sorted(SECTIONS[kind], key=lambda each: each.name):
            if component.name in self._written.names_of(kind):  # chosen already, with what it needs
                found.append((component.name, component.summary, ""))
                continue
            written = self._written.copy()
            try:
                written.set(f"{kind}.name", component.name)
                _resolved(written)
                reason = ""
            except UserError as error:
                reason = str(error)
            found.append((component.name, component.summary, "" if reason == self.problem else reason))
        return found

    @property
    def task(self) -> Task | None:
        """Of the dataset as it is chosen."""
        return facts_of(self._written, self.latest).task

    # Changing.

    def set(self, key: str, text: str) -> None:
        """Take what was typed for a key; an empty text means its default, several values an axis of a search."""
        if key.endswith(".name") and text.strip() == self.text(key):
            return  # to choose it again would reset its keys
        self._undo.record(key, self._typed)
        place = self._place(key)
        self._typed = {other: each for other, each in self._typed.items() if other != place}
        self._apply()
        if self.text(key) != text.strip():  # else it is what it was without
            self._typed = {**self._typed, place: text.strip()}
            self._apply()

    def section(self, kind: str) -> dict[str, Any]:
        """All that is given of a component, `name` too; without what could not be taken."""
        return dict(self._written.tables.get(kind, {}))

    def set_section(self, kind: str, section: Mapping[str, Any]) -> None:
        """Take a whole component, as a TOML file has it, in place of the one before."""
        self._undo.record(kind, self._typed)
        kept = {place: each for place, each in self._typed.items() if place[0].partition(".")[0] != kind}
        self._typed = {**kept, (kind, ""): dict(section)}
        self._apply()

    def reset(self, key: str) -> None:
        """Back to what it began as, also where another key has taken its place; a key that the beginning does not have
        gets its default."""
        self._undo.settle()
        self._undo.record(key, self._typed)
        self._typed = {place: each for place, each in self._typed.items() if place != self._place(key)}
        wanted, others = self._begun.text(key), self._typed
        for kept in [others, *self._without_one()]:
            self._typed = kept
            self._apply()
            if self.text(key) == wanted:
                break
        else:  # its component is another one now
            self._typed = {**others, self._place(key): wanted}
            self._apply()
        self._undo.settle()

    def _without_one(self) -> list[Typed]:
        """What was typed, without one setting that may have taken another's place; the latest ones first."""
        return [
            {place: each for place, each in self._typed.items() if place != gone}
            for gone in reversed(self._typed)
            if not gone[0].endswith(".name")
        ]

    def undo(self) -> str | None:
        """Take the latest step back: the key that it was about, or None where there is none."""
        return self._move(self._undo.back(self._typed))

    def redo(self) -> str | None:
        """Do again what was taken back."""
        return self._move(self._undo.forth(self._typed))

    def settle(self) -> None:
        """What is typed next is another step to take back."""
        self._undo.settle()

    def _move(self, found: tuple[str, Typed] | None) -> str | None:
        if found is None:
            return None
        key, self._typed = found
        self._apply()
        return key

    def _place(self, key: str) -> tuple[str, str]:
        kind, _, name = key.partition(".")
        return (key, self.text(f"{kind}.name")) if kind in SECTIONS and name != "name" else (key, "")

    def _apply(self) -> None:
        """What was typed, on top of what it began as: first what holds for all components, then what is of those that
        are chosen."""
        self._written, self._wrong, self._values = self._begun.copy(), {}, None
        for of_all in (True, False):
            for (key, of), text in self._typed.items():
                kind = key.partition(".")[0]
                if (of == "") != of_all or (of and of != self.text(f"{kind}.name")):
                    continue
                if isinstance(text, str):
                    own = {other for (other, component), each in self._typed.items() if component == text and each}
                    self._take(key, text, own if key.endswith(".name") else set())
                else:
                    self._written.set_section(key, text)
        self.problem = ""
        try:
            self._latest = _resolved(self._written)
        except UserError as error:
            self.problem = str(error)
        self.config = None if self._wrong or self.problem else self._latest

    def _take(self, key: str, text: str, given: Collection[str]) -> None:
        try:
            if text:
                self._written.set(key, text, given)
            else:
                self._written.forget(key)
        except UserError as error:
            self._wrong[key] = (text, str(error).removeprefix(f"{key} = {text[:60]}: "))

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

    def ready(self) -> RunConfig | SearchConfig | None:
        """The whole experiment, every value of an axis tried; None while something is wrong. Raises ConfigError."""
        return self.config if isinstance(self.config, RunConfig | None) else resolved(self._written)

    def command_line(self) -> str | None:
        """The `nntui run …` that trains the same; None while the experiment is not valid."""
        if self.config is None:
            return None
        known = preset_names() if isinstance(self.config, SearchConfig) else single_presets()
        preset = self.base.name if self.base.name in known else FIRST
        settings = settings_between(preset, self.config, self._written)
        files = [f"--use {shlex.quote(path)}" for path in run_of(self.config).use or ()]
        options = " ".join([*files, *(f"--set {shlex.quote(f'{key}={value}')}" for key, value in settings)])
        return f"nntui run {preset} {options}".rstrip()


def _resolved(written: Written) -> RunConfig | SearchConfig:
    """A search's own keys wait while no key has several values."""
    return resolved(written if written.axes else Written(written.tables), looks=LOOKS)


def _told(config: RunConfig | SearchConfig, written: Written) -> dict[str, Any]:
    """What tells two experiments apart: without what only follows from its being a search."""
    found = flat(config.to_dict()) | {key: written.text(key) for key in written.axes}
    if isinstance(config, SearchConfig):
        for key, value in config.keys.model_dump().items():
            if key not in written.search and (key == "axes" or value == type(config.keys).model_fields[key].default):
                found.pop(key, None)
        if "random_state" not in written.tables["dataset"]:
            found.pop("dataset.random_state", None)
    return found


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
