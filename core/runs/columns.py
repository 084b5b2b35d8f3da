"""The columns of a list of runs, one definition for screens and the command line: what each is of a run, how runs are
sorted by it, and what filters may speak of.

Beside those named here: every metric (`test_accuracy`, its last value), `best.` and a metric, and every key of a run's
config by its dotted name (`model.n_units`; `config.epochs` where a column has the name already).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.errors import UserError
from core.query.ask import Vocabulary
from core.query.error import unknown_column
from core.query.values import Kind
from core.runs.entry import Entry
from core.runs.score import best_score, score

Value: TypeAlias = Any
"""A number, a text, a yes or no, a list, a frozenset of tags; None: the run has none."""
Reader: TypeAlias = Callable[[Entry], Value]


@dataclass(frozen=True)
class Column:
    kind: Kind
    read: Reader
    summary: str


def _second(found: tuple[str, float] | None) -> float | None:
    return None if found is None else found[1]


def _epochs(entry: Entry) -> int | None:
    """None of a search, and of a folder whose log does not tell."""
    run = entry.summary
    return run.epoch if run.started and not run.trials else None


COLUMNS: dict[str, Column] = {
    "run": Column("text", lambda e: e.summary.run_id, "run-id, the name of its folder"),
    "name": Column("text", lambda e: e.labels.name or None, "the name that it was given by hand"),
    "state": Column("text", lambda e: e.summary.status, "completed, stopped, failed, interrupted, training, paused"),
    "experiment": Column("text", lambda e: e.summary.name or None, "name of the preset or of the experiment's file"),
    "dataset": Column("text", lambda e: e.summary.data or None, "dataset; of one's own table its file and the target"),
    "model": Column("text", lambda e: e.summary.model or None, "kind of network"),
    "optimizer": Column("text", lambda e: e.summary.optimizer or None, "optimizer"),
    "score": Column("text", lambda e: (score(e.summary) or (None,))[0], "the metric that it is judged by"),
    "last": Column("number", lambda e: _second(score(e.summary)), "what that came to last"),
    "best": Column("number", lambda e: _second(best_score(e.summary)), "the best that it came to"),
    "epochs": Column("number", _epochs, "epochs that are over"),
    "trials": Column("number", lambda e: e.summary.trials_ended if e.summary.trials else None, "of a search, over"),
    "time": Column("duration", lambda e: e.summary.seconds, "seconds of training"),
    "seed": Column("number", lambda e: e.summary.seed if e.summary.started else None, "seed"),
    "when": Column("moment", lambda e: e.began, "when it began"),
    "tags": Column("set", lambda e: frozenset(e.labels.tags), "tags that it was given"),
    "note": Column("text", lambda e: e.labels.note or None, "note that it was given"),
    "parameters": Column("number", lambda e: e.summary.parameters or None, "parameters of the network"),
    "device": Column("text", lambda e: e.summary.device or None, "device that it was trained on"),
    "lr": Column("number", lambda e: None if e.summary.trials else e.summary.lr, "learning rate of the last step"),
    "parent": Column("text", lambda e: e.summary.parent or None, "run or file that its first weights are from"),
    "reason": Column("text", lambda e: e.summary.reason or None, "why it ended"),
}
ALIASES = {"tag": "tags", "id": "run", "status": "state", "epoch": "epochs", "started": "when", "data": "dataset"}
"""Other names that filters take."""
BEST, CONFIG = "best.", "config."


def _is(*states: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.summary.status in states


WORDS: Mapping[str, Callable[[Entry], bool]] = {
    **{state: _is(state) for state in ("completed", "stopped", "failed", "interrupted", "paused", "broken")},
    "training": _is("training", "evaluating", "starting"),
    "live": _is("training", "evaluating", "starting", "paused"),
    "search": lambda entry: entry.summary.trials > 0,
}
"""What they mean in a filter: a state, `live` (some process is in a session of it), `search`."""


def reader(name: str) -> Reader:
    """How a column is read from a run; of a name that no run has it reads None."""
    if name in COLUMNS:
        return COLUMNS[name].read
    if name.startswith(BEST):
        return _best_of(name.removeprefix(BEST))
    if name.startswith(CONFIG):
        key = name.removeprefix(CONFIG)
        return lambda entry: entry.summary.config.get(key)

    def read(entry: Entry) -> Value:
        found = entry.summary.metrics.get(name)
        return entry.summary.config.get(name) if found is None else found

    return read


def _best_of(metric: str) -> Reader:
    def read(entry: Entry) -> Value:
        summary = entry.summary
        if found := summary.best.get(metric):
            return found["value"]
        return summary.best_value if summary.best_by == metric else None

    return read


def value(entry: Entry, name: str) -> Value:
    """Of one run; `reader` is for many."""
    return reader(name)(entry)


def names(entries: Iterable[Entry], *, config: bool = True) -> list[str]:
    """All that there are for some runs: those named here, then metrics, best values and, with `config`, its keys."""
    metrics: dict[str, None] = {}
    best: dict[str, None] = {}
    keys: dict[str, None] = {}
    for entry in entries:
        summary = entry.summary
        metrics.update(dict.fromkeys(summary.metrics))
        best.update(dict.fromkeys(summary.best))
        if summary.best_by:
            best[summary.best_by] = None
        if config:
            keys.update(dict.fromkeys(summary.config))
    found = [*COLUMNS, *metrics, *(BEST + name for name in best)]
    taken = {*COLUMNS, *metrics}
    return found + [CONFIG + key if key in taken else key for key in keys if key not in _TOLD]


_TOLD = ("name", "seed", "summary")
"""Keys of a config that a column says, or nobody asks for."""


def kind_of(name: str, entries: Iterable[Entry]) -> Kind:
    """What its values are: of one that is not named here as they are found; `any` where they are of several kinds."""
    if name in COLUMNS:
        return COLUMNS[name].kind
    read = reader(name)
    kinds = {_kind(value) for entry in entries if (value := read(entry)) is not None}
    if kinds == {"number"} and name.endswith("accuracy"):
        return "share"
    return kinds.pop() if len(kinds) == 1 else "any"


def _kind(value: Value) -> Kind:
    if isinstance(value, str | bool):
        return "text"
    return "list" if isinstance(value, list) else "number"


def check(name: str, known: Iterable[str]) -> str:
    """The column that a name means. Raises UserError, with the nearest ones, where no run has it."""
    name = ALIASES.get(name, name)
    known = list(known)
    if name not in known:
        raise UserError(unknown_column(name, known))
    return name


def vocabulary(entries: Sequence[Entry], known: Iterable[str] | None = None) -> Vocabulary[Entry]:
    """What filters of these runs may speak of; `known`: their `names`, where somebody has them already."""
    return Vocabulary(
        columns=dict.fromkeys(names(entries) if known is None else known),
        read=reader,
        kind=lambda name: kind_of(name, entries),
        text=lambda entry: entry.text,
        words=WORDS,
        aliases=ALIASES,
    )


def values(name: str, entries: Iterable[Entry]) -> list[str]:
    """The different values of a column as a filter takes them, the most frequent first: for completion."""
    from core.query.values import text_of

    read = reader(ALIASES.get(name, name))
    counted: dict[str, int] = {}
    for entry in entries:
        found = read(entry)
        each = found if isinstance(found, frozenset) else [] if found is None else [found]
        for one in each:
            text = text_of(one)
            counted[text] = counted.get(text, 0) + 1
    return sorted(counted, key=lambda text: -counted[text])


def sorted_by(entries: Iterable[Entry], name: str, *, descending: bool = False) -> list[Entry]:
    """Stable; numbers before texts, lists after them, and in either direction those last that have none, or NaN."""
    read = reader(name)
    groups: list[list[tuple[Any, Entry]]] = [[], [], [], []]
    for entry in entries:
        group, key = _order(read(entry))
        groups[group].append((key, entry))
    for having in groups[:3]:
        having.sort(key=lambda pair: pair[0], reverse=descending)
    return [entry for having in groups for _key, entry in having]


def _order(value: Value) -> tuple[int, Any]:
    if isinstance(value, frozenset):
        value = sorted(value, key=str.casefold)
    if value is None or value != value or value == []:
        return 3, None
    if isinstance(value, bool):
        return 1, str(value).lower()
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value.casefold()
    return 2, [_order(item) for item in value]
