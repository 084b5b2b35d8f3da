"""Gradient check: the gradient of an experiment's loss by autograd against finite differences, on a few of its weights.

Nothing that trains notices it: it has a network of its own, in float64 on the CPU, and no generator is advanced.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from core.data.inputs import Inputs
from core.data.parts import Data
from core.data.prepare import load_data
from core.errors import RunError, UserError
from core.experiment import named, resolve
from core.experiment.data_folder import with_data_found
from core.experiment.schema import RunConfig
from core.gradients.finite_differences import (
    Curve,
    Verdict,
    difference,
    judge,
    noise_of,
    relative_difference,
    rounding_error,
)
from core.network.build import build_model
from core.network.weights import Weights, fill, newest_weights
from core.runs.event_log import read_started
from core.runs.folder import RunDir

STEP = 1e-6
"""The h of `torch.autograd.gradcheck`: near the cube root of float64's precision, where the errors of a central
difference by rounding (like 1/h) and by truncation (like h²) are about equal."""
COUNT = 12
NOISE_POINTS = 9
NOISE_STEP = 1e-10
"""Points to estimate the rounding error of a loss from, and the relative change of the weights between two of them."""
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


@dataclass(frozen=True)
class Row:
    """One weight: ∂L/∂w by autograd and by finite differences."""

    tensor: str
    """Its name in the state_dict."""
    index: tuple[int, ...]
    value: float
    autograd: float
    numerical: float
    """Central: (L(w + h) - L(w - h)) / 2h."""
    forward: float
    """(L(w + h) - L(w)) / h"""
    backward: float
    """(L(w) - L(w - h)) / h"""
    verdict: Verdict

    @property
    def absolute(self) -> float:
        """|autograd - numerical|"""
        return abs(self.autograd - self.numerical)

    @property
    def relative(self) -> float:
        """|autograd - numerical| / max(|autograd|, |numerical|); 0 where both are 0."""
        return relative_difference(self.autograd, self.numerical)


@dataclass(frozen=True)
class Source:
    """Which weights are checked."""

    file: str
    step: int | None
    """Updates that made them; None where the run's log does not tell."""
    epoch: int | None
    """Epochs that were over by then."""


@dataclass(frozen=True)
class Report:
    """The result of a check."""

    source: Source
    batch: int
    """Samples."""
    h: float
    loss: float
    """Mean over the batch."""
    parameters: int
    """Entries of all tensors that have a gradient."""
    dropout: bool
    """Whether the network has dropout, which is off here."""
    rows: tuple[Row, ...]
    rounding: float
    """What rounding alone can make of a central difference with this h."""
    autograd_seconds: float
    """Of one forward and backward pass, which gives all gradients."""
    numerical_seconds: float
    """Of two forward passes for each row."""

    @property
    def largest(self) -> float:
        """The largest relative difference, but for rows whose gradient is less than rounding can tell."""
        return max((row.relative for row in self.rows if row.verdict != "rounding"), default=0.0)

    @property
    def tensors(self) -> int:
        """How many tensors the rows are of."""
        return len({row.tensor for row in self.rows})


@dataclass
class GradientCheck:
    """A network and one batch, made float64 and put into evaluation mode; to be checked by one thread at a time.

    `x` (n, *shape) and `y` as the loss takes it: class indices (n,), or numbers (n, 1).
    """

    model: nn.Module
    loss: nn.Module
    x: Tensor
    y: Tensor
    source: Source = Source("", None, None)

    def __post_init__(self) -> None:
        self.model = self.model.double().eval()
        self.loss = self.loss.double().eval()
        self.x = self.x.double()
        self.y = self.y.double() if self.y.is_floating_point() else self.y

    @classmethod
    def load(cls, run_dir: RunDir, data_dir: str | None = None) -> GradientCheck:
        """The newest weights that a run has saved, and the first `batch_size` samples of its train split.

        `data_dir` overrides the folder that the run recorded. Raises UserError: no weights yet, or none that can be
        read or are finite; data that is missing or has changed.
        """
        named.check(run_dir)
        run_config = resolve.load(str(run_dir.config))
        weights = newest_weights(run_dir)  # before the data, which may take seconds
        data = _load_data(run_dir, run_config, data_dir)
        model = _network(run_config, data.inputs, run_dir, weights)
        part, size = data.splits["train"], run_config.batch_size
        epoch = None if weights.step is None else weights.step // math.ceil(len(part) / size)
        return cls(
            model=model,
            loss=run_config.component("loss").build(**run_config.arguments("loss")),
            x=part.x[:size].clone(),  # not a view that keeps the whole split in memory
            y=part.y[:size].clone(),
            source=Source(weights.path.name, weights.step, epoch),
        )

    def check(self, h: float = STEP, count: int = COUNT, seed: int = 0) -> Report:
        """Compare ∂L/∂w by autograd with (L(w + h) - L(w - h)) / 2h for `count` weights, drawn by `seed` from a
        generator of its own: one of each tensor, then more of the larger ones.

        L is the mean loss of the experiment over the batch, with the network in evaluation mode: dropout is off, for
        two random masks would be two different losses. Weight decay is no part of L, nor is clipping: both belong to
        the update, not to the gradient. The relative difference is |a - n| / max(|a|, |n|), as in Stanford's CS231n
        notes ("Gradient checks"), and at most 1e-5 where they agree; `finite_differences.judge` tells the verdicts.

        Raises UserError for an h that is not positive and finite, a count below 1, and a loss that is not finite.
        """
        if not 0 < h < math.inf:
            raise UserError(f"h = {h:g}: must be positive and finite")
        if count < 1:
            raise UserError(f"{count} weights to check: must be 1 or more")
        tensors = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        noise = self._noise
        self._gradients(list(tensors.values()))  # the first one pays for what is set up once
        began = time.perf_counter()
        gradients = self._gradients(list(tensors.values()))
        autograd_seconds = time.perf_counter() - began
        loss, numerical_seconds, rows = self._loss(), 0.0, []
        for i, at in choose([p.numel() for p in tensors.values()], count, seed):
            name, parameter = list(tensors.items())[i]
            index = tuple(int(n) for n in np.unravel_index(at, tuple(parameter.shape)))
            curve, w = self._curve(parameter, index), float(parameter.detach()[index])
            began = time.perf_counter()
            found = difference(curve, w, loss, h)
            numerical_seconds += time.perf_counter() - began
            gradient = float(gradients[i][index])
            verdict = judge(curve, w, loss, gradient, found, h, noise)
            rows.append(Row(name, index, w, gradient, found.central, found.forward, found.backward, verdict))
        return Report(
            source=self.source,
            batch=len(self.x),
            h=h,
            loss=loss,
            parameters=sum(p.numel() for p in tensors.values()),
            dropout=any(isinstance(module, DROPOUTS) and module.p > 0 for module in self.model.modules()),
            rows=tuple(rows),
            rounding=rounding_error(noise, h),
            autograd_seconds=autograd_seconds,
            numerical_seconds=numerical_seconds,
        )

    def _gradients(self, parameters: Sequence[Tensor]) -> list[Tensor]:
        """∂L/∂w, in the shapes of `parameters`; 0 for those that L does not depend on."""
        found = torch.autograd.grad(self.loss(self.model(self.x), self.y), parameters, allow_unused=True)
        return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]

    @torch.no_grad()
    def _loss(self) -> float:
        loss = float(self.loss(self.model(self.x), self.y))
        if not math.isfinite(loss):
            raise RunError(
                f"the loss of these weights is {loss}: it has no gradient to check; try a lower learning rate"
            )
        return loss

    def _curve(self, parameter: Tensor, index: tuple[int, ...]) -> Curve:
        entries = parameter.detach()  # the same memory, without a history

        def loss_at(value: float) -> float:
            before = entries[index].clone()
            entries[index] = value
            try:
                return self._loss()
            finally:
                entries[index] = before

        return loss_at

    @cached_property
    def _noise(self) -> float:
        """The standard deviation of the rounding error of the loss, along a random line through the weights."""
        generator = torch.Generator().manual_seed(0)
        weights = [p.detach() for p in self.model.parameters()]
        line = [NOISE_STEP * w * torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in weights]
        before = [w.clone() for w in weights]
        losses = []
        try:
            for i in range(NOISE_POINTS):
                for w, start, direction in zip(weights, before, line, strict=True):
                    w.copy_(start + i * direction)
                losses.append(self._loss())
        finally:
            for w, start in zip(weights, before, strict=True):
                w.copy_(start)
        return noise_of(losses)


def check_gradients(
    run_dir: RunDir, h: float = STEP, count: int = COUNT, seed: int = 0, data_dir: str | None = None
) -> Report:
    """Load and check once; raises as `GradientCheck.load` and `GradientCheck.check` do."""
    return GradientCheck.load(run_dir, data_dir).check(h, count, seed)


def choose(sizes: Sequence[int], count: int, seed: int) -> list[tuple[int, int]]:
    """`count` entries of tensors with so many entries each, drawn by `seed`: (tensor, flat index), in their order.

    One of each tensor, of some of them at random where `count` is smaller, then one more of each, the largest first.
    """
    rng = np.random.default_rng(seed)
    taken = [0] * len(sizes)
    order = [int(i) for i in rng.permutation(len(sizes))]
    left = min(count, sum(sizes))
    while left:
        for i in order:
            if left and taken[i] < sizes[i]:
                taken[i] += 1
                left -= 1
        order.sort(key=lambda i: -sizes[i])
    return [
        (i, int(at)) for i, n in enumerate(taken) for at in sorted(rng.choice(sizes[i], n, replace=False) if n else [])
    ]


def _load_data(run_dir: RunDir, run_config: RunConfig, data_dir: str | None) -> Data:
    """On the CPU."""
    data = load_data(with_data_found(run_config, data_dir))
    started = read_started(run_dir)
    if started is not None and started.data_sha256 not in ("", data.sha256):
        raise RunError(
            f"the data of {run_dir.run_id} has changed since it was started: its loss cannot be computed again"
        )
    return data


def _network(run_config: RunConfig, inputs: Inputs, run_dir: RunDir, weights: Weights) -> nn.Module:
    """Built on the meta device, where nothing is drawn: a run in another thread may be using the global generator."""
    with torch.device("meta"):
        model = build_model(run_config, inputs)
    fill(model, weights.state_dict, weights.path, run_dir.config, assign=True)
    for name, tensor in model.state_dict().items():
        if not bool(tensor.isfinite().all()):
            raise RunError(f"{weights.path}: {name} holds values that are not finite; there is no gradient to check")
    return model
