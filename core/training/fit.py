"""fit of whatever network a config names: by PyTorch's loop, or by the one that its model brings."""

from __future__ import annotations

from core.data.parts import Data
from core.events.commands import Turns
from core.experiment.schema import RunConfig
from core.training.state import TrainState


def fit(config: RunConfig, state: TrainState | None = None, data: Data | None = None) -> Turns:
    """See `core.training.textbook.fit`. A loop that a model brings may also yield None, a turn within a step that takes
    long."""
    if own := config.component("model").brings("loop"):
        turns: Turns = own(config, state, data)
        return turns
    from core.training import textbook

    return textbook.fit(config, state, data)
