"""fit of whatever network a config names: by PyTorch's loop, or by the one that its model brings."""

from __future__ import annotations

from core.data.parts import Data
from core.errors import ConfigError
from core.events.commands import Turns
from core.experiment.schema import RunConfig
from core.training.rehearse import has_own, told_as_failed
from core.training.state import TrainState


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Turns:
    """See `core.training.textbook.fit`. A loop that a model brings may also yield None, a turn within a step that takes
    long."""
    stream = _fit(config, state, data)
    return _told(stream) if has_own(config) else stream


def _told(stream: Turns) -> Turns:
    with told_as_failed():
        return (yield from stream)


def _fit(config: RunConfig, state: TrainState | None, data: Data | None) -> Turns:
    if state is None and config.initial_weights is not None:
        raise ConfigError("initial_weights: a session reads them; give fit a state that has them")
    if own := config.component("model").brings("loop"):
        turns: Turns = own(config, state, data)
        return turns
    from core.training import textbook

    return textbook.fit(config, state, data)
