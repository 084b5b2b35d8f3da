"""A config in words, for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.config import RunConfig
from tui.units import count


def section(values: Mapping[str, Any]) -> str:
    """`adam, lr 0.01`."""
    rest = (f"{key.replace('_', ' ')} {_value(value)}" for key, value in values.items() if key != "name")
    return ", ".join([str(values["name"]), *rest])


def _value(value: Any) -> str:
    return "-".join(str(item) for item in value) or "none" if isinstance(value, list | tuple) else f"{value}"


def steps_per_epoch(config: RunConfig) -> int | None:
    """Before the data is loaded, from what its dataset is known to hold."""
    samples: int | None = config.component("dataset").facts.get("samples")
    if samples is None:
        return None
    # As scikit-learn's train_test_split rounds.
    train = math.floor(samples * config.split.train_size) if config.split else samples
    return math.ceil(train / config.batch_size)


def describe(config: RunConfig, parameters: str) -> list[tuple[str, str]]:
    """(label, value) rows of what a run of `config` will do; `parameters` is their number, if it is known yet."""
    steps = steps_per_epoch(config)
    order = "shuffled" if config.shuffle else "in order"
    measured = (
        " and ".join(config.evaluate.splits)
        + " "
        + ", ".join(f"after each {w}" if w == "epoch" else f"at the {w}" for w in config.evaluate.when)
    )
    return [
        ("Data", config.component("dataset").summary),
        (
            "Split",
            f"{100 * config.split.train_size:g} % to train on, random state {config.split.random_state}"
            if config.split
            else "its own train and test split",
        ),
        ("Network", section(config.model)),
        ("Parameters", parameters),
        ("Loss", section(config.loss)),
        ("Optimizer", section(config.optimizer)),
        ("Epochs", count(config.epochs) + (f" of {count(steps)} steps" if steps else "")),
        ("Batches", f"{count(config.batch_size)} samples, {order}"),
        ("Measured", measured),
        ("Seed", str(config.seed)),
        ("Device", config.device),
    ]
