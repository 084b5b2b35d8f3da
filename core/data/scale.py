"""Standardising: mean and deviation of each feature, fitted on the train split a few columns at a time, so that memory
never holds a wide table twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

AT_ONCE = 500_000
"""Numbers in float64 (4 MB) that are made together."""
FITTED_AT_ONCE = 2_000_000
"""And of which mean and deviation are found together."""


@dataclass(frozen=True)
class Scale:
    """Standardised = (value - mean) / deviation; per feature, in float64."""

    mean: list[float]
    deviation: list[float]

    @classmethod
    def fit(cls, values: torch.Tensor) -> Scale:
        """As `fit_columns`, on (n, *shape)."""
        flat = values.flatten(1)
        return cls.fit_columns(len(flat), flat.shape[1], lambda first, last: flat[:, first:last].double())

    @classmethod
    def fit_columns(
        cls,
        rows: int,
        width: int,
        columns: Callable[[int, int], torch.Tensor],
        at_once: int = FITTED_AT_ONCE,
    ) -> Scale:
        """A constant feature gets the deviation 1. `columns(first, last)` gives those features of all rows in float64,
        (rows, last - first); `at_once`: how many numbers to ask for together."""
        mean: list[float] = []
        deviation: list[float] = []
        for first, last in _blocks(rows, width, at_once):
            means, deviations = _of_columns(columns(first, last).contiguous().numpy())
            mean += means.tolist()
            deviation += deviations.tolist()
        return cls(mean, deviation)

    def apply(self, values: torch.Tensor) -> torch.Tensor:
        """(n, *shape) of float64 or float32 → float64."""
        mean, deviation = self._tensors
        return ((values.double().flatten(1) - mean) / deviation).view_as(values)

    def undo(self, values: torch.Tensor) -> torch.Tensor:
        """What `apply` made of values, back in their own units: (n, *shape) → float64."""
        mean, deviation = self._tensors
        return (values.double().flatten(1) * deviation + mean).view_as(values)

    @property
    def _tensors(self) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(self.mean, dtype=torch.float64), torch.tensor(self.deviation, dtype=torch.float64)


def _of_columns(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Mean and deviation of each column of (rows, columns) in float64, to the last bit those of scikit-learn, whose
    import takes a second and 70 MB. The variance has the correction, and the bound below which a column counts
    as constant the error, that Chan, Golub and LeVeque give ("Algorithms for computing the sample variance", 1983). NaN
    is left out."""
    missing = np.isnan(values)
    add = np.nansum if missing.any() else np.sum
    with np.errstate(all="ignore"):  # what is not finite is told where the parts are checked
        rows = len(values) - missing.sum(axis=0).astype(np.float64)
        mean = add(values, axis=0) / rows
        off = values - mean
        correction = add(off, axis=0)
        off **= 2
        variance = (add(off, axis=0) - correction**2 / rows) / rows
        eps = np.finfo(np.float64).eps
        constant = variance <= rows * eps * variance + (rows * mean * eps) ** 2
        return mean, np.where(constant, 1.0, np.sqrt(variance))


def _blocks(rows: int, width: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Columns to take together, no more than memory should hold twice. Never one alone where there are others: NumPy
    adds up a single column in another order, and a run would no longer have the scale of one that was begun before."""
    each = max(2, at_once // max(1, rows))
    first = 0
    while first < width:
        last = width if width - first <= each + 1 else first + each
        yield first, last
        first = last
