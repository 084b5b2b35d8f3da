"""A session: one stretch of training of one run, from `start` or `resume` to its RunEnded.

Here `fit` meets the run's folder: checkpoints at epoch ends (at most one a second) and on stop, weights at the
end, every event in the log, and now and then the figures.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import checkpoint, figures, gradients, leftovers, predict, summary
from core.config import RunConfig
from core.data import Data, load_data
from core.events import (
    BestModelSaved,
    Checkpoint,
    CheckpointSaved,
    EpochEnded,
    Event,
    ModelSaved,
    Predicted,
    Set,
    SettingChanged,
    StepsEnded,
    Stop,
    StreamCommand,
    Turns,
)
from core.fitting import fit
from core.history import History
from core.layers import count_parameters
from core.reopen import reopen
from core.run import Recorder, Run
from core.run_dir import EventLog, RunDir
from core.started import run_started as run_started
from core.state import TrainState, change, pick_device
from core.two_layer_model import TwoLayer

CHECKPOINT_EVERY = 1.0
"""Seconds: epochs that are shorter share a checkpoint, so that saving never outweighs training."""
CHECKPOINT_LATEST = 30.0
"""Seconds after that: epochs that are much longer are saved in the middle too."""
FIGURES_EVERY = 1.0
"""Seconds between two drawings of the figures, at least."""
FIGURES_SHARE = 0.02
"""Of the time, at most, goes into them."""
TEXT_LIMIT = 1000
"""Parameters of a network whose weights are told in full when they are saved."""


@dataclass(frozen=True)
class Session:
    """A run that is ready to `start()` or `execute()`, and its folder."""

    run: Run
    run_dir: RunDir


def start(run_config: RunConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()) -> Session:
    """Load the data, build the network, make the run's folder. `recorders` see every event once it is in the log.

    Raises UserError before anything is written.
    """
    data = load_data(run_config, pick_device(run_config.device))
    run_config = run_config.fitted_to(data.facts)
    state = TrainState.new(run_config, data)
    run_dir = RunDir.create(root, run_config.name, run_config.to_toml())
    try:
        predict.write_inputs(run_dir, data.inputs)
        first = run_started(run_dir, run_config, state, data, argv)
        return _open(run_dir, run_config, state, data, [first], History(), recorders, EventLog(run_dir))
    except BaseException:
        shutil.rmtree(run_dir.path, ignore_errors=True)
        raise


def resume(
    run_dir: RunDir,
    data_dir: str | None = None,
    recorders: Sequence[Recorder] = (),
    settings: Sequence[tuple[str, str]] = (),
) -> Session:
    """A new session that continues an ended run from its checkpoint, bit for bit; from its beginning where it was cut
    off before the first one.

    `data_dir` overrides the folder that the run recorded; `settings` are KEY and VALUE that hold from here on, as does
    what was changed in its config.toml. Raises UserError when it cannot be continued.
    """
    log = EventLog(run_dir)  # held from here on: what is read now is still so when training begins
    try:
        leftovers.remove(run_dir)
        opened = reopen(run_dir, data_dir, settings)
        if opened.history.run is None:
            log.clear()
        return _open(run_dir, opened.config, opened.state, opened.data, opened.firsts, opened.history, recorders, log)
    except BaseException:
        log.close()
        raise


def _open(
    run_dir: RunDir,
    run_config: RunConfig,
    state: TrainState,
    data: Data,
    firsts: Sequence[Event],
    history: History,
    recorders: Sequence[Recorder],
    log: EventLog,
) -> Session:
    return make_session(run_dir, _session(run_config, state, data, run_dir, firsts), history, recorders, log)


def make_session(
    run_dir: RunDir, stream: Turns, history: History, recorders: Sequence[Recorder], log: EventLog
) -> Session:
    """A stream that is told in `log`, after what `history` folds; from now on it folds this session's events too."""
    run = Run(
        run_dir.run_id,
        stream,
        recorders=[log.append, summary.SummaryWriter(run_dir, history).record, *recorders],
        seq=history.seq + 1,
        t=history.t,
        on_crash=lambda error: keep_traceback(run_dir, error),
        on_end=log.close,
    )
    return Session(run, run_dir)


def _session(run_config: RunConfig, state: TrainState, data: Data, run_dir: RunDir, firsts: Sequence[Event]) -> Turns:
    """`fit` with its files: each checkpoint and the weights, told as events like all else, after `firsts`."""
    stream = fit(run_config, state, data)
    saves = _Checkpoints(state, run_dir)
    drawn = _Figures(run_config, state, data, run_dir)
    saves.stale = len(firsts) > 1  # settings were changed since the latest one
    begun = False
    complete: str | None = None
    sent: deque[StreamCommand] = deque()
    for first in firsts:
        if (early := (yield first)) is not None:
            sent.append(early)
    drawn.draw()
    command: StreamCommand | None = None
    while True:
        if command is None and sent:
            command = sent.popleft()
        if isinstance(command, Checkpoint):
            command = yield saves.save()
        elif isinstance(command, Set) and not begun:
            saves.stale = True
            command = yield change(state, command)
        elif isinstance(command, Stop) and not begun:
            break
        else:
            try:
                event = stream.send(command)
            except StopIteration as end:
                complete = end.value
                break
            begun = True
            saves.stale |= isinstance(event, SettingChanged)
            best = _save_best(run_config, state, run_dir) if isinstance(event, EpochEnded) else None
            command = yield event
            if isinstance(event, drawn.after) and drawn.due:
                drawn.draw()
            if best and command is None:
                command = yield best
            if isinstance(event, EpochEnded) and command is None:
                command = (yield saves.save()) if state.over(run_config) or saves.due else None
            if isinstance(event, StepsEnded) and command is None and saves.overdue:
                command = yield saves.save()
    if complete is None and state.over(run_config):
        complete = state.stopping.reason  # stopped when nothing was left to do
    if saves.stale or saves.where != (state.epoch, state.batch, state.step):
        yield saves.save()
    checkpoint.save_model(state, run_dir.model)
    small = count_parameters(state.model) <= TEXT_LIMIT
    text = str(predict.read_weights(run_dir.model)) if small else ""
    yield ModelSaved(step=state.step, path=str(run_dir.model), state_dict=text)
    if complete is not None and run_config.predict:
        yield _predict(run_config, state, run_dir)
    drawn.draw()
    return complete


def _save_best(run_config: RunConfig, state: TrainState, run_dir: RunDir) -> BestModelSaved | None:
    """Write best.pt where the epoch that has just ended is the best so far."""
    stopping = state.stopping
    if not run_config.stop.keep_best or stopping.best_epoch != state.epoch:
        return None
    checkpoint.save_model(state, run_dir.best, durable=False)  # often several times a second, and made anew if lost
    return BestModelSaved(
        epoch=state.epoch,
        step=state.step,
        metric=run_config.stop.monitor or "",
        value=stopping.best,
        path=str(run_dir.best),
    )


def _predict(run_config: RunConfig, state: TrainState, run_dir: RunDir) -> Predicted:
    """What the saved weights, loaded into a fresh network, make of the experiment's own inputs."""
    predictor = predict.Predictor.load(run_dir)
    found = predictor.predict(run_config.predict)
    return Predicted(
        step=state.step,
        inputs=run_config.predict,
        outputs=[list(each.probabilities) if each.value is None else [each.value] for each in found],
        classes=list(predictor.inputs.classes),
    )


class _Checkpoints:
    """Saves the state, and knows when the next one is worth its time."""

    def __init__(self, state: TrainState, run_dir: RunDir) -> None:
        self.where: tuple[int, int, int] | None = None
        """Epoch, batch and step of the latest one of this session."""
        self.stale = False
        """Whether a setting has been changed since."""
        self._state, self._run_dir = state, run_dir
        self._next = time.monotonic() + CHECKPOINT_EVERY

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._next

    @property
    def overdue(self) -> bool:
        """Whether it should not wait for the end of the epoch."""
        return time.monotonic() >= self._next + CHECKPOINT_LATEST

    def save(self) -> CheckpointSaved:
        """Raises TrainingFailed where nobody would want to go on from there."""
        began = time.monotonic()
        checkpoint.save(self._state, self._run_dir.checkpoint)
        ended = time.monotonic()
        self._next = ended + max(CHECKPOINT_EVERY, 10 * (ended - began))
        self.where, self.stale = (self._state.epoch, self._state.batch, self._state.step), False
        path = str(self._run_dir.checkpoint)
        return CheckpointSaved(epoch=self._state.epoch, step=self._state.step, path=path)


class _Figures:
    """Draws the figures, and knows when to draw them again."""

    def __init__(self, config: RunConfig, state: TrainState, data: Data, run_dir: RunDir) -> None:
        self._config, self._state, self._data, self._run_dir = config, state, data, run_dir
        self._two_layer = isinstance(state.model, TwoLayer)
        self._timings: gradients.Timings = deque(maxlen=20)
        self.after: type[Event] | tuple[type[Event], ...] = (
            (EpochEnded, StepsEnded) if self._two_layer else EpochEnded  # its gradients are worth watching all the time
        )
        """Events that they may be drawn after."""
        self._next = 0.0
        self._shown: tuple[int, int] | None = None
        """Epoch and step of the latest ones."""
        self._broken = False

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._next

    def draw(self) -> None:
        """Write them anew, unless those on disk show this state.

        A figure is never worth a run: its facts are in the log, and it can be drawn again from the weights. So where
        one cannot be written (disk full, folder read-only) training goes on, the old figure stays with its own step in
        it for whoever looks, and the next one is tried in its turn. Should the disk be full for the log as well, the
        log ends the run and says why. Any other error is a defect of ours: the run's folder keeps the traceback, and
        no more figures are drawn in this session.
        """
        where = (self._state.epoch, self._state.step)
        if self._broken or self._shown == where:
            return
        began = time.monotonic()
        try:
            drawn = figures.figures(self._state, self._data)
            with contextlib.suppress(OSError):
                figures.write(self._run_dir, drawn)
                if self._two_layer:
                    snapshot = gradients.take(self._state, self._data, self._config, self._timings)
                    gradients.write(self._run_dir, snapshot)
                self._shown = where
        except Exception as error:
            self._broken = True
            keep_traceback(self._run_dir, error)
        ended = time.monotonic()
        self._next = ended + max(FIGURES_EVERY, (ended - began) / FIGURES_SHARE)


def keep_traceback(run_dir: RunDir, error: BaseException) -> None:
    """A crash is a defect of ours: the run's folder keeps what is needed to report it."""
    text = "".join(traceback.format_exception(error))
    try:
        (run_dir.path / "error.txt").write_text(text, encoding="utf-8")
    except OSError as failed:
        print(f"nntui: cannot write {run_dir.path / 'error.txt'}: {failed}", file=sys.stderr)
