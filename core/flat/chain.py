"""Chain: the layers of an `nn.Sequential` of linear layers, activations and dropout, run forwards and backwards with
the kernels that autograd would call for them, in its order, on outputs that are allocated once for each batch size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

_aten = torch.ops.aten


class Link(Protocol):
    """One layer. `backward` may only follow the `forward` of the same batch."""

    def forward(self, x: Tensor) -> Tensor: ...

    def answer(self, x: Tensor) -> Tensor:
        """As `forward`, of a network that is asked and does not learn; the result is the caller's."""
        ...

    def backward(self, gradient: Tensor, last: bool) -> Tensor:
        """The gradient of its input from that of its output, which it may overwrite; not where it is the `last` one to
        be asked, at the beginning of the chain: whatever comes back there is not read."""
        ...


class _Linear:
    """y = x Wᵀ + b; ∂x = ∂y W, ∂W = ∂yᵀ x, ∂b = Σ ∂y."""

    def __init__(self, weight: Tensor, bias: Tensor, by_weight: Tensor, by_bias: Tensor, kept: bool) -> None:
        """`kept`: its output may be overwritten by that of the next batch."""
        self._weight, self._transposed, self._bias = weight, weight.t(), bias
        self._by_weight, self._by_bias, self._kept = by_weight, by_bias, kept
        self._width, self._height = weight.shape
        self._outputs: dict[int, Tensor] = {}
        self._back: dict[int, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        self._x = x
        if not self._kept:
            return torch.addmm(self._bias, x, self._transposed)
        return torch.addmm(self._bias, x, self._transposed, out=_room(self._outputs, x, self._width))

    def answer(self, x: Tensor) -> Tensor:
        return torch.addmm(self._bias, x, self._transposed)

    def backward(self, gradient: Tensor, last: bool) -> Tensor:
        torch.mm(gradient.t(), self._x, out=self._by_weight)
        torch.sum(gradient, 0, out=self._by_bias)
        if last:
            return gradient
        if self._x.numel() == 1:  # its strides are those of a transposed matrix, too: autograd takes it for one
            return torch.mm(self._transposed, gradient.t()).t()
        return torch.mm(gradient, self._weight, out=_room(self._back, self._x, self._height))


def _room(rooms: dict[int, Tensor], like: Tensor, width: int) -> Tensor:
    """(n, width) for a batch of as many samples as `like`."""
    n = like.shape[0]
    room = rooms.get(n)
    if room is None:
        room = rooms[n] = like.new_empty(n, width)
    return room


class _Activation:
    """Of every number on its own, or, softmax, of a sample's numbers together."""

    def __init__(self, apply: Callable[[Tensor], Tensor], back: Callable[[Tensor, Tensor], Tensor]) -> None:
        """`apply` may overwrite what it is given; `back`: of the gradient and the output."""
        self._apply, self._back = apply, back

    def forward(self, x: Tensor) -> Tensor:
        self._y = self._apply(x)
        return self._y

    def answer(self, x: Tensor) -> Tensor:
        return self._apply(x)

    def backward(self, gradient: Tensor, last: bool) -> Tensor:
        return gradient if last else self._back(gradient, self._y)


class _Dropout:
    """y = x · noise, where the noise is 0 or 1 / (1 - p)."""

    def __init__(self, p: float) -> None:
        self._p = p
        self._noises: dict[int, Tensor] = {}
        self._outputs: dict[int, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        self._noise = _room(self._noises, x, x.shape[1]).bernoulli_(1 - self._p).div_(1 - self._p)
        return torch.mul(x, self._noise, out=_room(self._outputs, x, x.shape[1]))

    def answer(self, x: Tensor) -> Tensor:
        return x

    def backward(self, gradient: Tensor, last: bool) -> Tensor:
        return gradient if last else gradient.mul_(self._noise)


def _activations() -> dict[type[nn.Module], Callable[[], _Activation]]:
    relu, sigmoid, tanh = _aten.threshold_backward.default, _aten.sigmoid_backward.default, _aten.tanh_backward.default
    softmax, log_softmax = _aten._softmax_backward_data.default, _aten._log_softmax_backward_data.default
    return {
        nn.ReLU: lambda: _Activation(torch.relu_, lambda gradient, y: relu(gradient, y, 0)),
        nn.Sigmoid: lambda: _Activation(torch.sigmoid_, sigmoid),
        nn.Tanh: lambda: _Activation(torch.tanh_, tanh),
        nn.Softmax: lambda: _Activation(lambda x: x.softmax(1), lambda gradient, y: softmax(gradient, y, 1, y.dtype)),
        nn.LogSoftmax: lambda: _Activation(
            lambda x: x.log_softmax(1), lambda gradient, y: log_softmax(gradient, y, 1, y.dtype)
        ),
    }


_ACTIVATIONS = _activations()


def layers_of(model: nn.Module) -> list[nn.Module] | None:
    """The layers of a network that is such a chain and nothing else; None of another one."""
    if type(model) is not nn.Sequential or _hooked(model):
        return None
    layers = list(model)
    parameters = list(model.parameters())
    if not all(map(_is_plain, layers)) or not parameters or any(model.buffers()):
        return None
    if type(layers[0]) is nn.Flatten:
        layers = layers[1:]
    if not layers or type(layers[0]) is not nn.Linear or any(type(layer) is nn.Flatten for layer in layers):
        return None
    if any(type(one) in _ACTIVATIONS and type(other) in _ACTIVATIONS for one, other in pairwise(layers)):
        return None  # the second would overwrite what the first has to remember
    same = {(p.dtype, p.device.type) for p in parameters}
    usual = same <= {(torch.float32, "cpu")} or same <= {(torch.float64, "cpu")}
    own = len(parameters) == 2 * sum(type(layer) is nn.Linear for layer in layers)  # none has those of another one
    return layers if usual and own and all(p.requires_grad for p in parameters) else None


def _is_plain(layer: nn.Module) -> bool:
    if _hooked(layer):
        return False
    match layer:
        case nn.Linear():
            return type(layer) is nn.Linear and layer.bias is not None
        case nn.Dropout():
            return type(layer) is nn.Dropout and 0 < layer.p < 1 and not layer.inplace
        case nn.Softmax() | nn.LogSoftmax():
            return type(layer) in _ACTIVATIONS and layer.dim == 1
        case nn.Flatten():
            return type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1)
    return type(layer) in _ACTIVATIONS


def _hooked(module: nn.Module) -> bool:
    """Whether something else is called with it: on its way, or because it is parametrized."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "parametrizations")
    return any(getattr(module, kind, None) for kind in kinds)


class Chain:
    def __init__(self, layers: Sequence[nn.Module], weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """`layers`: as `layers_of` gives them; `weights`, `gradients`: of the parameters, in their order."""
        own = zip(weights[::2], weights[1::2], gradients[::2], gradients[1::2], strict=True)
        linear = [i for i, layer in enumerate(layers) if type(layer) is nn.Linear]
        self._links: list[Link] = []
        for i, layer in enumerate(layers):
            if type(layer) is nn.Linear:
                self._links.append(_Linear(*next(own), kept=i != linear[-1]))
            elif isinstance(layer, nn.Dropout):
                self._links.append(_Dropout(layer.p))
            else:
                self._links.append(_ACTIVATIONS[type(layer)]())
        self._backwards = [(link.backward, i == 0) for i, link in enumerate(self._links)][::-1]
        self._forwards = [link.forward for link in self._links]
        self._answers = [link.answer for link in self._links]

    def forward(self, x: Tensor) -> Tensor:
        """The output (n, outputs) for `x` (n, …), of a network that learns. Its memory is its own."""
        x = x.flatten(1)
        for forward in self._forwards:
            x = forward(x)
        return x

    def backward(self, gradient: Tensor) -> None:
        """Fill the gradients of the weights from that of the output of the latest `forward`."""
        for backward, last in self._backwards:
            gradient = backward(gradient, last)

    def answer(self, x: Tensor) -> Tensor:
        """The output (n, outputs) for `x` (n, …), of a network that is asked."""
        x = x.flatten(1)
        for answer in self._answers:
            x = answer(x)
        return x
