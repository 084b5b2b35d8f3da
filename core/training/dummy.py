"""What a model scores that learns nothing, and always answers the most frequent class or the mean."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.components.registry import Component
    from core.data.parts import Data
    from core.experiment.schema import RunConfig


def scores(config: RunConfig, data: Data) -> tuple[str, dict[str, float]]:
    """Its answer, and each metric of `config` on each split, by column (`test_accuracy`); of values also the loss."""
    import torch

    from core.components.metrics import METRICS

    train, found = data.splits["train"], dict[str, float]()
    loss = config.component("loss").build(**config.arguments("loss")).to(train.y.device)
    if data.inputs.task == "classification":
        answer = train.target.bincount().argmax()  # the first of those that are equally frequent
        said = data.classes[int(answer)]
    else:
        answer = train.target.mean()
        said = f"{float(answer):.5g}"
    for split, part in data.splits.items():
        predicted, target = answer.expand(len(part)).cpu(), part.target.cpu()
        for name in config.metrics or ():
            with _if_it_can(METRICS[name]):
                found[f"{split}_{name}"] = float(METRICS[name].build(predicted, target))
        if data.inputs.task == "regression":
            with torch.no_grad(), _if_it_can(config.component("loss")):
                found[f"{split}_loss"] = float(loss(train.y.double().mean().to(part.y).expand_as(part.y), part.y))
    return said, found


def _if_it_can(component: Component) -> AbstractContextManager[object]:
    """What the user has brought need not take one answer for all: its column is left out then."""
    return nullcontext() if component.origin is None else suppress(Exception)
