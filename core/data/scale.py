"""Standardising: mean and deviation of each feature, fitted on the train split a few columns at a time, so that memory
never holds a wide table twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

AT_ONCE = 500_000
"""Numbers in float64 (4 MB) that are made together."""
FITTED_AT_ONCE = 8_000_000
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
        """By scikit-learn's StandardScaler; a constant feature gets the deviation 1. `columns(first, last)` gives those
        features of all rows in float64, (rows, last - first); `at_once`: how many numbers to ask for together."""
        from sklearn.preprocessing import StandardScaler

        mean: list[float] = []
        deviation: list[float] = []
        for first, last in _blocks(rows, width, at_once):
            scaler = StandardScaler(copy=False).fit(columns(first, last).contiguous().numpy())
            mean += scaler.mean_.tolist()
            deviation += scaler.scale_.tolist()
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


def _blocks(rows: int, width: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Columns to take together, no more than memory should hold twice. Never one alone where there are others: NumPy
    adds up a single column in another order, and a run would no longer have the scale of one that was begun before."""
    each = max(2, at_once // max(1, rows))
    first = 0
    while first < width:
        last = width if width - first <= each + 1 else first + each
        yield first, last
        first = last
