"""Figures of a run while it trains: decision regions, sample predictions, what is taken for what, predicted values
beside the true ones, weights as pictures.

They are no events: the latest of each lies in `figures/<name>.json` of the run's folder, with the epoch and the step it
shows. To read and show them needs no torch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from core.figures.kinds import Confusion, Figure, Predictions, Regions, Samples, Split, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.data.parts import Data, Part
    from core.training.state import TrainState


COLUMNS, ROWS = 80, 40
"""Cells of the decision regions: about what a terminal can show."""
MARGIN = 0.08
"""Of the range of the points, free on each side."""
TRAIN_POINTS, TEST_POINTS = 400, 200
SAMPLES = 12
ASKED = 1000
"""Samples of the test split, at most, evenly over it, that are taken for classes or values."""
SHOWN = 300
"""Of these, values that are kept."""
CHUNK = 250
"""Samples at a time: all of them may not fit into memory beside what trains."""
MAPS = 16


# Drawing them from a network.


def figures(state: TrainState, data: Data) -> dict[str, Figure]:
    """What can be drawn of this network on this data, by name.

    In evaluation mode, so without random numbers; the network is left as it was. A figure that would show NaN or
    infinite numbers is left out.
    """
    import torch

    training = state.model.training
    try:
        state.model.eval()
        with torch.inference_mode():
            drawn = {
                "regions": _regions(state, data),
                "samples": _samples(state, data),
                "confusion": _confusion(state, data),
                "predictions": _predictions(state, data),
                "weights": _weights(state),
            }
    finally:
        state.model.train(training)
    return {name: figure for name, figure in drawn.items() if figure is not None}


def _regions(state: TrainState, data: Data) -> Regions | None:
    """For classes in a plane."""
    import torch

    inputs = data.inputs
    if inputs.task != "classification" or inputs.shape != (2,):
        return None
    shown = [data.splits["train"].x, data.splits["test"].x]
    ends = [torch.stack([x.amin(0) for x in shown]).amin(0), torch.stack([x.amax(0) for x in shown]).amax(0)]
    lows, highs = inputs.decode(torch.stack(ends).cpu()).tolist()
    (left, right), (low, high) = (_widened(*pair) for pair in zip(lows, highs, strict=True))
    if not all(b > a and math.isfinite(b - a) for a, b in ((left, right), (low, high))):
        return None  # where float32 is too coarse to tell the edges apart, or too small to hold them
    xs = [left + (right - left) * (i + 0.5) / COLUMNS for i in range(COLUMNS)]
    ys = [high - (high - low) * (i + 0.5) / ROWS for i in range(ROWS)]
    output = state.model(inputs.encode([(x, y) for y in ys for x in xs]).to(state.device))
    found = _classes_of(state, output)
    if found is None:
        return None
    cells, probability = found
    return Regions(
        epoch=state.epoch,
        step=state.step,
        x_range=(left, right),
        y_range=(low, high),
        cells=cells.view(ROWS, COLUMNS).tolist(),
        probability=_rounded(probability.view(ROWS, COLUMNS), 3),
        points=[*_points(data, "train", TRAIN_POINTS), *_points(data, "test", TEST_POINTS)],
        classes=list(inputs.classes),
        features=(inputs.features[0], inputs.features[1]) if inputs.features else ("x1", "x2"),
    )


def _widened(low: float, high: float) -> tuple[float, float]:
    """The range with a margin, also where all values are the same."""
    margin = MARGIN * (high - low) or 0.1 * max(1.0, abs(low))
    return low - margin, high + margin


def _points(data: Data, split: Split, most: int) -> list[tuple[float, float, int, Split]]:
    """At most `most` samples, evenly over the split."""
    part = data.splits[split]
    chosen = _some_of(part, most)
    raw = data.inputs.decode(part.x[chosen].cpu()).tolist()
    return [(x, y, label, split) for (x, y), label in zip(raw, part.target[chosen].tolist(), strict=True)]


def _samples(state: TrainState, data: Data) -> Samples | None:
    """For pictures, (channels, height, width), of classes."""
    inputs, part = data.inputs, data.splits["test"]
    if inputs.task != "classification" or len(inputs.shape) != 3:
        return None
    x = part.x[:SAMPLES]
    found = _classes_of(state, state.model(x))
    if found is None:
        return None
    predicted, probability = found
    grey = (inputs.decode(x.cpu()) / inputs.divided_by).mean(1).clamp(0, 1)
    return Samples(
        epoch=state.epoch,
        step=state.step,
        pictures=_rounded(grey, 3),
        predicted=predicted.tolist(),
        probability=_rounded(probability, 3),
        true=part.target[:SAMPLES].tolist(),
        classes=list(inputs.classes),
    )


def _confusion(state: TrainState, data: Data) -> Confusion | None:
    """For classes."""
    import torch

    part = data.splits["test"]
    if data.inputs.task != "classification":
        return None
    chosen = _some_of(part, ASKED)
    found = [_classes_of(state, state.model(part.x[some])) for some in torch.split(chosen, CHUNK)]
    predicted = [each[0] for each in found if each is not None]
    if len(predicted) < len(found):
        return None
    pairs = torch.stack([part.target[chosen].cpu().long(), torch.cat(predicted)])
    kinds, counts = torch.unique(pairs, dim=1, return_counts=True)
    return Confusion(
        epoch=state.epoch,
        step=state.step,
        n=len(chosen),
        total=len(part),
        counts=[(true, said, n) for (true, said), n in zip(kinds.T.tolist(), counts.tolist(), strict=True)],
        classes=list(data.inputs.classes),
    )


def _predictions(state: TrainState, data: Data) -> Predictions | None:
    """For values."""
    import torch

    part = data.splits["test"]
    if data.inputs.task == "classification":
        return None
    chosen = _some_of(part, SHOWN)
    said = [state.inputs.predictions(state.model(part.x[some])).cpu().double() for some in torch.split(chosen, CHUNK)]
    predicted = torch.cat(said)
    if not bool(predicted.isfinite().all()):
        return None
    return Predictions(
        epoch=state.epoch,
        step=state.step,
        total=len(part),
        true=part.target[chosen].cpu().double().tolist(),
        predicted=predicted.tolist(),
        target=data.inputs.target,
    )


def _some_of(part: Part, most: int) -> Tensor:
    """Indices of at most so many samples, evenly over them."""
    import torch

    n = min(len(part), most)
    return torch.arange(n, device=part.x.device) * len(part) // n


def _weights(state: TrainState) -> Weights | None:
    """For a first layer that sees a whole picture, or slides over it."""
    shape = state.inputs.shape
    first = _first_layer(state.model)
    if first is None or len(shape) != 3:
        return None
    name, layer, last = first
    kind: Literal["units", "kernels"] = "kernels" if layer.weight.ndim == 4 else "units"
    weight = layer.weight.detach()[:MAPS].cpu().double()
    if kind == "units":
        if weight.shape[1] != math.prod(shape):
            return None
        weight = weight.view(-1, *shape)
    maps = weight.mean(1)
    scale = float(maps.abs().max())
    if not math.isfinite(scale):
        return None
    classes = list(state.inputs.classes)
    total = len(layer.weight)
    return Weights(
        epoch=state.epoch,
        step=state.step,
        layer=name,
        kind=kind,
        total=total,
        scale=scale,
        maps=_rounded(maps / (scale or 1.0), 4),
        classes=classes if last and total == len(classes) else [],
    )


def _first_layer(model: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d, bool] | None:
    """Name and module of the layer that gets the sample as it is, and whether no other weights follow; None where it
    is neither linear nor a convolution."""
    from torch import nn

    layers = [(name, module) for name, module in model.named_modules() if not any(module.children())]
    layers = [(name, module) for name, module in layers if not isinstance(module, nn.Flatten | nn.Dropout)]
    name, first = layers[0]
    if not isinstance(first, nn.Linear | nn.Conv2d):
        return None
    return name or "model", first, not any(list(module.parameters()) for _name, module in layers[1:])


def _classes_of(state: TrainState, output: Tensor) -> tuple[Tensor, Tensor] | None:
    """Class indices and their probabilities, (n,) each, on the CPU; None where some are not finite."""
    reading = state.inputs.output
    predicted = reading.classes(output)
    probability = reading.probabilities(output).gather(1, predicted.unsqueeze(1)).squeeze(1)
    return (predicted.cpu(), probability.cpu()) if bool(probability.isfinite().all()) else None


def _rounded(values: Tensor, decimals: int) -> Any:
    """As nested lists."""
    return values.double().round(decimals=decimals).tolist()
