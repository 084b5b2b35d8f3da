"""A look at a dataset before anything is trained on it: rows, ranges, classes and their balance, pictures, points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import torch

from core.components.keys import as_text
from core.components.outputs import Task
from core.data.prepare import encode_fields, map_labels
from core.data.split import split
from core.datasets.base import RawData
from core.experiment.schema import SplitConfig
from core.tables.fields import Field


@dataclass(frozen=True)
class Column:
    """A feature of a table or its target: its range over all samples, standard deviation as a population's."""

    name: str
    minimum: float
    maximum: float
    mean: float
    deviation: float
    of: str = ""
    """Where it is 0 or 1, the column of the table that this input tells of: of a category, a yes or no, a gap."""


_PIECE = 1 << 20
"""Values at a time."""


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
    names, parts = encode_fields(raw, split(raw, split_config))
    x, y = parts["train"]
    every_y = torch.cat([part_y for _x, part_y in parts.values()])
    every_x = [part_x.flatten(1) for part_x, _y in parts.values()]
    pictures = len(raw.x.shape) == 4
    features = names or tuple(f"x{i + 1}" for i in range(x[0].numel()))
    if pictures:
        columns = [_column("pixel", [part_x.flatten() for part_x in every_x], raw.divided_by)]
    else:
        columns = [
            _column(name, [part_x[:, i] for part_x in every_x], raw.divided_by) for i, name in enumerate(features)
        ]
        told_by = chain.from_iterable(_told_by(each) for each in raw.fields)
        columns = [replace(column, of=next(told_by, "")) for column in columns]
    if raw.task == "regression":
        columns.append(_column(raw.target or "target", [every_y]))
    flat = x.ndim == 2 and x.shape[1] == 2 and raw.classes
    return Preview(
        task=raw.task,
        shape=tuple(x.shape[1:]),
        dtypes=(_dtype(x), _dtype(raw.y)),
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
        points=[
            (*point, label)
            for point, label in zip(torch.cat(every_x)[:2000].tolist(), every_y[:2000].tolist(), strict=True)
        ]
        if flat
        else [],
    )


def _told_by(field: Field) -> list[str]:
    """Of each of its inputs `Column.of`."""
    return ["" if field.kind == "number" and i == 0 else field.name for i in range(len(field.inputs))]


def _column(name: str, parts: Sequence[torch.Tensor], divided_by: float = 1.0) -> Column:
    """Of the values (n,) of all parts, in double precision piece by piece: pictures are large."""
    pieces = [piece for part in parts for piece in torch.split(part, _PIECE)]
    edges = torch.stack([torch.stack(piece.aminmax()) for piece in pieces]).double() * divided_by
    n = sum(len(piece) for piece in pieces)
    mean = sum(float(piece.double().sum()) for piece in pieces) / n
    variance = sum(float((piece.double() - mean).square().sum()) for piece in pieces) / n
    return Column(
        name, float(edges[:, 0].min()), float(edges[:, 1].max()), mean * divided_by, math.sqrt(variance) * divided_by
    )


def _dtype(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
