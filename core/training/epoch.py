"""The end of an epoch, the same in every loop: judged by what was measured in it, measured for the last time where it
ends the run, looked into, checked and told."""

from __future__ import annotations

from core.components.learning_rate import LearningRate
from core.data.parts import Data
from core.events.events import EpochEnded, LearningRateReduced
from core.experiment.schema import RunConfig
from core.training.evaluate import evaluate
from core.training.finite import check_weights
from core.training.inspect import Inspector
from core.training.state import EpochSums, TrainState
from core.training.steering import Telling, tell


def end_epoch(
    config: RunConfig, state: TrainState, data: Data, rate: LearningRate, inspector: Inspector, *, measured: bool
) -> Telling:
    """End the epoch under way; `measured`: whether the weights as they are now have been evaluated in it. Raises
    TrainingFailed when a weight or a loss is not finite."""
    yield from _judge(config, state, rate)
    over = state.epoch + 1 == config.epochs or bool(state.stopping.reason)
    if over and "end" in config.evaluate.when and not measured:
        yield from evaluate(config, state, data)
    if over or inspector.due:
        yield from tell(state, inspector.inspect())
    check_weights(state.model if state.vector is None else state.vector, state.step)
    seconds, state.sums = state.sums.seconds, EpochSums()
    state.epoch, state.batch = state.epoch + 1, 0
    yield from tell(state, EpochEnded(epoch=state.epoch, step=state.step, seconds=seconds))


def _judge(config: RunConfig, state: TrainState, rate: LearningRate) -> Telling:
    """Judge the epoch that ends by what was measured in it: whether the run is over, whether its learning rate goes
    down."""
    measured, epoch = state.stopping.epoch, state.epoch + 1
    state.stopping.end_epoch(config.stop, epoch)
    lowered = rate.judge(state.plateau, state.base_lr, epoch, state.step, measured)
    if lowered is not None:
        yield from tell(
            state,
            LearningRateReduced(
                epoch=epoch,
                step=state.step,
                old=lowered[0],
                new=lowered[1],
                drops=state.plateau.drops,
                monitor=rate.monitor or "",
                best=state.plateau.best,
            ),
        )
