"""What a network is made of: its layers, their output shapes, its parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from core.components.blame import place_of, told, where
from core.components.registry import Component
from core.errors import ConfigError
from core.experiment.facts import Facts, facts_of, outputs_of
from core.experiment.schema import RunConfig
from core.network.generators import seeded


def describe(model: nn.Module, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """One `{name, type, output, parameters}` per layer in the order of the forward pass; shapes are of one sample."""
    layers: list[dict[str, Any]] = []
    hooks = []
    for name, module in model.named_modules():
        if any(module.children()):
            continue

        def note(module: nn.Module, _inputs: Any, output: Any, name: str = name) -> None:
            while isinstance(output, tuple | list) and output:  # of an LSTM its states come after it
                output = output[0]
            layers.append(
                {
                    "name": name or "model",
                    "type": type(module).__name__,
                    "output": list(output.shape[1:]) if isinstance(output, torch.Tensor) else [],
                    "parameters": count_parameters(module),
                }
            )

        hooks.append(module.register_forward_hook(note))
    training = model.training
    try:
        model.eval()  # dropout must not draw from the generator that the run is about to use
        with torch.no_grad():
            first = next(model.parameters())
            dtype = first.dtype if first.is_floating_point() else None
            model(torch.zeros(1, *shape, device=first.device, dtype=dtype))
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return layers


def layers_of(config: RunConfig, model: nn.Module, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """As `describe`, of the network of `config`, which may bring its own way to tell of its layers."""
    own = config.component("model").brings("layers")
    return own(model) if own else describe(model, shape)


def count_parameters(model: nn.Module) -> int:
    """Entries of all trainable tensors."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def expected_layers(config: RunConfig, facts: Facts | None = None) -> list[dict[str, Any]] | None:
    """What `layers_of` will say of the network that `config` trains; None where its data has to be loaded for that.

    Built on the meta device: no memory, no random numbers; but a model of the user's own is built in earnest, which
    must not run beside a Run: it may draw from the global generators, which are put back. `facts`: those of data that
    is loaded.
    """
    facts = facts or facts_of(config)
    outputs = outputs_of(config, facts)
    if facts.shape is None or outputs is None:
        return None
    component = config.component("model")
    if component.origin is not None:
        return _layers_of_own(component, facts.shape, outputs, config)
    with torch.device("meta"):
        model = component.build(facts.shape, outputs, **config.arguments("model"))
    return layers_of(config, model, facts.shape)


def _layers_of_own(
    component: Component, shape: tuple[int, ...], outputs: int, config: RunConfig
) -> list[dict[str, Any]]:
    """Of a model of the user's own, which may compute while it is built, as the meta device cannot. Raises
    ConfigError."""
    with seeded(config.seed):
        model = component.build(shape, outputs, **config.arguments("model"))
        try:
            return layers_of(config, model, shape)
        except Exception as error:  # what it is that is wrong with it is told when it is tried on data
            raise ConfigError(
                f"{where(error) or place_of(component)}: model {component.name}: {told(error)}"
            ) from error
