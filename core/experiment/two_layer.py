"""What the two-layer net fills in of an experiment, and what does not go with it: it computes with NumPy on the CPU,
and the gradient of plain cross-entropy."""

from __future__ import annotations

from typing import Any

from core.experiment.facts import Facts
from core.experiment.schema import RunConfig


def completed(config: RunConfig) -> dict[str, Any]:
    """Values of a run as a whole that are left to it."""
    return {
        "gradient": config.gradient or "numerical",
        "h": config.h or 1e-4,
        "device": "cpu" if config.device == "auto" else config.device,
    }


def why_not(config: RunConfig, facts: Facts) -> str:
    """In one line, naming the key and what would do; empty where all goes with it."""
    name = config.model["name"]
    if facts.task == "regression":
        return f"model {name} tells classes apart, but {config.dataset['name']} has values; use model.name=mlp"
    if config.loss["name"] != "cross-entropy" or config.loss["label_smoothing"]:
        what = "label_smoothing" if config.loss["name"] == "cross-entropy" else f"loss {config.loss['name']}"
        return f"model {name} knows the gradient of plain cross-entropy, not {what}; use loss.name=cross-entropy"
    if config.device != "cpu":
        return f"device = {config.device}: model {name} computes with NumPy; use device=cpu"
    return ""
