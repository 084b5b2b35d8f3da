"""Datasets that come inside scikit-learn: nothing to download."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from core.datasets.base import DATASETS, RawData, Source


@DATASETS.add("iris", shape=(4,), outputs=3, samples=150)
def iris(source: Source) -> RawData:
    """Iris: 150 flowers, 4 measurements in cm, 3 species."""
    import numpy as np
    import torch

    with _file("iris.csv").open() as lines:
        _rows, _columns, *species = next(lines).strip().split(",")
        table = torch.from_numpy(np.loadtxt(lines, delimiter=","))
    measures = (f"{part} {size} (cm)" for part in ("sepal", "petal") for size in ("length", "width"))
    return RawData(
        x=table[:, :4].clone(), y=table[:, 4].long(), classes=tuple(species), features=tuple(measures), target="species"
    )


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
    import numpy as np
    import torch

    table = torch.from_numpy(np.loadtxt(_file("digits.csv.gz"), delimiter=","))
    return RawData(
        x=table[:, :64].float().view(-1, 1, 8, 8) / 16,
        y=table[:, 64].long(),
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


def _file(name: str) -> Path:
    """Of scikit-learn's own data. Its functions would load all of scikit-learn, which takes longer than training on
    these does."""
    package = importlib.util.find_spec("sklearn")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("datasets") / "data" / name


def _classes(bunch: Any, target: str) -> RawData:
    import torch

    return RawData(
        x=torch.tensor(bunch.data, dtype=torch.float64),
        y=torch.tensor(bunch.target, dtype=torch.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        features=tuple(str(name) for name in bunch.feature_names),
        target=target,
    )
