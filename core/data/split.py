"""Which samples are trained on, validated on and tested on: a function of the seed."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from core.datasets.base import RawData
from core.errors import ConfigError
from core.experiment.schema import SplitConfig

if TYPE_CHECKING:
    import numpy as np


Splits: TypeAlias = dict[str, tuple[torch.Tensor, torch.Tensor]]


def split(raw: RawData, config: SplitConfig | None) -> Splits:
    """(x, y) of each split, `validation` only where there is one. Raises ConfigError for one without samples."""
    if raw.test_x is not None and raw.test_y is not None:
        train, test = (raw.x, raw.y), (raw.test_x, raw.test_y)
    else:
        config = config or SplitConfig()
        size = config.train_size or 0.8
        n = len(raw.x)
        if not 0 < int(n * size) < n:
            raise ConfigError(f"split.train_size = {size:g}: leaves no samples to train or to test on, of {n}")
        if config.stratify:
            _check_strata(raw.y, raw.classes, "split.train_size", size, int(n * size))
        train, test = _halves(raw.x, raw.y, config, "train_size", size)
    if config is None or not config.validation:
        return {"train": train, "test": test}
    n, held_out = len(train[0]), ceil(len(train[0]) * config.validation)
    if held_out == n:
        raise ConfigError(f"split.validation = {config.validation:g}: leaves no samples to train on, of {n}; use less")
    if config.stratify:
        _check_strata(train[1], raw.classes, "split.validation", config.validation, n - held_out)
    train, validation = _halves(*train, config, "test_size", config.validation)
    return {"train": train, "validation": validation, "test": test}


def _check_strata(y: torch.Tensor, classes: Sequence[str], key: str, size: float, first: int) -> None:
    """Raise ConfigError where class indices `y` (n,) cannot be in both parts, one of `first` samples and the rest."""
    counts = torch.bincount(y, minlength=len(classes)).tolist()
    few = next((name for name, count in zip(classes, counts, strict=True) if count == 1), None)
    if few is not None:
        raise ConfigError(
            f"split.stratify: class {few} has one sample, too few to divide by {key}; "
            "use split.stratify=false or add samples of it"
        )
    present, smaller = sum(count > 0 for count in counts), min(first, len(y) - first)
    if smaller < present:
        raise ConfigError(
            f"{key} = {size:g}: a part of {smaller} samples cannot hold all {present} classes, as split.stratify "
            f"wants; choose another {key} or split.stratify=false"
        )


def _halves(
    x: torch.Tensor, y: torch.Tensor, config: SplitConfig, key: str, size: float
) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """The parts of scikit-learn's train_test_split: the first has the share `size` of the samples, rounded down, or the
    second that of `test_size`, rounded up."""
    rows: np.ndarray[Any, Any] = torch.arange(len(x)).numpy()
    if config.stratify:
        from sklearn.model_selection import train_test_split

        first, second = train_test_split(rows, **{key: size}, random_state=config.random_state, stratify=y.numpy())
    else:  # as its ShuffleSplit: to import it takes a second
        held_out = ceil(len(rows) * size) if key == "test_size" else len(rows) - int(len(rows) * size)
        order = np.random.RandomState(config.random_state).permutation(len(rows))
        first, second = order[held_out:], order[:held_out]
    parts = (torch.from_numpy(first), torch.from_numpy(second))
    train, test = ((x.index_select(0, part), y.index_select(0, part)) for part in parts)
    return train, test
