"""fit of whatever network a config names: PyTorch's loop, or the two-layer net with its gradients."""

from __future__ import annotations

from core.data.parts import Data
from core.events.commands import Turns
from core.experiment.schema import RunConfig
from core.training.rehearse import has_own, told_as_failed
from core.training.state import TrainState


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Turns:
    """See `train.fit` and `two_layer_train.fit`."""
    stream = _fit(config, state, data)
    return _told(stream) if has_own(config) else stream


def _told(stream: Turns) -> Turns:
    with told_as_failed():
        return (yield from stream)


def _fit(config: RunConfig, state: TrainState | None, data: Data | None) -> Turns:
    if config.model["name"] == "two-layer":
        from core.training import two_layer

        return two_layer.fit(config, state, data)
    from core.training import textbook

    return textbook.fit(config, state, data)
