"""What a model scores that learns nothing, and always answers the most frequent class or the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.parts import Data
    from core.experiment.schema import RunConfig


def scores(config: RunConfig, data: Data) -> tuple[str, dict[str, float]]:
    """Its answer, and each metric of `config` on each split, by column (`test_accuracy`); of values also the loss."""
    import torch

    from core.training.evaluate import metrics_of

    train, found = data.splits["train"], dict[str, float]()
    loss = config.component("loss").build(**config.arguments("loss"))
    if data.inputs.task == "classification":
        answer = train.target.bincount().argmax()  # the first of those that are equally frequent
        said = data.classes[int(answer)]
    else:
        answer = train.target.mean()
        said = f"{float(answer):.5g}"
    for split, part in data.splits.items():
        found |= {f"{split}_{k}": v for k, v in metrics_of(config, answer.expand(len(part)), part.target).items()}
        if data.inputs.task == "regression":
            with torch.no_grad():
                found[f"{split}_loss"] = float(loss(train.y.double().mean().to(part.y).expand_as(part.y), part.y))
    return said, found
