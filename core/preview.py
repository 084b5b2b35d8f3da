"""A look at a dataset before anything is trained on it: rows, ranges, classes and their balance, pictures, points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from core.config import SplitConfig
from core.data import map_labels, split
from core.datasets.base import RawData
from core.keys import as_text
from core.outputs import Task


@dataclass(frozen=True)
class Column:
    """A feature of a table or its target: its range over all samples, standard deviation as a population's."""

    name: str
    minimum: float
    maximum: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Preview:
    """What a person wants to know of a dataset. Values are raw: pixels from 0 to 255, not to 1."""

    task: Task
    shape: tuple[int, ...]
    dtypes: tuple[str, str]
    """Of the inputs and of the targets."""
    sizes: dict[str, int]
    """Samples in each split."""
    target: str
    classes: tuple[str, ...]
    balance: dict[str, list[int]]
    """Samples of each class, by split; empty for regression."""
    columns: list[Column]
    """Of a table, the target last where it is a value; of pictures one column `pixel`."""
    rows: list[list[float]]
    """The first samples, flattened; none of pictures."""
    targets: list[str]
    """Their classes or values; of pictures those of `pictures`."""
    pictures: list[list[list[float]]]
    """The first pictures of the train split, rows of grey values from 0 to 1."""
    points: list[tuple[float, float, int]]
    """Of two-dimensional classes at most 2,000 samples: x, y, class."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def preview(
    raw: RawData, split_config: SplitConfig | None = None, label_map: Sequence[int] | None = None, n: int = 5
) -> Preview:
    """Raises ConfigError where a split would be empty."""
    raw = map_labels(raw, label_map)
    parts = split(raw, split_config)
    x, y = parts["train"]
    every_x, every_y = (torch.cat([part[i] for part in parts.values()]) for i in (0, 1))
    pictures = len(raw.x.shape) == 4
    features = raw.features or tuple(f"x{i + 1}" for i in range(raw.x[0].numel()))
    columns = [_column("pixel", every_x.flatten() * raw.divided_by)] if pictures else _columns(features, every_x, raw)
    if raw.task == "regression":
        columns.append(_column(raw.target or "target", every_y))
    flat = raw.x.ndim == 2 and raw.x.shape[1] == 2 and raw.classes
    return Preview(
        task=raw.task,
        shape=tuple(raw.x.shape[1:]),
        dtypes=(_dtype(raw.x), _dtype(raw.y)),
        sizes={name: len(part_y) for name, (_x, part_y) in parts.items()},
        target=raw.target,
        classes=raw.classes,
        balance={
            name: torch.bincount(part_y, minlength=len(raw.classes)).tolist() for name, (_x, part_y) in parts.items()
        }
        if raw.classes
        else {},
        columns=columns,
        rows=[] if pictures else (x[:n].flatten(1) * raw.divided_by).tolist(),
        targets=[raw.classes[i] if raw.classes else as_text(i) for i in y[:n].tolist()],
        pictures=x[:n, 0].tolist() if pictures else [],
        points=[(*point, label) for point, label in zip(every_x[:2000].tolist(), every_y[:2000].tolist(), strict=True)]
        if flat
        else [],
    )


def _columns(features: Sequence[str], x: torch.Tensor, raw: RawData) -> list[Column]:
    x = x.flatten(1) * raw.divided_by
    return [_column(name, x[:, i]) for i, name in enumerate(features)]


def _column(name: str, values: torch.Tensor) -> Column:
    values = values.double()
    low, high = (float(value) for value in values.aminmax())
    return Column(name, low, high, float(values.mean()), float(values.std(correction=0)))


def _dtype(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
