"""The losses. A loss is a function of its hyperparameters that returns a module (output, target) → mean loss.

The fact `output` says what it takes from the last layer (see `core.components.outputs`): `logits` if not given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from core.components.registry import Registry

if TYPE_CHECKING:
    from torch import nn

LOSSES = Registry("loss")


def _smoothed_or_shifted(given: Mapping[str, Any]) -> None:
    if given["eps"] and given["label_smoothing"]:
        raise ValueError("loss.eps and loss.label_smoothing do not go together; leave one out")


@LOSSES.add("cross-entropy", output="logits", check=_smoothed_or_shifted)
def cross_entropy(
    *,
    label_smoothing: Annotated[float, Field(ge=0, lt=1, description="share spread over all classes")] = 0.0,
    eps: Annotated[
        float, Field(ge=0, lt=1, description="added to the probability before the logarithm: -log(y + eps)")
    ] = 0.0,
) -> nn.Module:
    """Cross-entropy of logits (n, classes) against class indices (n,): log-softmax and negative log-likelihood."""
    from torch import Tensor, nn

    if not eps:
        return nn.CrossEntropyLoss(label_smoothing=label_smoothing)

    class WithEps(nn.Module):
        """As code does it that takes the logarithm of a softmax: -log(y + eps) of the true class."""

        def forward(self, output: Tensor, target: Tensor) -> Tensor:
            y = output.softmax(dim=1).gather(1, target.unsqueeze(1))
            return -(y + eps).log().mean()

    return WithEps()


@LOSSES.add("nll", output="log-probabilities")
def nll() -> nn.Module:
    """Negative log-likelihood of log-probabilities (n, classes), as log-softmax gives them."""
    from torch import nn

    return nn.NLLLoss()


@LOSSES.add("bce", output="probability")
def bce() -> nn.Module:
    """Binary cross-entropy of one probability (n, 1), as sigmoid gives it, against labels 0 and 1."""
    from torch import Tensor, nn
    from torch.nn import functional

    class BCE(nn.BCELoss):
        """NaN where PyTorch's raises (and on a GPU breaks the process): a diverged run ends as other ones do."""

        def forward(self, output: Tensor, target: Tensor) -> Tensor:
            lost = output.isnan()
            if not bool(lost.any()):
                return super().forward(output, target)
            losses = functional.binary_cross_entropy(output.masked_fill(lost, 0.5), target, reduction="none")
            losses = losses.masked_fill(lost, math.nan)
            return losses if self.reduction == "none" else losses.mean()

    return BCE()


@LOSSES.add("bce-logits", output="logit")
def bce_logits() -> nn.Module:
    """Binary cross-entropy of one logit (n, 1): sigmoid and BCE in one, without overflow."""
    from torch import nn

    return nn.BCEWithLogitsLoss()


@LOSSES.add("mse", output="value")
def mse() -> nn.Module:
    """Mean squared error: mean of (output - target)²."""
    from torch import nn

    return nn.MSELoss()


@LOSSES.add("mae", output="value")
def mae() -> nn.Module:
    """Mean absolute error: mean of |output - target|; outliers weigh less than with MSE."""
    from torch import nn

    return nn.L1Loss()


@LOSSES.add("huber", output="value")
def huber(
    *,
    delta: Annotated[float, Field(gt=0, allow_inf_nan=False, description="error where linear begins")] = 1.0,
) -> nn.Module:
    """Huber loss: squared for errors below delta, linear above (Huber 1964)."""
    from torch import nn

    return nn.HuberLoss(delta=delta)
