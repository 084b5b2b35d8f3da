"""Registries: what is promised of every component, checked over the components that there are."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import tomli_w
import torch
from pydantic import Field
from sklearn.metrics import log_loss
from torch import nn

from core.components.metrics import lower_is_better
from core.components.models import activation_layer
from core.components.outputs import OUTPUTS
from core.components.registry import Component, Registry
from core.data.prepare import load_data
from core.datasets import RawData, Source
from core.errors import ConfigError
from core.events.events import Evaluated
from core.experiment import resolve as config
from core.experiment.facts import facts_of
from core.experiment.schema import REGISTRIES, SECTIONS, RunConfig
from core.training.fit import fit

ENTRIES = [pytest.param(c, id=f"{kind}-{c.name}") for kind, registry in REGISTRIES.items() for c in registry]
DATASETS, MODELS, LOSSES, OPTIMIZERS, SCHEDULES, METRICS = (
    [pytest.param(c, id=c.name) for c in REGISTRIES[kind]]
    for kind in ("dataset", "model", "loss", "optimizer", "schedule", "metric")
)

NEEDED: dict[tuple[str, str], dict[str, Any]] = {("dataset", "csv"): {"path": "/no/such/file.csv", "target": "y"}}
"""Hyperparameters that have no default."""


def needed(component: Component) -> dict[str, Any]:
    return NEEDED.get((component.kind, component.name), {})


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def experiment_with(component: Component) -> RunConfig:
    """iris-net, or the same on diabetes, with this component and whatever has to change for it to fit."""
    given = {f"{component.kind}.{key}": str(value) for key, value in needed(component).items()}
    facts = component.facts_of(component.resolve(needed(component)))
    if component.kind == "metric":
        given["metrics"] = component.name
    else:
        given[f"{component.kind}.name"] = component.name
    reading = OUTPUTS[facts.get("output", "logits")]
    if facts.get("task") == "regression" or reading.task == "regression":
        given.setdefault("dataset.name", "diabetes")
        given.setdefault("loss.name", "mse")
        given["standardise"] = "features,target"
    elif reading.single:
        given["dataset.name"] = "breast-cancer"
        given["standardise"] = "features"
    if facts.get("dimensions") == 3:
        given["dataset.name"] = "digits"
    if component.kind == "loss":
        given["model.output_activation"] = reading.activations[0]
    return config.load("iris-net", [*given.items(), ("epochs", "1"), ("device", "cpu")])


@pytest.mark.parametrize("component", ENTRIES)
class TestEveryComponent:
    def test_resolves_with_its_defaults(self, component: Component) -> None:
        resolved = component.resolve(needed(component))
        assert list(resolved) == component.parameters
        assert component.resolve(resolved) == resolved
        assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
        kept = without_none(resolved)
        assert tomllib.loads(tomli_w.dumps(kept)) == kept
        assert component.resolve(kept) == resolved

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
        resolved = experiment_with(component)
        assert config.resolve(tomllib.loads(resolved.to_toml())) == resolved
        if component.kind == "metric":
            assert resolved.metrics == [component.name]
            return
        assert resolved.component(component.kind) is component
        given = {key: value for key, value in component.resolve(needed(component)).items() if value is not None}
        assert {**resolved.arguments(component.kind), **given} == resolved.arguments(component.kind)

    def test_trains(self, component: Component, tmp_path: Path) -> None:
        """Two epochs of an experiment that has this component, its metrics finite; its facts are the data's."""
        if component.name == "csv":
            rows = "".join(f"{x},{x % 7},{'ab'[x % 2]}\n" for x in range(40))
            (tmp_path / "t.csv").write_text(f"u,v,y\n{rows}")
        elif component.kind == "dataset" and "files" in component.facts:
            pytest.skip("its files are made in test_idx.py")
        resolved = experiment_with(component)
        if component.name == "csv":
            csv = {"name": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "task": "auto"}
            resolved = config.resolve({**resolved.to_dict(), "dataset": csv})
        data = load_data(resolved)
        if facts_of(resolved).shape is not None:
            assert data.facts == facts_of(resolved)
        told = list(fit(resolved, data=data))
        evaluated = [event for event in told if isinstance(event, Evaluated)]
        assert len(evaluated) == 2
        for event in evaluated:
            assert all(np.isfinite(value) for value in event.metrics.values()), event
            assert set(event.metrics) - {"last_batch_accuracy"} == {"loss", *(resolved.metrics or ["accuracy"])}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_an_unknown_name_is_answered_with_the_choices(kind: str) -> None:
    with pytest.raises(ValueError, match=f"no {kind} named 'adm'; choose from ") as error:
        REGISTRIES[kind]["adm"]
    assert re.findall(r"[\w-]+", str(error.value).partition("choose from ")[2]) == REGISTRIES[kind].names


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
    if component.facts.get("dimensions") not in (None, len(shape)):
        pytest.skip("takes pictures")
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
    reading = OUTPUTS[component.facts.get("output", "logits")]
    model = nn.Sequential(nn.Linear(4, 1 if reading.single else 3))
    if reading.activations[0] != "none":
        model.append(activation_layer(reading.activations[0]))
    loss = component.build(**component.resolve({}))
    x = torch.randn(8, 4)
    y = torch.randint(0, 2, (8, 1)).float() if reading.single else torch.randint(0, 3, (8,))
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


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([("model.layer_names", "a,a_relu,b")], "model.layer_names = a,a_relu,b: two layers would be called a_relu"),
        ([("model.layer_names", "a,b,forward")], "PyTorch keeps the name forward for itself; choose another"),
        ([("model.layer_names", "a,b,training")], "PyTorch keeps the name training for itself"),
        ([("model.layer_names", "a,b,_modules")], "PyTorch keeps the name _modules for itself"),
        ([("model.dropout", "0.5"), ("model.layer_names", "a,a_dropout,b")], "two layers would be called a_dropout"),
        ([("model.name", "linear"), ("model.layer_name", "forward")], "model.layer_name = forward: PyTorch keeps the"),
        (
            [("dataset.name", "digits"), ("model.name", "linear"), ("model.layer_name", "flatten")],
            "model.layer_name = flatten: two layers would be called flatten; choose other names",
        ),
    ],
    ids=str,
)
def test_names_of_layers_that_are_taken(pairs: list[tuple[str, str]], says: str) -> None:
    chosen = config.load("iris-net", [*pairs, ("device", "cpu")])
    with pytest.raises(ConfigError) as error:
        next(fit(chosen))
    assert says in str(error.value)


def test_every_attribute_of_a_network_is_refused_as_a_name() -> None:
    for name in dir(nn.Sequential()):
        with pytest.raises(ConfigError, match=f"name {name} for itself"):
            SECTIONS["model"]["linear"].build((4,), 3, layer_name=name)
    for name in ("flatten", "relu", "layer", "input"):
        built = SECTIONS["model"]["linear"].build((4,), 3, layer_name=name)
        assert list(built.state_dict()) == [f"{name}.weight", f"{name}.bias"]


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


def toy_schedule(
    steps: int, steps_per_epoch: int, *, slope: Annotated[float, Field(ge=0, description="steepness")] = 1.0
) -> Callable[[int], float]:
    """A toy."""
    return lambda step: 1 / (1 + slope * step / steps)


def toy_dataset(source: Source, *, samples: Annotated[int, Field(ge=10, le=1000, description="rows")] = 60) -> RawData:
    """A toy."""
    x = torch.randn(samples, 4, generator=torch.Generator().manual_seed(source.seed))
    return RawData(x=x, y=(x[:, 0] > 0).long(), classes=("no", "yes"))


def toy_metric(predicted: torch.Tensor, target: torch.Tensor) -> float:
    """A toy."""
    return float((predicted - target).abs().max())


TOYS: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[str, str, str]]] = {
    "optimizer": (toy_optimizer, {"lr": 0.125, "power": 2}, ("power", "10", "must be less than or equal to 9")),
    "model": (toy_model, {"bias": False}, ("bias", "perhaps", "must be a valid boolean")),
    "loss": (toy_loss, {"scale": 2.0}, ("scale", "much", "must be a valid number")),
    "schedule": (toy_schedule, {"slope": 1.0}, ("slope", "-1", "must be greater than or equal to 0")),
    "dataset": (toy_dataset, {"samples": 60}, ("samples", "3", "must be greater than or equal to 10")),
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


def test_one_decorated_function_is_all_that_a_new_metric_needs(register: Callable[..., None]) -> None:
    register("metric", "toy", toy_metric, lower_is_better=True)
    chosen = config.load("iris-net", [("metrics", "accuracy,toy"), ("epochs", "1"), ("stop.target", "test_toy<=9")])
    assert tomllib.loads(chosen.to_toml())["metrics"] == ["accuracy", "toy"]
    with pytest.raises(ConfigError, match=r"no metric named 'toi'; choose from .*toy"):
        config.load("iris-net", [("metrics", "toi")])
    told = [event for event in fit(chosen) if isinstance(event, Evaluated)]
    assert all(event.metrics["toy"] in (0.0, 1.0, 2.0) for event in told)
    assert lower_is_better("test_toy")


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
