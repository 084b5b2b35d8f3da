"""History: what a run looks like so far, as a fold over its events. Live runs and old ones are drawn from it alike."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.components.metrics import lower_is_better, told_as_errors
from core.events.events import (
    BestModelSaved,
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    EvaluationProgressed,
    Event,
    ModelSaved,
    NetworkInspected,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    RunUnpaused,
    SettingChanged,
    StepsEnded,
    TrialEnded,
    TrialsProgressed,
    TrialStarted,
)
from core.history.best_epoch import BestEpoch, compared_by
from core.history.in_force import InForce
from core.history.series import Series
from core.history.states import LIVE, State
from core.history.trials import Trials


@dataclass(frozen=True)
class Best:
    """A value of a metric, such as the best one, and when it was reached."""

    value: float
    epoch: int
    step: int


@dataclass
class Speed:
    """Samples a second, weighted towards the recent past."""

    samples: float = 0.0
    seconds: float = 0.0

    def add(self, samples: float, seconds: float, memory: float = 5.0) -> None:
        """`memory` in seconds of measured time: older measurements fade with that time constant."""
        keep = memory / (memory + seconds)
        self.samples = self.samples * keep + samples
        self.seconds = self.seconds * keep + seconds

    @property
    def per_second(self) -> float:
        return self.samples / self.seconds if self.seconds else 0.0


@dataclass
class History:
    """The fold. `apply` every event in order; read the rest."""

    run: RunStarted | None = None
    state: State = "starting"
    reason: str = ""
    session: int = 1
    seq: int = -1
    t: float = 0.0
    epoch: int = 0
    """Epochs that are over."""
    step: int = 0
    lr: float = 0.0
    """Of the latest step."""
    base_lr: float = 0.0
    """What the schedule multiplies: that of the config, or as it was changed."""
    threads: int = 0
    """That PyTorch computed on in the latest session; 0: not told."""
    grad_norm: float = float("nan")
    last_loss: float = float("nan")
    """Of the latest step."""
    losses: Series = field(default_factory=Series)
    """Every batch loss, by step."""
    times: Series = field(default_factory=Series)
    """Seconds since the run began, by step."""
    metrics: dict[str, Series] = field(default_factory=dict)
    """Evaluations by column name (`train_loss`, `test_accuracy`, `last_batch_accuracy`, …), by step."""
    last: dict[str, float] = field(default_factory=dict)
    before: dict[str, Best] = field(default_factory=dict)
    """What they were at the evaluation before the last one, and when that was."""
    best: dict[str, Best] = field(default_factory=dict)
    training: Speed = field(default_factory=Speed)
    evaluating: Speed = field(default_factory=Speed)
    evaluation_seconds: dict[str, float] = field(default_factory=dict)
    """How long the latest evaluation of each split took."""
    evaluation: EvaluationProgressed | None = None
    """The evaluation under way, if it is long enough to tell."""
    inspection: NetworkInspected | None = None
    """The latest one."""
    saved_best: BestModelSaved | None = None
    """Of the epoch whose weights are kept as the best ones."""
    checkpoint_step: int | None = None
    model_path: str = ""
    model_step: int = 0
    trials: Trials | None = None
    """Of a search; it has no epochs, steps and metrics of its own."""
    searched: Speed = field(default_factory=Speed)
    """Shares of the search a second."""
    base_lrs: InForce[float] = field(default_factory=InForce)
    """What `base_lr` was after which step, as are the two below."""
    on_threads: InForce[int] = field(default_factory=InForce)
    configs: InForce[dict[str, Any]] = field(default_factory=InForce)
    _measured: dict[str, Best] = field(default_factory=dict)
    """The last values in this session, and when they were."""
    _share: tuple[float, float] = (0.0, 0.0)
    """What was done of it, and when that was measured."""

    @classmethod
    def fold(cls, events: Iterable[Event]) -> History:
        history = cls()
        for event in events:
            history.apply(event)
        return history

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        self.seq, self.t = event.seq, event.t
        if isinstance(event, RunStarted):
            told_as_errors(name for each in event.components for name in each.get("errors", "").split())
            self.trials = Trials() if event.search else self.trials
        if self.trials is not None:
            self.trials.apply(event)
        match event:
            case RunStarted():
                self.run, self.state = event, "training"
                self._compute_on(0, event.threads)
                if self.trials is None:
                    self.lr = self.base_lr = float(event.config.get("optimizer", {}).get("lr", 0.0))
                    self.base_lrs.begin(self.base_lr)
                    self.configs.begin(event.config)
            case StepsEnded():
                self.state, self.evaluation = "training", None
                self.step = event.first_step + len(event.losses) - 1
                self.lr, self.grad_norm = event.lr, event.grad_norm
                self.losses.extend(event.first_step, event.losses)
                self.last_loss = event.losses[-1] if event.losses else self.last_loss
                self.times.append(self.step, event.t)
                self.training.add(event.samples, event.seconds)
            case TrialsProgressed() | TrialStarted() | TrialEnded():
                self.state = "training"
                if isinstance(event, TrialsProgressed):
                    self._measure_search()
            case EvaluationProgressed():
                self.state, self.evaluation = "evaluating", event
            case Evaluated():
                self.state, self.evaluation = "training", None
                self._evaluated(event)
            case NetworkInspected():
                self.inspection = event
            case EpochEnded():
                self.epoch = event.epoch
            case CheckpointSaved():
                self.checkpoint_step = event.step
            case ModelSaved():
                self.model_path, self.model_step = event.path, event.step
            case BestModelSaved():
                self.saved_best = event
            case SettingChanged():
                if event.key == "optimizer.lr":  # the schedule multiplies it as before
                    self._multiply(event.step, float(event.new))
                elif event.key == "threads" and isinstance(event.new, float):
                    self._compute_on(event.step, int(event.new))
            case RunPaused():
                self.state = "paused"
            case RunUnpaused():
                self.state = "training"
                if self.trials is not None:
                    self._share = (self.trials.share, event.t)  # the pause is no part of its speed
            case RunResumed():
                self.state, self.reason, self.session = "training", "", event.session
                self._share = (self.trials.share if self.trials else 0.0, event.t)
                self._forget_after(event)
                self._compute_on(event.step, event.threads or self.threads)
                if event.config and self.run is not None and self.trials is None:
                    self._follow(event)
            case RunEnded():
                self.state, self.reason, self.evaluation = event.status, event.reason, None
            case _:
                pass

    def _multiply(self, step: int, lr: float) -> None:
        """The schedule multiplies another learning rate from here on, as before."""
        self.lr = self.lr * lr / self.base_lr if self.base_lr not in (0.0, self.lr) else lr
        self.base_lr = lr
        self.base_lrs.change(step, lr)

    def _follow(self, resumed: RunResumed) -> None:
        """The config of the run is another from here on."""
        assert self.run is not None
        before, self.run = self.run, dataclasses.replace(self.run, config=resumed.config)
        self.configs.change(resumed.step, resumed.config)
        old, new = (float(run.config.get("optimizer", {}).get("lr", 0.0)) for run in (before, self.run))
        if new != old:
            self._multiply(resumed.step, new)

    def _measure_search(self) -> None:
        assert self.trials is not None
        share, t = self.trials.share, self.t
        before, then = self._share
        if t > then:
            self.searched.add(share - before, t - then)
            self._share = (share, t)

    def _evaluated(self, event: Evaluated) -> None:
        if event.seconds:
            self.evaluating.add(event.n, event.seconds)
            self.evaluation_seconds[event.split] = event.seconds
        for metric, value in event.metrics.items():
            name = column(event.split, metric)
            series = self.metrics.setdefault(name, Series())
            if len(series) and series.x_last[-1] >= event.step:  # measured again after a resume: the same numbers
                continue
            series.append(event.step, value)
            if name in self._measured:
                self.before[name] = self._measured[name]
            self.last[name] = value
            self._measured[name] = Best(value, event.epoch, event.step)
            best = self.best.get(name)
            if math.isnan(value):
                continue
            if best is None or (value < best.value if lower_is_better(name) else value > best.value):
                self.best[name] = Best(value, event.epoch, event.step)

    def _compute_on(self, step: int, threads: int) -> None:
        self.threads = threads
        self.on_threads.change(step, threads)

    def _forget_after(self, resumed: RunResumed) -> None:
        """A resumed run goes on from `step`; `run_dir.read_events` leaves out what came later, a live fold drops it."""
        step = self.step = min(self.step, resumed.step)
        for setting in (self.base_lrs, self.on_threads, self.configs):
            setting.forget_after(resumed.step)
        self.base_lr = self.base_lrs.after(step, self.base_lr)
        if self.run is not None:
            self.run = dataclasses.replace(self.run, config=self.configs.after(None, self.run.config))
        per_epoch = self.run.steps_per_epoch if self.run else 1
        self.epoch = resumed.epoch if resumed.epoch >= 0 else step // per_epoch
        self.losses.truncate(step)
        self.times.truncate(step)
        measured = step if self.epoch * per_epoch >= step > 0 else step - 1  # else they are measured again
        for series in self.metrics.values():
            series.truncate(measured)
        self.metrics = {name: series for name, series in self.metrics.items() if len(series)}
        self.last = {name: series.last for name, series in self.metrics.items()}
        self.before, self._measured = {}, {}
        found = {name: _best_of(name, series, per_epoch) for name, series in self.metrics.items()}
        self.best = {name: best for name, best in found.items() if best}
        if self.inspection and self.inspection.step > measured:
            self.inspection = None
        if self.saved_best and self.saved_best.step > step:
            self.saved_best = None

    @property
    def best_epoch(self) -> BestEpoch | None:
        """Of one network; None where nothing was measured."""
        by = compared_by(self.run.config if self.run else {}, self.best)
        saved = self.saved_best
        if saved is not None and saved.metric in self.last:
            return BestEpoch(saved.metric, saved.epoch, saved.value, self.last[saved.metric], kept=True)
        best = self.best.get(by)
        return None if best is None else BestEpoch(by, best.epoch, best.value, self.last[by])

    @property
    def total_steps(self) -> int:
        if not self.run or self.trials is not None:
            return 0
        return int(self.run.config.get("iterations") or self.run.steps_per_epoch * self.epochs)

    @property
    def epochs(self) -> int:
        return int(self.run.config["epochs"]) if self.run and self.trials is None else 0

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def seconds_left(self) -> float | None:
        """An estimate that includes the evaluations to come; None before anything was measured."""
        if self.trials is not None:
            speed = self.searched.per_second
            return (1 - self.trials.share) / speed if speed > 0 else None
        if not self.run or not self.training.per_second:
            return None
        samples = self.run.sizes["train"] * self.epochs * (1 - self.step / self.total_steps)
        if self.run.config.get("iterations"):
            samples = self.run.config["batch_size"] * (self.total_steps - self.step)
        when = self.run.config["evaluate"]["when"]
        evaluations = self.epochs - self.epoch if "epoch" in when else int("end" in when)
        return samples / self.training.per_second + evaluations * self._seconds_to_evaluate()

    def _seconds_to_evaluate(self) -> float:
        """All splits that the run measures once: as the latest time, or from the speed of evaluating, or of training,
        which is about three times the work."""
        assert self.run is not None
        seconds = 0.0
        for split in self.run.config["evaluate"].get("splits", self.evaluation_seconds):
            speed = self.evaluating.per_second or 3 * self.training.per_second
            seconds += self.evaluation_seconds.get(split, self.run.sizes.get(split, 0) / speed)
        return seconds


def _best_of(name: str, series: Series, steps_per_epoch: int) -> Best | None:
    values, first = (series.low, np.nanargmin) if lower_is_better(name) else (series.high, np.nanargmax)
    if np.isnan(values).all():
        return None
    bucket = int(first(values))
    step = int(series.x[bucket])
    return Best(float(values[bucket]), step // steps_per_epoch, step)


def column(split: str, metric: str) -> str:
    """The name of a metric in tables: `test_accuracy`; what belongs to one batch keeps its own name."""
    return metric if metric.startswith("last_batch") else f"{split}_{metric}"
