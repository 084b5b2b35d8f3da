"""The order of the samples in an epoch: a function of the seed and the epoch alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.experiment.schema import RunConfig


def batch_order(config: RunConfig, epoch: int, n: int) -> Tensor | None:
    """The order (n,) of the samples in `epoch` (0 for the first), or None when they are not shuffled.

    It depends on the seed and the epoch alone, so a resumed run needs no generator state for it.
    """
    if not config.shuffle:
        return None
    seed = int(np.random.SeedSequence([config.seed, epoch]).generate_state(1, np.uint64)[0] >> 1)
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))
