"""Registries: what is promised of every component, checked over the components that there are."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import numpy as np
import pytest
import tomli_w
import torch
from pydantic import Field
from sklearn.metrics import log_loss
from torch import nn

from core import config
from core.config import SECTIONS
from core.data import load_data
from core.errors import ConfigError
from core.registry import Component, Registry
from core.train import fit

ENTRIES = [pytest.param(c, id=f"{kind}-{c.name}") for kind, registry in SECTIONS.items() for c in registry]
MODELS, LOSSES, OPTIMIZERS = (
    [pytest.param(c, id=c.name) for c in SECTIONS[kind]] for kind in ("model", "loss", "optimizer")
)


@pytest.mark.parametrize("component", ENTRIES)
class TestEveryComponent:
    def test_resolves_with_its_defaults(self, component: Component) -> None:
        resolved = component.resolve({})
        assert list(resolved) == component.parameters
        assert component.resolve(resolved) == resolved
        assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
        assert tomllib.loads(tomli_w.dumps(resolved)) == resolved

    def test_says_what_it_is_in_one_line(self, component: Component) -> None:
        assert component.summary.strip()
        assert len(component.summary) <= 120

    def test_describes_every_hyperparameter(self, component: Component) -> None:
        without = [name for name, info in component.schema.model_fields.items() if not info.description]
        assert not without

    def test_names_its_keys_when_one_is_wrong(self, component: Component) -> None:
        with pytest.raises(ValueError, match=f"no key '{component.kind}.no_such_key'") as error:
            component.resolve({"no_such_key": 1})
        for key in component.parameters or ["no keys"]:
            assert key in str(error.value)

    def test_can_be_chosen_by_name_on_the_command_line(self, component: Component) -> None:
        resolved = config.load("iris-net", [(f"{component.kind}.name", component.name)])
        assert resolved.component(component.kind) is component
        assert resolved.arguments(component.kind) == component.resolve({})


@pytest.mark.parametrize("kind", SECTIONS)
def test_an_unknown_name_is_answered_with_the_choices(kind: str) -> None:
    with pytest.raises(ValueError, match=f"no {kind} named 'adm'; choose from ") as error:
        SECTIONS[kind]["adm"]
    assert re.findall(r"[\w-]+", str(error.value).partition("choose from ")[2]) == SECTIONS[kind].names


@pytest.mark.parametrize("name", [None, 3, ["mlp"], {"mlp": 1}, ""])
def test_a_name_that_is_no_name_is_answered_too(name: object) -> None:
    with pytest.raises(ValueError, match=r"choose from .*mlp"):
        SECTIONS["model"][name]


def test_a_name_can_be_taken_only_once() -> None:
    registry = Registry("toy")
    registry.add("one")(lambda: 1)
    with pytest.raises(ValueError, match="two toy components are named 'one'"):
        registry.add("one")(lambda: 2)
    assert registry["one"].build() == 1
    registry.remove("one")
    registry.add("one")(lambda: 2)
    assert registry["one"].build() == 2


# What is built from them.


def steps(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[..., Any], x: Any, y: Any) -> list[float]:
    """Two training steps; the losses before them, and the one after."""
    losses = []
    for _step in range(2):
        value = loss(model(x), y)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return [*losses, loss(model(x), y).item()]


@pytest.mark.parametrize("shape", [(4,), (1, 28, 28)], ids=str)
@pytest.mark.parametrize("component", MODELS)
def test_every_model_takes_two_steps(component: Component, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    model = component.build(shape, 3, **component.resolve({}))
    x, y = torch.randn(8, *shape), torch.randint(0, 3, (8,))
    assert model(x).shape == (8, 3)
    before = [p.detach().clone() for p in model.parameters()]
    losses = steps(model, torch.optim.SGD(model.parameters(), lr=0.01), nn.functional.cross_entropy, x, y)
    assert np.isfinite(losses).all()
    assert losses[2] < losses[0]
    assert all(not torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("component", OPTIMIZERS)
def test_every_optimizer_takes_two_steps_downhill(component: Component) -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    optimizer = component.build(model.parameters(), **component.resolve({}))
    x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))
    losses = steps(model, optimizer, nn.functional.cross_entropy, x, y)
    assert losses[2] < losses[1] < losses[0]


@pytest.mark.parametrize("component", LOSSES)
def test_every_loss_takes_two_steps_downhill(component: Component) -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    loss = component.build(**component.resolve({}))
    x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))
    assert loss(model(x), y).shape == ()
    losses = steps(model, torch.optim.SGD(model.parameters(), lr=0.1), loss, x, y)
    assert losses[2] < losses[1] < losses[0]


def test_cross_entropy_is_scikit_learns_log_loss_and_has_its_gradient() -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(20, 5)), rng.integers(0, 5, 20)

    def oracle(z: np.ndarray) -> float:
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return float(log_loss(labels, p, labels=range(5)))

    output = torch.tensor(logits, requires_grad=True)
    loss = SECTIONS["loss"]["cross-entropy"].build()(output, torch.tensor(labels))
    loss.backward()
    assert loss.item() == pytest.approx(oracle(logits), rel=1e-12)
    h = 1e-5
    for i, j in [(0, 0), (7, 3), (19, 4)]:
        step = np.zeros_like(logits)
        step[i, j] = h
        slope = (oracle(logits + step) - oracle(logits - step)) / (2 * h)
        assert float(output.grad[i, j]) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_sgd_is_weight_minus_rate_times_gradient() -> None:
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    optimizer = SECTIONS["optimizer"]["sgd"].build([weight], lr=0.25)
    by_hand = weight.detach().numpy().copy()
    for gradient in ([0.5, -1.0, 3.0], [2.0, 0.0, -4.0]):
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        by_hand = by_hand - 0.25 * np.array(gradient)
        assert weight.tolist() == by_hand.tolist()


def test_adam_is_the_papers_algorithm() -> None:
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    optimizer = SECTIONS["optimizer"]["adam"].build([weight], lr=0.01)
    by_hand, m, v = weight.detach().numpy().copy(), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(([0.5, -1.0, 3.0], [2.0, 0.1, -4.0], [-1.0, 1.0, 0.0]), start=1):
        g = np.array(gradient)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        by_hand = by_hand - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        assert weight.tolist() == pytest.approx(by_hand.tolist(), rel=1e-12)


@pytest.mark.parametrize("last", ["relu", "tanh", "sigmoid", "none"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "none"])
def test_mlp_computes_what_its_layers_say(activation: str, last: str) -> None:
    torch.manual_seed(1)
    mlp = SECTIONS["model"]["mlp"].build((2, 3), 4, hidden=(5, 6), activation=activation, output_activation=last)
    x = torch.randn(7, 2, 3)
    functions = {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "none": lambda z: z,
    }
    z = x.numpy().reshape(7, 6).astype(np.float64)
    parameters = [p.detach().numpy().astype(np.float64) for p in mlp.parameters()]
    for i, (weight, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        z = functions[last if i == 2 else activation](z @ weight.T + bias)
    np.testing.assert_allclose(mlp(x).detach().numpy(), z, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("hidden", "layers"),
    [((), ["output"]), ((8,), ["input", "output"]), ((8, 8, 8), ["input", "hidden_1", "hidden_2", "output"])],
)
def test_mlp_names_its_layers_as_the_iris_document_does(hidden: tuple[int, ...], layers: list[str]) -> None:
    mlp = SECTIONS["model"]["mlp"].build((4,), 3, hidden=hidden)
    assert [name for name, module in mlp.named_children() if isinstance(module, nn.Linear)] == layers


# A component of one's own.


def toy_optimizer(
    parameters: Iterable[nn.Parameter],
    *,
    lr: Annotated[float, Field(gt=0, description="learning rate")] = 0.125,
    power: Annotated[int, Field(ge=1, le=9, description="exponent")] = 2,
) -> torch.optim.Optimizer:
    """A toy."""
    return torch.optim.SGD(parameters, lr=lr / power)


def toy_model(
    shape: tuple[int, ...], outputs: int, *, bias: Annotated[bool, Field(description="add one")] = False
) -> nn.Module:
    """A toy."""
    return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), outputs, bias=bias))


def toy_loss(*, scale: Annotated[float, Field(description="of the loss")] = 2.0) -> nn.Module:
    """A toy."""

    class Scaled(nn.Module):
        def forward(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return scale * nn.functional.cross_entropy(output, y)

    return Scaled()


TOYS: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[str, str, str]]] = {
    "optimizer": (toy_optimizer, {"lr": 0.125, "power": 2}, ("power", "10", "must be less than or equal to 9")),
    "model": (toy_model, {"bias": False}, ("bias", "perhaps", "must be a valid boolean")),
    "loss": (toy_loss, {"scale": 2.0}, ("scale", "much", "must be a valid number")),
}


@pytest.mark.parametrize("kind", TOYS)
def test_one_decorated_function_is_all_that_a_new_component_needs(kind: str, register: Callable[..., None]) -> None:
    build, defaults, (key, bad, complaint) = TOYS[kind]
    register(kind, "toy", build)
    chosen = config.load("iris-net", [(f"{kind}.name", "toy"), ("epochs", "1"), ("device", "cpu")])
    assert getattr(chosen, kind) == {"name": "toy", **defaults}
    assert tomllib.loads(chosen.to_toml())[kind] == {"name": "toy", **defaults}

    with pytest.raises(ConfigError) as error:
        config.load("iris-net", [(f"{kind}.name", "toi")])
    assert "toy" in str(error.value)
    with pytest.raises(ConfigError) as error:
        config.load("iris-net", [(f"{kind}.name", "toy"), (f"{kind}.{key}", bad)])
    assert str(error.value).startswith(f"{kind}.{key} = {bad}: ")
    assert complaint in str(error.value)
    with pytest.raises(ConfigError) as error:
        config.load("iris-net", [(f"{kind}.name", "toy"), (f"{kind}.colour", "red")])
    assert all(name in str(error.value) for name in defaults)

    kinds = [type(event).__name__ for event in fit(chosen, data=load_data(chosen))]
    assert kinds[0] == "StepsEnded"
    assert kinds[-1] == "EpochEnded"


@pytest.mark.parametrize("kind", TOYS)
def test_a_removed_component_is_unknown(kind: str) -> None:
    """The fixture of the test above has taken its toys away again."""
    with pytest.raises(ConfigError, match=f"no {kind} named 'toy'"):
        config.load("iris-net", [(f"{kind}.name", "toy")])


def test_a_hyperparameter_without_a_default_must_be_given(register: Callable[..., None]) -> None:
    def needy(shape: Any, outputs: int, *, width: Annotated[int, Field(ge=1, description="w")]) -> nn.Module:
        """Needs a width."""
        return nn.Linear(width, outputs)

    register("model", "needy", needy)
    with pytest.raises(ConfigError, match=r"^model\.width is missing$"):
        config.load("iris-net", [("model.name", "needy")])
    assert config.load("iris-net", [("model.width", "3"), ("model.name", "needy")]).model["width"] == 3
