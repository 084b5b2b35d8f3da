"""The iris document's second half: networks of 1-4 hidden layers of 8-64 units, one after the other. Its data comes
with scikit-learn, not from the web. Its prose says up to 56 units, its code 64: the code counts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

losses = []


def train_model(train_loader, test_loader, model, lr=0.01, num_epochs=200):
    """In per cent: the accuracy of the last batch before its update, and that of the test set after it."""
    train_accuracies, test_accuracies = [], []
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(params=model.parameters(), lr=lr)
    for _epoch in range(num_epochs):
        for X, y in train_loader:
            preds = model(X)
            pred_labels = torch.argmax(preds, axis=1)
            loss = loss_function(preds, y)
            losses.append(loss.detach().numpy())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        train_accuracies.append(100 * torch.mean((pred_labels == y).float()).item())
        X, y = next(iter(test_loader))
        pred_labels = torch.argmax(model(X), axis=1)
        test_accuracies.append(100 * torch.mean((pred_labels == y).float()).item())
    return train_accuracies[-1], test_accuracies[-1]


class Net2(nn.Module):
    def __init__(self, n_units, n_layers):
        super().__init__()
        self.n_layers = n_layers
        self.layers = nn.ModuleDict()
        self.layers["input"] = nn.Linear(in_features=4, out_features=n_units)
        for i in range(self.n_layers):
            self.layers[f"hidden_{i}"] = nn.Linear(in_features=n_units, out_features=n_units)
        self.layers["output"] = nn.Linear(in_features=n_units, out_features=3)

    def forward(self, x):
        x = self.layers["input"](x)
        for i in range(self.n_layers):
            x = F.relu(self.layers[f"hidden_{i}"](x))
        return self.layers["output"](x)


def load_data():
    iris = load_iris(as_frame=True)
    X = torch.tensor(iris.data.values, dtype=torch.float)
    y = torch.tensor(iris.target.values, dtype=torch.long)
    X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=0.8, random_state=42)
    train_data = TensorDataset(X_train, y_train)
    test_data = TensorDataset(X_test, y_test)
    train_loader = DataLoader(train_data, shuffle=True, batch_size=12)
    test_loader = DataLoader(test_data, batch_size=len(test_data.tensors[0]))
    return train_loader, test_loader


def main(
    seed: int,
    data_dir: str = "",
    n_layers: Sequence[int] = np.arange(1, 5),
    n_units: Sequence[int] = np.arange(8, 65, 8),
    epochs: int = 200,
) -> dict[str, float]:
    """Prints the document's tables; returns, as fractions, `test_accuracy_2x16` (2 hidden layers of 16 units), the same
    of the last batch before its update, and over all networks the mean and the best. `data_dir` is not read."""
    torch.manual_seed(seed)
    train_loader, test_loader = load_data()
    train_accuracies, test_accuracies = [], []
    for i in range(len(n_units)):
        for j in range(len(n_layers)):
            model = Net2(n_units=n_units[i], n_layers=n_layers[j])
            train_acc, test_acc = train_model(train_loader, test_loader, model, num_epochs=epochs)
            train_accuracies.append({"n_layers": n_layers[j], "n_units": n_units[i], "accuracy": train_acc})
            test_accuracies.append({"n_layers": n_layers[j], "n_units": n_units[i], "accuracy": test_acc})
    train_accuracies = pd.DataFrame(train_accuracies).sort_values(by=["n_layers", "n_units"]).reset_index(drop=True)
    test_accuracies = pd.DataFrame(test_accuracies).sort_values(by=["n_layers", "n_units"]).reset_index(drop=True)
    print(test_accuracies.head())
    print(test_accuracies[test_accuracies["accuracy"] == test_accuracies["accuracy"].max()])

    found = {}
    for name, table in (("last_batch_accuracy", train_accuracies), ("test_accuracy", test_accuracies)):
        for layers, units, accuracy in table.itertuples(index=False):
            found[f"{name}_{layers}x{units}"] = accuracy / 100
        found[f"mean_{name}"] = float(table["accuracy"].mean()) / 100
        found[f"best_{name}"] = float(table["accuracy"].max()) / 100
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-dir", default="", help="not read: the data comes with scikit-learn")
    arguments = parser.parse_args()
    print(main(arguments.seed, arguments.data_dir))
