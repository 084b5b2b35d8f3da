from typing import Annotated

from pydantic import Field

from core.datasets import DATASETS, RawData, Source


@DATASETS.add("rings", shape=(2,), outputs=2, samples=lambda given: given["samples"])
def rings(
    source: Source,
    *,
    samples: Annotated[int, Field(ge=10)] = 60,
    noise: Annotated[float, Field(ge=0, description="standard deviation")] = 0.1,
) -> RawData:
    """Rings: points on two circles around the same centre."""
    import torch

    generator = torch.Generator().manual_seed(source.seed)
    label = torch.arange(samples) % 2
    angle = torch.rand(samples, generator=generator) * 6.2832
    radius = 1.0 + label + noise * torch.randn(samples, generator=generator)
    x = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    return RawData(x=x, y=label, classes=("inner", "outer"), features=("x", "y"), target="ring")
