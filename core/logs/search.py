"""Events of a search → text: how far it is, and at its end the document's two views, the sorted table and its best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from core.components.keys import as_text
from core.components.scores import in_per_cent, metric_text
from core.events.events import Event, RunEnded, RunStarted, TrialEnded, TrialsProgressed
from core.history.groups import Group, best_and_ties, groups_of
from core.history.trials import TRIAL_METRICS, Trial, Trials
from core.logs.documents import open_log
from core.logs.log import Log

STEPS = 10
"""Lines on the way."""
ROWS = 100
"""Of a table, at most: the rest is in the CSV."""


def log_of(started: RunStarted, trials: Trials | None) -> Log:
    """The log of a run; of a search one that reads `trials`, which has to be told each event first."""
    return open_log(started.config["log"]) if trials is None else SearchLog(trials)


class SearchLog:
    """What a search prints."""

    measures: ClassVar[tuple[str, ...]] = ()

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._samples: dict[str, int] = {}
        self._said = 0

    def lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                self._samples = event.sizes
                return [title(self._trials)]
            case TrialEnded() if event.status == "failed":
                return [f"Trial {event.number} failed: {event.reason}"]
            case TrialsProgressed():
                done = int(self._trials.share * STEPS)
                if done > self._said and done < STEPS:
                    self._said = done
                    return [self._progress()]
            case RunEnded():
                return [*results(self._trials), *notes(self._trials, self._samples)]
            case _:
                pass
        return []

    def _progress(self) -> str:
        trials = self._trials
        best = trials.best
        found = (
            f"; best {trials.rank} {_value(trials.rank, trials.score(best[0]))} ({cell_text(trials, best[0])}"
            f"{', pruned' * (best[0].state == 'pruned')})"
            if best
            else ""
        )
        over = [(trials.count("completed"), "completed"), (trials.count("pruned"), "pruned")]
        over += [(trials.count("failed"), "failed"), (trials.count("running"), "running")]
        counts = ", ".join(f"{n} {state}" for n, state in over if n)
        return f"{100 * trials.share:3.0f} %  {counts} of {trials.total} trials{found}"


def title(trials: Trials) -> str:
    """What is searched, in one line."""
    axes = " × ".join(
        f"{axis['name']} {_some(axis['values']) if axis['values'] else _from_to(axis)}"
        for axis in trials.search["axes"]
    )
    parts = [f"Search of {trials.total} networks: {axes}"]
    if trials.repeats > 1:
        parts.append(f"{trials.repeats} seeds each")
    parts.append(f"{trials.search['method']}, ranked by {trials.rank}")
    if trials.search["prune"] != "none":
        parts.append(f"pruned by {trials.search['prune']}")
    return "; ".join(parts)


def _some(values: Sequence[Any]) -> str:
    shown = [as_text(value) if not isinstance(value, list) else f"[{as_text(value)}]" for value in values]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:3], "…", shown[-1]])


def _from_to(axis: dict[str, Any]) -> str:
    return f"{axis['low']:g} to {axis['high']:g}" + (" (log)" if axis["log"] else "")


def results(trials: Trials) -> list[str]:
    """The document's two views: all trials sorted by the axes, then those with the best score; with repeats one row for
    each cell, then all that noise may have put behind the best."""
    ended = [trial for trial in trials.in_order() if trial.state in ("completed", "pruned", "failed")]
    if not ended:
        return []
    if trials.repeats > 1:
        return ["", *_grouped(trials)]
    table, best = table_of(trials, ended), [trial for trial in trials.best if trial.state != "stopped"]
    lines = ["", *table]
    if best:
        score = _value(trials.rank, trials.score(best[0]))
        pruned = best[0].state == "pruned"
        which = "pruned trial" if pruned else "trial"
        of = f"{len(best)} of {len(ended)} {which}s have" if len(best) > 1 else f"One {which} has"
        none = "No trial that went on has a score. " * pruned
        lines += ["", f"{none}{of} the best {trials.rank}, {score}:", *table_of(trials, best)]
    return [*lines, *better_pruned(trials)]


def better_pruned(trials: Trials) -> list[str]:
    """Of trials that were pruned with a better score than any that went on has: a score they might have lost."""
    return [
        f"Trial {trial.number} was pruned at epoch {trial.epoch}: {trials.rank} "
        f"{_value(trials.rank, trials.score(trial))}{_at(trial)}, better than any that went on."
        for trial in trials.better_pruned
    ]


def _at(trial: Trial) -> str:
    return f" (of its epoch {trial.kept_epoch})" if trial.last else ""


def table_of(trials: Trials, rows: Sequence[Trial]) -> list[str]:
    """Aligned rows of trials; accuracies in per cent."""
    found = {name for trial in rows for name in trial.metrics}
    metrics = [name for name in TRIAL_METRICS if name in found] + sorted(found - set(TRIAL_METRICS))
    whole = any(trial.state != "completed" for trial in rows)
    kept = any(trial.last for trial in trials)
    headings = ["trial", *(name for _key, name in trials.axes), *metrics, "epochs"]
    headings += [*(["best epoch"] if kept else []), *(["status"] if whole else [])]
    cells = [
        [
            str(trial.number),
            *(axis_text(trial.cell.get(key)) for key, _name in trials.axes),
            *(_value(name, trial.metrics.get(name, math.nan)) for name in metrics),
            str(trial.epoch),
            *([str(trial.kept_epoch)] if kept else []),
            *([trial.state] if whole else []),
        ]
        for trial in rows[:ROWS]
    ]
    return [*_aligned(headings, cells), *_rest(rows)]


def _grouped(trials: Trials) -> list[str]:
    groups = groups_of(trials)
    best, ties = best_and_ties(trials, groups)
    spread = " ± standard deviation" * any(_has_spread(group) for group in groups)
    lines = [f"Mean{spread} of {trials.rank} over seeds:"]
    lines += [*_group_table(trials, groups), *_rest(groups)]
    if best is not None:
        pruned = " (of pruned trials alone)" * best.pruned
        lines += ["", f"The best mean is {_value(trials.rank, best.mean)}{pruned}{_tied(ties)}:"]
        lines += _group_table(trials, ties)
    return [*lines, *better_pruned(trials)]


def _has_spread(group: Group) -> bool:
    return not math.isnan(group.deviation)


def _tied(ties: Sequence[Group]) -> str:
    others = len(ties) - 1
    if not others:
        return ""
    if not any(_has_spread(group) for group in ties):
        return f", and {others} more {'has' if others == 1 else 'have'} it"
    return f", {others} more {'is' if others == 1 else 'are'} within two standard errors of it"


def _group_table(trials: Trials, groups: Sequence[Group]) -> list[str]:
    shown = groups[:ROWS]
    spread = any(_has_spread(group) for group in shown)
    rows = [
        [
            *(axis_text(group.cell.get(key)) for key, _name in trials.axes),
            _counted(group),
            _value(trials.rank, group.mean),
            *([f"± {_value(trials.rank, group.deviation)}" * _has_spread(group)] if spread else []),
            ", ".join(str(trial.number) for trial in group.trials[:4]) + (", …" if len(group.trials) > 4 else ""),
        ]
        for group in shown
    ]
    return _aligned([*(name for _key, name in trials.axes), "n", "mean", *(["sd"] if spread else []), "trials"], rows)


def _counted(group: Group) -> str:
    """How many its mean is of; pruned trials are left out of it where others have a score."""
    pruned = sum(trial.state == "pruned" for trial in group.trials)
    return f"{len(group.values)}{f' ({pruned} pruned)' if pruned else ''}"


def _rest(rows: Sequence[object]) -> list[str]:
    return [f"… and {len(rows) - ROWS:,} more; --csv FILE has all"] if len(rows) > ROWS else []


def notes(trials: Trials, sizes: dict[str, int]) -> list[str]:
    """What to think of before believing the best score."""
    split = trials.rank.partition("_")[0]
    kept = next((trial.best_by for trial in trials if trial.last), "")
    lines = ["", f"Each network is that of its best epoch by {kept}: stop.keep_best is set."] if kept else []
    if not trials.done or not trials.search.get("optimistic"):
        return lines
    n = sizes.get(split, 0)
    step = f"; one sample of {n} is {100 / n:.3g} points" if n and in_per_cent(trials.rank) else ""
    return [
        *lines,
        "",
        f"Ranked on the {split} split itself, so the best score is optimistic{step}. "
        "With --set split.validation=0.2 it ranks on samples of their own.",
    ]


def axis_text(value: Any) -> str:
    """A trial's value on an axis; – where the axis does not apply to it."""
    return "–" if value is None else as_text(value)


def cell_text(trials: Trials, trial: Trial) -> str:
    """`n_layers 2, n_units 16`."""
    return ", ".join(f"{name} {as_text(trial.cell[key])}" for key, name in trials.axes if key in trial.cell)


def _value(name: str, value: float) -> str:
    return "–" if math.isnan(value) else metric_text(name, value, form=".2f", other="{:.5g}".format)


def _aligned(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """To the right, two spaces between columns."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(headings))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
