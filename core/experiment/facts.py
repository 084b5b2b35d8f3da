"""What is known of data and of a network's output before anything is loaded or built. Needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.components.outputs import OUTPUTS, Output, Task
from core.experiment.schema import RunConfig


@dataclass(frozen=True)
class Facts:
    """What is known of the data, before it is loaded or after. None: not known yet."""

    task: Task | None
    classes: int | None
    """After `label_map`."""
    raw_classes: int | None
    shape: tuple[int, ...] | None
    train: int | None = None
    """Samples in the train split."""

    @classmethod
    def of(cls, config: RunConfig, known: dict[str, Any]) -> Facts:
        raw = known.get("outputs") if known["task"] == "classification" else None
        classes = raw if config.label_map is None else max(config.label_map) + 1
        return cls(known["task"], classes, raw, known.get("shape"), _train_samples(config, known.get("samples")))


def facts_of(config: RunConfig) -> Facts:
    """What is known of its dataset before it is loaded."""
    component = config.component("dataset")
    known = component.facts_of(config.arguments("dataset"))
    known.setdefault("task", None if component.facts.get("task") else "classification")
    return Facts.of(config, known)


def _train_samples(config: RunConfig, samples: int | None) -> int | None:
    """Of a dataset of `samples`, or of one whose own train split has so many."""
    if samples is None or config.split is None:
        return samples
    if config.split.train_size is not None:  # as scikit-learn's train_test_split rounds
        samples = math.floor(samples * config.split.train_size)
    return samples - math.ceil(samples * config.split.validation)


def output_of(config: RunConfig) -> Output:
    """How the loss of `config` reads the last layer."""
    return OUTPUTS[config.component("loss").facts.get("output", "logits")]


def outputs_of(config: RunConfig, facts: Facts) -> int | None:
    """Width of the last layer."""
    return 1 if output_of(config).single else facts.classes
