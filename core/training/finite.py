"""Whether a network's weights are numbers still. A loss tells of the weights before an update, and a dead unit hides
infinite ones: so they are looked at once an epoch, and before they are saved."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from core.events.commands import TrainingFailed

OVERFLOW = "without overflow"
"""What PyTorch says of a number that it was to compute with and that its type cannot hold."""


def why_spoilt(tensors: Iterable[Tensor], step: int) -> str:
    """Why training cannot go on, or an empty string where all of `tensors` is finite after `step` updates."""
    floats = [tensor.detach() for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
    if not floats:
        return ""
    if math.isfinite(sum(tensor.sum().item() for tensor in floats)):  # one fast pass: what is not finite stays so
        return ""
    if all(bool(tensor.isfinite().all()) for tensor in floats):  # the sum alone was too large
        return ""
    kind = "NaN" if any(bool(tensor.isnan().any()) for tensor in floats) else "infinite"
    return f"weights became {kind} by step {step}; try a lower learning rate: optimizer.lr"


def check_weights(weights: nn.Module | Tensor, step: int) -> None:
    """Raise TrainingFailed where a weight, of a network or in one tensor of all, is not finite after `step` updates."""
    tensors = [weights] if isinstance(weights, Tensor) else [*weights.parameters(), *weights.buffers()]
    with torch.no_grad():
        reason = why_spoilt(tensors, step)
    if reason:
        raise TrainingFailed(reason)


@contextlib.contextmanager
def overflow_told() -> Iterator[None]:
    """What PyTorch cannot compute with any more ends the run in one line: a step of 1e39, say, where `optimizer.lr`
    alone would do. Raises TrainingFailed."""
    try:
        yield
    except RuntimeError as error:
        if OVERFLOW not in str(error):
            raise
        raise TrainingFailed("a step became infinite; try a lower learning rate: optimizer.lr") from None
