"""The losses. A loss is a function without positional arguments that returns a module (output, target) → mean loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.registry import Registry

if TYPE_CHECKING:
    from torch import nn

LOSSES = Registry("loss")


@LOSSES.add("cross-entropy")
def cross_entropy() -> nn.Module:
    """Cross-entropy of logits (n, classes) against class indices (n,): log-softmax and negative log-likelihood."""
    from torch import nn

    return nn.CrossEntropyLoss()
