"""Teaching sets of two dimensions, drawn at random by scikit-learn. Without a `random_state` the run's seed decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from core.datasets.base import DATASETS, RawData, Source

Samples: TypeAlias = Annotated[int, Field(ge=10, le=1_000_000, description="points to draw")]
Noise: TypeAlias = Annotated[
    float, Field(ge=0, le=1e6, allow_inf_nan=False, description="standard deviation of the noise")
]
State: TypeAlias = Annotated[
    int | None, Field(ge=0, lt=2**32, description="seed of the points; the run's if not given")
]
Coordinate: TypeAlias = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
"""Far beyond what a network learns, and float32 still tells points apart there."""

FEATURES = ("x1", "x2")


def _centers_are_points(given: Mapping[str, Any]) -> None:
    dimensions = {len(center) for center in given["centers"]}
    if len(given["centers"]) < 2 or len(dimensions) != 1 or 0 in dimensions:
        raise ValueError("dataset.centers: give at least two points of the same dimension, such as [[1, 1], [-1, -1]]")


@DATASETS.add(
    "blobs",
    shape=lambda given: (len(given["centers"][0]),),
    outputs=lambda given: len(given["centers"]),
    samples=lambda given: given["train"],
    test_samples=lambda given: given["test"],
    splits=True,
    check=_centers_are_points,
)
def blobs(
    source: Source,
    *,
    train: Annotated[int, Field(ge=2, le=1_000_000, description="points to train on")] = 80,
    test: Annotated[int, Field(ge=1, le=1_000_000, description="points to test on")] = 20,
    centers: Annotated[
        tuple[tuple[Coordinate, ...], ...], Field(description="middle of each class", max_length=1000)
    ] = ((1, 1), (-1, -1), (1, -1), (-1, 1)),
    std: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, description="spread around each middle")] = 0.3,
    random_state: State = None,
) -> RawData:
    """Blobs: points around middles, a class for each; train and test points drawn in turn, so that none is in both."""
    import numpy as np
    import torch
    from sklearn.datasets import make_blobs

    rng = np.random.RandomState(source.seed if random_state is None else random_state)
    x, y = make_blobs(n_samples=train, centers=np.array(centers), cluster_std=std, shuffle=True, random_state=rng)
    test_x, test_y = make_blobs(
        n_samples=test, centers=np.array(centers), cluster_std=std, shuffle=True, random_state=rng
    )
    dimensions = len(centers[0])
    return RawData(
        x=torch.from_numpy(x),
        y=torch.from_numpy(y).long(),
        test_x=torch.from_numpy(test_x),
        test_y=torch.from_numpy(test_y).long(),
        classes=tuple(str(i) for i in range(len(centers))),
        features=tuple(f"x{i + 1}" for i in range(dimensions)),
        target="label",
    )


@DATASETS.add("moons", shape=(2,), outputs=2, samples=lambda given: given["samples"])
def moons(source: Source, *, samples: Samples = 400, noise: Noise = 0.2, random_state: State = None) -> RawData:
    """Moons: two half circles in the plane that reach into each other."""
    from sklearn.datasets import make_moons

    return _plane(make_moons(samples, noise=noise, random_state=source.seed if random_state is None else random_state))


@DATASETS.add("circles", shape=(2,), outputs=2, samples=lambda given: given["samples"])
def circles(
    source: Source,
    *,
    samples: Samples = 400,
    noise: Noise = 0.1,
    factor: Annotated[float, Field(ge=0, lt=1, description="inner radius / outer radius")] = 0.5,
    random_state: State = None,
) -> RawData:
    """Circles: a ring in the plane and another one inside it; no straight line tells them apart."""
    from sklearn.datasets import make_circles

    state = source.seed if random_state is None else random_state
    return _plane(make_circles(samples, noise=noise, factor=factor, random_state=state))


def _plane(points: tuple[Any, Any]) -> RawData:
    import torch

    x, y = points
    return RawData(
        x=torch.from_numpy(x), y=torch.from_numpy(y).long(), classes=("0", "1"), features=FEATURES, target="label"
    )
