"""What a network is made of: shapes as it passes on, parameters as they are counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from core.data.prepare import load_data
from core.experiment import resolve
from core.network.build import build_model
from core.network.generators import seeded
from core.network.layers import count_parameters, describe, expected_layers


def test_the_fashion_network() -> None:
    mlp = resolve.load("fashion-mlp")
    model = mlp.component("model").build((1, 28, 28), 10, **mlp.arguments("model"))
    found = [(layer["type"], layer["output"], layer["parameters"]) for layer in describe(model, (1, 28, 28))]
    assert found == [
        *(("Flatten", [784], 0), ("Linear", [512], 784 * 512 + 512), ("ReLU", [512], 0)),
        *(("Linear", [512], 512 * 512 + 512), ("ReLU", [512], 0)),
        *(("Linear", [10], 512 * 10 + 10), ("ReLU", [10], 0)),
    ]
    assert count_parameters(model) == sum(parameters for *_rest, parameters in found) == 669_706


def test_parameters_are_known_before_the_data_is() -> None:
    before = torch.get_rng_state()
    layers = expected_layers(resolve.load("fashion-mlp"))
    assert layers is not None
    assert sum(layer["parameters"] for layer in layers) == 669_706
    assert expected_layers(resolve.load("iris-net", [("model.hidden", "")])) == [
        {"name": "output", "type": "Linear", "output": [3], "parameters": 4 * 3 + 3}
    ]
    assert torch.equal(torch.get_rng_state(), before)


def test_describing_changes_nothing() -> None:
    """No hook stays, no mode changes, no random number is drawn, no running mean moves."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before = torch.get_rng_state()
    layers = describe(model, (4,))
    assert [layer["name"] for layer in layers] == ["0", "1", "2", "3"]
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.is_grad_enabled()


def test_layers_come_in_the_order_of_the_forward_pass() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(8, 3)
            self.first = nn.Linear(4, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.first(x))

    assert [layer["name"] for layer in describe(Backwards(), (4,))] == ["first", "last"]


def test_a_frozen_layer_has_nothing_to_train() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    model[0].requires_grad_(False)
    assert count_parameters(model) == 8 * 3 + 3
    assert [layer["parameters"] for layer in describe(model, (4,))] == [0, 27]


def test_a_single_layer_has_a_name_too() -> None:
    assert [layer["name"] for layer in describe(nn.Linear(4, 3), (4,))] == ["model"]


@pytest.mark.parametrize("preset", ["iris-net", "blobs-binary", "digits-mlp", "diabetes-regression"])
def test_what_is_expected_is_what_is_trained(preset: str) -> None:
    resolved = resolve.load(preset)
    data = load_data(resolved)
    assert expected_layers(resolved) == describe(build_model(resolved, data.inputs), data.shape)


def test_the_layers_of_a_table_are_not_known_before_it_is_read(tmp_path: Path) -> None:
    pairs = [("dataset.name", "csv"), ("dataset.path", str(tmp_path / "t.csv")), ("dataset.target", "y")]
    assert expected_layers(resolve.load("iris-net", pairs)) is None


def test_seeding_for_a_while_leaves_the_generators_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those that are put back afterwards are seeded."""
    reseeded: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", reseeded.append)
    monkeypatch.setattr(torch.mps, "manual_seed", reseeded.append)
    before = torch.get_rng_state()
    with seeded(3):
        drawn = torch.rand(4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(drawn, torch.rand(4, generator=torch.Generator().manual_seed(3)))
    assert reseeded == []
