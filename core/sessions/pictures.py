"""What is drawn on the way, as a wrapper of a stream: figures and snapshots of gradients, as often as they may cost."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from core.data.parts import Data
from core.events.commands import Turns
from core.events.events import EpochEnded, Event, StepsEnded
from core.experiment.schema import RunConfig
from core.figures import draw as figures_draw
from core.figures import kinds
from core.runs.folder import RunDir
from core.sessions.pacing import Pace
from core.sessions.session import keep_traceback
from core.sessions.turns import Answer, each
from core.training.state import TrainState

FIGURES_EVERY = 1.0
"""Seconds between two drawings, at least."""
FIGURES_SHARE = 0.02
"""Of the time, at most, goes into them."""


class Pictures:
    """Draws the pictures of a run, and knows when to draw them again."""

    def __init__(self, config: RunConfig, state: TrainState, data: Data, run_dir: RunDir) -> None:
        self._state, self._run_dir = state, run_dir
        self._drawn: list[Callable[[], None]] = [partial(_draw_figures, state, data, run_dir)]
        self._after: tuple[type[Event], ...] = (EpochEnded,)
        if own := config.component("model").brings("figures"):  # they are worth watching all the time
            self._drawn.append(partial(own(config, state, data).draw, run_dir))
            self._after = (EpochEnded, StepsEnded)
        self._pace = Pace(FIGURES_EVERY, FIGURES_SHARE, at_once=True)
        self._shown: tuple[int, int] | None = None
        """Epoch and step of the latest ones."""
        self._broken = False

    def due(self, event: Event | None) -> bool:
        return isinstance(event, self._after) and self._pace.due

    def draw(self) -> None:
        """Write them anew, unless those on disk show this state.

        A picture is never worth a run: its facts are in the log, and it can be drawn again from the weights. So where
        one cannot be written (disk full, folder read-only) training goes on, the old picture stays with its own step in
        it for whoever looks, and the next one is tried in its turn. Should the disk be full for the log as well, the
        log ends the run and says why. Any other error is a defect of ours: the run's folder keeps the traceback, and
        nothing more is drawn in this session.
        """
        where = (self._state.epoch, self._state.step)
        if self._broken or self._shown == where:
            return
        with self._pace.doing():
            try:
                with contextlib.suppress(OSError):
                    for draw in self._drawn:
                        draw()
                    self._shown = where
            except Exception as error:
                self._broken = True
                keep_traceback(self._run_dir, error)


def with_pictures(stream: Turns, pictures: Pictures) -> Turns:
    """`stream` with `pictures` of its beginning, its end, and now and then of what lies between."""

    def then(event: Event | None) -> Answer:
        command = yield event
        if pictures.due(event):
            pictures.draw()
        return command

    pictures.draw()
    complete = yield from each(stream, then)
    pictures.draw()
    return complete


def _draw_figures(state: TrainState, data: Data, run_dir: RunDir) -> None:
    kinds.write(run_dir, figures_draw.figures(state, data))
