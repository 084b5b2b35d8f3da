"""Runs as event files of TensorBoard: a folder for each run, one within it for each trial of a search.

Written with TensorBoard's own records, which need neither PyTorch nor TensorFlow. A file has one name for ever, so that
what is exported again takes its place.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from core.components.keys import as_text, flat
from core.errors import RunError, WriteError
from core.events.events import EpochEnded, Evaluated, Event, RunEnded, RunStarted, StepsEnded
from core.history.history import column
from core.history.trials import Trial, Trials
from core.runs.event_log import read_events
from core.runs.folder import RunDir
from core.runs.step_rates import StepRates
from core.system.files import write_atomically

FILE = "events.out.tfevents.nntui"
EXTRA = "pip install 'nntui[tensorboard]'"
RESULT = "result/"
"""Before the metrics of a trial's network that is kept, which the HParams table shows."""

Row: TypeAlias = tuple[int, float, dict[str, float]]
"""Step, seconds since the epoch of clocks, and values by tag."""


def write(run_dirs: Sequence[RunDir], folder: Path) -> int:
    """Write all that there is of these runs below `folder`, and return how many values. Raises RunError, also where
    TensorBoard is not installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise RunError(f"TensorBoard is not installed; it comes with: {EXTRA}") from None
    return sum(_write_run(run_dir, folder / run_dir.run_id) for run_dir in dict.fromkeys(run_dirs))


def _write_run(run_dir: RunDir, folder: Path) -> int:
    started = next((event for event in read_events(run_dir.events) if isinstance(event, RunStarted)), None)
    if started is None:
        raise RunError(f"{run_dir.run_id} ended before it began: it has nothing to export")
    begun = 0.0
    with contextlib.suppress(ValueError, OverflowError):  # of a log that somebody else wrote
        begun = datetime.fromisoformat(started.started).timestamp()
    if started.search:
        trials = Trials.fold(read_events(run_dir.events))
        if not run_dir.live:
            trials.cut_off()
        return _write_search(run_dir.run_id, trials, begun, folder)
    file = _File(run_dir.run_id, flat(started.config), begun)
    return file.write(folder, _rows(read_events(run_dir.events), begun), _state(run_dir))


def _state(run_dir: RunDir) -> str:
    ends = (event for event in read_events(run_dir.events, wanted=lambda line: b'"RunEnded"' in line))
    last = next((event.status for event in reversed(list(ends)) if isinstance(event, RunEnded)), "stopped")
    return "running" if run_dir.live else last


def _rows(events: Iterable[Event], begun: float) -> Iterator[Row]:
    """`loss` and `lr` of each step; metrics by column, and seconds of training, at the steps that they were measured
    after."""
    rates = StepRates()
    for event in events:
        rates.apply(event)
        match event:
            case StepsEnded():
                n = len(event.losses)
                for i, (loss, lr) in enumerate(zip(event.losses, rates.of(event), strict=True)):
                    at = begun + event.t - event.seconds * (n - 1 - i) / n
                    yield event.first_step + i, at, {"loss": loss, "lr": lr}
            case Evaluated():
                values = {column(event.split, name): value for name, value in event.metrics.items()}
                yield event.step, begun + event.t, values
            case EpochEnded():
                yield event.step, begun + event.t, {"epoch": event.epoch, "seconds": event.seconds}
            case _:
                pass


def _write_search(run_id: str, trials: Trials, begun: float, folder: Path) -> int:
    from tensorboard.plugins.hparams import summary_v2 as hparams

    names = [name for _key, name in trials.axes]
    measured = dict.fromkeys(name for trial in trials for name in trial.metrics)
    about = hparams.hparams_config_pb(
        [hparams.HParam(name) for name in [*names, "seed"]],
        [hparams.Metric(f"{RESULT}{name}", display_name=name.replace("_", " ")) for name in measured],
        begun,
    )
    _to_file(folder, lambda records: records.summary(0, begun, about))
    written = 0
    for trial in trials.in_order():
        cell = {name: trial.cell[key] for key, name in trials.axes if key in trial.cell}
        file = _File(f"{run_id}/{trial.number}", {**cell, "seed": trial.seed}, begun)
        written += file.write(folder / str(trial.number), _rows_of(trial, begun), trial.state)
    return written


def _rows_of(trial: Trial, begun: float) -> Iterator[Row]:
    """Its curves by epoch, and what is kept of it."""
    for i, epoch in enumerate(trial.curves.epochs):
        values = {name: found[i] for name, found in trial.curves.columns.items() if not math.isnan(found[i])}
        yield epoch, begun + trial.seconds * epoch / max(1, trial.epoch), values
    yield trial.kept_epoch, begun + trial.seconds, {f"{RESULT}{name}": v for name, v in trial.metrics.items()}


class _File:
    """Of one network: its settings, its values, how it ended."""

    def __init__(self, name: str, settings: Mapping[str, Any], begun: float) -> None:
        self._name, self._settings, self._begun = name, settings, begun

    def write(self, folder: Path, rows: Iterable[Row], state: str) -> int:
        from tensorboard.plugins.hparams import summary_v2 as hparams

        written = 0

        def put(records: _Records) -> None:
            nonlocal written
            settings = {key: _plain(value) for key, value in self._settings.items()}
            records.summary(0, self._begun, hparams.hparams_pb(settings, self._name, self._begun))
            last = self._begun
            for step, last, values in rows:
                records.scalars(step, last, values)
                written += len(values)
            records.summary(0, last, _ended(state, last))

        _to_file(folder, put)
        return written


def _plain(value: Any) -> bool | int | float | str:
    """As a hyperparameter of TensorBoard's may be."""
    return value if isinstance(value, bool | int | float | str) else "none" if value is None else as_text(value)


def _ended(state: str, at: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    names = {"completed": "SUCCESS", "pruned": "SUCCESS", "failed": "FAILURE", "running": "RUNNING"}
    status = api_pb2.Status.Value(f"STATUS_{names.get(state, 'UNKNOWN')}")
    about = plugin_data_pb2.HParamsPluginData(
        session_end_info=plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=at)
    )
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(about),
        tensor=metadata.NULL_TENSOR,
    )
    return Summary(value=[value])


class _Records:
    """A file of TensorBoard's, as it is written."""

    def __init__(self, file: BinaryIO, begun: float = 0.0) -> None:
        from tensorboard.compat.proto.event_pb2 import Event as Told
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._Told, self._Summary, self._writer = Told, Summary, RecordWriter(file)
        self._writer.write(Told(wall_time=begun, file_version="brain.Event:2").SerializeToString())

    def scalars(self, step: int, at: float, values: Mapping[str, float]) -> None:
        found = [self._Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self.summary(step, at, self._Summary(value=found))

    def summary(self, step: int, at: float, summary: Any) -> None:
        self._writer.write(self._Told(wall_time=at, step=step, summary=summary).SerializeToString())


def _to_file(folder: Path, put: Any) -> None:
    """Raises RunError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / FILE, lambda file: put(_Records(file)), durable=False)
    except WriteError as error:
        raise RunError(str(error)) from None
    except OSError as error:
        raise RunError(f"cannot write {folder}: {error.strerror or error}; name another folder") from None
