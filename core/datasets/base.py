"""What every dataset module shares: the registry, where files lie, what a dataset returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.registry import Registry

if TYPE_CHECKING:
    import torch

DATASETS = Registry("dataset")


@dataclass(frozen=True)
class Source:
    """Where a dataset may find its files, and the seed of one that is drawn at random."""

    data_dir: Path
    seed: int = 0


@dataclass(frozen=True)
class RawData:
    """A dataset before it is split.

    `x`: float32, (samples, *shape). `y`: int64 class indices (samples,). `test_x`, `test_y`: the dataset's own test
    split, if it has one.
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: tuple[str, ...]
    features: tuple[str, ...] = ()
    test_x: torch.Tensor | None = None
    test_y: torch.Tensor | None = None
