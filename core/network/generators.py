"""The generators a network may draw from while it is built: PyTorch's, and those of Python and NumPy."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch


def seed_others(seed: int) -> None:
    """Those of Python and NumPy, which components of the user's own may draw from."""
    random.seed(seed)
    np.random.seed(seed)


@contextmanager
def seeded(seed: int, devices: Sequence[torch.device] = ()) -> Iterator[None]:
    """All of them seeded, on the CPU and on the GPUs `devices`; afterwards they stand where they stood. Those of other
    GPUs are not touched."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=list(devices)):
            torch.default_generator.manual_seed(seed)  # torch.manual_seed seeds all GPUs, which would stay seeded
            for device in devices:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            seed_others(seed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
