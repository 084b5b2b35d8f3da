"""Datasets that come inside scikit-learn: nothing to download."""

from __future__ import annotations

from typing import Any

from core.datasets.base import DATASETS, RawData, Source


@DATASETS.add("iris", shape=(4,), outputs=3, samples=150)
def iris(source: Source) -> RawData:
    """Iris: 150 flowers, 4 measurements in cm, 3 species."""
    from sklearn.datasets import load_iris

    return _classes(load_iris(), "species")


@DATASETS.add("wine", shape=(13,), outputs=3, samples=178)
def wine(source: Source) -> RawData:
    """Wine: 178 Italian wines, 13 chemical measurements, 3 growers."""
    from sklearn.datasets import load_wine

    return _classes(load_wine(), "grower")


@DATASETS.add("breast-cancer", shape=(30,), outputs=2, samples=569)
def breast_cancer(source: Source) -> RawData:
    """Breast cancer: 569 tumours, 30 measurements of their cells, malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    return _classes(load_breast_cancer(), "tumour")


@DATASETS.add("digits", shape=(1, 8, 8), outputs=10, samples=1797)
def digits(source: Source) -> RawData:
    """Digits: 1,797 grey pictures of handwritten digits, 8×8 pixels, 10 classes; part of scikit-learn."""
    import torch
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return RawData(
        x=torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / 16,
        y=torch.tensor(bunch.target, dtype=torch.int64),
        classes=tuple(str(digit) for digit in range(10)),
        divided_by=16,
        target="digit",
    )


@DATASETS.add("diabetes", task="regression", shape=(10,), outputs=1, samples=442)
def diabetes(source: Source) -> RawData:
    """Diabetes: 442 patients, 10 measurements in their own units, progression after one year (25 to 346)."""
    import torch
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    return RawData(
        x=torch.tensor(bunch.data, dtype=torch.float64),
        y=torch.tensor(bunch.target, dtype=torch.float64),
        features=tuple(bunch.feature_names),
        target="progression",
    )


def _classes(bunch: Any, target: str) -> RawData:
    import torch

    return RawData(
        x=torch.tensor(bunch.data, dtype=torch.float64),
        y=torch.tensor(bunch.target, dtype=torch.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        features=tuple(str(name) for name in bunch.feature_names),
        target=target,
    )
