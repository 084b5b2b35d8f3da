"""Which trials may be trained as one stack, and which of them should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from core.components.metrics import METRICS
from core.components.models import hidden_units
from core.data.inputs import Inputs
from core.data.parts import Data
from core.experiment.rules import fitted_to
from core.experiment.schema import RunConfig

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
"""Those whose step is the learning rate times a direction that does not depend on it."""

LOSSES = ("cross-entropy", "nll", "bce", "bce-logits", "mse", "mae", "huber")
"""Those that are a mean over samples, each of which counts as much in any batch of its size."""

OWN = {"model": ("hidden", "n_layers", "n_units", "layer_names"), "optimizer": ("lr", "weight_decay")}
"""What each trial of a stack may have for itself, beside `name`, `summary` and `seed`."""

STEP, LAYER, PARAMETER, PRODUCT = 1e-4, 4e-5, 7e-10, 1.2e-10
"""Seconds on one core of 2026 that a step costs: as such, for each layer of the deepest trial, for each weight with
padding, and for each of those and each sample of the batch. Only their ratios decide a plan, and they drift little."""

LONGEST_STEP = 0.01
"""Seconds by this model: a larger stack would gain nothing, and answer late."""

MOST = 1024
"""Trials in a stack."""


def key_of(config: RunConfig, data: Data) -> str | None:
    """Trials with equal keys may share a stack. None: this one has to be trained alone, by `fit`.

    `data` is the trial's own: there are datasets that depend on the seed.
    """
    if (
        config.model["name"] not in ("linear", "mlp")
        or config.model.get("dropout")
        or config.loss["name"] not in LOSSES
        or config.loss.get("eps")
        or config.optimizer["name"] not in OPTIMIZERS
        or config.component("schedule").facts.get("watches")  # each has a learning rate of its own
        or config.component("schedule").origin is not None  # what one of the user's own raises ends its trial alone
        or any(METRICS[name].origin is not None for name in config.metrics or ())
        or config.device == "mps"  # has no float64 to add up losses in
    ):
        return None
    shared = fitted_to(config, data.facts).to_dict()
    for key in ("name", "summary", "seed"):
        del shared[key]
    for section, keys in OWN.items():
        shared[section] = {key: value for key, value in shared[section].items() if key not in keys}
    return json.dumps([shared, data.sha256], sort_keys=True)


def units_of(config: RunConfig) -> tuple[int, ...]:
    """Units of each hidden layer, first to last, of a trial that has a key."""
    return () if config.model["name"] == "linear" else tuple(hidden_units(config.model))


def plan(configs: Sequence[RunConfig], inputs: Inputs, max_stack: int | None = None) -> list[list[int]]:
    """Divide trials of one key into stacks of at most `max_stack`, so that an epoch of all takes as little time as
    possible: indices of `configs`.

    Each stack has an overhead, and pads its trials to its widest. So trials are sorted by width and cut where the sum
    of both is least, by dynamic programming over the cuts.
    """
    units = [units_of(config) for config in configs]
    trials = sorted(range(len(configs)), key=lambda i: (max(units[i], default=0), units[i]))
    depth = max((len(each) for each in units), default=0)
    table = np.zeros((len(trials), depth), dtype=np.int64)
    for row, i in enumerate(trials):
        table[row, : len(units[i])] = units[i]
    most = min(max_stack or MOST, MOST)
    least = np.full(len(trials) + 1, np.inf)  # seconds of the first so many trials
    least[0] = 0.0
    cut = np.zeros(len(trials) + 1, dtype=np.int64)
    for first in range(len(trials)):
        seconds = least[first] + _step_seconds(table[first : first + most], inputs, configs[0].batch_size)
        better = np.flatnonzero(seconds < least[first + 1 : first + 1 + len(seconds)])
        least[first + 1 + better] = seconds[better]
        cut[first + 1 + better] = first
    stacks: list[list[int]] = []
    last = len(trials)
    while last:
        stacks.insert(0, sorted(trials[cut[last] : last]))
        last = int(cut[last])
    return stacks


def _step_seconds(units: NDArray[np.int64], inputs: Inputs, batch_size: int) -> NDArray[np.float64]:
    """What a step costs of stacks of the first 1, 2, … of some trials, given their units (trials, layers), 0 for none;
    infinite from where it takes too long."""
    layers = 1 + (np.maximum.accumulate(units, axis=0) > 0).sum(1)
    seconds = padded_parameters(units, inputs) * (PARAMETER + batch_size * PRODUCT)
    too_long = (seconds > LONGEST_STEP) & (np.arange(len(units)) > 0)
    return np.where(too_long, np.inf, STEP + layers * LAYER + seconds)


def padded_parameters(units: NDArray[np.int64], inputs: Inputs) -> NDArray[np.int64]:
    """Of stacks of the first 1, 2, … of some trials, given their units (trials, layers), 0 for none."""
    n = np.arange(1, len(units) + 1)[:, None]
    widths = np.hstack([np.full_like(n, prod(inputs.shape)), np.maximum.accumulate(units, axis=0)])
    have = np.hstack([n, np.cumsum(units > 0, axis=0), np.zeros_like(n)])  # trials with so many hidden layers, at least
    hidden = have[:, 1:-1] * widths[:, 1:] * (widths[:, :-1] + 1)
    output = (have[:, :-1] - have[:, 1:]) * inputs.outputs * (widths + 1)
    parameters: NDArray[np.int64] = hidden.sum(1) + output.sum(1)
    return parameters


def weights_of(configs: Sequence[RunConfig], inputs: Inputs) -> int:
    """Parameters of a stack of these trials, about: padding included."""
    units = [units_of(config) for config in configs]
    table = np.zeros((len(units), max(len(each) for each in units)), dtype=np.int64)
    for row, each in enumerate(units):
        table[row, : len(each)] = each
    return int(padded_parameters(table, inputs)[-1])
