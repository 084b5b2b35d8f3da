"""A network from its config: on its device, from its seed, within the memory there is."""

from __future__ import annotations

import torch
from torch import nn

from core.data.inputs import Inputs
from core.errors import ConfigError, first_line
from core.experiment.schema import RunConfig
from core.system.memory import free_memory


def initial_model(config: RunConfig, inputs: Inputs) -> nn.Module:
    """The network that a run of `config` starts from: `torch.manual_seed(config.seed)`, then the layers first to last,
    on the CPU; or as its model says that they are drawn. Raises ConfigError."""
    _check_memory(config, inputs)
    torch.manual_seed(config.seed)
    model = build_model(config, inputs)
    if draw := config.component("model").brings("draw"):
        draw(model, config.seed)
    return model


def build_model(config: RunConfig, inputs: Inputs) -> nn.Module:
    """The network of `config` with fresh weights. Raises ConfigError when there is no memory for it."""
    try:
        model: nn.Module = config.component("model").build(inputs.shape, inputs.outputs, **config.arguments("model"))
    except (RuntimeError, MemoryError) as error:  # PyTorch says RuntimeError when there is no memory for it
        raise ConfigError(f"cannot build the network: {first_line(error)}; make it smaller") from None
    return model


COPIES = 4
"""Of each weight while it trains: itself, its gradient, two moments of the optimizer."""


def bytes_to_train(weights: int, each: int = 4) -> int:
    """What so many weights of `each` so many bytes take of memory, copies included."""
    return COPIES * each * weights


def _check_memory(config: RunConfig, inputs: Inputs) -> None:
    """Raise ConfigError for a network that has no room in memory. To try it would be no test: the system promises
    memory that it does not have, and ends the process that uses it."""
    try:
        with torch.device("meta"):
            model = config.component("model").build(inputs.shape, inputs.outputs, **config.arguments("model"))
    except (RuntimeError, OverflowError):  # more bytes than 64 bits can count
        raise ConfigError("cannot build the network: no machine has the memory for it; make it smaller") from None
    needed = sum(bytes_to_train(p.numel(), p.element_size()) for p in model.parameters())
    free = free_memory()
    if needed > free:
        raise ConfigError(
            f"the network needs {needed / 1e9:,.1f} GB of memory to train, of {free / 1e9:,.1f} GB free; "
            + ("use a smaller model.hidden" if "hidden" in config.model else "make it smaller")
        )


def pick_device(wish: str) -> torch.device:
    """The torch device for `auto`, `cpu`, `cuda` or `mps`. Raises ConfigError for one that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return torch.device("cuda" if there["cuda"] else "cpu")
    if not there[wish]:
        raise ConfigError(f"device = {wish}: there is none here; choose from auto, cpu")
    return torch.device(wish)
