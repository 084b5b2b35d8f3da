"""Entry: one network that is compared, a run or a trial of a search; Source: the log that it is read from, again and
again while the run goes on."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.comparison import lines
from core.comparison.labels import label_of
from core.comparison.settings import settings_of
from core.comparison.told import Points, Told
from core.components.metrics import lower_is_better
from core.datasets import DATASETS
from core.errors import RunError
from core.events.events import Event, RunStarted
from core.history.trials import Trial
from core.runs import labels
from core.runs.folder import RunDir
from core.runs.parent import name_of
from core.runs.tail import Tail

BATCH_LOSS = "loss"
"""The curve of the batch losses; all others have the names of their columns."""
SHAPED_BY = ("dataset", "split", "label_map", "standardise")
"""Settings that data depend on, or tables of them."""
OUT = ("failed", "pruned")
"""States whose results count for a mean only where there are no others."""


@dataclass(frozen=True)
class Best:
    """A value and the epoch that it was reached in."""

    value: float
    epoch: int


@dataclass(frozen=True)
class Entry:
    """All that a comparison knows of one network."""

    run_id: str
    """Of a trial `<run-id>/<number>`."""
    label: str
    """What it is called, by whoever named it or by its experiment; others may be called so too."""
    state: str
    """Of a run as its summary has it, with `interrupted`; of a trial its own."""
    reason: str
    settings: Mapping[str, Any]
    seed: int
    epoch: int
    epochs: int
    seconds: float
    data_sha256: str
    sizes: Mapping[str, int]
    drawn: bool
    """Whether the points of its dataset are drawn by its seed."""
    last: Mapping[str, float]
    best: Mapping[str, Best]
    line: Callable[[str], lines.Line | None]
    """The curve of a column, or BATCH_LOSS; None where it has none."""
    curves: tuple[str, ...]
    """The names of those it has."""
    steps_per_epoch: int = 1
    live: bool = False
    version: int = 0
    """Another one where there may be more of its curves."""


@dataclass(frozen=True)
class News:
    """What a look at a log has found. `told`: all of it, anew; else `events` are what came since."""

    live: bool = False
    told: Told | None = None
    tail: Tail | None = None
    events: Sequence[Event] = ()
    problem: str = ""
    """Why it cannot be read."""
    name: str = ""
    """That it was given by hand, where all of it was read."""


@dataclass
class Source:
    """A run, or a search with its trials. `read` it, or `take` what `whole` and `since` find: these may look from
    another thread, for they change nothing. What cannot be read is no error, but a `problem`."""

    run_dir: RunDir
    told: Told = field(default_factory=Told)
    problem: str = ""
    version: int = 0
    """Grows when there is something new."""
    name: str = ""
    """That it was given by hand."""
    _tail: Tail | None = None
    _live: bool = False

    def read(self) -> None:
        self.take(self.whole())

    def whole(self, go_on: Callable[[int], bool] = lambda _steps: True) -> News:
        """The whole log; `go_on` as in `Told.of`."""
        tail = Tail(self.run_dir.events)
        try:
            tail.begin()
            live = self.run_dir.live
            told = Told.of(self.run_dir, go_on)
            name = labels.read(self.run_dir).name
            Source(self.run_dir, told, name=name, _live=live).entries()
        except RunError as error:
            return News(problem=str(error))
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # events that are none of ours
            kind = type(error).__name__
            return News(problem=f"{self.run_dir.events} cannot be understood ({kind}: {error}); leave it out")
        if told.history.run is None:
            return News(problem=f"{self.run_dir.events} does not tell how the run began; leave it out")
        return News(live, told, tail, name=name)

    def since(self) -> News:
        """What was written since. A run that nobody trains is only looked at."""
        if self._tail is None:
            return News(self._live)
        try:
            live, new = self.run_dir.live, self._tail.new(self.told.history.seq)
        except RunError as error:
            return News(problem=str(error))
        return self.whole() if new is None else News(live, events=new)

    def take(self, news: News) -> bool:
        """Whether there was something new in it."""
        if news.problem:
            changed, self.problem, self._tail = self.problem != news.problem, news.problem, None
        elif news.told is not None:
            changed, self.problem = True, ""
            self.told, self._tail, self.name = news.told, news.tail, news.name
        else:
            changed = bool(news.events) or news.live != self._live
            for event in news.events:
                self.told.apply(event)
            self.told.settle()
        self._live = news.live
        self.version += changed
        return changed

    @property
    def state(self) -> str:
        history = self.told.history
        return "interrupted" if history.live and not self._live else history.state

    def entries(self) -> list[Entry]:
        """One for a run, one for each trial of a search; none of what cannot be read."""
        run, trials = self.told.history.run, self.told.history.trials
        if run is None or self.problem:
            return []
        if trials is None:
            return [self._entry(run)]
        if not self._live:
            trials.cut_off()
        return [_of_trial(self.run_dir, run, trial, self.version) for trial in trials.in_order()]

    def _entry(self, run: RunStarted) -> Entry:
        told, history = self.told, self.told.history
        per_epoch = max(1, run.steps_per_epoch)

        def line(name: str) -> lines.Line | None:
            if name == BATCH_LOSS:
                return lines.of_batches(history.losses, history.times, per_epoch) if len(history.losses) else None
            points = told.points.get(name)
            return None if points is None else lines.of_points(points, per_epoch)

        has_batches = len(history.losses) > 0
        config = dict(run.config)
        return Entry(
            run_id=self.run_dir.run_id,
            label=label_of(self.run_dir, config, self.name),
            state=self.state,
            reason=history.reason,
            settings=settings_of(config, told.before, told.changed) | _first_weights(run),
            seed=int(config.get("seed", run.seed)),
            epoch=history.epoch,
            epochs=history.epochs,
            seconds=history.t,
            data_sha256=run.data_sha256,
            sizes=run.sizes,
            drawn=_drawn(config),
            last=dict(history.last),
            best={name: Best(each.value, each.epoch) for name, each in history.best.items()},
            line=line,
            curves=(*told.points, *([BATCH_LOSS] if has_batches else [])),
            steps_per_epoch=per_epoch,
            live=history.live and self._live,
            version=self.version,
        )


def _first_weights(run: RunStarted) -> dict[str, str]:
    """Where they are from, of a run that did not draw them: its config names its own copy, as that of others does."""
    if not run.parent:
        return {}
    return {"initial_weights": f"{name_of(run.parent)} {str(run.parent.get('sha256', ''))[:8]}".rstrip()}


def _of_trial(search: RunDir, run: RunStarted, trial: Trial, version: int) -> Entry:
    config = trial.config or {key: value for key, value in run.config.items() if not isinstance(value, dict)}
    batch_size = int(config.get("batch_size") or 1)
    per_epoch = max(1, math.ceil(run.sizes.get("train", 0) / batch_size))
    columns = trial.curves.columns

    def line(name: str) -> lines.Line | None:
        values = columns.get(name)
        if values is None:
            return None
        there = [i for i, value in enumerate(values) if not math.isnan(value)]
        steps = array("d", (trial.curves.epochs[i] * per_epoch for i in there))
        share = trial.seconds / max(1, trial.epoch)  # of networks that train as one each epoch has an equal part
        seconds = array("d", (trial.curves.epochs[i] * share for i in there))
        return lines.of_points(Points(steps, seconds, array("d", (values[i] for i in there))), per_epoch)

    best = {name: found for name in columns if (found := _best_of(trial, name)) is not None}
    name = config.get("name") if trial.config else f"{run.config.get('name', '')}-{trial.number}"
    shaped = {key: value for key, value in trial.cell.items() if key.partition(".")[0] in SHAPED_BY}
    return Entry(
        run_id=f"{search.run_id}/{trial.number}",
        label=label_of(search, {**config, "name": name}),
        state={"running": "training"}.get(trial.state, trial.state),
        reason=trial.reason,
        settings={**trial.cell, **settings_of(config)},
        seed=trial.seed,
        epoch=trial.epoch,
        epochs=trial.epochs,
        seconds=trial.seconds,
        data_sha256=f"{run.data_sha256} {shaped}" if shaped else run.data_sha256,
        sizes=run.sizes,
        drawn=False,
        last=dict(trial.last or trial.metrics),
        best=best,
        line=line,
        curves=tuple(columns),
        steps_per_epoch=per_epoch,
        live=trial.state == "running",
        version=version,
    )


def _best_of(trial: Trial, name: str) -> Best | None:
    """Of the epochs that the search's log has of it, a long one's not all; None where nothing was measured."""
    if name == trial.best_by:
        return Best(trial.best_value, trial.best_epoch)
    found = [(v, e) for v, e in zip(trial.curves.columns[name], trial.curves.epochs, strict=True) if not math.isnan(v)]
    if not found:
        return None
    top = min(value for value, _epoch in found) if lower_is_better(name) else max(value for value, _epoch in found)
    return Best(top, next(epoch for value, epoch in found if value == top))


def _drawn(config: Mapping[str, Any]) -> bool:
    dataset = config.get("dataset") or {}
    name = dataset.get("name")
    known = name in DATASETS and "random_state" in DATASETS[name].parameters
    return known and dataset.get("random_state") is None
