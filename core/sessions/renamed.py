"""Whether data is still called what it was when a run began: its fingerprint is of the numbers alone, and a class or a
column that was renamed leaves these as they are."""

from __future__ import annotations

from collections.abc import Sequence

from core.data import saved_inputs
from core.data.inputs import Inputs
from core.errors import UserError
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.runs.folder import RunDir
from core.tables.numbers import MARKS, number_of


def renamed(before: Inputs, now: Inputs) -> str:
    """What is called otherwise, as a sentence: `class 'a' is called 'b' now`; empty where nothing is. What the run did
    not save is not compared."""
    if before.target and before.target != now.target:
        return f"the target {before.target!r} is called {now.target!r} now"
    pairs = [("class", before.classes, now.classes), ("column", before.raw_names, now.raw_names)]
    exact = bool(before.ranges)  # older versions called classes by their values, 3 for 3.0
    theirs = {each.name: each.categories for each in now.fields}
    pairs += [(f"category of {f.name!r}", f.categories, theirs[f.name]) for f in before.fields if f.name in theirs]
    return next((found for what, old, new in pairs if old and (found := _of_names(what, old, new, exact=exact))), "")


def has_changed(what: str, renaming: str, now: Inputs, instead: str) -> str:
    """Why `what` (a run) cannot go on with these data."""
    how = f": {renaming}" if renaming else ", or this version reads its table in another way" if now.fields else ""
    return f"the data of {what} has changed since it was started{how}; start a new {instead} instead"


def renamed_in_search(search: RunDir, base: RunConfig, now: Inputs) -> str:
    """The same of a search on the data of `base`, by the first of its trials that had these data and is stored."""
    folders = sorted(search.trial(0).path.parent.glob("*/inputs.json"))
    for trial in (RunDir(path.parent) for path in folders):
        try:  # one that was cut off while its folder was made is made anew
            its, before = resolve.load(str(trial.config)), saved_inputs.read_inputs(trial)
        except UserError:
            continue
        if (its.dataset, its.label_map) == (base.dataset, base.label_map):
            return renamed(before, now)
    return ""


def _of_names(what: str, before: Sequence[str], now: Sequence[str], *, exact: bool) -> str:
    if len(before) != len(now):
        return f"there are {len(now)} of what were {len(before)}: {what}"
    gone = [(old, new) for old, new in zip(before, now, strict=True) if old != new and (exact or not _same(old, new))]
    if not gone:
        return ""
    old, new = gone[0]
    if sorted(before) == sorted(now):
        return f"{what} {old!r} stands where another one stood"
    return f"{what} {old!r} is called {new!r} now"


def _same(old: str, new: str) -> bool:
    """Of older versions, which called a class by its value: `0.5` is `0,5`, and `True` is `TRUE`."""
    if old.casefold() == new.casefold():
        return True
    values = {number_of(old, mark) for mark in MARKS} - {None}
    return any(number_of(new, mark) in values for mark in MARKS)
