"""The document's numerical gradient of every parameter, without computing again what a changed weight leaves alone.

The loss of sample s changes only where the weight is seen:

- W1[i, j] and b1[j] change one hidden unit j, and W1[i, j] only for samples whose input i is not 0. What becomes of
  sample s then depends on j and on the input's value v alone: equal pixels of one picture share it.
- W2[j, k] and b2[k] change one logit k, by h·z_j or h.

All else cancels in L(w + h) - L(w - h): each is still the central difference of the whole loss, of real sigmoids,
exponentials and logarithms, equal to `two_layer.literal_gradient` up to rounding, for about 1/400 of its work on MNIST.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.two_layer.net import Array, Labels, Net, sigmoid, softmax

BLOCK = 8192
"""Changed samples at a time: what is computed of them stays in a core's cache."""
LARGE = 500.0
"""exp of more than 709 is infinite in float64."""


def numerical_gradient(net: Net, x: Array, labels: Labels, eps: float, h: float) -> Net:
    """Central differences of `Net.loss` with step `h` for samples (n, inputs) and labels (n,): as a Net."""
    differences = Differences(net, x, labels, eps, h)
    for _unit in differences.by_unit():
        pass
    return differences.gradient


class Differences:
    """A numerical gradient under way. Walk through `by_unit`; then `gradient` is whole."""

    def __init__(self, net: Net, x: Array, labels: Labels, eps: float, h: float) -> None:
        """`h` must not be 0; see `core.experiment.step_sizes`."""
        self.gradient = Net(*(np.zeros_like(weights) for _name, weights in net))
        self._net, self._labels, self._eps, self._h = net, labels, eps, h
        self._a1 = x @ net.W1 + net.b1
        self._z = sigmoid(self._a1)
        a2 = self._z @ net.W2 + net.b2
        self._y = softmax(a2)
        self._a2 = a2 - a2.max(axis=1, keepdims=True)
        self._seen = _Seen.of(x)

    def with_step(self, h: float) -> Differences:
        """The same with another step, to be walked through anew: what does not depend on it is not computed again."""
        other = copy(self)
        other.gradient = Net(*(np.zeros_like(weights) for _name, weights in self._net))
        other._h = h
        return other

    def by_unit(self, units: Sequence[int] | None = None) -> Iterator[int]:
        """Compute what belongs to each hidden unit (or to some of them) in turn: a column of W1, an entry of b1, a row
        of W2; with the first one also b2. Yields the unit that is done."""
        first = True
        for j in range(self._net.hidden) if units is None else units:
            if first:
                self.gradient.b2[:] = self._of_logits(np.ones(len(self._labels)))
                first = False
            of_inputs = self._of_inputs(j)
            self.gradient.W1[:, j], self.gradient.b1[j] = of_inputs[:-1], of_inputs[-1]
            self.gradient.W2[j] = self._of_logits(self._z[:, j])
            yield j

    def _of_inputs(self, j: int) -> Array:
        """Of W1[:, j] and, last, of b1[j], the weight of an input that is always 1: (inputs + 1,)."""
        seen = self._seen
        change = np.empty(len(seen.sample))
        for start in range(0, len(change), BLOCK):
            of = slice(start, start + BLOCK)
            sample, step = seen.sample[of], self._h * seen.value[of]
            labels, z = self._labels[sample], self._z[sample, j]
            change[of] = self._loss(sample, labels, sigmoid(self._a1[sample, j] + step) - z, j)
            change[of] -= self._loss(sample, labels, sigmoid(self._a1[sample, j] - step) - z, j)
        totals = np.bincount(seen.column, weights=change[seen.pair], minlength=seen.columns)
        quotient: Array = totals / (2 * self._h * len(self._labels))
        return quotient

    def _loss(self, sample: NDArray[np.intp], labels: Labels, dz: Array, j: int) -> Array:
        """Of samples (m,) by index whose hidden unit `j` is changed by `dz` (m,)."""
        a = dz[:, None] * self._net.W2[j]
        a += self._a2[sample]
        if float(np.abs(dz).max(initial=0.0)) * float(np.abs(self._net.W2[j]).max()) > LARGE:
            a -= a.max(axis=1, keepdims=True)
        e = np.exp(a, out=a)
        true: Array = e[np.arange(len(e)), labels] / e.sum(axis=1)
        return -np.log(true + self._eps)

    def _of_logits(self, z: Array) -> Array:
        """Of the weights (classes,) by which `z` (n,) goes into each logit.

        With d = h·z the probability of the true class t becomes y_t / (1 + y_k (e^d - 1)), times e^d where k = t.
        """
        total = np.zeros(self._y.shape[1])
        is_true = np.arange(self._y.shape[1]) == self._labels[:, None]
        true = self._y[np.arange(len(z)), self._labels][:, None]
        for sign in (1.0, -1.0):
            d = (sign * self._h * z)[:, None]
            changed = true * np.where(is_true, np.exp(d), 1.0) / (1.0 + self._y * np.expm1(d))
            total -= sign * np.log(changed + self._eps).sum(axis=0)
        quotient: Array = total / (2 * self._h * len(z))
        return quotient


@dataclass(frozen=True)
class _Seen:
    """Which samples see which weights of a hidden unit, the bias last. Equal values of one sample are one pair."""

    sample: NDArray[np.intp]
    """(pairs,)."""
    value: Array
    """(pairs,)."""
    column: NDArray[np.intp]
    """Of each input that is not 0: (entries,)."""
    pair: NDArray[np.intp]
    """Its index in `sample` and `value`: (entries,)."""
    columns: int

    @classmethod
    def of(cls, x: Array) -> _Seen:
        """For samples (n, inputs)."""
        with_bias = np.hstack([x, np.ones((len(x), 1))])
        sample, column = np.nonzero(with_bias)
        value = with_bias[sample, column]
        order = np.lexsort((value, sample))
        by_sample, by_value = sample[order], value[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (by_sample[1:] != by_sample[:-1]) | (by_value[1:] != by_value[:-1])
        pair = np.empty(len(order), dtype=np.intp)
        pair[order] = np.cumsum(new) - 1
        return cls(by_sample[new], by_value[new], column, pair, with_bias.shape[1])
