"""The networks. A model is a function of the shape of one sample and the number of outputs; importing needs no torch.

Layers are created first to last, so after `torch.manual_seed(seed)` a hand-written network of the same layers starts
from the same weights.

Facts: `dimensions`: how many a sample must have, where not any number will do. `dtype`: what it computes with, if not
float32. What a model does in its own way (see `Component.brings` for those that are functions):

- `loop`: it is trained by `(config, state, data) → Turns`, as `core.training.textbook.fit` trains others; then
  `order`: how that draws its batches, in words, where `shuffle` has no say, and `measured="first step"` where an epoch
  is measured after the first step of it.
- `keys`: keys of a run as a whole that only such a model has, and what holds for others: `{"h": "leave it out"}`.
- `completed`: `(config) → values` of a run as a whole that it fills in.
- `why_not`: `(config, facts of the data) → why they do not go with it`, in one line; empty where they do.
- `draw`: `(network, seed)`: draws its initial weights, where PyTorch's generator is not to.
- `layers`: `(network) → its layers`, as `core.network.layers.describe` tells them.
- `figures`: `(config, state, data) →` what has a `draw(run_dir)`, called when the other figures are drawn; they are
  then drawn after steps too. Where it writes snapshots of gradients, `gradients="snapshots"`: the Gradient screen
  shows them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from core.components.registry import Registry
from core.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

MODELS = Registry("model")

Units: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]
LayerName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
Activation: TypeAlias = Literal["relu", "tanh", "sigmoid", "none"]
OutputActivation: TypeAlias = Annotated[
    Literal["none", "relu", "tanh", "sigmoid", "softmax", "log-softmax"], Field(description="after the last layer")
]
Dropout: TypeAlias = Annotated[float, Field(ge=0, lt=1, description="share of the hidden units left out at each step")]


def activation_layer(name: str) -> nn.Module:
    """A fresh module of the activation `name`."""
    from torch import nn

    layers: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "softmax": lambda: nn.Softmax(dim=1),
        "log-softmax": lambda: nn.LogSoftmax(dim=1),
    }
    return layers[name]()


@MODELS.add("linear")
def linear(
    shape: Sequence[int],
    outputs: int,
    *,
    output_activation: OutputActivation = "none",
    layer_name: Annotated[LayerName, Field(description="its name in the state_dict")] = "linear",
) -> nn.Module:
    """Linear model: softmax regression on classes, linear regression on values. (n, *shape) → (n, outputs)."""
    return _stack(shape, outputs, [], [], output_activation, 0.0, [layer_name], "model.layer_name")


def _one_way_to_say_it(given: Mapping[str, Any]) -> None:
    by_count = [key for key in ("n_layers", "n_units") if given[key] is not None]
    if given["hidden"] is not None and by_count:
        raise ValueError(f"model.hidden and model.{by_count[0]} say the same thing; leave one out")
    names, layers = given["layer_names"], len(hidden_units(given)) + 1
    if names and (len(names) != layers or len(set(names)) != layers):
        raise ValueError(f"model.layer_names: {len(names)} names, but there are {layers} layers; each needs its own")


def hidden_units(given: Mapping[str, Any]) -> list[int]:
    """Units of each layer before the output, first to last, of an `mlp` with the hyperparameters `given`.

    `n_layers` × `n_units` is an input layer of `n_units` and then `n_layers` hidden layers, as in the iris document.
    """
    if given["n_layers"] is None and given["n_units"] is None:
        return [64, 64] if given["hidden"] is None else list(given["hidden"])
    n_layers = 1 if given["n_layers"] is None else given["n_layers"]
    return [given["n_units"] or 64] * (n_layers + 1)


@MODELS.add("mlp", check=_one_way_to_say_it, instead=(("hidden",), ("n_layers", "n_units")))
def mlp(
    shape: Sequence[int],
    outputs: int,
    *,
    hidden: Annotated[
        tuple[Units, ...] | None, Field(description="units of each layer before the output; 64-64 if not given")
    ] = None,
    n_layers: Annotated[int | None, Field(ge=0, le=1000, description="hidden layers after the input layer")] = None,
    n_units: Annotated[Units | None, Field(description="units of each of them; 64 if not given")] = None,
    activation: Annotated[Activation, Field(description="after each layer before the output")] = "relu",
    input_activation: Annotated[
        Literal["same", "relu", "tanh", "sigmoid", "none"],
        Field(description="after the first of them; same: as after the others"),
    ] = "same",
    output_activation: OutputActivation = "none",
    dropout: Dropout = 0.0,
    layer_names: Annotated[
        tuple[LayerName, ...] | None,
        Field(
            description="names in the state_dict; input, hidden_1, …, output if not given", examples=["input", "output"]
        ),
    ] = None,
) -> nn.Module:
    """Multilayer perceptron: linear layers with an activation in between.

    (n, *shape) → (n, outputs). Layers are named input, hidden_1, …, output as in the iris document.
    """
    units = hidden_units({"hidden": hidden, "n_layers": n_layers, "n_units": n_units})
    names = list(layer_names or ["input", *(f"hidden_{i}" for i in range(1, len(units))), "output"][-len(units) - 1 :])
    activations = [activation] * len(units)
    if input_activation != "same" and activations:
        activations[0] = input_activation
    return _stack(shape, outputs, units, activations, output_activation, dropout, names, "model.layer_names")


def _stack(
    shape: Sequence[int],
    outputs: int,
    units: Sequence[int],
    activations: Sequence[str],
    output_activation: str,
    dropout: float,
    names: Sequence[str],
    key: str = "",
) -> nn.Module:
    """Linear layers called `names` with what comes between them. `key`: where the names are from, for the message.

    Raises ConfigError for a name that PyTorch or another layer has already.
    """
    from torch import nn

    sizes = [prod(shape), *units, outputs]
    layers: list[tuple[str, nn.Module]] = []
    if len(shape) > 1:
        layers.append(("flatten", nn.Flatten()))
    for i, name in enumerate(names):
        layers.append((name, nn.Linear(sizes[i], sizes[i + 1])))
        last = i == len(units)
        kind = output_activation if last else activations[i]
        if kind != "none":
            layers.append((f"{name}_{kind.replace('-', '_')}", activation_layer(kind)))
        if dropout and not last:
            layers.append((f"{name}_dropout", nn.Dropout(dropout)))
    taken = [name for name, _layer in layers]
    for name in taken:
        if taken.count(name) > 1:
            raise ConfigError(f"{key} = {','.join(names)}: two layers would be called {name}; choose other names")
        if hasattr(nn.Sequential, name) or name in vars(nn.Sequential()):
            raise ConfigError(f"{key} = {','.join(names)}: PyTorch keeps the name {name} for itself; choose another")
    return nn.Sequential(OrderedDict(layers))


def own_keys() -> dict[str, str]:
    """The keys of a run as a whole that only some models have, and what holds for others."""
    models = MODELS.registered().values()
    return {key: instead for model in models for key, instead in model.facts.get("keys", {}).items()}


@MODELS.add(
    "two-layer",
    dtype="float64",
    loop="core.training.two_layer:fit",
    order="drawn with replacement",
    measured="first step",
    keys={"iterations": "use epochs", "gradient": "autograd is used", "h": "leave it out"},
    completed="core.experiment.two_layer:completed",
    why_not="core.experiment.two_layer:why_not",
    draw="core.two_layer.module:TwoLayer.draw",
    layers="core.two_layer.module:TwoLayer.layers",
    figures="core.gradients.take:Snapshots",
    gradients="snapshots",
)
def two_layer(
    shape: Sequence[int],
    outputs: int,
    *,
    hidden: Annotated[int, Field(ge=1, le=1_000_000_000, description="units of the hidden layer")] = 50,
    weight_init_std: Annotated[
        float, Field(gt=0, allow_inf_nan=False, description="standard deviation of the initial weights")
    ] = 0.01,
) -> nn.Module:
    """Two-layer net in NumPy and float64: sigmoid and softmax, numerical gradient or backpropagation by hand.

    (n, *shape) → (n, outputs). Trained by `core.training.two_layer`: see the keys gradient, iterations and h.
    """
    from core.two_layer.module import TwoLayer

    return TwoLayer(shape, outputs, hidden, weight_init_std)


@MODELS.add("cnn", dimensions=3)
def cnn(
    shape: Sequence[int],
    outputs: int,
    *,
    channels: Annotated[tuple[Units, ...], Field(min_length=1, description="feature maps of each convolution")] = (
        16,
        32,
    ),
    kernel_size: Annotated[int, Field(ge=1, description="pixels, odd")] = 3,
    hidden: Annotated[tuple[Units, ...], Field(description="units of each layer after the convolutions")] = (64,),
    activation: Annotated[Activation, Field(description="after each layer before the output")] = "relu",
    output_activation: OutputActivation = "none",
    dropout: Dropout = 0.0,
) -> nn.Module:
    """Small convolutional network for pictures: convolution, activation, 2×2 max pooling, repeated; then an MLP.

    (n, channels, height, width) → (n, outputs). Convolutions keep the size (padding kernel_size // 2), each pooling
    halves it. In the manner of LeNet-5 (LeCun et al. 1998).
    """
    from torch import nn

    maps, height, width = shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i, n in enumerate(channels, start=1):
        if min(height, width) < 2:
            raise ConfigError(
                f"model.channels: {len(channels)} convolutions, but after {i - 1} poolings a picture of "
                f"{shape[1]}×{shape[2]} pixels is {height}×{width}; use fewer"
            )
        layers[f"conv_{i}"] = nn.Conv2d(maps, n, kernel_size, padding=kernel_size // 2)
        if activation != "none":
            layers[f"conv_{i}_{activation}"] = activation_layer(activation)
        layers[f"pool_{i}"] = nn.MaxPool2d(2)
        maps = n
        height, width = ((side + 2 * (kernel_size // 2) - kernel_size + 1) // 2 for side in (height, width))
    top = _stack(
        (maps, height, width),
        outputs,
        hidden,
        [activation] * len(hidden),
        output_activation,
        dropout,
        [
            *(f"hidden_{i}" for i in range(1, len(hidden) + 1)),
            "output",
        ],
    )
    for name, layer in top.named_children():
        layers[name] = layer
    return nn.Sequential(layers)
