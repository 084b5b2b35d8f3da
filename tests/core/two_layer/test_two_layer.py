"""The two-layer net: its gradient in four ways, each against the others; property-based over shapes and values."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.two_layer import numerical as fast
from core.two_layer.net import Array, Labels, Net, autograd, backprop, literal_gradient
from core.two_layer.numerical import Differences, numerical_gradient

Case = tuple[Net, Array, Labels, float]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A net, a batch that may repeat samples and values and have zeros, and eps. Weights as at the start (0.01) or far
    along (3): there sigmoids and softmax are all but saturated."""
    inputs, hidden, classes = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(2, 5))
    random = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    net = Net.drawn(random, inputs, hidden, classes, draw(st.sampled_from([0.01, 0.3, 1.0, 3.0])))
    for bias in (net.b1, net.b2):
        bias += random.randn(len(bias)) * draw(st.sampled_from([0.0, 1.0]))
    n = draw(st.integers(1, 8))
    x = random.randn(n, inputs) * (random.rand(n, inputs) < draw(st.sampled_from([0.0, 0.3, 1.0])))
    if draw(st.booleans()):
        x = np.abs(x).round(1)  # many equal values, as pixels have
    if draw(st.booleans()):
        x = x[random.randint(0, n, size=n)]  # drawn with replacement
    return net, x, random.randint(0, classes, size=n), draw(st.sampled_from([0.0, 1e-7, 1e-3]))


def assert_close(found: Net, expected: Net, relative: float, absolute: float) -> None:
    for (name, a), (_name, b) in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == np.float64
        wrong = np.abs(a - b) > relative * np.abs(b) + absolute
        assert not wrong.any(), (name, a[wrong], b[wrong])


@given(cases())
def test_the_fast_numerical_gradient_is_the_literal_one(case: Case) -> None:
    net, x, labels, eps = case
    before = [weights.copy() for _name, weights in net]
    literal = literal_gradient(net, x, labels, eps, 1e-4)
    # A loss L is rounded to about 1e-16 L, which 2h divides: 2e-11 for L = 2.3, as the untrained net has.
    rounding = 2e-11 * max(1.0, net.loss(x, labels, eps) / 2.3)
    assert_close(numerical_gradient(net, x, labels, eps, 1e-4), literal, 1e-8, rounding)
    for weights, (_name, after) in zip(before, net, strict=True):
        np.testing.assert_array_equal(weights, after)


@given(cases(), st.sampled_from([1e-1, 1e-2, 1e-6]))
def test_it_is_for_other_steps_too(case: Case, h: float) -> None:
    net, x, labels, eps = case
    literal = literal_gradient(net, x, labels, eps, h)
    rounding = 2e-15 / h * max(1.0, net.loss(x, labels, eps) / 2.3)
    assert_close(numerical_gradient(net, x, labels, eps, h), literal, 1e-8, rounding)


def test_every_entry_on_a_network_of_some_size() -> None:
    """Pictures with zeros and equal pixels, as MNIST's; more changed samples than fit into one block."""
    random = np.random.RandomState(0)
    net = Net.drawn(random, 196, 12, 10, 0.1)
    x = (random.randint(0, 256, size=(60, 196)) / 255) * (random.rand(60, 196) < 0.4)
    labels = random.randint(0, 10, size=60)
    literal = literal_gradient(net, x, labels, 1e-7, 1e-4)
    assert_close(numerical_gradient(net, x, labels, 1e-7, 1e-4), literal, 1e-8, 2e-11)


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.RandomState(1)
    net = Net.drawn(random, 9, 4, 3, 1.0)
    at = (net, random.rand(11, 9), random.randint(0, 3, size=11), 1e-7, 1e-4)
    whole = numerical_gradient(*at)
    monkeypatch.setattr(fast, "BLOCK", 7)
    for (_name, a), (_name, b) in zip(numerical_gradient(*at), whole, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_part_of_the_units_alone() -> None:
    random = np.random.RandomState(1)
    net = Net.drawn(random, 5, 6, 3, 1.0)
    at = (net, random.rand(7, 5), random.randint(0, 3, size=7), 1e-7, 1e-4)
    whole, part = numerical_gradient(*at), Differences(*at)
    assert list(part.by_unit([4, 1])) == [4, 1]
    for j in (1, 4):
        np.testing.assert_array_equal(part.gradient.W1[:, j], whole.W1[:, j])
        np.testing.assert_array_equal(part.gradient.W2[j], whole.W2[j])
        assert part.gradient.b1[j] == whole.b1[j]
    assert not part.gradient.W1[:, [0, 2, 3, 5]].any()
    np.testing.assert_array_equal(part.gradient.b2, whole.b2)


def test_it_stays_finite_where_weights_are_enormous() -> None:
    """One hidden unit turned on multiplies a probability by e^2000; the literal form subtracts the largest logit."""
    net = Net(np.array([[1.0]]), np.zeros(1), np.array([[2000.0, -2000.0]]), np.array([-1000.0, 1000.0]))
    at = (net, np.array([[20.0], [-20.0], [0.1]]), np.array([0, 1, 1]), 1e-7, 0.1)
    assert_close(numerical_gradient(*at), literal_gradient(*at), 1e-8, 2e-11)


@given(cases())
def test_backpropagation_is_what_autograd_computes(case: Case) -> None:
    net, x, labels, eps = case
    exact = autograd(net, x, labels, eps)
    for (name, a), (_name, b) in zip(backprop(net, x, labels, eps), exact, strict=True):
        assert (np.abs(a - b) <= 1e-12 * (1 + np.abs(b))).all(), name


@given(cases())
def test_backpropagation_is_what_the_literal_differences_approach(case: Case) -> None:
    """Truncation is h²/6 times the third derivative, which saturated units with inputs far out make large: as large as
    the inputs and weights allow. For nets and inputs like the document's the bound of the issue holds; see below."""
    net, x, labels, eps = case
    literal = literal_gradient(net, x, labels, eps, 1e-5)
    scale = max(1.0, float(np.abs(x).max()) ** 3) * max(1.0, float(np.abs(net.W2).max()) ** 3)
    assert_close(
        backprop(net, x, labels, eps), literal, 1e-6, 1e-10 * max(1.0, net.loss(x, labels, eps)) + 1e-10 * scale
    )


@given(st.integers(1, 12), st.integers(1, 8), st.integers(2, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_backpropagation_on_nets_like_the_documents(inputs: int, hidden: int, classes: int, n: int, seed: int) -> None:
    """Within 1e-6·|g| + 1e-10 of the literal gradient and its truncation: pixels between 0 and 1, weights from
    N(0, 0.01²) or ten times that. Truncation is h²/6 times the third derivative, which of log-sum-exp, with inputs and
    units between 0 and 1, is at most that of p(1-p)(1-2p): 1/(6√3)."""
    random = np.random.RandomState(seed)
    net = Net.drawn(random, inputs, hidden, classes, 0.01 if seed % 2 else 0.1)
    x, labels = random.rand(n, inputs) * (random.rand(n, inputs) < 0.5), random.randint(0, classes, size=n)
    h = 1e-4
    literal = literal_gradient(net, x, labels, 1e-7, h)
    assert_close(backprop(net, x, labels, 1e-7), literal, 1e-6, 1e-10 + h**2 / 6 / (6 * math.sqrt(3)))


def test_the_loss_is_the_documents(document: Callable[[str], ModuleType]) -> None:
    script: Any = document("two_layer_net")
    np.random.seed(5)
    network = script.TwoLayerNet(7, 4, 3, 0.5)
    net = Net.drawn(np.random.RandomState(5), 7, 4, 3, 0.5)
    for name, weights in net:
        np.testing.assert_array_equal(weights, network.params[name])
    random = np.random.RandomState(1)
    x, labels = random.rand(20, 7), random.randint(0, 3, size=20)
    np.testing.assert_allclose(net.predict(x), network.predict(x), rtol=1e-14)
    assert net.loss(x, labels, 1e-7) == pytest.approx(network.loss(x, labels), rel=1e-14)
    assert net.accuracy(x, labels) == network.accuracy(x, labels)
    literal = network.numerical_gradient(x, labels)
    assert_close(literal_gradient(net, x, labels, 1e-7, 1e-4), Net(**literal), 1e-8, 2e-11)


def test_without_eps_it_is_plain_cross_entropy() -> None:
    random = np.random.RandomState(2)
    net = Net.drawn(random, 6, 5, 4, 1.0)
    x, labels = random.randn(9, 6), random.randint(0, 4, size=9)
    weights = [torch.tensor(each, requires_grad=True) for _name, each in net]
    w1, b1, w2, b2 = weights
    logits = torch.sigmoid(torch.tensor(x) @ w1 + b1) @ w2 + b2
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    assert net.loss(x, labels, 0.0) == pytest.approx(loss.item(), rel=1e-12)
    for (_name, found), expected in zip(backprop(net, x, labels, 0.0), weights, strict=True):
        assert expected.grad is not None
        np.testing.assert_allclose(found, expected.grad.numpy(), rtol=1e-10, atol=1e-15)


def test_forgetting_eps_would_show() -> None:
    """(y - t) / n is not the gradient of log(y + eps): the tests above tell the two apart."""
    random = np.random.RandomState(3)
    net = Net.drawn(random, 6, 5, 4, 2.0)
    x, labels = random.randn(9, 6), random.randint(0, 4, size=9)
    with_eps, without = backprop(net, x, labels, 1e-3), backprop(net, x, labels, 0.0)
    assert np.abs(with_eps.b2 - without.b2).max() > 1e-5
