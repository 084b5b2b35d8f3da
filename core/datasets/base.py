"""What every dataset module shares: the registry, where files lie, what a dataset returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.components.outputs import Task
from core.components.registry import Component, Registry

if TYPE_CHECKING:
    import torch

    from core.tables.fields import Field

DATASETS = Registry("dataset")


def reader_of(name: str) -> Component | None:
    """The dataset that reads a file of this name as a table of one's own; None where it is no such name."""
    known = DATASETS.registered().values()
    return next((each for each in known if (reads := each.brings("table")) and reads(name)), None)


class Source:
    """Where a dataset may find its files, and the seed of one that is drawn at random."""

    def __init__(self, data_dir: Path, seed: int = 0) -> None:
        self.data_dir = data_dir
        self.drawn = False
        """Whether anybody has asked for the seed: then the data depend on it."""
        self._seed = seed

    @property
    def seed(self) -> int:
        self.drawn = True
        return self._seed


@dataclass(frozen=True)
class Download:
    """Files of a dataset that can be fetched: gzipped at each mirror, unpacked in `folder` of the data folder."""

    folder: str
    files: Mapping[str, str]
    """Name of each unpacked file and the MD5 of its `.gz`, as torchvision knows it."""
    mirrors: tuple[str, ...]
    """URLs of folders, the first one is tried first."""
    size: int = 0
    """Bytes to come, for all files; 0: not known."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Relative to the data folder."""
        return tuple(f"{self.folder}/{name}" for name in self.files)


@dataclass(frozen=True)
class RawData:
    """A dataset before it is split.

    `x`: float32 or float64, (samples, *shape). `y`: int64 class indices (samples,), or for regression float32 or
    float64 values (samples,). `test_x`, `test_y`: the dataset's own test split, if it has one.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: tuple[str, ...] = ()
    """Names of the classes; none for regression."""
    features: tuple[str, ...] = ()
    """Names of the columns of a table."""
    test_x: torch.Tensor | None = None
    test_y: torch.Tensor | None = None
    divided_by: float = 1.0
    """What the values that people know (pixels from 0 to 255) were divided by."""
    target: str = ""
    """Name of what is predicted."""
    fields: tuple[Field, ...] = ()
    """Of a table of one's own: `x` then has their codes, one column for each."""
    columns: tuple[str, ...] = ()
    """All that the file of a table of one's own has, as they stand there."""
    unnamed: int = 0
    """How many they are, where that file has no header."""
    unknown: str = "refuse"
    """`other`: categories that the train split does not have are taken as its average."""
    separator: str = ""
    """Of the file of a table of one's own."""
    drawn: bool = False
    """Whether the seed of the run decides what it is."""
    notes: tuple[str, ...] = ()
    """What whoever trains on it should know."""

    @property
    def task(self) -> Task:
        return "classification" if self.classes else "regression"
