"""summary.json: what lists and tables show of a run, kept beside its log so that they need not read it whole.

A list of a thousand runs is made of these files alone: what reads logs is imported where one has to be read.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import RunError, WriteError
from core.history.states import LIVE
from core.runs.folder import RunDir
from core.runs.parent import name_of
from core.system.files import write_atomically

if TYPE_CHECKING:
    from core.events.events import Event
    from core.history.history import History

FORMAT = 6


@dataclass(frozen=True)
class Summary:
    """A run in one row. `log_bytes` is the length of the log it was made from: another length makes it stale."""

    run_id: str
    name: str
    status: str
    """completed, stopped, failed; training, evaluating or paused in a live run; else interrupted."""
    reason: str
    epoch: int
    epochs: int
    step: int
    steps: int
    metrics: dict[str, float]
    best: dict[str, dict[str, float]]
    parameters: int
    dataset: str
    model: str
    optimizer: str
    lr: float
    seed: int
    device: str
    started: str
    seconds: float
    sessions: int
    log_bytes: int
    trials: int = 0
    """Networks that a search trains, at most; 0: this is no search. Its metrics are those of its best trial."""
    trials_ended: int = 0
    table: str = ""
    """Of one's own table the file's name and the target."""
    best_by: str = ""
    """The column by which epochs are compared: what stop.keep_best and stop.patience monitor, else the accuracy, or
    else the loss, of the validation split, or else of the test split; of a search what its best trial is compared by.
    Empty: nothing was measured."""
    best_epoch: int | None = None
    """The first in which it was best."""
    best_value: float | None = None
    last_value: float | None = None
    """What the last epoch came to in it."""
    best_trial: int | None = None
    """The number of a search's best trial; the four above are of it."""
    doubt: str = ""
    """Of a search, what is wrong with its trials' numbers."""
    curves: dict[str, list[float]] = field(default_factory=dict)
    """Its curves in few numbers, see `core.history.outline`."""
    config: dict[str, Any] = field(default_factory=dict)
    """By dotted key: `optimizer.lr`, `model.hidden`, `epochs`; of a search the axes are lists."""
    parent: str = ""
    """Where its first weights are from, if they were not drawn: `RUN@best`, or the name of a file."""
    format: int = FORMAT

    @classmethod
    def of(cls, run_dir: RunDir, history: History, log_bytes: int) -> Summary:
        from core.components.keys import as_text
        from core.history import numbering
        from core.history.best_epoch import best_epoch_of
        from core.history.outline import outline

        run = history.run
        config: dict[str, Any] = run.config if run else {}
        trials = history.trials
        best = [] if trials is None else trials.best[:1]
        metrics = history.last
        if trials is not None and best:
            metrics = {**best[0].metrics, trials.rank: trials.score(best[0])}  # of one under way it may be of before
        compared = best_epoch_of(best[0]) if best else history.best_epoch
        return cls(
            run_id=run_dir.run_id,
            name=str(config.get("name", "")),
            status=history.state,
            reason=history.reason,
            epoch=history.epoch,
            epochs=history.epochs,
            step=history.step,
            steps=history.total_steps,
            metrics=dict(metrics),
            best={name: asdict(value) for name, value in history.best.items()},
            parameters=run.parameters if run else 0,
            dataset=as_text(config.get("dataset", {}).get("name", "")),
            model=as_text(config.get("model", {}).get("name", "")),
            optimizer=as_text(config.get("optimizer", {}).get("name", "")),
            lr=history.lr,
            seed=run.seed if run else 0,
            device=run.device if run else "",
            started=run.started if run else "",
            seconds=history.t,
            sessions=history.session,
            log_bytes=log_bytes,
            trials=0 if trials is None else trials.total,
            trials_ended=0 if trials is None else trials.done,
            table=_table(config.get("dataset", {})),
            best_by=compared.by if compared else "",
            best_epoch=compared.epoch if compared else None,
            best_value=compared.value if compared else None,
            last_value=compared.last if compared else None,
            best_trial=best[0].number if best else None,
            doubt="" if trials is None else numbering.doubt(trials),
            curves=outline(history),
            config=_plain(dict(_flat(config))),
            parent=name_of(run.parent) if run else "",
        )

    @property
    def data(self) -> str:
        """The dataset, for people."""
        return self.table or self.dataset

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; non-finite numbers as the strings "nan", "inf", "-inf"."""
        return _plain(asdict(self))


def oldest_first(found: Iterable[Summary]) -> list[Summary]:
    """By when they began, in UTC: run-ids have the local time, which jumps with summer time and differs elsewhere."""
    return sorted(found, key=lambda each: (began(each) or -math.inf, each.run_id))


def began(summary: Summary) -> float | None:
    """Seconds since 1970: by its run-id, as local time here, where its log does not tell; None where neither does."""
    with contextlib.suppress(ValueError, OverflowError, OSError, TypeError):
        began = datetime.fromisoformat(summary.started)
        return shown((began if began.tzinfo else began.replace(tzinfo=UTC)).timestamp())
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return datetime.strptime(summary.run_id[:15], "%Y%m%d-%H%M%S").timestamp()
    return None


def shown(moment: float) -> float:
    """Seconds since 1970 that have a date here. Raises ValueError, OverflowError and OSError for others."""
    datetime.fromtimestamp(moment)
    return moment


def _flat(tables: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(values), parse_constant=_spelled)
    return plain


def _table(dataset: dict[str, Any]) -> str:
    from core.components.keys import as_text
    from core.datasets import DATASETS

    if not DATASETS.fact(dataset.get("name"), "table"):
        return ""
    return f"{Path(as_text(dataset.get('path', ''))).name}: {as_text(dataset.get('target', ''))}"


def _spelled(constant: str) -> str:
    return {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}[constant]


class SummaryWriter:
    """A recorder that rewrites summary.json as events come in, at most once a second, and at the end."""

    def __init__(self, run_dir: RunDir, history: History, now: Callable[[], float] = time.monotonic) -> None:
        """`history` takes in the events; `now` tells seconds."""
        self._run_dir = run_dir
        self._history = history
        self._now = now
        self._written = 0.0

    def record(self, event: Event) -> None:
        from core.events.events import RunEnded, RunPaused, RunUnpaused

        self._history.apply(event)
        now = self._now()
        at_once = isinstance(event, RunEnded | RunPaused | RunUnpaused)  # after a pause comes nothing for long
        if at_once or now - self._written >= 1:
            write(self._run_dir, self._history)
            self._written = now


def write(run_dir: RunDir, history: History) -> Summary:
    summary = Summary.of(run_dir, history, run_dir.events.stat().st_size)
    _write(run_dir, summary)
    return summary


def _write(run_dir: RunDir, summary: Summary) -> None:
    text = json.dumps(summary.to_dict(), separators=(",", ":"))
    write_atomically(run_dir.summary, lambda file: file.write(text.encode()), durable=False)


def read(run_dir: RunDir) -> Summary:
    """The summary, from the log where the cached one is missing, damaged or stale; then it is cached anew, where the
    folder can be written to. Raises RunError."""
    summary = cached(run_dir)
    if summary is None or not is_of(run_dir, summary):
        summary = read_log(run_dir)
    return as_found(run_dir, summary)


def read_log(run_dir: RunDir) -> Summary:
    """From the log, and cached. Raises RunError."""
    from core.history.history import History
    from core.runs.event_log import check_version, read_events

    size = _size(run_dir)  # before it is read: what is written meanwhile makes the cache stale
    check_version(run_dir)
    none_of_ours = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
    try:
        summary = _of_before(run_dir, size) or Summary.of(run_dir, History.fold(read_events(run_dir.events)), size)
    except none_of_ours as error:
        raise RunError(
            f"{run_dir.events} cannot be understood ({type(error).__name__}: {error}); move its folder away"
        ) from None
    if not run_dir.live:  # else its own process writes it
        with contextlib.suppress(WriteError):  # somebody else's run, or a full disk: it is only a cache
            _write(run_dir, summary)
    return summary


def as_found(run_dir: RunDir, summary: Summary) -> Summary:
    """One that its log leaves in a session, but that no process is in, was interrupted."""
    return replace(summary, status="interrupted") if summary.status in LIVE and not run_dir.live else summary


def cached(run_dir: RunDir) -> Summary | None:
    """What was written last, whether the log has grown since or not; None where there is nothing of this format."""
    summary = _saved(run_dir)
    return summary if summary is not None and summary.format == FORMAT else None


def _of_before(run_dir: RunDir, size: int) -> Summary | None:
    """What format 5 kept of a log of this size: it lacks the config, which the log's first line tells of a run that
    nobody has resumed. So a thousand old runs need not be read whole."""
    from core.runs.event_log import read_started

    summary = _saved(run_dir)
    if summary is None or summary.format != 5 or summary.log_bytes != size or summary.sessions != 1:
        return None
    started = read_started(run_dir)
    return replace(summary, config=_plain(dict(_flat(started.config))), format=FORMAT) if started else None


def _saved(run_dir: RunDir) -> Summary | None:
    """What its file has, of whatever format."""
    try:
        saved = json.loads(run_dir.summary.read_text(encoding="utf-8"))
        for values in (saved["metrics"], *saved["best"].values()):
            values.update({name: float(value) for name, value in values.items() if isinstance(value, str)})
        for name in ("best_value", "last_value"):
            saved[name] = None if saved[name] is None else float(saved[name])
        saved["lr"] = float(saved["lr"])  # of a trial it may not be known
        summary = Summary(**saved)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return summary if summary.run_id == run_dir.run_id and isinstance(summary.config, dict) else None


def is_of(run_dir: RunDir, summary: Summary) -> bool:
    """Whether it is of the log as it is now."""
    return summary.log_bytes == _size(run_dir)


def _size(run_dir: RunDir) -> int:
    """Of its log; -1 where there is none."""
    try:
        return run_dir.events.stat().st_size
    except OSError:
        return -1
