"""What a network is made of: its layers, their output shapes, its parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from core.experiment.facts import Facts, facts_of, outputs_of
from core.experiment.schema import RunConfig


def describe(model: nn.Module, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """One `{name, type, output, parameters}` per layer in the order of the forward pass; shapes are of one sample."""
    layers: list[dict[str, Any]] = []
    hooks = []
    for name, module in model.named_modules():
        if any(module.children()):
            continue

        def note(module: nn.Module, _inputs: Any, output: torch.Tensor, name: str = name) -> None:
            layers.append(
                {
                    "name": name or "model",
                    "type": type(module).__name__,
                    "output": list(output.shape[1:]),
                    "parameters": count_parameters(module),
                }
            )

        hooks.append(module.register_forward_hook(note))
    training = model.training
    try:
        model.eval()  # dropout must not draw from the generator that the run is about to use
        with torch.no_grad():
            model(torch.zeros(1, *shape, device=next(model.parameters()).device))
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

    Built on the meta device: no memory, no random numbers. `facts`: those of data that is loaded.
    """
    facts = facts or facts_of(config)
    outputs = outputs_of(config, facts)
    if facts.shape is None or outputs is None:
        return None
    with torch.device("meta"):
        model = config.component("model").build(facts.shape, outputs, **config.arguments("model"))
    return layers_of(config, model, facts.shape)
