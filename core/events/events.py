"""Everything that can happen in a run, and everything that can be asked of one. Read this first.

An event is a fact in the past tense. A run is the list of its events, one JSON object per line of `events.jsonl`;
every curve, table and log is computed from them. Commands travel the other way: they are sent into the stream at a
`yield`. Steps and epochs count from 1: step k is the k-th update of the weights.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Split: TypeAlias = Literal["train", "validation", "test"]
Status: TypeAlias = Literal["completed", "stopped", "failed"]
TrialStatus: TypeAlias = Literal["completed", "pruned", "failed"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. The run that records an event numbers it and dates it."""

    seq: int = -1
    """Position in the run's log, from 0, without gaps over all sessions."""
    t: float = 0.0
    """Seconds since the run began; the clock stands still between two sessions, while it is paused, and while the
    process is stopped."""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The first event of every run: what will be trained, on what, by which versions."""

    run_id: str
    config: dict[str, Any]
    parameters: int
    layers: list[dict[str, Any]]
    """One `{name, type, output, parameters}` per layer; `output` is the shape for one sample."""
    steps_per_epoch: int
    sizes: dict[str, int]
    """Samples in each split."""
    data_sha256: str
    device: str
    versions: dict[str, str]
    host: str
    git_commit: str | None
    argv: list[str]
    seed: int
    started: str
    """ISO 8601, UTC."""
    notes: list[str] = field(default_factory=list)
    """What one should know of the data: columns that were left out, rows that were dropped."""
    dummy: dict[str, float] = field(default_factory=dict)
    """What a model that learns nothing scores, by column: it always answers `dummy_answer`. Empty in older logs."""
    dummy_answer: str = ""
    threads: int = 0
    """That PyTorch computes on: another number gives other bits. 0 in logs that did not tell."""
    components: list[dict[str, str]] = field(default_factory=list)
    """Files with components of the user's own that it is trained with: `path`, `sha256`, `copy` (the name of the copy
    in the run's folder) and `errors`: the metrics of the file of which less is better."""
    parent: dict[str, Any] = field(default_factory=dict)
    """Where its first weights are from, if they were not drawn: `run` (its run-id; empty: of a file that is no run's),
    `weights` (`last`, `best`, `step` or `file`), `file` (their name there, or the whole path), `step` (updates that
    made them; None: not known), `sha256` (of the copy in the run's own folder, `start.pt`)."""
    search: dict[str, Any] = field(default_factory=dict)
    """Empty for one network. Else what is searched: `axes` (a list of `{key, name, values}`, `values` empty for a
    continuous one), `trials` (networks to train, at most), `repeats`, `method`, `prune`, `rank` (the column that trials
    are compared by), `lower_is_better`, `memory` (bytes that stacks side by side may take), and `optimistic`: whether
    that column is of the very samples that are reported. `parameters` and `layers` then tell of the first trial."""


@dataclass(frozen=True, kw_only=True)
class StepsEnded(Event):
    """Every batch loss since the last such event. Grouped by the clock: compare losses, never events."""

    epoch: int
    first_step: int
    losses: list[float]
    lr: float
    """Of the last of these steps; `core.runs.step_rates` knows that of each."""
    samples: int
    seconds: float
    """Time spent in these steps, pauses left out."""
    grad_norm: float
    """Euclidean norm of all gradients of the last of these steps."""


@dataclass(frozen=True, kw_only=True)
class EvaluationProgressed(Event):
    """A long evaluation is under way: `done` of `n` samples."""

    epoch: int
    step: int
    split: Split
    done: int
    n: int


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """Metrics over one split. `loss` is the mean over samples, accuracies are fractions.

    For the train split of an experiment that does not evaluate it, these are the running values over the epoch's
    batches, each taken before its update, and `seconds` is 0.
    """

    epoch: int
    step: int
    split: Split
    n: int
    metrics: dict[str, float]
    batch_loss_sum: float
    """Sum of the batches' mean losses (the FashionMNIST document reports it divided by n)."""
    batches: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class NetworkInspected(Event):
    """What the network does with the first samples of the test split: evidence that no loss tells."""

    epoch: int
    step: int
    samples: int
    dead: dict[str, float]
    """By ReLU layer the share of its units (feature maps, after a convolution) that are 0 for all of these samples."""
    predicted: list[int]
    """How many of the samples are predicted as each class; empty for regression."""
    actual: list[int]
    """How many are of each class."""


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """All batches of an epoch were trained on, and its evaluations are done."""

    epoch: int
    step: int
    seconds: float
    """Time spent training, without evaluations and pauses."""


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """The run can be resumed from here, exactly."""

    epoch: int
    step: int
    path: str


@dataclass(frozen=True, kw_only=True)
class ModelSaved(Event):
    """The weights were written as a `state_dict`."""

    step: int
    path: str
    state_dict: str = ""
    """As PyTorch prints it, for a network of at most 1,000 parameters."""


@dataclass(frozen=True, kw_only=True)
class BestModelSaved(Event):
    """The weights of the best epoch so far were written as a `state_dict`."""

    epoch: int
    step: int
    metric: str
    """The column that was compared, such as `validation_loss`."""
    value: float
    path: str


@dataclass(frozen=True, kw_only=True)
class Predicted(Event):
    """What the saved network makes of inputs of the experiment's own: raw values, and for each the probabilities of
    the classes, or one value."""

    step: int
    inputs: list[list[float]]
    outputs: list[list[float]]
    classes: list[str]
    """None for regression."""


@dataclass(frozen=True, kw_only=True)
class SettingChanged(Event):
    """A setting was changed, while training or as the run was resumed; it holds from the next step."""

    step: int
    key: str
    """As `--set` names it."""
    old: float | str
    new: float | str
    """A number, or else as `--set` takes it."""


@dataclass(frozen=True, kw_only=True)
class LearningRateReduced(Event):
    """The schedule has lowered the learning rate, because a metric has not become better; it holds from the next
    step."""

    epoch: int
    step: int
    old: float
    new: float
    drops: int
    """How often it did so by now."""
    monitor: str
    """The column that it watches."""
    best: float
    """The best value of that so far."""


@dataclass(frozen=True, kw_only=True)
class TrialStarted(Event):
    """A network of a search begins to train; or goes on after `epoch`, in a later session."""

    number: int
    """From 1; what is seeded, named and stored by."""
    cell: dict[str, Any]
    """Its value on each axis, by the axis' key."""
    config: dict[str, Any]
    """Its whole RunConfig with its own seed; empty where its values do not go together."""
    epoch: int = 0
    worker: str = ""
    """Where it trains, in a search of several processes."""


@dataclass(frozen=True, kw_only=True)
class TrialsProgressed(Event):
    """Where trials stand that are being trained: at most ten such events a second, and 20,000 numbers."""

    numbers: list[int]
    epochs: list[int]
    """Epochs that are over, of each of them."""
    columns: dict[str, list[float]]
    """One value for each of them: `train_loss`, `test_accuracy`, `last_batch_accuracy`, …; NaN where not measured."""
    kept: list[float] = field(default_factory=list)
    """What the networks are ranked by that would be kept if they ended now: those of their best epochs where
    stop.keep_best, NaN where there is none yet. Empty where that is what `columns` have."""


@dataclass(frozen=True, kw_only=True)
class TrialEnded(Event):
    """A trial is over; its model and its result are kept. Once for each trial of a search."""

    number: int
    status: TrialStatus
    reason: str
    epochs: int
    """How many it was trained for."""
    seconds: float
    """Its share of the time that it trained in: networks that train as one share it equally."""
    metrics: dict[str, float]
    """Of the network that is kept, by column: that of its best epoch where stop.keep_best, else of its last one."""
    path: str = ""
    """Its folder; empty where it was trained on another machine, or has no model."""
    best_epoch: int = 0
    """The first in which `best_by` was best: as stop.keep_best sees it, where that is set."""
    best_by: str = ""
    """The column by which epochs are compared: what `stop` monitors, else what the search ranks by. Empty in logs that
    did not tell."""
    best_value: float = math.nan
    last: dict[str, float] = dataclasses.field(default_factory=dict)
    """What its last epoch came to, where the network that is kept is of an earlier one; else empty."""


@dataclass(frozen=True, kw_only=True)
class RunPaused(Event):
    """Training waits; the process lives on."""


@dataclass(frozen=True, kw_only=True)
class RunUnpaused(Event):
    """Training goes on after a pause."""


@dataclass(frozen=True, kw_only=True)
class RunResumed(Event):
    """A new session continues an ended run after `step`: every fold drops what it held after that step."""

    step: int
    session: int
    """2 for the first resume."""
    epoch: int = -1
    """Epochs that were over, evaluation included; -1 in logs that did not tell."""
    config: dict[str, Any] = field(default_factory=dict)
    """The whole config from here on, where that is another than before; else empty."""
    notes: list[str] = field(default_factory=list)
    """What one should know of this session: that a damaged checkpoint was passed over, that bits may differ."""
    threads: int = 0
    """As of RunStarted."""


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The last event of a session; exactly one per session."""

    status: Status
    reason: str
    run_id: str


SMALLEST, LARGEST = 1.401298464324817e-45, 3.4028234663852886e38
"""Of the positive numbers that float32 holds, in which networks compute."""
