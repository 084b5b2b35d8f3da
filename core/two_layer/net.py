"""The two-layer network of the last document, in NumPy and float64: forward, loss, and its gradient in three ways.

`literal_gradient` is the document's central difference as it stands there, `backprop` the chain rule by hand,
`autograd` PyTorch's. The fast form of the first one is in `core.two_layer.numerical`. All of them differentiate the
very loss that is used, with its `log(y + eps)`; see `Net.loss`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = NDArray[np.int64]

NAMES = ("W1", "b1", "W2", "b2")
"""In the order in which the document draws and updates them."""


@dataclass
class Net:
    """Four arrays, all float64: W1 (inputs, hidden), b1 (hidden,), W2 (hidden, classes), b2 (classes,). Also the shape
    of every gradient of them."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array

    @classmethod
    def drawn(cls, random: np.random.RandomState, inputs: int, hidden: int, classes: int, std: float) -> Net:
        """Weights from N(0, std²) and biases 0, in the order of the document: after `np.random.seed(k)` its network
        starts from the same numbers as ours does from `RandomState(k)`."""
        w1 = std * random.randn(inputs, hidden)
        w2 = std * random.randn(hidden, classes)
        return cls(w1, np.zeros(hidden), w2, np.zeros(classes))

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        """Names and arrays."""
        return ((name, getattr(self, name)) for name in NAMES)

    @property
    def hidden(self) -> int:
        return len(self.b1)

    def forward(self, x: Array) -> tuple[Array, Array]:
        """Hidden units (n, hidden) after the sigmoid, and logits (n, classes), of samples (n, inputs)."""
        z = sigmoid(x @ self.W1 + self.b1)
        return z, z @ self.W2 + self.b2

    def predict(self, x: Array) -> Array:
        """Probabilities (n, classes) of samples (n, inputs)."""
        return softmax(self.forward(x)[1])

    def loss(self, x: Array, labels: Labels, eps: float) -> float:
        """Mean over samples of -log(y + eps), y the probability of the true class. The document's helper files are not
        in its text; `eps` = 1e-7 keeps the logarithm finite, as is usual in code of this kind."""
        return float(np.mean(losses(self.predict(x), labels, eps)))

    def accuracy(self, x: Array, labels: Labels) -> float:
        return float(np.mean(self.predict(x).argmax(axis=1) == labels))


def sigmoid(a: Array) -> Array:
    with np.errstate(over="ignore"):  # exp(800) is infinite, and 1 / infinite the 0 that is wanted
        y: Array = 1.0 / (1.0 + np.exp(-a))
    return y


def softmax(a: Array) -> Array:
    """Of each row (n, classes); the largest logit is subtracted, which changes nothing but keeps exp finite."""
    e = np.exp(a - a.max(axis=1, keepdims=True))
    y: Array = e / e.sum(axis=1, keepdims=True)
    return y


def losses(y: Array, labels: Labels, eps: float) -> Array:
    """-log(y + eps) of the true class (n,), of probabilities (n, classes)."""
    true: Array = y[np.arange(len(labels)), labels]
    return -np.log(true + eps)


def central_differences(f: Callable[[], float], weights: Array, h: float) -> Array:
    """(f(w + h) - f(w - h)) / 2h for every entry of `weights`, which `f` reads and which is left as it was."""
    gradient = np.zeros_like(weights)
    for index in np.ndindex(weights.shape):
        w = weights[index]
        weights[index] = w + h
        above = f()
        weights[index] = w - h
        below = f()
        weights[index] = w
        gradient[index] = (above - below) / (2 * h)
    return gradient


def literal_gradient(net: Net, x: Array, labels: Labels, eps: float, h: float) -> Net:
    """The document's numerical gradient: the whole loss of the whole batch, twice for every parameter. 79,520 forward
    passes for 784-50-10: the oracle of the fast form, and what took its author fifty hours."""
    return Net(*(central_differences(lambda: net.loss(x, labels, eps), weights, h) for _name, weights in net))


def backprop(net: Net, x: Array, labels: Labels, eps: float) -> Net:
    """The exact gradient of `Net.loss` by the chain rule, for samples (n, inputs) and labels (n,).

    With y = softmax(a), t the true class and L = -log(y_t + eps): ∂L/∂a_k = y_t / (y_t + eps) · (y_k - [k = t]). The
    first factor is 1 for eps = 0; to leave it out would be 2e-5 off for y_t = 0.005.
    """
    n, rows = len(x), np.arange(len(x))
    z, a2 = net.forward(x)
    y = softmax(a2)
    true = y[rows, labels]
    y[rows, labels] -= 1.0
    da2 = y * (true / (true + eps) / n)[:, None]
    da1 = da2 @ net.W2.T * z * (1.0 - z)
    return Net(x.T @ da1, da1.sum(axis=0), z.T @ da2, da2.sum(axis=0))


def autograd(net: Net, x: Array, labels: Labels, eps: float) -> Net:
    """The same by PyTorch, which is told nothing but how the loss is computed."""
    import torch
    from torch import Tensor

    w1, b1, w2, b2 = (torch.from_numpy(weights).detach().requires_grad_() for _name, weights in net)
    y = ((torch.from_numpy(x) @ w1 + b1).sigmoid() @ w2 + b2).softmax(dim=1)
    true = y.gather(1, torch.from_numpy(labels).unsqueeze(1))
    loss: Tensor = -(true + eps).log().mean()
    return Net(*(each.numpy() for each in torch.autograd.grad(loss, (w1, b1, w2, b2))))
