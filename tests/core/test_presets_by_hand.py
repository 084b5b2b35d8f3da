"""Each preset against the script that its document has, or would have: same start and batch order, same weights after.

The scripts use torch, torchvision and scikit-learn only; of ours they take the order of the batches. iris-net and
fashion-mlp are compared in test_train.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits, make_blobs
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import datasets
from torchvision.transforms import ToTensor

from core.data.prepare import load_data
from core.experiment import resolve
from core.experiment.schema import RunConfig
from core.presets import preset_names
from core.training.batches import batch_order
from core.training.state import TrainState
from core.training.textbook import fit

Document = Callable[[str], ModuleType]

COMPARED_ELSEWHERE = {"iris-net", "iris-search", "fashion-mlp", "two-layer"}


def resolved(preset: str, *pairs: tuple[str, str]) -> RunConfig:
    return resolve.load(preset, [("device", "cpu"), ("seed", "3"), *pairs])


def trained(run_config: RunConfig) -> nn.Module:
    data = load_data(run_config)
    state = TrainState.new(run_config, data)
    for _event in fit(run_config, state, data):
        pass
    return state.model


def assert_same_weights(model: nn.Module, by_hand: nn.Module) -> None:
    ours, theirs = list(model.parameters()), list(by_hand.parameters())
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def batches(run_config: RunConfig, epoch: int, x: Tensor, y: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    order = batch_order(run_config, epoch, len(x))
    order = torch.arange(len(x)) if order is None else order
    for rows in order.split(run_config.batch_size):
        yield x[rows], y[rows]


def test_blobs_binary(document: Document) -> None:
    make = document("blobs_binary").NeuralNet
    run_config = resolved("blobs-binary", ("epochs", "50"))
    rng = np.random.RandomState(3)
    centers = [[1, 1], [-1, -1], [1, -1], [-1, 1]]
    x, labels = make_blobs(n_samples=80, n_features=2, centers=centers, shuffle=True, cluster_std=0.3, random_state=rng)
    y = torch.FloatTensor(np.where(np.isin(labels, [0, 1]), 0, 1))
    torch.manual_seed(3)
    model = make(2, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
    for _epoch in range(50):
        optimizer.zero_grad()
        nn.BCELoss()(model(torch.FloatTensor(x)).squeeze(), y).backward()
        optimizer.step()
    ours = trained(run_config)
    assert_same_weights(ours, model)
    make(2, 5).load_state_dict(ours.state_dict())  # names as in the document


class LeNet(nn.Module):
    """What `mnist-lenet` promises: two convolutions of 5×5, pooled, and one hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 8, 5, padding=2)
        self.conv_2 = nn.Conv2d(8, 16, 5, padding=2)
        self.hidden = nn.Linear(16 * 7 * 7, 64)
        self.output = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(torch.relu(self.conv_1(x)), 2)
        x = nn.functional.max_pool2d(torch.relu(self.conv_2(x)), 2)
        return self.output(torch.relu(self.hidden(x.flatten(1))))


def mnist_by_hand(
    run_config: RunConfig,
    model: nn.Module,
    root: Path,
    make_optimizer: Callable[[Any], torch.optim.Optimizer],
    make_schedule: Callable[[torch.optim.Optimizer, int], Any] | None = None,
) -> nn.Module:
    """One epoch of the document's loop over its DataLoader."""
    train_set = datasets.MNIST(root=str(root), train=True, transform=ToTensor(), download=False)
    order = batch_order(run_config, 0, len(train_set))
    assert order is not None
    loader = DataLoader(dataset=train_set, batch_size=64, sampler=order.tolist())
    optimizer = make_optimizer(model.parameters())
    schedule = make_schedule(optimizer, len(loader)) if make_schedule else None
    for images, labels in loader:
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(images), labels).backward()
        optimizer.step()
        if schedule:
            schedule.step()
    return model


@pytest.mark.parametrize("any_mnist_dir", ["synthetic", pytest.param("real", marks=pytest.mark.slow)], indirect=True)
@pytest.mark.parametrize("preset", ["mnist-softmax", "mnist-mlp"])
def test_the_mnist_documents_networks(preset: str, document: Document, any_mnist_dir: Path) -> None:
    make = document("mnist").NETWORKS[preset]
    run_config = resolved(preset, ("epochs", "1"), ("data_dir", str(any_mnist_dir)))
    torch.manual_seed(3)
    by_hand = mnist_by_hand(run_config, make(), any_mnist_dir, lambda weights: torch.optim.SGD(weights, lr=0.03))
    ours = trained(run_config)
    assert_same_weights(ours, by_hand)
    make().load_state_dict(ours.state_dict())


@pytest.mark.parametrize("any_mnist_dir", ["synthetic", pytest.param("real", marks=pytest.mark.slow)], indirect=True)
def test_mnist_lenet(any_mnist_dir: Path) -> None:
    """Adam would make a difference in rounding grow with every step. There is none: on one thread both make the same
    sums, and all 938 steps on the real data came out bit-equal."""
    run_config = resolved("mnist-lenet", ("epochs", "1"), ("data_dir", str(any_mnist_dir)))
    torch.manual_seed(3)
    by_hand = mnist_by_hand(
        run_config,
        LeNet(),
        any_mnist_dir,
        lambda weights: torch.optim.Adam(weights, lr=0.003),
        lambda optimizer, steps: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.003, total_steps=steps, cycle_momentum=False
        ),
    )
    assert_same_weights(trained(run_config), by_hand)


def test_digits_mlp() -> None:
    run_config = resolved("digits-mlp", ("epochs", "1"))
    digits = load_digits()
    kept, _, labels, _ = train_test_split(
        digits.data / 16, digits.target, train_size=0.8, random_state=42, stratify=digits.target
    )
    x, _, y, _ = train_test_split(kept, labels, test_size=0.15, random_state=42, stratify=labels)
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    for images, target in batches(run_config, 0, torch.tensor(x, dtype=torch.float32), torch.tensor(y)):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(images), target).backward()
        optimizer.step()
    assert_same_weights(trained(run_config), model)


def test_diabetes_regression() -> None:
    run_config = resolved("diabetes-regression", ("epochs", "1"))
    diabetes = load_diabetes(scaled=False)
    kept, _, values, _ = train_test_split(diabetes.data, diabetes.target, train_size=0.8, random_state=42)
    rows, _, values, _ = train_test_split(kept, values, test_size=0.2, random_state=42)
    x = torch.tensor(StandardScaler().fit_transform(rows), dtype=torch.float32)
    y = torch.tensor(StandardScaler().fit_transform(values.reshape(-1, 1)), dtype=torch.float32)
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.1)
    for features, target in batches(run_config, 0, x, y):
        optimizer.zero_grad()
        nn.MSELoss()(model(features), target).backward()
        optimizer.step()
    assert_same_weights(trained(run_config), model)


class Net2(nn.Module):
    """The iris document's network for the search: no activation after the input layer."""

    def __init__(self, n_units: int, n_layers: int) -> None:
        super().__init__()
        self.n_layers = n_layers
        self.layers = nn.ModuleDict()
        self.layers["input"] = nn.Linear(in_features=4, out_features=n_units)
        for i in range(self.n_layers):
            self.layers[f"hidden_{i}"] = nn.Linear(in_features=n_units, out_features=n_units)
        self.layers["output"] = nn.Linear(in_features=n_units, out_features=3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers["input"](x)
        for i in range(self.n_layers):
            x = nn.functional.relu(self.layers[f"hidden_{i}"](x))
        return self.layers["output"](x)


@pytest.mark.parametrize(("n_layers", "n_units"), [(1, 8), (4, 64), (3, 24)])
def test_the_network_of_the_iris_search(n_layers: int, n_units: int) -> None:
    run_config = resolved(
        "iris-net",
        *(("model.hidden", "none"), ("model.n_layers", str(n_layers)), ("model.n_units", str(n_units))),
        *(("model.input_activation", "none"), ("epochs", "1")),
    )
    data = load_data(run_config)
    torch.manual_seed(3)
    model = Net2(n_units, n_layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    train = data.splits["train"]
    for features, target in batches(run_config, 0, train.x, train.y):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(features), target).backward()
        optimizer.step()
    assert_same_weights(trained(run_config), model)


def test_no_preset_is_left_out() -> None:
    compared = {"blobs-binary", "mnist-softmax", "mnist-mlp", "mnist-lenet", "digits-mlp", "diabetes-regression"}
    assert compared | COMPARED_ELSEWHERE == set(preset_names())
