"""Figures as data: what kinds there are, what each holds, and its file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeAlias

from pydantic import ConfigDict, TypeAdapter

from core.runs.folder import RunDir
from core.system.files import write_atomically

Rows: TypeAlias = list[list[float]]
"""A picture, the top row first."""

Split: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Base of all figures. Those that do not fit together raise ValueError: a file may come from anywhere."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(allow_inf_nan=False)

    epoch: int
    """Epochs that were over."""
    step: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, all of them finite."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Raises ValueError."""
        figure: Self = _READERS[cls.__name__].validate_python(saved)
        return figure


@dataclass(frozen=True, kw_only=True)
class Regions(Figure):
    """What the network makes of every place in a plane, in the units of the data. Rows of cells run from the top, the
    largest y, downwards."""

    x_range: tuple[float, float]
    """Left and right edge."""
    y_range: tuple[float, float]
    """Lower and upper edge."""
    cells: list[list[int]]
    """Index of the class at the middle of each cell."""
    probability: Rows
    """Of that class."""
    points: list[tuple[float, float, int, Split]]
    """x, y, index of the true class, split."""
    classes: list[str]
    features: tuple[str, str]
    """Names of x and y."""

    def __post_init__(self) -> None:
        _check_same_shape([self.cells, self.probability])
        _check_indices([index for row in self.cells for index in row], self.classes)
        _check_indices([label for _x, _y, label, _split in self.points], self.classes)
        _check_range([self.probability], 0, 1)
        xs, ys = [x for x, _y, _label, _split in self.points], [y for _x, y, _label, _split in self.points]
        for (low, high), values in ((self.x_range, xs), (self.y_range, ys)):
            if not (low < high and math.isfinite(high - low)):
                raise ValueError(f"an axis from {low:g} to {high:g}")
            _check_range([[values]], low, high)


@dataclass(frozen=True, kw_only=True)
class Samples(Figure):
    """The first pictures of the test split and what the network takes them for: one entry per picture in each list."""

    pictures: list[Rows]
    """Grey values from 0 to 1."""
    predicted: list[int]
    probability: list[float]
    """Of the predicted class."""
    true: list[int]
    classes: list[str]

    def __post_init__(self) -> None:
        _check_same_shape(self.pictures)
        _check_range([*self.pictures, [self.probability]], 0, 1)
        _check_indices(self.predicted, self.classes)
        _check_indices(self.true, self.classes)
        if not len(self.pictures) == len(self.predicted) == len(self.probability) == len(self.true):
            raise ValueError("lists of different lengths")


@dataclass(frozen=True, kw_only=True)
class Weights(Figure):
    """The first layer as pictures: what each unit looks for in the pixels, or the kernels of a convolution."""

    layer: str
    """Its name in the state_dict."""
    kind: Literal["units", "kernels"]
    total: int
    """How many the layer has; the first of them are in `maps`."""
    scale: float
    """The largest absolute weight of those that are shown."""
    maps: list[Rows]
    """Weights / scale, so from -1 to 1; the mean over the channels of a picture."""
    classes: list[str]
    """Names of all units where each stands for a class, else none."""

    def __post_init__(self) -> None:
        _check_same_shape(self.maps)
        _check_range(self.maps, -1, 1)
        if self.classes and len(self.classes) != self.total:
            raise ValueError("units and their names differ in number")


@dataclass(frozen=True, kw_only=True)
class Confusion(Figure):
    """What the samples of the test split are, and what the network takes them for."""

    n: int
    """Samples that were asked."""
    total: int
    """That the split has."""
    counts: list[tuple[int, int, int]]
    """Index of the true class, of the predicted one, how many; those pairs only that occur."""
    classes: list[str]

    def __post_init__(self) -> None:
        _check_indices([index for true, predicted, _n in self.counts for index in (true, predicted)], self.classes)
        if sum(n for *_pair, n in self.counts) != self.n or any(n < 1 for *_pair, n in self.counts):
            raise ValueError("counts that do not make up the samples")
        if not 0 < self.n <= self.total or len({(t, p) for t, p, _n in self.counts}) != len(self.counts):
            raise ValueError("more samples than there are, or a pair twice")


@dataclass(frozen=True, kw_only=True)
class Predictions(Figure):
    """True values of the test split beside the predicted ones, in the units of the data."""

    total: int
    """Samples that the split has; some of them are shown."""
    true: list[float]
    predicted: list[float]
    target: str
    """What is predicted, where it has a name."""

    def __post_init__(self) -> None:
        if not 0 < len(self.true) == len(self.predicted) <= self.total:
            raise ValueError("lists of different lengths")


KINDS: dict[str, type[Figure]] = {
    "regions": Regions,
    "samples": Samples,
    "confusion": Confusion,
    "predictions": Predictions,
    "weights": Weights,
}
"""By the name of their file."""
_READERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in KINDS.values()}


def _check_same_shape(pictures: list[Any]) -> None:
    shapes = {(len(rows), *{len(row) for row in rows}) for rows in pictures}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 2 or 0 in shape:
        raise ValueError("pictures that are empty, ragged or of different shapes")


def _check_range(pictures: list[Rows], low: float, high: float) -> None:
    if not all(low <= min(row) and max(row) <= high for rows in pictures for row in rows if row):
        raise ValueError(f"a value that is not between {low:g} and {high:g}")


def _check_indices(indices: list[int], classes: list[str]) -> None:
    if indices and not 0 <= min(indices) <= max(indices) < len(classes):
        raise ValueError("an index without a class")


# On disk.


def write(run_dir: RunDir, drawn: Mapping[str, Figure]) -> None:
    """Each into its file, whole or not at all. Raises OSError."""
    if drawn:
        run_dir.figures.mkdir(exist_ok=True)
    for name, figure in drawn.items():
        text = json.dumps(figure.to_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        _write(run_dir, name, text.encode())


def _write(run_dir: RunDir, name: str, content: bytes) -> None:
    # Made anew within seconds: to wait for the disk would cost more than to draw it.
    write_atomically(run_dir.figures / f"{name}.json", lambda file: file.write(content), durable=False)


def read(run_dir: RunDir, name: str) -> Figure | None:
    """The latest figure `name`; None where there is none, or something else lies there."""
    try:
        reader = _READERS[KINDS[name].__name__]
        figure: Figure = reader.validate_json((run_dir.figures / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return figure
