"""Whether prepared data can be trained on; and its fingerprint."""

from __future__ import annotations

import hashlib
from math import prod

import torch

from core.data.inputs import Inputs, not_finite
from core.data.parts import Part
from core.errors import DataError
from core.experiment.facts import output_of
from core.experiment.schema import RunConfig


def check_finite(config: RunConfig, inputs: Inputs, parts: dict[str, Part]) -> None:
    """Raise DataError for a value that is not finite in float32, once it is standardised if it is."""
    names = inputs.features or [f"x{j + 1}" for j in range(prod(inputs.shape))]
    for split_name, part in parts.items():
        found = not_finite(part.x)
        column = names[found[1]] if found else inputs.target or "target"
        if found or any(not_finite(each.unsqueeze(1).double()) for each in (part.y.flatten(), part.target)):
            raise DataError(
                f"{config.dataset['name']}: column {column} has a value in the {split_name} split that is not finite "
                f"in {inputs.dtype}; replace it, or divide the column by a power of ten"
            )


def check_targets(config: RunConfig, parts: dict[str, Part]) -> None:
    """Raise DataError for values that the last layer can never reach."""
    low, high = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}.get(
        config.model.get("output_activation", "none"), (-float("inf"), float("inf"))
    )
    if output_of(config).task == "regression":
        y = torch.cat([part.y for part in parts.values()])
        if float(y.min()) < low or float(y.max()) > high:
            raise DataError(
                f"model.output_activation = {config.model['output_activation']} gives values from {low:g} to {high:g}, "
                f"but those to predict lie between {float(y.min()):g} and {float(y.max()):g}; "
                "use model.output_activation=none"
            )


def fingerprint(parts: dict[str, Part]) -> str:
    """SHA-256 over the bytes of all splits, so that a resumed run can tell whether its data is still the same."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        for tensor in (parts[name].x, parts[name].y):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
