"""What a person chooses about a table of their own, one change at a time. Needs neither torch nor pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from core.tables.wishes import WAYS, Duplicates, Missing, TaskWish, Unknown, Wishes, as_pairs, ways

Role: TypeAlias = Literal["target", "feature", "out"]

TASKS: tuple[TaskWish, ...] = ("auto", "classification", "regression")
AS_TOLD = ("separator", "encoding", "decimal", "header", "skip", "comment", "footer", "drop_lines", "sheet")
"""Keys of how the file is written; `auto` finds it out."""


def told_of_others(section: Mapping[str, Any]) -> dict[str, str]:
    """What was told of how one table is written, in the dataset section of a config, as far as it holds of others: the
    numbers of its lines do not."""
    told = {key: str(section[key]) for key in AS_TOLD if section.get(key, "auto") != "auto"}
    for key in ("skip", "footer"):
        if told.get(key, "0") != "0":  # so many lines of that file
            del told[key]
    if not told.get("drop_lines", "none").startswith("none"):
        del told["drop_lines"]
    elif "drop_lines" in told:
        told["drop_lines"] = "none"
    return told


@dataclass(frozen=True)
class Choices:
    """Choices are never changed: every method that changes something gives new ones, so that old ones still say what an
    answer that comes late was asked with."""

    path: str
    target: str = ""
    """Empty: a sensible one, once the columns are known."""
    task: TaskWish = "auto"
    features: tuple[str, ...] = ()
    """Only until the columns are known: then all others are in `out`."""
    out: frozenset[str] = frozenset()
    """Columns not to learn from."""
    categories: frozenset[str] = frozenset()
    missing: Missing = "refuse"
    by_column: tuple[tuple[str, Missing], ...] = ()
    """What is done where a column lacks a value, of those that are not as the others."""
    missing_values: tuple[str, ...] = ()
    duplicates: Duplicates = "keep"
    unknown: Unknown = "refuse"
    separator: str = "auto"
    encoding: str = "auto"
    decimal: str = "auto"
    header: str = "auto"
    skip: str = "auto"
    comment: str = "auto"
    footer: str = "auto"
    drop_lines: str = "auto"
    sheet: str = "auto"
    dataset: str = "csv"
    """The dataset that reads it."""

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Choices:
        """Those of the dataset section of a config; what is not in it is left to its default."""

        def names(key: str) -> tuple[str, ...]:
            value = section.get(key) or ()
            return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()

        told = {key: str(section[key]) for key in AS_TOLD if section.get(key)}
        task, missing = section.get("task", "auto"), section.get("missing", "refuse")
        try:
            by_column = ways(names("missing_by_column"))
        except ValueError:  # said where the config is checked
            by_column = {}
        return cls(
            path=str(section.get("path", "")),
            target=str(section.get("target", "")),
            task=task if task in TASKS else "auto",
            features=names("features"),
            out=frozenset(names("leave_out")),
            categories=frozenset(names("categories")),
            missing=missing if missing in WAYS else "refuse",
            by_column=tuple(by_column.items()),
            missing_values=names("missing_values"),
            duplicates="drop" if section.get("duplicates") == "drop" else "keep",
            unknown="other" if section.get("unknown") == "other" else "refuse",
            dataset=str(section.get("name") or cls.dataset),
            **told,
        )

    def knowing(self, names: Sequence[str]) -> Choices:
        """The same once the columns of the table are known: names that it does not have are forgotten, but for the
        target, whose absence is to be told."""
        known, out = set(names), self.out
        if self.features:
            out = out | (known - set(self.features) - {self.target})
        by_column = tuple((name, way) for name, way in self.by_column if name in known)
        out, categories = frozenset(out & known), self.categories & known
        return replace(self, features=(), out=out, categories=categories, by_column=by_column)

    def role(self, name: str) -> Role:
        return "target" if name == self.target else "out" if name in self.out else "feature"

    # Changing.

    def with_target(self, name: str) -> Choices:
        """What was said of the task was said of the target before."""
        if name == self.target:
            return self
        return replace(self, target=name, task="auto", out=self.out - {name})

    def turned(self, *names: str) -> Choices:
        """Leave these columns out; take them in where all of them are out already. The target stays what it is."""
        columns = frozenset(names) - {self.target}
        out = self.out - columns if columns <= self.out else self.out | columns
        return replace(self, out=out)

    def as_categories(self, name: str) -> Choices:
        """The values of a column are categories, though numbers; or no longer."""
        return replace(self, categories=self.categories ^ {name})

    def next_task(self) -> Choices:
        return replace(self, task=TASKS[(TASKS.index(self.task) + 1) % len(TASKS)])

    def next_missing(self) -> Choices:
        return replace(self, missing=WAYS[(WAYS.index(self.missing) + 1) % len(WAYS)])

    def next_missing_of(self, name: str) -> Choices:
        """Of one column: as of all others, then each other way."""
        others = [way for way in WAYS if way != self.missing]
        by_column = dict(self.by_column)
        chosen = by_column.pop(name, None)
        at = others.index(chosen) + 1 if chosen in others else 0
        if at < len(others):
            by_column[name] = others[at]
        return replace(self, by_column=tuple(by_column.items()))

    # Using.

    @property
    def named(self) -> frozenset[str]:
        """Columns that are called by their names."""
        return self.wishes().named.union(self.features)

    def wishes(self) -> Wishes:
        """For `planned`, in a table whose columns are known."""
        return Wishes(
            target=self.target,
            task=self.task,
            leave_out=tuple(sorted(self.out)),
            categories=tuple(sorted(self.categories)),
            missing=self.missing,
            missing_by_column=as_pairs(dict(self.by_column)),
            missing_values=self.missing_values,
            duplicates=self.duplicates,
            unknown=self.unknown,
        )

    def section(self, names: Sequence[str]) -> dict[str, Any]:
        """The dataset section of a config, without what is as by default. Of thousands of columns the shorter list is
        given: those to learn from, or those to leave out."""
        section: dict[str, Any] = {"name": self.dataset, "path": self.path, "target": self.target}
        out = [name for name in names if name in self.out]
        kept = [name for name in names if name not in self.out and name != self.target]
        if out and kept and len(kept) < len(out):
            section["features"] = kept
        elif out:
            section["leave_out"] = out
        section |= {"categories": [name for name in names if name in self.categories]} if self.categories else {}
        section |= {"missing_by_column": list(as_pairs(dict(self.by_column)))} if self.by_column else {}
        section |= {"missing_values": list(self.missing_values)} if self.missing_values else {}
        default = Choices("")
        for key in ("task", "missing", "duplicates", "unknown", *AS_TOLD):
            if getattr(self, key) != getattr(default, key):
                section[key] = getattr(self, key)
        return section
