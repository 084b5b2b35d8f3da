"""The gradient of a stack's loss, by hand, is autograd's to the last bit."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.experiment import resolve
from core.stack.losses import StackedLoss


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@given(trials=st.integers(1, 40), classes=st.integers(2, 12), n=st.integers(1, 50), scale=st.sampled_from([0.1, 10.0]))
def test_cross_entropy(dtype: torch.dtype, trials: int, classes: int, n: int, scale: float) -> None:
    torch.manual_seed(trials * n)
    z = torch.randn(trials, classes, n, dtype=dtype) * scale
    y = torch.randint(0, classes, (trials, n))
    with torch.no_grad():
        losses, output, grad = StackedLoss(resolve.load("iris-net", [])).with_gradient(z, y)
    expected = z.clone().requires_grad_()
    each = nn.CrossEntropyLoss(reduction="none")(expected, y)
    each.backward(torch.full_like(each, 1 / n))
    assert torch.equal(losses, each)
    assert torch.equal(output, z)
    assert expected.grad is not None
    assert torch.equal(grad, expected.grad)
