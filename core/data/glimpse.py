"""A glimpse of a dataset: a few of its pictures, or its samples as points of two of its features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.prepare import load_raw, map_labels
from core.datasets.base import RawData, Source
from core.experiment.schema import RunConfig
from core.system.folders import data_root, user_path

PICTURES = 12
POINTS = 600
MOST = 20_000
"""Samples of a dataset that is loaded for this."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Glimpse:
    """`pictures` are rows of grey values from 0 to 1, `labels` what each shows; else `x` and `y` (n,) are points, their
    `labels` the classes, of which there are none where y is what is predicted."""

    pictures: list[list[list[float]]]
    labels: list[int]
    classes: tuple[str, ...]
    x: list[float]
    y: list[float]
    axes: tuple[str, str] = ("", "")


def glimpse(config: RunConfig) -> Glimpse | None:
    """None where there is nothing that could be shown, or it would take long. Raises DataError."""
    component = config.component("dataset")
    few = component.brings("few")
    if few is not None:
        data_dir = user_path(config.data_dir) if config.data_dir else data_root()
        raw: RawData = few(Source(data_dir, config.seed), PICTURES)
    elif component.origin is not None or "paths" in component.facts:
        return None
    else:
        samples = component.facts_of(config.arguments("dataset")).get("samples")
        if samples is None or samples > MOST:
            return None
        raw = map_labels(load_raw(config), config.label_map)
    if raw.x.ndim == 4:
        n = PICTURES
        return Glimpse(raw.x[:n, 0].tolist(), raw.y[:n].tolist(), raw.classes, [], [])
    if raw.x.ndim != 2 or len(raw.x) < 3 or (raw.classes and raw.x.shape[1] < 2):
        return None
    return _points(raw)


def _points(raw: RawData) -> Glimpse:
    """In the two features that tell the classes apart best, or in the one that tells most of what is predicted."""
    x, y = raw.x.double().numpy(), raw.y.double().numpy()
    names = raw.features or tuple(f"x{i + 1}" for i in range(x.shape[1]))
    some = slice(0, None, max(1, len(x) // POINTS))
    if not raw.classes:
        with np.errstate(all="ignore"):
            related = np.abs(np.nan_to_num([np.corrcoef(column, y)[0, 1] for column in x.T]))
        best = int(related.argmax())
        return Glimpse([], [], (), x[some, best].tolist(), y[some].tolist(), (names[best], raw.target or "target"))
    first, second = sorted(np.argsort(-_between(x, y), kind="stable")[:2].tolist())
    return Glimpse(
        [],
        [int(label) for label in y[some]],
        raw.classes,
        x[some, first].tolist(),
        x[some, second].tolist(),
        (names[first], names[second]),
    )


def _between(x: Floats, y: Floats) -> Floats:
    """Of each feature (n, k): its variance between the classes over that within them."""
    groups = [x[y == label] for label in np.unique(y)]
    between = sum((len(group) * (group.mean(0) - x.mean(0)) ** 2 for group in groups), np.zeros(x.shape[1]))
    within = sum((((group - group.mean(0)) ** 2).sum(0) for group in groups), np.zeros(x.shape[1]))
    ratio: Floats = np.nan_to_num(between / np.maximum(within, 1e-300))
    return ratio
