"""A session: one stretch of training of one run, from `start` or `resume` to its RunEnded.

Here `fit` meets the run's folder: checkpoints at epoch ends (at most one a second) and on stop, weights at the
end, every event in the log, and now and then the figures.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from core.data import saved_inputs
from core.data.parts import Data
from core.data.prepare import load_data
from core.events.commands import Checkpoint, Set, Stop, StreamCommand, Turns
from core.events.events import (
    BestModelSaved,
    EpochEnded,
    Event,
    ModelSaved,
    Predicted,
    SettingChanged,
    StepsEnded,
)
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.history.history import History
from core.network import predict, weights
from core.network.build import pick_device
from core.network.layers import count_parameters
from core.runs import leftovers
from core.runs.event_log import EventLog
from core.runs.folder import RunDir
from core.sessions.reopen import reopen
from core.sessions.run import Recorder
from core.sessions.savers import Checkpoints, Figures
from core.sessions.session import Session, make_session
from core.sessions.started import run_started as run_started
from core.training import checkpoint
from core.training.fit import fit
from core.training.state import TrainState
from core.training.steering import change

TEXT_LIMIT = 1000
"""Parameters of a network whose weights are told in full when they are saved."""


def start(run_config: RunConfig, root: Path, argv: Sequence[str] = (), recorders: Sequence[Recorder] = ()) -> Session:
    """Load the data, build the network, make the run's folder. `recorders` see every event once it is in the log.

    Raises UserError before anything is written.
    """
    data = load_data(run_config, pick_device(run_config.device))
    run_config = fitted_to(run_config, data.facts)
    state = TrainState.new(run_config, data)
    run_dir = RunDir.create(root, run_config.name, run_config.to_toml())
    try:
        saved_inputs.write_inputs(run_dir, data.inputs)
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


def _session(run_config: RunConfig, state: TrainState, data: Data, run_dir: RunDir, firsts: Sequence[Event]) -> Turns:
    """`fit` with its files: each checkpoint and the weights, told as events like all else, after `firsts`."""
    stream = fit(run_config, state, data)
    saves = Checkpoints(state, run_dir)
    drawn = Figures(run_config, state, data, run_dir)
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
    text = str(weights.read_weights(run_dir.model)) if small else ""
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
