"""A step by hand against PyTorch's modules, autograd and optimizers: every bit of every weight, loss and state,
whatever the network, the loss, the optimizer and the batch; stopped and gone on with by either of them, too."""

from __future__ import annotations

import copy
import io
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from core.components.losses import LOSSES
from core.components.models import MODELS
from core.components.optimizers import OPTIMIZERS
from core.flat.step import FlatStep
from core.flat.vector import ALIGNED, Vector

ACTIVATIONS = st.sampled_from(["relu", "tanh", "sigmoid", "none"])
UNBOUNDED = st.sampled_from(["none", "relu", "tanh"])


@dataclass
class Case:
    model: nn.Module
    loss: nn.Module
    optimizer: tuple[str, dict[str, Any]]
    clip: float | None
    batches: list[tuple[Tensor, Tensor]]
    rates: list[float]

    def pair(self, model: nn.Module | None = None) -> tuple[nn.Module, torch.optim.Optimizer]:
        model = copy.deepcopy(model or self.model)
        name, options = self.optimizer
        return model, OPTIMIZERS[name].build(model.parameters(), **options)


optimizers = st.one_of(
    st.tuples(
        st.just("sgd"),
        st.one_of(
            st.fixed_dictionaries({"weight_decay": st.sampled_from([0.0, 0.1])}),
            st.fixed_dictionaries(
                {
                    "momentum": st.floats(0.01, 0.99),
                    "nesterov": st.booleans(),
                    "weight_decay": st.sampled_from([0.0, 0.01]),
                }
            ),
        ),
    ),
    st.tuples(
        st.sampled_from(["adam", "adamw"]),
        st.fixed_dictionaries(
            {
                "betas": st.tuples(st.sampled_from([0.0, 0.8, 0.9]), st.sampled_from([0.0, 0.99, 0.999])),
                "weight_decay": st.sampled_from([0.0, 0.01, 0.5]),
            }
        ),
    ),
    st.tuples(
        st.just("rmsprop"),
        st.fixed_dictionaries(
            {
                "alpha": st.sampled_from([0.5, 0.99]),
                "momentum": st.sampled_from([0.0, 0.9]),
                "weight_decay": st.sampled_from([0.0, 0.1]),
            }
        ),
    ),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind, options, activation = draw(
        st.one_of(
            st.tuples(
                st.just("cross-entropy"),
                st.sampled_from([{}, {"label_smoothing": 0.1}, {"eps": 1e-7}]),
                UNBOUNDED,
            ),
            st.tuples(st.just("nll"), st.just({}), st.just("log-softmax")),
            st.tuples(st.just("bce"), st.just({}), st.just("sigmoid")),
            st.tuples(st.just("bce-logits"), st.just({}), UNBOUNDED),
            st.tuples(st.sampled_from(["mse", "mae", "huber"]), st.just({}), st.sampled_from(["none", "sigmoid"])),
            st.tuples(st.just("mse"), st.just({}), st.just("softmax")),
        )
    )
    shape = draw(st.sampled_from([(1,), (2,), (4,), (17,), (1, 5, 4), (40,)]))
    outputs = draw(st.integers(2, 11)) if kind in ("cross-entropy", "nll") or activation == "softmax" else 1
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    torch.manual_seed(draw(st.integers(0, 999)))
    model = (
        MODELS["mlp"]
        .build(
            shape,
            outputs,
            hidden=tuple(draw(st.lists(st.sampled_from([1, 3, 8, 16, 33]), max_size=3))),
            activation=draw(ACTIVATIONS),
            output_activation=activation,
            dropout=draw(st.sampled_from([0.0, 0.0, 0.3])),
        )
        .to(dtype)
    )
    sizes = draw(st.lists(st.sampled_from([1, 2, 5, 12, 64]), min_size=1, max_size=6))
    batches = []
    for n in sizes:
        x = torch.randn(n, *shape, dtype=dtype)
        if kind in ("cross-entropy", "nll"):
            y = torch.randint(outputs, (n,))
        else:
            y = torch.rand(n, outputs, dtype=dtype).round() if "bce" in kind else torch.randn(n, outputs, dtype=dtype)
        batches.append((x, y))
    return Case(
        model,
        LOSSES[kind].build(**options),
        draw(optimizers),
        draw(st.sampled_from([None, None, 1e-3, 0.5, 1e6])),
        batches,
        [draw(st.sampled_from([1e-3, 0.01, 0.1])) for _each in batches],
    )


def by_torch(case: Case, model: nn.Module, optimizer: torch.optim.Optimizer, first: int, end: int) -> Iterator[Tensor]:
    model.train()
    for (x, y), rate in list(zip(case.batches, case.rates, strict=True))[first:end]:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = case.loss(model(x), y)
        loss.backward()
        if case.clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), case.clip)
        optimizer.step()
        yield loss.detach()


def by_hand(case: Case, model: nn.Module, optimizer: torch.optim.Optimizer, first: int, end: int) -> Iterator[Tensor]:
    model.train()
    step = FlatStep.of(model, case.loss, optimizer, case.clip)
    assert step is not None, "this is what it is for"
    for (x, y), rate in list(zip(case.batches, case.rates, strict=True))[first:end]:
        optimizer.param_groups[0]["lr"] = rate
        loss, output = step(x, y)
        assert output.shape[0] == len(x)
        yield loss
    step.settle()


def assert_same(one: Any, other: Any) -> None:
    """Equal in every bit, NaN where NaN is."""
    if isinstance(one, Tensor):
        assert one.dtype == other.dtype
        assert torch.equal(one.nan_to_num(1e33), other.nan_to_num(1e33))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        assert one == other


def saved_and_loaded(case: Case, model: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    file = io.BytesIO()
    torch.save((model.state_dict(), optimizer.state_dict()), file)
    file.seek(0)
    weights, state = torch.load(file, weights_only=True)
    model, optimizer = case.pair()
    model.load_state_dict(weights)
    optimizer.load_state_dict(state)
    return model, optimizer


@settings(max_examples=120)
@given(cases(), st.data())
def test_it_is_what_pytorch_does(case: Case, data: st.DataObject) -> None:
    n = len(case.batches)
    expected = case.pair()
    torch.manual_seed(7)
    losses = list(by_torch(case, *expected, 0, n))

    found = case.pair()
    torch.manual_seed(7)
    assert_same(list(by_hand(case, *found, 0, n)), losses)
    assert_same(found[0].state_dict(), expected[0].state_dict())
    assert_same(found[1].state_dict(), expected[1].state_dict())
    assert_same([p.grad for p in found[0].parameters()], [p.grad for p in expected[0].parameters()])

    cut = data.draw(st.integers(0, n))
    ways = data.draw(st.tuples(*[st.sampled_from([by_torch, by_hand])] * 2))
    torch.manual_seed(7)
    broken = case.pair()
    first = list(ways[0](case, *broken, 0, cut))
    again = saved_and_loaded(case, *broken)
    assert_same(first + list(ways[1](case, *again, cut, n)), losses)
    assert_same(again[0].state_dict(), expected[0].state_dict())
    assert_same(again[1].state_dict(), expected[1].state_dict())


@settings(max_examples=60)
@given(cases())
def test_its_answer_is_the_networks(case: Case) -> None:
    model, optimizer = case.pair()
    step = FlatStep.of(model, case.loss, optimizer, None)
    assert step is not None
    model.eval()
    for x, y in case.batches:
        step(x, y)
        with torch.inference_mode():
            before = step.answer(x)
            assert torch.equal(before.nan_to_num(1e33), model(x).nan_to_num(1e33))
            kept = before.clone()
            step.answer(x[:1] + 1)
            assert_same(before, kept)


def test_what_lies_between_parameters_stays_zero_and_each_is_aligned() -> None:
    model = MODELS["mlp"].build((3,), 5, hidden=(7, 1))
    vector = Vector(list(model.parameters()))
    assert all(p.data_ptr() % ALIGNED == 0 for p in model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1)
    step = FlatStep.of(model, nn.CrossEntropyLoss(), optimizer, 0.1)
    assert step is not None
    for _step in range(5):
        step(torch.randn(6, 3), torch.randint(5, (6,)))
    used = sum(p.numel() for p in model.parameters())
    whole = next(iter(model.parameters())).untyped_storage()
    flat = torch.tensor([], dtype=torch.float32).set_(whole)  # type: ignore[call-overload]
    assert len(flat) > used
    assert int(flat.count_nonzero()) <= used
    assert len(vector.values) == len(flat)


def two(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(OrderedDict((f"layer_{i}", layer) for i, layer in enumerate(layers)))


class OwnLinear(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 2


def hooked() -> nn.Module:
    model = two(nn.Linear(2, 2))
    model[0].register_forward_hook(lambda _module, _inputs, output: output + 1)  # type: ignore[index]
    return model


def frozen() -> nn.Module:
    model = two(nn.Linear(2, 2), nn.Linear(2, 2))
    next(model.parameters()).requires_grad_(False)
    return model


def tied() -> nn.Module:
    model = two(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight  # type: ignore[index]
    return model


@pytest.mark.parametrize(
    "model",
    [
        two(OwnLinear(2, 2)),
        two(nn.Linear(2, 2), nn.BatchNorm1d(2)),
        two(nn.Linear(2, 2, bias=False)),
        two(nn.Linear(2, 2), nn.ReLU(), nn.Tanh()),
        two(nn.Linear(2, 2), nn.Softmax(dim=0)),
        two(nn.Linear(2, 2), nn.LeakyReLU()),
        two(nn.ReLU(), nn.Linear(2, 2)),
        two(nn.Conv2d(1, 1, 1)),
        two(nn.Linear(2, 2).bfloat16()),
        nn.Linear(2, 2),
        two(two(nn.Linear(2, 2))),
        nn.utils.parametrizations.weight_norm(two(nn.Linear(2, 2))[0]),  # type: ignore[index]
        two(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))),
        hooked(),
        frozen(),
        tied(),
    ],
)
def test_other_networks_are_left_to_pytorch(model: nn.Module) -> None:
    before = [p.data_ptr() for p in model.parameters()]
    assert FlatStep.of(model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters()), None) is None
    assert [p.data_ptr() for p in model.parameters()] == before, "and not moved"


@pytest.mark.parametrize(
    "options",
    [
        {"cls": torch.optim.Adam, "amsgrad": True},
        {"cls": torch.optim.Adam, "maximize": True},
        {"cls": torch.optim.SGD, "momentum": 0.5, "dampening": 0.1},
        {"cls": torch.optim.RMSprop, "centered": True},
        {"cls": torch.optim.Adagrad},
        {"cls": torch.optim.Adam, "lr": torch.tensor(0.1)},
        {"cls": torch.optim.NAdam},
    ],
)
def test_other_optimizers_are_left_to_pytorch(options: dict[str, Any]) -> None:
    model, options = two(nn.Linear(2, 2)), dict(options)
    optimizer = options.pop("cls")(model.parameters(), **options)
    assert FlatStep.of(model, nn.CrossEntropyLoss(), optimizer, None) is None
    groups = torch.optim.SGD([{"params": [p]} for p in model.parameters()])
    assert FlatStep.of(model, nn.CrossEntropyLoss(), groups, None) is None
