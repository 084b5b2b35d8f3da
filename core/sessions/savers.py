"""What is saved on the way: checkpoints and figures, each as often as it may cost."""

from __future__ import annotations

import contextlib

from core.data.parts import Data
from core.events.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    StepsEnded,
)
from core.experiment.schema import RunConfig
from core.figures import draw as figures_draw
from core.figures import kinds
from core.runs.folder import RunDir
from core.sessions.pacing import Pace
from core.sessions.session import keep_traceback
from core.training import checkpoint
from core.training.state import TrainState

CHECKPOINT_EVERY = 1.0
"""Seconds: epochs that are shorter share a checkpoint, so that saving never outweighs training."""
CHECKPOINT_SHARE = 0.1
"""Of the time, at most, goes into them."""
CHECKPOINT_LATEST = 30.0
"""Seconds after that: epochs that are much longer are saved in the middle too."""
FIGURES_EVERY = 1.0
"""Seconds between two drawings of the figures, at least."""
FIGURES_SHARE = 0.02
"""Of the time, at most, goes into them."""


class Checkpoints:
    """Saves the state, and knows when the next one is worth its time."""

    def __init__(self, state: TrainState, run_dir: RunDir) -> None:
        self.where: tuple[int, int, int] | None = None
        """Epoch, batch and step of the latest one of this session."""
        self.stale = False
        """Whether a setting has been changed since."""
        self._state, self._run_dir = state, run_dir
        self._pace = Pace(CHECKPOINT_EVERY, CHECKPOINT_SHARE)

    @property
    def due(self) -> bool:
        return self._pace.due

    @property
    def overdue(self) -> bool:
        """Whether it should not wait for the end of the epoch."""
        return self._pace.overdue(CHECKPOINT_LATEST)

    def save(self) -> CheckpointSaved:
        """Raises TrainingFailed where nobody would want to go on from there."""
        with self._pace.doing():
            checkpoint.save(self._state, self._run_dir.checkpoint)
        self.where, self.stale = (self._state.epoch, self._state.batch, self._state.step), False
        path = str(self._run_dir.checkpoint)
        return CheckpointSaved(epoch=self._state.epoch, step=self._state.step, path=path)


class Figures:
    """Draws the figures, and knows when to draw them again."""

    def __init__(self, config: RunConfig, state: TrainState, data: Data, run_dir: RunDir) -> None:
        self._state, self._data, self._run_dir = state, data, run_dir
        own = config.component("model").brings("figures")
        self._own = own(config, state, data) if own else None
        self.after: type[Event] | tuple[type[Event], ...] = (
            (EpochEnded, StepsEnded) if own else EpochEnded  # its own are worth watching all the time
        )
        """Events that they may be drawn after."""
        self._pace = Pace(FIGURES_EVERY, FIGURES_SHARE, at_once=True)
        self._shown: tuple[int, int] | None = None
        """Epoch and step of the latest ones."""
        self._broken = False

    @property
    def due(self) -> bool:
        return self._pace.due

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
        with self._pace.doing():
            try:
                drawn = figures_draw.figures(self._state, self._data)
                with contextlib.suppress(OSError):
                    kinds.write(self._run_dir, drawn)
                    if self._own:
                        self._own.draw(self._run_dir)
                    self._shown = where
            except Exception as error:
                self._broken = True
                keep_traceback(self._run_dir, error)
