"""What is saved on the way, as wrappers of a stream: checkpoints as often as they may cost, the best weights, the last
ones, and what these make of the experiment's own inputs."""

from __future__ import annotations

from typing import Protocol

from core.events.commands import Checkpoint, StreamCommand, Turns
from core.events.events import (
    BestModelSaved,
    CheckpointSaved,
    EpochEnded,
    Event,
    ModelSaved,
    Predicted,
    SettingChanged,
    StepsEnded,
)
from core.experiment.schema import RunConfig
from core.network import predict, weights
from core.network.layers import count_parameters
from core.runs.folder import RunDir
from core.sessions.pacing import Pace
from core.sessions.turns import Answer, each
from core.training import checkpoint
from core.training.state import TrainState

CHECKPOINT_EVERY = 1.0
"""Seconds: epochs that are shorter share a checkpoint, so that saving never outweighs training."""
CHECKPOINT_SHARE = 0.1
"""Of the time, at most, goes into them."""
CHECKPOINT_LATEST = 30.0
"""Seconds after that: epochs that are much longer are saved in the middle too."""
TEXT_LIMIT = 1000
"""Parameters of a network whose weights are told in full when they are saved."""


class Saver(Protocol):
    """Saves checkpoints, and knows when one is worth its time."""

    @property
    def ready(self) -> bool:
        """Whether it can be saved at this moment; a checkpoint that is asked for waits for it."""

    def saw(self, event: Event | None) -> None:
        """What happens, before it is told."""

    def due(self, event: Event | None) -> bool:
        """Whether to save after this event, though nobody has asked for it."""

    def left(self, complete: str | None) -> bool:
        """Whether the end of the stream, which returned `complete`, is to be saved."""

    def save(self) -> CheckpointSaved:
        """Raises TrainingFailed where nobody would want to go on from there."""


class Checkpoints:
    """Of one network."""

    ready = True

    def __init__(self, run_config: RunConfig, state: TrainState, run_dir: RunDir, *, stale: bool = False) -> None:
        """`stale`: whether a setting has been changed since the checkpoint that there is."""
        self._config, self._state, self._run_dir, self._stale = run_config, state, run_dir, stale
        self._saved: tuple[int, int, int] | None = None
        """Epoch, batch and step of the latest one of this session."""
        self._pace = Pace(CHECKPOINT_EVERY, CHECKPOINT_SHARE)

    def saw(self, event: Event | None) -> None:
        self._stale |= isinstance(event, SettingChanged)

    def due(self, event: Event | None) -> bool:
        if isinstance(event, EpochEnded):
            return self._state.over(self._config) or self._pace.due
        return isinstance(event, StepsEnded) and self._pace.overdue(CHECKPOINT_LATEST)

    def left(self, complete: str | None) -> bool:
        return self._stale or self._saved != self._where

    def save(self) -> CheckpointSaved:
        with self._pace.doing():
            checkpoint.save(self._state, self._run_dir.checkpoint)
        self._saved, self._stale = self._where, False
        path = str(self._run_dir.checkpoint)
        return CheckpointSaved(epoch=self._state.epoch, step=self._state.step, path=path)

    @property
    def _where(self) -> tuple[int, int, int]:
        return self._state.epoch, self._state.batch, self._state.step


def checkpointed(stream: Turns, saver: Saver) -> Turns:
    """`stream` with checkpoints: when they are due, when they are asked for, and at the end."""
    wanted = begun = False

    def then(event: Event | None) -> Answer:
        nonlocal wanted, begun
        saver.saw(event)
        command: StreamCommand | None = yield event
        if begun and command is None and saver.due(event):
            command = yield saver.save()
        begun = True
        wanted |= isinstance(command, Checkpoint)
        while wanted and saver.ready and (command is None or isinstance(command, Checkpoint)):
            command = yield saver.save()
            wanted = isinstance(command, Checkpoint)
        return None if isinstance(command, Checkpoint) else command

    complete = yield from each(stream, then)
    if saver.left(complete):
        yield saver.save()
    return complete


def with_best(stream: Turns, run_config: RunConfig, state: TrainState, run_dir: RunDir) -> Turns:
    """`stream`, best.pt written whenever an epoch has ended that is the best so far."""

    def then(event: Event | None) -> Answer:
        best = _save_best(run_config, state, run_dir) if isinstance(event, EpochEnded) else None
        command = yield event
        if best and command is None:
            command = yield best
        return command

    return each(stream, then) if run_config.stop.keep_best else stream


def _save_best(run_config: RunConfig, state: TrainState, run_dir: RunDir) -> BestModelSaved | None:
    """Write best.pt where the epoch that has just ended is the best so far."""
    stopping = state.stopping
    if stopping.best_epoch != state.epoch:
        return None
    checkpoint.save_model(state, run_dir.best, durable=False)  # often several times a second, and made anew if lost
    return BestModelSaved(
        epoch=state.epoch,
        step=state.step,
        metric=run_config.stop.monitor or "",
        value=stopping.best,
        path=str(run_dir.best),
    )


def with_model(stream: Turns, state: TrainState, run_dir: RunDir) -> Turns:
    """`stream`, model.pt written at its end, however it came to it."""
    complete = yield from stream
    checkpoint.save_model(state, run_dir.model)
    small = count_parameters(state.model) <= TEXT_LIMIT
    text = str(weights.read_weights(run_dir.model)) if small else ""
    yield ModelSaved(step=state.step, path=str(run_dir.model), state_dict=text)
    return complete


def with_predictions(stream: Turns, run_config: RunConfig, state: TrainState, run_dir: RunDir) -> Turns:
    """`stream`; once it is complete, what the saved weights, loaded into a fresh network, make of the experiment's own
    inputs."""
    complete = yield from stream
    if complete is not None and run_config.predict:
        predictor = predict.Predictor.load(run_dir)
        found = predictor.predict(run_config.predict)
        yield Predicted(
            step=state.step,
            inputs=run_config.predict,
            outputs=[list(each.probabilities) if each.value is None else [each.value] for each in found],
            classes=list(predictor.inputs.classes),
        )
    return complete
