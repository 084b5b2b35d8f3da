"""The document of the two-layer network. Its helper files `layers.py` and `gradient.py` are not in its text: here they
are as code of this kind has them, with log(y + 1e-7), central differences and h = 1e-4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def cross_entropy_error(y, t):
    batch_size = y.shape[0]
    return -np.sum(np.log(y[np.arange(batch_size), t] + 1e-7)) / batch_size


def numerical_gradient(f, x):
    h = 1e-4
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=[["readwrite"]])
    while not it.finished:
        idx = it.multi_index
        tmp_val = x[idx]
        x[idx] = float(tmp_val) + h
        fxh1 = f(x)
        x[idx] = tmp_val - h
        fxh2 = f(x)
        grad[idx] = (fxh1 - fxh2) / (2 * h)
        x[idx] = tmp_val
        it.iternext()
    return grad


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {
            "W1": weight_init_std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def predict(self, x):
        W1, W2 = self.params["W1"], self.params["W2"]
        b1, b2 = self.params["b1"], self.params["b2"]
        a1 = np.matmul(x, W1) + b1
        z1 = sigmoid(a1)
        a2 = np.matmul(z1, W2) + b2
        return softmax(a2)

    def loss(self, x, label):
        y = self.predict(x)
        return cross_entropy_error(y, label)

    def accuracy(self, x, label):
        y = self.predict(x)
        y = np.argmax(y, axis=1)
        return np.sum(y == label) / float(x.shape[0])

    def numerical_gradient(self, x, label):
        def loss_weight(W):
            return self.loss(x, label)

        return {name: numerical_gradient(loss_weight, self.params[name]) for name in ("W1", "b1", "W2", "b2")}

    def gradient(self, x, label):
        """Backpropagation of the very loss above, which the document leaves to its next chapter: y / (y + 1e-7) is the
        derivative of log(y + 1e-7) by log(y)."""
        z1 = sigmoid(np.matmul(x, self.params["W1"]) + self.params["b1"])
        y = softmax(np.matmul(z1, self.params["W2"]) + self.params["b2"])
        rows = np.arange(len(x))
        true = y[rows, label].copy()
        dy = y.copy()
        dy[rows, label] -= 1
        dy *= (true / (true + 1e-7) / len(x))[:, np.newaxis]
        dz1 = np.matmul(dy, self.params["W2"].T) * z1 * (1 - z1)
        return {
            "W1": np.matmul(x.T, dz1),
            "b1": np.sum(dz1, axis=0),
            "W2": np.matmul(z1.T, dy),
            "b2": np.sum(dy, axis=0),
        }


def main(
    seed: int,
    data: tuple[Any, Any, Any, Any],
    iters_num: int = 10000,
    hidden_size: int = 50,
    batch_size: int = 100,
    learning_rate: float = 0.1,
    gradient: str = "numerical_gradient",
    tell: Callable[[str], None] = print,
) -> tuple[dict[str, Any], list[float]]:
    """`data`: train_x, train_labels, test_x, test_labels. The weights and every loss; its lines go to `tell`.

    Measured once an epoch: where the document's `i % iter_per_epoch == 0` has a fraction, at the next iteration.
    """
    train_x, train_labels, test_x, test_labels = data
    np.random.seed(seed)
    network = TwoLayerNet(train_x.shape[1], hidden_size, int(train_labels.max()) + 1)
    train_loss_list = []
    train_size = train_x.shape[0]
    iter_per_epoch = max(int(np.ceil(train_size / batch_size)), 1)
    for i in range(iters_num):
        batch_mask = np.random.choice(train_size, batch_size)
        batch_x = train_x[batch_mask]
        batch_labels = train_labels[batch_mask]
        grad = getattr(network, gradient)(batch_x, batch_labels)
        for key in ("W1", "b1", "W2", "b2"):
            network.params[key] -= learning_rate * grad[key]
        loss = network.loss(batch_x, batch_labels)
        train_loss_list.append(loss)
        if i % iter_per_epoch == 0:
            train_acc = network.accuracy(train_x, train_labels)
            test_acc = network.accuracy(test_x, test_labels)
            tell("train acc, test acc | " + str(train_acc) + ", " + str(test_acc))
    return network.params, train_loss_list
