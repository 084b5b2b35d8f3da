"""fit for the two-layer network: the document's loop of iterations as a lazy stream of events.

For each iteration: a batch drawn with replacement, its gradient in the way that `config.gradient` names, a step, the
loss of the same batch after it. Accuracies are measured after the first iteration of each epoch, as in the document.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController
from torch import nn

from core.components.learning_rate import LearningRate
from core.components.optimizers import step_of
from core.data.parts import Data
from core.data.prepare import load_data
from core.events.commands import StreamCommand, Turns
from core.events.events import Event
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig
from core.network.build import pick_device
from core.training.epoch import end_epoch
from core.training.evaluate import evaluate, measures_running, measures_train
from core.training.finite import overflow_told
from core.training.inspect import Inspector
from core.training.report import Report, running_metrics
from core.training.state import TrainState
from core.training.steering import Stopped, tell
from core.two_layer.module import TwoLayer
from core.two_layer.net import Array, Labels, Net, autograd, backprop, losses, softmax
from core.two_layer.numerical import Differences

Steering = Generator[Event | None, StreamCommand | None, None]

PIECE = 1 << 20
"""Random numbers at a time, where they are drawn only to be skipped."""


class Batches:
    """The samples of each iteration. They follow from the seed and the iteration alone, so a resumed run needs no
    generator state for them, and a gradient that is given up half-way has lost nothing."""

    def __init__(self, model: TwoLayer, seed: int, samples: int, size: int, step: int = 0) -> None:
        """From iteration `step` on, 0 for the first: `size` of `samples`, drawn with replacement."""
        inputs, hidden = model.W1.shape
        self._random = np.random.RandomState(seed)
        Net.drawn(self._random, inputs, hidden, len(model.b2), 1.0)  # the weights come first
        self._samples, self._size = samples, size
        left = step * size
        while left:
            left -= len(self._draw(min(left, PIECE)))

    def next(self) -> NDArray[np.int64]:
        """Indices (size,) of the next iteration."""
        return self._draw(self._size)

    def _draw(self, n: int) -> NDArray[np.int64]:
        return self._random.randint(0, self._samples, size=n)  # what `np.random.choice(samples, n)` draws


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Turns:
    """As `textbook.fit`, of the two-layer net. It also yields None, a turn within a gradient that takes long."""
    data = data or load_data(config, pick_device(config.device))
    config = fitted_to(config, data.facts)
    state = state or TrainState.new(config, data)
    try:
        with _one_thread(), overflow_told():
            yield from _train(config, state, data)
    except Stopped:
        return None
    return state.stopping.reason


def _one_thread() -> contextlib.AbstractContextManager[object]:
    """NumPy's matrix products on this thread alone: they are small, and OpenBLAS's threads wait for the next one by
    spinning, which takes a whole core from whoever looks on."""
    limited: contextlib.AbstractContextManager[object] = (
        ThreadpoolController().select(internal_api="openblas").limit(limits=1)
    )
    return limited


def _train(config: RunConfig, state: TrainState, data: Data) -> Steering:
    train, size, model = data.splits["train"], config.batch_size, state.model
    assert isinstance(model, TwoLayer)
    per_epoch = math.ceil(len(train) / size)
    total = config.total_steps(len(train))
    update = step_of(state.optimizer)
    net, eps = model.net, float(config.loss["eps"])
    rate = LearningRate.of(config, len(train))
    when, inspector = config.evaluate.when, Inspector(state, data)
    batches = Batches(model, config.seed, len(train), size, state.step)
    if state.step == 0 and "start" in when:
        yield from evaluate(config, state, data)
    again = "epoch" in when and state.batch == 1  # stopped while it was measured: the fold has dropped that
    while not state.over(config):
        report = Report(state, train.target, running=not measures_train(config, "epoch"))
        last_batch = min(per_epoch, total - state.epoch * per_epoch)
        if again:
            yield from evaluate(config, state, data)
        again = False
        while state.batch < last_batch:
            rows = torch.from_numpy(batches.next())
            x, labels = train.x[rows].flatten(1).numpy(), train.target[rows].numpy()
            if config.gradient == "numerical":
                gradient = yield from _numerical(net, x, labels, config, report)
            else:
                gradient = (backprop if config.gradient == "backprop" else autograd)(net, x, labels, eps)
            for name, each in gradient:
                model.get_parameter(name).grad = torch.from_numpy(each)
            norm = None
            if config.clip_grad_norm is not None:
                norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip_grad_norm)
            state.use_lr(rate.at(state.base_lr, state.step, state.plateau.drops))
            update()

            state.batch += 1
            state.step += 1
            state.rows = rows
            _hidden, logits = net.forward(x)
            loss = np.mean(losses(softmax(logits), labels, eps))
            report.add(torch.tensor(loss), torch.from_numpy(logits), rows, norm)
            measuring = state.batch == 1 and "epoch" in when
            if report.due or measuring or state.batch == last_batch:
                yield from report.tell()
            if measuring:
                yield from evaluate(config, state, data)
                report.restart()
        if measures_running(config, state.epoch):
            drawn = Batches(model, config.seed, len(train), size, state.step - state.batch)
            rows = torch.from_numpy(np.concatenate([drawn.next() for _batch in range(state.batch)]))
            yield from tell(state, running_metrics(config, state, train.target[rows]))
        just_measured = "epoch" in when and state.batch == 1
        yield from end_epoch(config, state, data, rate, inspector, measured=just_measured)


def _numerical(
    net: Net, x: Array, labels: Labels, config: RunConfig, report: Report
) -> Generator[Event | None, StreamCommand | None, Net]:
    """The numerical gradient of one batch, with a turn for the consumer now and then. Raises Stopped."""
    assert config.h is not None
    differences = Differences(net, x, labels, float(config.loss["eps"]), config.h)
    for _unit in differences.by_unit():
        yield from report.offer_turn()
    return differences.gradient
