"""Datasets that come inside scikit-learn: nothing to download."""

from __future__ import annotations

from core.datasets.base import DATASETS, RawData, Source


@DATASETS.add("iris", shape=(4,), outputs=3, samples=150)
def iris(source: Source) -> RawData:
    """Iris: 150 flowers, 4 measurements in cm, 3 species."""
    import torch
    from sklearn.datasets import load_iris

    bunch = load_iris()
    return RawData(
        x=torch.tensor(bunch.data, dtype=torch.float32),
        y=torch.tensor(bunch.target, dtype=torch.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        features=tuple(bunch.feature_names),
    )
