"""fit: the textbook training loop as a lazy stream of events.

For each epoch, for each batch: a step, which is forward, loss, backward and update (`TextbookStep`); then evaluate.
Threads, files, timers and screens live elsewhere: whoever pulls decides. Nothing is yielded inside `inference_mode`,
which the consumer would inherit.
"""

from __future__ import annotations

import math

from core.components.learning_rate import LearningRate
from core.data.parts import Data
from core.data.prepare import load_data
from core.events.commands import Stream
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.build import pick_device
from core.training.batches import batch_order
from core.training.epoch import end_epoch
from core.training.evaluate import evaluate, measures_running, measures_train
from core.training.finite import overflow_told
from core.training.inspect import Inspector
from core.training.report import Report, running_metrics
from core.training.state import TrainState
from core.training.steering import Stopped, Telling, tell
from core.training.step import step_for
from core.training.threads import Watch, used


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Stream:
    """Train `state` (fresh if None) from where it stands to the end, telling what happens.

    Returns why that was the end: an empty string after `config.epochs`, else the condition of `config.stop` that was
    met; None when it was stopped. Send `Stop` at a yield and the stream ends with `state` ready to be saved and
    continued; send `Set` to change the learning rate. Raises TrainingFailed when a loss or a
    weight is NaN or infinite.
    """
    data = data or load_data(config, pick_device(config.device))
    config = fitted_to(config, data.facts)
    state = state or TrainState.new(config, data)
    try:
        with overflow_told(), used(state.threads):
            yield from _train(config, state, data)
    except Stopped:
        return None
    return state.stopping.reason


def _train(config: RunConfig, state: TrainState, data: Data) -> Telling:
    train, size = data.splits["train"], config.batch_size
    step, batches = step_for(config, state), math.ceil(len(train) / size)
    rate = LearningRate.of(config, len(train))
    when, inspector, watch = config.evaluate.when, Inspector(state, data), Watch(state)
    if state.step == 0 and "start" in when:
        yield from evaluate(config, state, data)
    report = Report(state, train.target, running=not measures_train(config, "epoch"))
    while not state.over(config):
        order = batch_order(config, state.epoch, len(train))
        order = order if order is None else order.to(state.device)
        state.learn()
        report.restart()
        while state.batch < batches:
            chosen = slice(state.batch * size, (state.batch + 1) * size)
            rows = chosen if order is None else order[chosen]
            x, y = train.rows(rows)
            state.use_lr(rate.at(state.base_lr, state.step, state.plateau.drops))
            loss, output = step(x, y)

            state.batch += 1
            state.step += 1
            report.add(loss, output, rows, step.grad_norm)
            if report.due or state.batch == batches:
                step.settle()
                told = yield from report.tell()
                if changed := watch.saw(told):
                    yield from tell(state, changed)
        if measures_running(config, state.epoch):
            target = train.target if order is None else train.target[order]
            yield from tell(state, running_metrics(config, state, target))
        if "epoch" in when:
            yield from evaluate(config, state, data)
        yield from end_epoch(config, state, data, rate, inspector, measured="epoch" in when)
