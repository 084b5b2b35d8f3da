"""fit of whatever network a config names: PyTorch's loop, or the two-layer net with its gradients."""

from __future__ import annotations

from core.config import RunConfig
from core.data import Data
from core.events import Turns
from core.state import TrainState


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Turns:
    """See `train.fit` and `two_layer_train.fit`."""
    if config.model["name"] == "two-layer":
        from core import two_layer_train

        return two_layer_train.fit(config, state, data)
    from core import train

    return train.fit(config, state, data)
