"""From a config to tensors in memory: load, split, move to the device, fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch

from core.config import RunConfig
from core.datasets.base import RawData, Source
from core.errors import ConfigError
from core.folders import data_root, user_path


@dataclass(frozen=True)
class Part:
    """One split: `x` (n, *shape), `y` (n,)."""

    x: torch.Tensor
    y: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Data:
    """The splits a run trains and measures on, whole, on its device. Batches are slices of them."""

    splits: dict[str, Part]
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    sha256: str

    @property
    def outputs(self) -> int:
        return len(self.classes)

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(part) for name, part in self.splits.items()}


def load_data(config: RunConfig, device: torch.device | None = None) -> Data:
    """Raises DataError when the dataset's files are missing or broken."""
    data_dir = user_path(config.data_dir) if config.data_dir else data_root()
    raw: RawData = config.component("dataset").build(Source(data_dir, config.seed), **config.arguments("dataset"))
    parts = _split(raw, config)
    return Data(
        splits={name: Part(part.x.to(device), part.y.to(device)) for name, part in parts.items()},
        shape=tuple(raw.x.shape[1:]),
        classes=raw.classes,
        sha256=_fingerprint(parts),
    )


def _split(raw: RawData, config: RunConfig) -> dict[str, Part]:
    if raw.test_x is not None and raw.test_y is not None:
        return {"train": Part(raw.x, raw.y), "test": Part(raw.test_x, raw.test_y)}
    from sklearn.model_selection import train_test_split

    assert config.split is not None  # RunConfig fills it in for a dataset without splits of its own
    n, train_size = len(raw.x), config.split.train_size
    if not 0 < int(n * train_size) < n:
        raise ConfigError(f"split.train_size = {train_size:g}: leaves no samples to train or to test on, of {n}")
    train, test = train_test_split(
        torch.arange(n).numpy(), train_size=train_size, random_state=config.split.random_state
    )
    return {
        "train": Part(raw.x[train], raw.y[train]),
        "test": Part(raw.x[test], raw.y[test]),
    }


def _fingerprint(parts: dict[str, Part]) -> str:
    """SHA-256 over the bytes of all splits, so that a resumed run can tell whether its data is still the same."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        for tensor in (parts[name].x, parts[name].y):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
