"""The rows of the form: what a draft has, in words, and what can be chosen from for each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rich.text import Text

from core.components.metrics import METRICS
from core.experiment.axes import may_vary
from core.experiment.draft import Draft
from core.experiment.fields import Field
from core.experiment.schema import SECTIONS
from tui.screens.experiment.form import Row
from tui.screens.experiment.own_table import has_columns, keys_of_kind
from tui.words import experiment

COLUMNS = ("stop.monitor", "schedule.monitor", "rank")
"""Keys that name what is measured."""


@dataclass(frozen=True)
class Choices:
    """What can be chosen from: (name, what it is, why it does not fit) of each; and whether several may be."""

    found: list[tuple[str, str, str]]
    several: bool = False
    listed: bool = False
    """Whether several are one value: a list."""


class Few:
    """Which fields are shown: the few that matter first, or all."""

    def __init__(self, *, all: bool = False) -> None:
        self.all = all
        self._kept: set[str] = set()

    def of(self, draft: Draft, changed: Collection[str], current: str) -> list[Field]:
        """Those that were changed, that have an error, and that have the cursor are always among them; none goes
        again."""
        found = [field for field in draft.fields() if self.all or self._is_shown(field, draft, changed, current)]
        self._kept |= {field.key for field in found}
        return found

    def _is_shown(self, field: Field, draft: Draft, changed: Collection[str], current: str) -> bool:
        key = field.key
        return field.first or key in changed or key in self._kept or key == current or bool(draft.problem_of(key))


def row_of(draft: Draft, field: Field, changed: Collection[str]) -> Row:
    about = field.about
    choices = ("true", "false") if about.kind == "yes-no" else about.choices if about.kind == "choice" else ()
    _before, instead = draft.displaced(field.key)
    return Row(
        key=field.key,
        group=field.group,
        label=field.label,
        text=draft.text(field.key),
        placeholder=experiment.unset(draft.default(field), about.help, instead),
        choices=choices,
        problem=bool(draft.problem_of(field.key)),
        changed=field.key in changed,
        listed=is_listed(draft, field),
        path=field.key == "data_dir" or field.key in keys_of_kind(draft, "paths"),
    )


def is_listed(draft: Draft, field: Field) -> bool:
    """Whether Enter shows a list of what can be chosen."""
    own = keys_of_kind(draft, "paths") | keys_of_kind(draft, "columns")
    kind = field.about.kind
    return field.key in own or kind in ("choice", "yes-no") or _names(draft, field) is not None


def choices_of(draft: Draft, field: Field) -> Choices:
    """For a field that is listed, but for those of a table of one's own."""
    kind, _, name = field.key.rpartition(".")
    if name == "name" and kind in SECTIONS:
        return Choices(draft.choices(kind), several=True)
    named = _names(draft, field)
    if named is not None:
        return Choices(named, several=field.about.kind == "list", listed=True)
    choices = field.about.choices or ("true", "false")
    return Choices([(choice, "", "") for choice in choices], several=_may_vary(field))


def _may_vary(field: Field) -> bool:
    """Whether several values make it a search."""
    return field.group != "search" and may_vary(field.key)


def _names(draft: Draft, field: Field) -> list[tuple[str, str, str]] | None:
    """What a field that is typed can be chosen from; None for most."""
    if field.key == "metrics":
        task = draft.task
        fitting = [metric for metric in METRICS if task in (None, metric.facts.get("task", "classification"))]
        return [(metric.name, metric.summary, "") for metric in fitting]
    if field.key in COLUMNS:
        latest = draft.latest
        splits = [*latest.evaluate.splits, *(["train"] if "train" not in latest.evaluate.splits else [])]
        if field.key == "rank":
            splits = list(latest.evaluate.splits)
        names = ["loss", *(latest.metrics or [])]
        return [(f"{split}_{name}", "", "") for split in splits[::-1] for name in names]
    if field.about.kind == "list" and field.about.choices:
        return [(choice, "", "") for choice in field.about.choices]
    return None


def about(draft: Draft, field: Field) -> str:
    """What a field is about, its range and default, and what can be done there."""
    key, kind = field.key, field.key.partition(".")[0]
    before, instead = draft.displaced(key)
    if instead:
        back = f"; ^g brings {before} back" if before else ""
        return f"{field.about.help}; {experiment.names(instead)} is given instead{back}"
    if key == f"{kind}.name" and kind in SECTIONS:
        registry = SECTIONS[kind]
        summaries = [registry[name].summary for name in draft.text(key).split(",") if name in registry]
        return f"{' '.join(summaries)} ← → changes it, Enter lists all; several make it a search"
    parts = [experiment.about(field.about)]
    if _may_vary(field):
        parts.append(experiment.several(field.about, draft.text(key), key in draft.axes))
    if key in keys_of_kind(draft, "columns"):
        parts.append("Enter shows the columns")
    elif key.startswith("dataset.") and has_columns(draft):
        parts += ["Enter chooses one"] if key in keys_of_kind(draft, "paths") else []
        parts.append("^t shows the columns")
    elif is_listed(draft, field):
        parts.append("Enter lists all")
    return "; ".join(part for part in parts if part)


def told_of(draft: Draft, key: str) -> Text:
    """What the field with the focus is about, and what is wrong with it; or what is wrong anywhere."""
    field = next((each for each in draft.fields() if each.key == key), None)
    text = Text()
    if field is not None:
        text.append(field.key, style="bold")
        text.append(f"  {about(draft, field)}\n")
    problem = draft.problem_of(key)
    if problem:
        text.append(f"✗ {problem}", style="bold")
    elif draft.problems:
        key, reason = next(iter(draft.problems.items()))
        text.append(f"✗ {key}: {reason}" if key and not reason.startswith(key) else f"✗ {reason}")
    return text
